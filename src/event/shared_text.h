// A text that many events have in common.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace headwater {

/// Never changes, and all copies share it, so that a copy costs no memory. A moved-from object is
/// empty.
class SharedText {
 public:
  SharedText() = default;
  // It stands where a std::string would, so it converts from one and to one without a word.
  // NOLINTBEGIN(google-explicit-constructor)
  SharedText(std::string text)
      : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}
  operator const std::string&() const { return text(); }
  operator std::string_view() const { return text(); }
  // NOLINTEND(google-explicit-constructor)
  explicit SharedText(std::string_view text) : SharedText(std::string(text)) {}

  [[nodiscard]] const std::string& text() const {
    static const std::string none;
    return text_ ? *text_ : none;
  }

  bool operator==(const SharedText& other) const {
    return text_ == other.text_ || text() == other.text();
  }

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace headwater

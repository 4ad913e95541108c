// Owning wrappers of libbson's documents.
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headwater::mongodb {

/// A point in the cluster's logical time: what BSON calls a timestamp.
struct ClusterTime {
  std::uint32_t seconds = 0;
  std::uint32_t increment = 0;

  [[nodiscard]] bool null() const { return seconds == 0 && increment == 0; }
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the zero in it for a pointer.
  auto operator<=>(const ClusterTime&) const = default;
};

/// Owns one BSON document; built by adding fields in order. Moved, never copied by accident. Text
/// longer than 2 GiB cannot be added.
class Doc {
 public:
  Doc() : box_(std::make_unique<Box>()) {}
  static Doc copy_of(const bson_t& other);
  /// From Extended JSON, canonical or relaxed; nullopt if it is not that.
  static std::optional<Doc> from_json(std::string_view json);

  Doc& add(const char* key, std::string_view text);
  Doc& add(const char* key, const char* text) { return add(key, std::string_view(text)); }
  Doc& add(const char* key, std::int32_t number);
  Doc& add(const char* key, std::int64_t number);
  Doc& add(const char* key, double number);
  Doc& add(const char* key, bool flag);
  Doc& add(const char* key, ClusterTime time);
  Doc& add(const char* key, const Doc& document);
  Doc& add(const char* key, const std::vector<Doc>& array);
  Doc& add(const char* key, const bson_value_t& value);
  /// Every field of the other.
  Doc& add_all(const Doc& other);

  [[nodiscard]] const bson_t* get() const { return &box_->bson; }
  /// For functions that add to a document.
  [[nodiscard]] bson_t* out() { return &box_->bson; }
  /// For functions that make a document in place of this one, which must be empty.
  [[nodiscard]] bson_t* place() { return &box_->bson; }
  [[nodiscard]] std::string_view bytes() const;

 private:
  struct Box {
    bson_t bson;
    Box() { bson_init(&bson); }
    ~Box() { bson_destroy(&bson); }
    Box(const Box&) = delete;
    Box& operator=(const Box&) = delete;
  };
  std::unique_ptr<Box> box_;  // null only after a move
};

/// Looks a field up: "cursor.id" goes into subdocuments. nullopt if there is none.
[[nodiscard]] std::optional<bson_iter_t> find(const bson_t* document, const char* dotted);
[[nodiscard]] std::optional<std::string_view> find_text(const bson_t* document, const char* dotted);
[[nodiscard]] std::optional<ClusterTime> find_time(const bson_t* document, const char* dotted);
/// int32, int64 or double.
[[nodiscard]] std::optional<std::int64_t> find_number(const bson_t* document, const char* dotted);
[[nodiscard]] bool find_flag(const bson_t* document, const char* dotted);
/// A document inside another, which it must not outlive. Copies nothing.
class DocView {
 public:
  /// nullopt for bytes that cannot be a document.
  static std::optional<DocView> of(const std::uint8_t* data, std::uint32_t length);
  /// The document or array at the iterator.
  static std::optional<DocView> at(const bson_iter_t& at);

  // libbson's bson_t points into itself.
  DocView(const DocView& other) : DocView(other.data_, other.length_) {}
  DocView& operator=(const DocView&) = delete;
  [[nodiscard]] const bson_t* get() const { return &bson_; }

 private:
  DocView(const std::uint8_t* data, std::uint32_t length) : data_(data), length_(length) {
    well_ = bson_init_static(&bson_, data, length);
  }
  const std::uint8_t* data_;
  std::uint32_t length_;
  bool well_;
  bson_t bson_{};
};
[[nodiscard]] std::optional<DocView> find_document(const bson_t* document, const char* dotted);

}  // namespace headwater::mongodb

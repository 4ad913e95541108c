// An owning wrapper of libbson's document.
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace headwater::client::inbox {

class BsonArray;

/// Built by adding fields in order. Moved, never copied.
class Bson {
 public:
  Bson() : document_(bson_new()) {}
  ~Bson() {
    if (document_ != nullptr) bson_destroy(document_);
  }
  Bson(Bson&& other) noexcept : document_(std::exchange(other.document_, nullptr)) {}
  Bson& operator=(Bson&& other) noexcept {
    std::swap(document_, other.document_);
    return *this;
  }

  Bson& add(std::string_view key, std::string_view text) {
    bson_append_utf8(get(), key.data(), size(key), text.data(), size(text));
    return *this;
  }
  // Text in quotes would be taken for a bool.
  Bson& add(std::string_view key, const char* text) { return add(key, std::string_view(text)); }
  Bson& add(std::string_view key, std::int32_t number) {
    bson_append_int32(get(), key.data(), size(key), number);
    return *this;
  }
  Bson& add(std::string_view key, std::int64_t number) {
    bson_append_int64(get(), key.data(), size(key), number);
    return *this;
  }
  Bson& add(std::string_view key, bool flag) {
    bson_append_bool(get(), key.data(), size(key), flag);
    return *this;
  }
  Bson& add(std::string_view key, const Bson& document) {
    bson_append_document(get(), key.data(), size(key), document.get());
    return *this;
  }
  Bson& add_date(std::string_view key, std::int64_t milliseconds) {
    bson_append_date_time(get(), key.data(), size(key), milliseconds);
    return *this;
  }
  Bson& add(std::string_view key, const BsonArray& array);

  [[nodiscard]] bson_t* get() { return document_; }
  [[nodiscard]] const bson_t* get() const { return document_; }

 private:
  static int size(std::string_view text) { return static_cast<int>(text.size()); }

  bson_t* document_;  // null only after a move
};

/// An array, built by adding values in order.
class BsonArray {
 public:
  template <class Value>
  BsonArray& add(const Value& value) {
    array_.add(next_key(), value);
    return *this;
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] const Bson& get() const { return array_; }

 private:
  /// Valid until the next call.
  std::string_view next_key() {
    const char* key = nullptr;
    const std::size_t length = bson_uint32_to_string(count_++, &key, buffer_, sizeof buffer_);
    return {key, length};
  }

  char buffer_[16];
  Bson array_;
  std::uint32_t count_ = 0;
};

inline Bson& Bson::add(std::string_view key, const BsonArray& array) {
  bson_append_array(get(), key.data(), size(key), array.get().get());
  return *this;
}

/// A document that somebody else owns.
struct View {
  const bson_t* bson;
  operator const bson_t*() const { return bson; }
};

/// A field, or none. Not std::optional: a template loses the alignment that bson_iter_t asks for.
class Found {
 public:
  Found(const bson_t* document, const char* dotted) {
    bson_iter_t all;
    there_ = bson_iter_init(&all, document) && bson_iter_find_descendant(&all, dotted, &at_);
  }
  [[nodiscard]] explicit operator bool() const { return there_; }
  [[nodiscard]] const bson_iter_t& operator*() const { return at_; }
  [[nodiscard]] const bson_iter_t* operator->() const { return &at_; }

 private:
  bson_iter_t at_{};
  bool there_ = false;
};

/// A field's value; "cursor.id" goes into documents.
[[nodiscard]] inline Found find(const bson_t* document, const char* dotted) {
  return {document, dotted};
}

[[nodiscard]] inline std::optional<std::string_view> text_at(const bson_iter_t& at) {
  if (!BSON_ITER_HOLDS_UTF8(&at)) return std::nullopt;
  std::uint32_t length = 0;
  const char* text = bson_iter_utf8(&at, &length);
  return std::string_view(text, length);
}

[[nodiscard]] inline std::optional<std::int64_t> number_at(const bson_iter_t& at) {
  if (!BSON_ITER_HOLDS_NUMBER(&at)) return std::nullopt;
  return bson_iter_as_int64(&at);
}

}  // namespace headwater::client::inbox

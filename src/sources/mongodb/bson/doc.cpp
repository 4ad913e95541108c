#include "src/sources/mongodb/bson/doc.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace headwater::mongodb {
namespace {

int length_of(std::string_view text) {
  return static_cast<int>(std::min<std::size_t>(
      text.size(), static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

}  // namespace

Doc Doc::copy_of(const bson_t& other) {
  Doc doc;
  bson_copy_to(&other, doc.place());
  return doc;
}

std::optional<Doc> Doc::from_json(std::string_view json) {
  Doc doc;
  if (!bson_init_from_json(doc.place(), json.data(), static_cast<ssize_t>(json.size()), nullptr)) {
    // The library has destroyed what it had begun.
    bson_init(doc.place());
    return std::nullopt;
  }
  return doc;
}

Doc& Doc::add(const char* key, std::string_view text) {
  bson_append_utf8(out(), key, -1, text.data(), length_of(text));
  return *this;
}

Doc& Doc::add(const char* key, std::int32_t number) {
  bson_append_int32(out(), key, -1, number);
  return *this;
}

Doc& Doc::add(const char* key, std::int64_t number) {
  bson_append_int64(out(), key, -1, number);
  return *this;
}

Doc& Doc::add(const char* key, double number) {
  bson_append_double(out(), key, -1, number);
  return *this;
}

Doc& Doc::add(const char* key, bool flag) {
  bson_append_bool(out(), key, -1, flag);
  return *this;
}

Doc& Doc::add(const char* key, ClusterTime time) {
  bson_append_timestamp(out(), key, -1, time.seconds, time.increment);
  return *this;
}

Doc& Doc::add(const char* key, const Doc& document) {
  bson_append_document(out(), key, -1, document.get());
  return *this;
}

Doc& Doc::add(const char* key, const std::vector<Doc>& array) {
  Doc items;
  std::size_t index = 0;
  for (const Doc& item : array) items.add(std::to_string(index++).c_str(), item);
  bson_append_array(out(), key, -1, items.get());
  return *this;
}

Doc& Doc::add(const char* key, const bson_value_t& value) {
  bson_append_value(out(), key, -1, &value);
  return *this;
}

Doc& Doc::add_all(const Doc& other) {
  bson_concat(out(), other.get());
  return *this;
}

std::string_view Doc::bytes() const {
  return {reinterpret_cast<const char*>(bson_get_data(get())), get()->len};
}

std::optional<bson_iter_t> find(const bson_t* document, const char* dotted) {
  bson_iter_t top;
  bson_iter_t found;
  if (!bson_iter_init(&top, document)) return std::nullopt;
  if (!bson_iter_find_descendant(&top, dotted, &found)) return std::nullopt;
  return found;
}

std::optional<std::string_view> find_text(const bson_t* document, const char* dotted) {
  const auto at = find(document, dotted);
  if (!at || !BSON_ITER_HOLDS_UTF8(&*at)) return std::nullopt;
  std::uint32_t length = 0;
  const char* text = bson_iter_utf8(&*at, &length);
  return std::string_view(text, length);
}

std::optional<ClusterTime> find_time(const bson_t* document, const char* dotted) {
  const auto at = find(document, dotted);
  if (!at || !BSON_ITER_HOLDS_TIMESTAMP(&*at)) return std::nullopt;
  ClusterTime time;
  bson_iter_timestamp(&*at, &time.seconds, &time.increment);
  return time;
}

std::optional<std::int64_t> find_number(const bson_t* document, const char* dotted) {
  const auto at = find(document, dotted);
  if (!at || !BSON_ITER_HOLDS_NUMBER(&*at)) return std::nullopt;
  return bson_iter_as_int64(&*at);
}

bool find_flag(const bson_t* document, const char* dotted) {
  const auto at = find(document, dotted);
  return at && bson_iter_as_bool(&*at);
}

std::optional<DocView> find_document(const bson_t* document, const char* dotted) {
  const auto found = find(document, dotted);
  return found ? DocView::at(*found) : std::nullopt;
}

std::optional<DocView> DocView::of(const std::uint8_t* data, std::uint32_t length) {
  DocView view(data, length);
  if (!view.well_) return std::nullopt;
  return view;
}

std::optional<DocView> DocView::at(const bson_iter_t& at) {
  std::uint32_t length = 0;
  const std::uint8_t* data = nullptr;
  if (BSON_ITER_HOLDS_DOCUMENT(&at)) {
    bson_iter_document(&at, &length, &data);
  } else if (BSON_ITER_HOLDS_ARRAY(&at)) {
    bson_iter_array(&at, &length, &data);
  } else {
    return std::nullopt;
  }
  return of(data, length);
}

}  // namespace headwater::mongodb

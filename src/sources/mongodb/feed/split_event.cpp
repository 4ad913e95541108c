#include "src/sources/mongodb/feed/split_event.h"

#include <string_view>
#include <utility>

namespace headwater::mongodb {

std::optional<Doc> SplitEvent::add(const bson_t& part) {
  const auto number = find_number(&part, "splitEvent.fragment").value_or(1);
  const auto of = find_number(&part, "splitEvent.of").value_or(1);
  if (number == 1) whole_.emplace();
  bson_iter_t at;
  if (whole_ && bson_iter_init(&at, &part)) {
    while (bson_iter_next(&at)) {
      const char* field = bson_iter_key(&at);
      if (std::string_view(field) == "splitEvent" || bson_has_field(whole_->get(), field)) continue;
      bson_append_iter(whole_->out(), nullptr, -1, &at);
    }
  }
  if (number < of) return std::nullopt;
  return std::exchange(whole_, std::nullopt);
}

bool says_split(const bson_iter_t& field) {
  bson_iter_t inside;
  return bson_iter_recurse(&field, &inside) && bson_iter_find(&inside, "of") &&
         bson_iter_as_int64(&inside) > 1;
}

}  // namespace headwater::mongodb

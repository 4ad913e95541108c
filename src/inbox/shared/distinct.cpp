#include "src/inbox/shared/distinct.h"

#include <algorithm>
#include <tuple>

namespace headwater::client::inbox {
namespace {

auto key(const First& first) { return std::tie(first.delivery.source, first.delivery.id); }

bool in_order(const First& a, const First& b) {
  return std::tie(a.delivery.source, a.delivery.id, a.index) <
         std::tie(b.delivery.source, b.delivery.id, b.index);
}

}  // namespace

std::vector<First> distinct(std::span<const Delivery> deliveries) {
  std::vector<First> all;
  all.reserve(deliveries.size());
  for (const Delivery& each : deliveries) all.push_back({.delivery = each, .index = all.size()});
  if (!std::ranges::is_sorted(all, in_order)) std::ranges::sort(all, in_order);
  std::size_t kept = 0;
  for (const First& each : all) {
    if (kept > 0 && key(all[kept - 1]) == key(each)) {
      Delivery& first = all[kept - 1].delivery;
      first.sequence = std::max(first.sequence, each.delivery.sequence);
    } else {
      all[kept++] = each;
    }
  }
  all.resize(kept);
  return all;
}

std::string key_of(const Delivery& delivery) {
  std::string key;
  key.reserve(delivery.source.size() + 1 + delivery.id.size());
  return key.append(delivery.source).append(1, ' ').append(delivery.id);
}

}  // namespace headwater::client::inbox

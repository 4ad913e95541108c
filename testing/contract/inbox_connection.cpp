#include "testing/contract/inbox_connection.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "testing/contract/fate.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::testing {
namespace {

constexpr std::uint64_t batch_size = 7;

/// A consumer's place, acknowledged as a whole or not at all.
class Place {
 public:
  explicit Place(std::string file) : file_(std::move(file)) {}
  [[nodiscard]] std::uint64_t read() const {
    return std::strtoull(rig::contents(file_).c_str(), nullptr, 10);
  }
  void write(std::uint64_t place) const {
    rig::write_file(file_ + ".new", std::to_string(place));
    std::filesystem::rename(file_ + ".new", file_);
  }

 private:
  std::string file_;
};

client::Result<void> apply_batch(InboxConnection& connection, const SampleEvents& events,
                                 std::uint64_t acknowledged, Fate& fate) {
  auto is_new = connection.claim(events.all(), acknowledged);
  if (!is_new) return is_new.error();
  fate.step();
  for (std::size_t i = 0; i < is_new->size(); ++i) {
    if (!(*is_new)[i]) continue;
    if (auto applied = connection.apply(events.id(i)); !applied) return applied;
    if (i % 3 == 0) fate.step();
  }
  fate.step();
  return connection.commit();
}

client::Result<void> consume(InboxConnection& connection, const Place& place, std::uint64_t last,
                             Fate& fate) {
  std::uint64_t at = place.read();
  while (at < last) {
    const std::uint64_t end = std::min(last, at + batch_size);
    const SampleEvents events(at + 1, end);
    if (auto done = apply_batch(connection, events, at, fate); !done) {
      connection.roll_back();
      if (done.error().remedy != client::Remedy::retry) return done;
      continue;
    }
    fate.step();
    at = end;
    place.write(at);
    fate.step();
    auto more = connection.forget_some(at);
    if (!more && more.error().remedy != client::Remedy::retry) return more.error();
    fate.step();
  }
  return {};
}

int complain(const client::Error& error) {
  std::fprintf(stderr, "%s: %s\n", error.name.c_str(), error.message.c_str());
  return 1;
}

}  // namespace

std::string sample_id(std::uint64_t number) { return "sample:" + std::to_string(number); }

SampleEvents::SampleEvents(std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t n = first; n <= last; ++n) ids_.push_back(sample_id(n));
  for (std::uint64_t n = first; n <= last; ++n) {
    deliveries_.push_back({.source = "sqlite:7e57", .id = ids_[n - first], .sequence = n});
  }
}

int inbox_child(OpenInbox open, const std::vector<std::string>& arguments) {
  if (arguments.size() != 6) return 2;
  const auto number = [&](std::size_t index) {
    return std::strtoull(arguments[index].c_str(), nullptr, 10);
  };
  auto connection = open(arguments[0], {.consumer = "mail", .table = arguments[1]});
  if (!connection) return complain(connection.error());
  Fate fate(number(4), static_cast<long>(number(5)));
  auto done = consume(**connection, Place(arguments[2]), number(3), fate);
  return done ? 0 : complain(done.error());
}

}  // namespace headwater::testing

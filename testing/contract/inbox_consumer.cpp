#include "testing/contract/inbox_consumer.h"

#include <headwater/consumer.h>

#include <cstdio>
#include <cstdlib>

#include "testing/contract/fate.h"

namespace headwater::testing {
namespace {

using client::Batch;
using client::Result;

int complain(const client::Error& error) {
  std::fprintf(stderr, "%s: %s\n", error.name.c_str(), error.message.c_str());
  return 1;
}

Result<void> apply_all(InboxConnection& inbox, const Batch& batch, Fate& fate) {
  std::vector<client::Delivery> deliveries;
  for (const client::Event event : batch) deliveries.push_back(event.delivery());
  auto is_new = inbox.claim(deliveries, batch.acknowledged());
  if (!is_new) return is_new.error();
  fate.step();
  for (std::size_t i = 0; i < is_new->size(); ++i) {
    if (!(*is_new)[i]) continue;
    if (auto applied = inbox.apply(std::string(deliveries[i].id)); !applied) return applied;
  }
  fate.step();
  return inbox.commit();
}

}  // namespace

int inbox_consumer(OpenInbox open, const std::vector<std::string>& arguments) {
  if (arguments.size() != 6) return 2;
  const auto number = [&](std::size_t index) {
    return std::strtoull(arguments[index].c_str(), nullptr, 10);
  };
  Fate fate(number(4), static_cast<long>(number(5)));
  auto stream = client::Stream::from_config(arguments[0]);
  if (!stream) return complain(stream.error());
  auto inbox = open(arguments[2], {.consumer = arguments[1], .table = arguments[3]});
  if (!inbox) return complain(inbox.error());
  auto consumer = client::Consumer::open(*stream, {.name = arguments[1],
                                                   .limits = {.events = 20},
                                                   .on_failure = client::OnFailure::stop,
                                                   .attempts = 20,
                                                   .first_pause = std::chrono::milliseconds(5)});
  if (!consumer) return complain(consumer.error());
  auto ended = consumer->run_to_end([&](const Batch& batch) -> Result<void> {
    fate.step();
    auto applied = apply_all(**inbox, batch, fate);
    if (!applied) {
      (*inbox)->roll_back();
      return applied;
    }
    fate.step();
    auto more = (*inbox)->forget_some(batch.acknowledged());
    if (!more && more.error().remedy == client::Remedy::stop) return more.error();
    return {};
  });
  return ended ? 0 : complain(ended.error());
}

}  // namespace headwater::testing

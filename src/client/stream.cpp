#include <headwater/stream.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "src/adapters/registry.h"
#include "src/client/convert.h"
#include "src/config/config.h"
#include "src/consumer/follower.h"
#include "src/json/json.h"

namespace headwater::client {
namespace {

/// Relays of an at-least-once stream may repeat events after they were down, and inboxes remember
/// their ids at least this long.
constexpr std::chrono::seconds shortest_keep = std::chrono::days(1);

/// `text` as a scalar of YAML, which JSON's text is, or as the list that it is.
std::string scalar(const std::string& text) {
  return text.starts_with('[') ? text : Json(text).dump();
}

using Options = std::map<std::string, std::string>;

/// The options from `at` to `end` as a mapping of YAML; names begin with `prefix`.
std::string mapping(Options::const_iterator& at, Options::const_iterator end,
                    const std::string& prefix) {
  std::string yaml;
  while (at != end && at->first.starts_with(prefix)) {
    const std::string rest = at->first.substr(prefix.size());
    const std::size_t dot = rest.find('.');
    const std::string name = rest.substr(0, dot);
    yaml += (yaml.empty() ? "" : ", ") + Json(name).dump() + ": ";
    if (dot != std::string::npos) {
      yaml += mapping(at, end, prefix + name + ".");
    } else {
      yaml += scalar(at->second);
      ++at;
    }
  }
  return "{" + yaml + "}";
}

headwater::Result<std::unique_ptr<StreamAdapter>> make(config::Section section,
                                                       const Clock& clock) {
  const std::string kind = adapters::chosen(section, adapters::stream_names());
  if (kind.empty()) {
    auto read = section.finish();
    if (!read) return failed(read);
  }
  auto made = adapters::make_stream(kind, section.child(kind), clock);
  if (auto read = section.finish(); !read) return failed(read);
  return made;
}

headwater::Error no_such_relay(const std::string& file, const std::string& relay) {
  return {.name = "config.unknown_relay",
          .message = file + " has no relay '" + relay + "'",
          .next = "give one of its names"};
}

headwater::Error several_streams(const std::string& file) {
  return {.name = "config.several_relays",
          .message = file + " has several relays with different streams",
          .next = "give the name of one"};
}

/// The events of batches that are gone, for those to come. Any thread.
class Spares {
 public:
  void give(std::vector<StoredEvent> events) {
    const std::lock_guard lock(mutex_);
    events_ = std::move(events);
  }
  [[nodiscard]] std::vector<StoredEvent> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<StoredEvent> events_;
};

/// Goes with the last copy of its batch, on whatever thread that is.
struct Lent final : consumer::Events {
  explicit Lent(std::shared_ptr<Spares> to) : spares(std::move(to)) {}
  ~Lent() {
    if (!events.empty()) spares->give(std::move(events));
  }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  std::shared_ptr<Spares> spares;
};

}  // namespace

consumer::Beginning to_internal(const Start& start) {
  using At = consumer::Beginning::At;
  switch (start.kind()) {
    case Start::Kind::earliest:
      return {.at = At::earliest};
    case Start::Kind::latest:
      return {.at = At::latest};
    case Start::Kind::sequence:
      return {.at = At::sequence, .sequence = start.sequence()};
    case Start::Kind::time:
      break;
  }
  return {.at = At::time, .time = start.time()};
}

Lag to_public(const consumer::Lag& lag) { return {.events = lag.events, .time = lag.time}; }

struct Reader::State {
  std::shared_ptr<const Stream::Held> stream;
  std::unique_ptr<StreamReader> reader;
  consumer::Follower follower;
  std::shared_ptr<Spares> spares = std::make_shared<Spares>();
};

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Result<Batch> Reader::read(const Limits& limits, std::chrono::milliseconds wait,
                           std::stop_token stop) {
  state_->reader->reuse(state_->spares->take());
  auto events = state_->follower.read({.count = limits.events, .bytes = limits.bytes}, wait, stop);
  if (!events) return to_public(events.error());
  auto held = std::make_shared<Lent>(state_->spares);
  held->events = *std::move(events);
  return Batch(std::make_shared<Batch::Held>(Batch::Held{std::move(held)}));
}

Result<Lag> Reader::lag() {
  auto lag =
      consumer::lag_of(*state_->reader, state_->follower.next(), state_->stream->clock.wall());
  if (!lag) return to_public(lag.error());
  return to_public(*lag);
}

std::uint64_t Reader::place() const {
  const std::uint64_t next = state_->follower.next();
  return next == 0 ? 0 : next - 1;
}

Stream::Stream(std::shared_ptr<const Held> held) : held_(std::move(held)) {}

Result<Stream> Stream::open(const StreamOptions& options) {
  auto at = options.options.begin();
  const std::string yaml =
      "{" + Json(options.kind).dump() + ": " + mapping(at, options.options.end(), "") + "}";
  auto section = config::parse(yaml, "the options of the stream");
  if (!section) return to_public(section.error());
  auto held = std::make_shared<Held>();
  auto made = make(*std::move(section), held->clock);
  if (!made) return to_public(made.error());
  held->adapter = *std::move(made);
  return Stream(std::move(held));
}

Result<Stream> Stream::from_config(const std::string& file, const std::string& relay) {
  auto loaded = config::load(file);
  if (!loaded) return to_public(loaded.error());
  auto held = std::make_shared<Held>();
  for (config::RelayConfig& config : loaded->relays) {
    if (!relay.empty() && config.name != relay) continue;
    auto made = make(config.stream, held->clock);
    if (!made) return to_public(made.error());
    if (held->adapter && held->adapter->describe() != (*made)->describe()) {
      return to_public(several_streams(file));
    }
    held->adapter = *std::move(made);
  }
  if (!held->adapter) return to_public(no_such_relay(file, relay));
  return Stream(std::move(held));
}

std::string Stream::describe() const { return held_->adapter->describe(); }
bool Stream::exactly_once() const { return held_->adapter->exactly_once(); }

Result<std::chrono::seconds> Stream::least_keep() const {
  auto age = held_->adapter->retention_age();
  if (!age) return to_public(age.error());
  const auto kept = std::chrono::ceil<std::chrono::seconds>(age->value_or(Milliseconds(0)));
  return std::max(shortest_keep, kept);
}

Result<Reader> Stream::reader(const Start& start) const {
  auto reader = held_->adapter->reader();
  if (!reader) return to_public(reader.error());
  auto first = consumer::first_sequence(**reader, to_internal(start), {});
  if (!first) return to_public(first.error());
  StreamReader& opened = **reader;
  return Reader(std::make_unique<Reader::State>(
      Reader::State{held_, *std::move(reader), consumer::Follower(opened, *first)}));
}

Result<std::optional<std::uint64_t>> Stream::acknowledged(const std::string& consumer) const {
  auto reader = held_->adapter->reader();
  if (!reader) return to_public(reader.error());
  auto place = (*reader)->acknowledged(consumer);
  if (!place) return to_public(place.error());
  return *place;
}

Result<void> Stream::forget(const std::string& consumer) const {
  auto reader = held_->adapter->reader();
  if (!reader) return to_public(reader.error());
  auto forgotten = (*reader)->forget(consumer);
  if (!forgotten) return to_public(forgotten.error());
  return {};
}

}  // namespace headwater::client

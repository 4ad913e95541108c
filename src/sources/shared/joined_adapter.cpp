#include "src/sources/shared/joined_adapter.h"

#include <utility>

namespace headwater::sources {

OnLarge JoinedAdapter::on_large() const { return policies().large.policy; }

Result<Report> JoinedAdapter::remove(const std::string& /*relay*/) {
  return Report{
      {.kind = Finding::Kind::ok, .what = "nothing was installed in the database", .next = {}}};
}

Report JoinedAdapter::check(const std::string& /*relay*/, const std::optional<Tail>& tail) {
  auto connected = parts();
  if (!connected) return {problem(connected.error())};
  if (!tail || tail->position.empty()) {
    return {{.kind = Finding::Kind::ok, .what = describe() + " answers", .next = {}}};
  }
  auto place = connected->log->seek(tail->position, {});
  if (!place) return {problem(connected->log->last_word(std::move(place.error())))};
  return {{.kind = Finding::Kind::ok,
           .what = describe() + " has the changes after the stream's position",
           .next = {}}};
}

Result<Position> JoinedAdapter::beginning(const std::string& /*relay*/) {
  auto connected = parts();
  if (!connected) return failed(connected);
  if (auto started = connected->log->start(StartAt::now, {}); !started) return failed(started);
  return connected->log->position(first_place(policies().snapshot));
}

Result<std::unique_ptr<Source>> JoinedAdapter::connect(const std::string& /*relay*/) {
  auto connected = parts();
  if (!connected) return failed(connected);
  return std::make_unique<JoinedSource>(std::move(*connected), *clock_);
}

Result<std::unique_ptr<Audit>> JoinedAdapter::audit(const std::string& /*relay*/) {
  return fail({.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = "source.no_audit",
               .message = describe() + " cannot be compared with a stream",
               .next = {}});
}

Result<Position> JoinedAdapter::position(const std::string& /*relay*/, const std::string& words) {
  auto connected = parts();
  if (!connected) return failed(connected);
  ChangeLog& log = *connected->log;
  if (words != "earliest" && words != "latest") {
    auto place = log.seek({words}, {});
    if (!place) return failed(place);
    return Position{words};
  }
  auto started = log.start(words == "latest" ? StartAt::now : StartAt::oldest, {});
  if (!started) return failed(started);
  return log.position({});
}

}  // namespace headwater::sources

#include "src/sources/mongodb/adapter.h"

#include <functional>
#include <utility>

#include "src/sources/mongodb/audit/mongo_audit.h"
#include "src/sources/mongodb/feed/mongo_source.h"
#include "src/sources/mongodb/feed/named_position.h"
#include "src/sources/mongodb/feed/position.h"
#include "src/sources/mongodb/inspect.h"
#include "src/sources/mongodb/server/client.h"
#include "src/sources/mongodb/server/shared_pool.h"
#include "src/sources/mongodb/standby_collection.h"
#include "src/sources/shared/joined_adapter.h"

namespace headwater {
namespace mongodb {
namespace {

class MongoAdapter final : public sources::JoinedAdapter {
 public:
  MongoAdapter(SourceOptions options, const Clock& clock)
      : JoinedAdapter(clock),
        options_(std::make_shared<const SourceOptions>(std::move(options))),
        pool_(std::make_shared<SharedPool>(options_->uri)) {}

  [[nodiscard]] std::string describe() const override {
    return "mongodb " + options_->watch.words() + " at " + without_password(options_->uri);
  }

  /// With pipelines of their own, they may share a collection's changes among them.
  [[nodiscard]] bool publishes_the_same_as(const SourceAdapter& other) const override {
    const auto* that = dynamic_cast<const MongoAdapter*>(&other);
    if (that == nullptr) return false;
    const SourceOptions& a = *options_;
    const SourceOptions& b = *that->options_;
    return a.uri == b.uri && a.identity == b.identity && a.part == b.part &&
           overlap(a.watch, b.watch) && fingerprint({}, a.pipeline) == fingerprint({}, b.pipeline);
  }

  void share_connections(const SourceAdapter& other) override {
    const auto* that = dynamic_cast<const MongoAdapter*>(&other);
    if (that != nullptr && that->options_->uri == options_->uri) pool_ = that->pool_;
  }

  Result<Position> beginning(const std::string& /*relay*/) override {
    return asked<Position>([this](Connection& connection, const std::string& identity) {
      auto position = mongodb::beginning(*options_, identity, connection);
      if (!position) return Result<Position>(failed(position));
      return Result<Position>(encode(*position));
    });
  }

  Report check(const std::string& /*relay*/, const std::optional<Tail>& tail) override {
    auto pool = Pool::make(options_->uri, Pool::Use::brief);
    if (!pool) return {problem(pool.error())};
    Connection connection(**pool);
    return mongodb::inspect(*options_, connection, tail ? tail->position : Position());
  }

  Result<std::unique_ptr<Audit>> audit(const std::string& /*relay*/) override {
    auto audit = MongoAudit::connect(*options_, clock());
    if (!audit) return failed(audit);
    return std::unique_ptr<Audit>(std::move(*audit));
  }

  std::unique_ptr<HintAdapter> sync_document(Milliseconds lapse_after) override {
    return sources::make_sync_document(make_standby_collection(options_->uri, options_->watch),
                                       lapse_after);
  }

  Result<Position> position(const std::string& /*relay*/, const std::string& words) override {
    return asked<Position>([&](Connection& connection, const std::string& identity) {
      return named_position(*options_, identity, connection, words);
    });
  }

  /// By cluster time: tokens are the server's own business.
  [[nodiscard]] std::partial_ordering order(const Position& a, const Position& b) const override {
    const auto first = decode(a);
    const auto second = decode(b);
    const bool known = first && second && first->source == second->source;
    if (!known || first->time == second->time) return SourceAdapter::order(a, b);
    return first->time < second->time ? std::partial_ordering::less
                                      : std::partial_ordering::greater;
  }

  /// `write`: the operation time of the session that wrote.
  Result<bool> includes(const std::string& /*relay*/, const Position& position,
                        const std::string& write) override {
    const auto time = time_from(write);
    if (!time) {
      return fail(bad_write(write, "the operation time of the session, SECONDS.INCREMENT"));
    }
    if (position.empty()) return false;
    auto at = decode(position);
    if (!at) return failed(at);
    // A snapshot leaves out changes of what it has not read yet. Changes of one transaction have one
    // time.
    const bool whole =
        !at->token.empty() && !at->place.leaves_out_changes() && !at->place.transaction;
    return whole ? at->time >= *time : at->time > *time && !at->place.leaves_out_changes();
  }

  [[nodiscard]] std::string explain(const Position& position) const override {
    return explained(position, options_->watch);
  }

 private:
  [[nodiscard]] const sources::Policies& policies() const override { return options_->policies; }
  Result<sources::JoinedParts> parts() override { return connect_parts(options_, pool_, clock()); }

  [[nodiscard]] Result<Position> with_place(
      const Position& position,
      const std::function<Result<void>(sources::Place&)>& change) const override {
    auto decoded = decode(position);
    if (!decoded) return failed(decoded);
    if (auto changed = change(decoded->place); !changed) return failed(changed);
    return encode(*decoded);
  }

  template <class T, class Ask>
  Result<T> asked(const Ask& ask) {
    auto pool = Pool::make(options_->uri, Pool::Use::brief);
    if (!pool) return failed(pool);
    Connection connection(**pool);
    auto identity = source_identity(*options_, connection);
    if (!identity) return failed(identity);
    return ask(connection, *identity);
  }

  std::shared_ptr<const SourceOptions> options_;
  std::shared_ptr<SharedPool> pool_;  // of all adapters with this URI
};

}  // namespace
}  // namespace mongodb

std::unique_ptr<SourceAdapter> make_mongodb_source(mongodb::SourceOptions options,
                                                   const Clock& clock) {
  return std::make_unique<mongodb::MongoAdapter>(std::move(options), clock);
}

}  // namespace headwater

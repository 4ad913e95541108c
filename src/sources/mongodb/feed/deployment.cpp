#include "src/sources/mongodb/feed/deployment.h"

#include <utility>

namespace headwater::mongodb {

StreamRequest request_for(const SourceOptions& options, const ServerFacts& facts) {
  return {.watch = options.watch,
          .pipeline = &options.pipeline,
          .full_document = options.full_document,
          .full_document_before_change = options.full_document_before_change,
          .split_large = facts.splits_large_events()};
}

Link::Link(std::shared_ptr<Pool> opened, std::unique_ptr<Connection> connection,
           const ServerFacts& found, const SourceOptions& options)
    : pool(std::move(opened)),
      control(std::move(connection)),
      facts(found),
      scan(*pool, facts, options.pipeline),
      tailer(pool, request_for(options, facts)) {}

Result<std::shared_ptr<Deployment>> Deployment::connect(
    std::shared_ptr<const SourceOptions> options, std::shared_ptr<SharedPool> pool) {
  std::shared_ptr<Deployment> deployment(new Deployment(std::move(options), std::move(pool)));
  auto link = deployment->make_link();
  if (!link) return failed(link);
  deployment->link_ = std::move(*link);
  return deployment;
}

Result<std::unique_ptr<Link>> Deployment::make_link() const {
  auto pool = pool_->get(link_ ? link_->pool.get() : nullptr);
  if (!pool) return failed(pool);
  auto control = std::make_unique<Connection>(**pool);
  auto facts = control->facts();
  if (!facts) return failed(facts);
  return std::make_unique<Link>(std::move(*pool), std::move(control), *facts, *options_);
}

/// The pool ignores a member forever once it has seen it outside its set, as during maintenance; so
/// if no server answers, a new pool tries. Also, only a new connection logs in: one whose user was
/// dropped stays without a user.
Result<ServerFacts> Deployment::look() {
  if (!access_lost_) {
    auto facts = link_->control->facts();
    // Another member may have another version, which takes other requests.
    const bool alike = facts && facts->wire_version == link_->facts.wire_version;
    if (alike || (!facts && facts.error().remedy != Remedy::retry)) return facts;
  }
  auto link = make_link();
  if (!link) return failed(link);
  access_lost_ = false;
  link_ = std::move(*link);
  return link_->facts;
}

Error Deployment::access_error(Error error) {
  if (!access_granted_ || error.name != "source.unauthorized") return error;
  access_lost_ = true;
  error.remedy = Remedy::retry;
  return error;
}

}  // namespace headwater::mongodb

#include "src/hints/etcd/etcd.h"

#include <utility>

#include "src/hints/etcd/calls.h"
#include "src/hints/etcd/inspect.h"
#include "src/hints/etcd/lease_hint.h"

namespace headwater::etcd {
namespace {

class Adapter final : public HintAdapter {
 public:
  explicit Adapter(Options options) : options_(std::move(options)) {}

  [[nodiscard]] std::string describe() const override {
    std::string text = "etcd ";
    for (const Endpoint& endpoint : options_.endpoints) {
      if (!text.ends_with(' ')) text += ',';
      text += endpoint.address;
    }
    return text;
  }

  Result<Report> prepare(const std::string& /*relay*/) override {
    return inspect_reachable(options_);
  }

  Result<Report> remove(const std::string& relay) override {
    Gateway gateway(options_);
    auto erased = erase(gateway, key_of(relay), {});
    if (!erased && is_away(erased.error())) {
      return Report{{.kind = Finding::Kind::note,
                     .what = erased.error().message + "; the key ends with its lease"}};
    }
    if (!erased) return failed(erased);
    return Report{{.what = "standby: key " + key_of(relay) +
                           (*erased ? " deleted in " : " was not in ") + describe()}};
  }

  Report check(const std::string& relay) override { return inspect(options_, key_of(relay)); }

  std::unique_ptr<LeaderHint> open(const std::string& relay, const Clock& clock) override {
    return std::make_unique<LeaseHint>(options_, key_of(relay), clock);
  }

 private:
  [[nodiscard]] std::string key_of(const std::string& relay) const {
    return options_.prefix + "/" + relay;
  }

  Options options_;
};

}  // namespace

std::unique_ptr<HintAdapter> make_hint(Options options) {
  return std::make_unique<Adapter>(std::move(options));
}

}  // namespace headwater::etcd

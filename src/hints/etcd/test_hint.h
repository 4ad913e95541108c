// What the tests of this folder share.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "src/hints/etcd/etcd.h"
#include "testing/etcd/etcd_server.h"
#include "testing/rig/tcp_proxy.h"
#include "testing/rig/waiting.h"

namespace headwater::etcd {

/// Patient, because the machine may be busy. Where members are silent, a test needs another patience.
[[nodiscard]] inline Options options_for(const std::string& address) {
  return {.endpoints = {{.address = address}}, .patience = Milliseconds(30'000)};
}
[[nodiscard]] inline Options options_for(const rig::EtcdServer& server) {
  return options_for(server.address());
}
[[nodiscard]] inline Options options_for(const rig::TcpProxy& proxy) {
  return options_for("127.0.0.1:" + std::to_string(proxy.port()));
}

inline const SystemClock real_clock;

/// A hint with its adapter.
class TestHint {
 public:
  explicit TestHint(Options options, const std::string& relay = "shop",
                    const Clock& clock = real_clock)
      : adapter_(make_hint(std::move(options))), hint_(adapter_->open(relay, clock)) {}

  LeaderHint* operator->() { return hint_.get(); }
  /// "ours", "others" or the error's name.
  std::string claim() { return in_words(hint_->claim({})); }
  std::string take() { return in_words(hint_->take({})); }
  /// Claims until this comes out. Returns false if it never does.
  [[nodiscard]] bool comes_to(const std::string& outcome) {
    return rig::wait_until([&] { return claim() == outcome; });
  }
  /// Of the last call that failed.
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  std::string in_words(const Result<Claim>& claim) {
    if (claim) return *claim == Claim::ours ? "ours" : "others";
    error_ = claim.error();
    return error_.name;
  }

  std::unique_ptr<HintAdapter> adapter_;
  std::unique_ptr<LeaderHint> hint_;
  Error error_;
};

}  // namespace headwater::etcd

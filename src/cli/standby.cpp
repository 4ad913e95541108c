#include "src/cli/standby.h"

#include <string>
#include <utility>

#include "src/hints/etcd/etcd.h"

namespace headwater::cli {
namespace {

constexpr Milliseconds usual_lapse{3'000};
/// A claim is renewed four times as often; a database need not do more.
constexpr Milliseconds least_lapse{400};
constexpr Milliseconds most_lapse{60'000};

std::unique_ptr<HintAdapter> read_sync_document(config::Section standby, SourceAdapter& source) {
  config::Section section = standby.child("sync_document");
  const Milliseconds lapse = section.duration("lapse_after").value_or(usual_lapse);
  if (lapse < least_lapse || lapse > most_lapse) {
    section.complain("lapse_after", "must be from 400ms to 60s");
    return nullptr;
  }
  auto hint = source.sync_document(lapse);
  if (!hint) {
    standby.complain("sync_document", "cannot be kept in " + source.describe() + "; use etcd");
  }
  return hint;
}

}  // namespace

std::unique_ptr<HintAdapter> read_standby(config::Section relay, SourceAdapter& source) {
  if (!relay.has("standby")) return nullptr;
  config::Section standby = relay.child("standby");
  const std::string kind = standby.only_key({"sync_document", "etcd"});
  if (kind == "sync_document") return read_sync_document(standby, source);
  if (kind != "etcd") return nullptr;
  auto hint = make_etcd_hint(standby.child("etcd"));
  return hint ? *std::move(hint) : nullptr;
}

}  // namespace headwater::cli

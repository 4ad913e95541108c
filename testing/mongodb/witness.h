// An independent reader: libmongoc's own change stream, and nothing of the product.
#pragma once

#include <mongoc/mongoc.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "testing/mongodb/shell.h"

namespace headwater::rig {

/// Lists the `_id._data` of every change from `start` on, in order. One thread.
class Witness {
 public:
  /// `watched` as in a configuration: "shop.orders" or "shop". The witness itself looks at
  /// `looks_at`, which may be more, up to "*".
  Witness(std::string uri, std::string watched, std::string looks_at, ClusterTime start)
      : uri_(std::move(uri)),
        watched_(std::move(watched)),
        looks_at_(std::move(looks_at)),
        start_(start) {}

  /// Reads on, up to and with the insert of the document with this _id, which must come.
  void read_to(const std::string& id);
  /// Of what is watched.
  [[nodiscard]] const std::vector<std::string>& ids() const { return ids_; }

 private:
  bool read(mongoc_change_stream_t* stream, const std::string& id);
  [[nodiscard]] bool is_watched(const bson_t* event) const;

  std::string uri_;
  std::string watched_;
  std::string looks_at_;
  ClusterTime start_;
  std::vector<std::string> ids_;
  std::optional<Doc> last_;  // the last event's _id, whole
};

}  // namespace headwater::rig

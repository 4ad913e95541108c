// An independent reader of changes: libmongoc's change stream, without the product's code.
#pragma once

#include <mongoc/mongoc.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "testing/mongodb/shell.h"

namespace headwater::rig {

/// Collects the `_id._data` of every change from `start` on, in order. One thread.
class Witness {
 public:
  /// Collects the changes of `watched`, such as "shop.orders" or "shop". Its change stream is on
  /// `scope`, which may be larger, up to "*".
  Witness(std::string uri, std::string watched, std::string scope, ClusterTime start)
      : uri_(std::move(uri)),
        watched_(std::move(watched)),
        scope_(std::move(scope)),
        start_(start) {}

  /// Reads up to and including the insert of the document with this _id. Ends the test program if
  /// that never comes.
  void read_to(const std::string& id);
  /// The changes of `watched` so far.
  [[nodiscard]] const std::vector<std::string>& ids() const { return ids_; }

 private:
  bool read(mongoc_change_stream_t* stream, const std::string& id);
  [[nodiscard]] bool is_watched(const bson_t* event) const;

  std::string uri_;
  std::string watched_;
  std::string scope_;
  ClusterTime start_;
  std::vector<std::string> ids_;
  std::optional<Doc> last_;  // the _id of the last event
};

}  // namespace headwater::rig

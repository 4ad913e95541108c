// An independent reader: libmongoc's own change stream, and nothing of the product.
#pragma once

#include <mongoc/mongoc.h>

#include <optional>
#include <string>
#include <vector>

#include "testing/mongodb/shell.h"

namespace headwater::rig {

/// Lists the `_id._data` of every change from `start` on, in order. One thread.
class Witness {
 public:
  /// `watch` as in a configuration: "shop.orders", "shop" or "*".
  Witness(std::string uri, std::string watch, ClusterTime start)
      : uri_(std::move(uri)), watch_(std::move(watch)), start_(start) {}

  /// Reads on, up to and with the insert of the document with this _id, which must come.
  void read_to(const std::string& id);
  [[nodiscard]] const std::vector<std::string>& ids() const { return ids_; }

 private:
  bool read(mongoc_change_stream_t* stream, const std::string& id);

  std::string uri_;
  std::string watch_;
  ClusterTime start_;
  std::vector<std::string> ids_;
  std::optional<Doc> last_;  // the last event's _id, whole
};

}  // namespace headwater::rig

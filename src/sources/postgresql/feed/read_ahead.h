// The next piece of a table, read while the last one is returned.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "src/sources/postgresql/feed/piece_reader.h"

namespace headwater::postgresql {

/// Reads on a thread and a connection of its own. Holds one piece at the most. One thread may call.
class ReadAhead {
 public:
  ReadAhead() = default;
  ~ReadAhead() { drop(); }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// Begins to read; what was there is dropped. `server` says where; it is not used.
  void begin(const Server& server, const sources::TableName& name, const std::string& after,
             const std::string& filter);
  /// The piece, if it is this one, once it has been read; nullopt: it is not.
  std::optional<Result<PieceRead>> take(const sources::TableName& name, const std::string& after,
                                        const std::string& filter, const std::stop_token& stop);
  /// Ends what it does.
  void drop();

 private:
  struct Wish {
    sources::TableName name;
    std::string after;
    std::string filter;
    bool operator==(const Wish&) const = default;
  };

  std::shared_ptr<Server> server_;
  std::optional<Wish> wish_;
  std::stop_source stop_;
  std::future<Result<PieceRead>> read_;
};

}  // namespace headwater::postgresql

#include "src/sources/postgresql/feed/read_ahead.h"

#include <utility>

namespace headwater::postgresql {

void ReadAhead::begin(const Server& server, const sources::TableName& name,
                      const std::string& after, const std::string& filter) {
  drop();
  if (!server_) server_ = std::make_shared<Server>(server.options(), server.facts());
  wish_ = Wish{.name = name, .after = after, .filter = filter};
  stop_ = {};
  read_ =
      std::async(std::launch::async, [server = server_, wish = *wish_, stop = stop_.get_token()] {
        // Whether the snapshot will do is seen when the piece is taken.
        return PieceReader(server).read(
            wish.name, wish.after, wish.filter, [](const Snapshot&) { return true; }, stop);
      });
}

std::optional<Result<PieceRead>> ReadAhead::take(const sources::TableName& name,
                                                 const std::string& after,
                                                 const std::string& filter,
                                                 const std::stop_token& stop) {
  const Wish wanted{.name = name, .after = after, .filter = filter};
  if (!read_.valid() || wish_ != wanted) return std::nullopt;
  const std::stop_callback stopping(stop, [this] { stop_.request_stop(); });
  return read_.get();
}

void ReadAhead::drop() {
  if (!read_.valid()) return;
  stop_.request_stop();
  (void)read_.get();
}

}  // namespace headwater::postgresql

// One client's queries, and their answers.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "src/base/wake.h"
#include "src/json/json.h"
#include "src/rethinkdb/frame.h"
#include "testing/rethinkdb/peer.h"
#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/feed.h"
#include "testing/rethinkdb/stand_in/query_error.h"
#include "testing/rethinkdb/stand_in/store.h"

namespace headwater::rethinkdb::stand_in {

/// One thread. Long results go out in parts; each START, CONTINUE and STOP is answered once.
class Session {
 public:
  Session(Store& store, Peer& peer);

  /// Logs the client in, and serves it until it has gone.
  void serve();

 private:
  /// A query that has more to come.
  struct Query {
    std::shared_ptr<Evaluator> evaluator;
    Pull rows;  // or else `feed`
    std::shared_ptr<Feed> feed{};
    bool waiting = false;  // for an answer to its last CONTINUE
  };
  void handle(const Frame& frame);
  void start(Token token, const Json& query);
  [[nodiscard]] std::string first_answer(Token token, const NodePtr& root,
                                         std::shared_ptr<Evaluator> evaluator);
  void proceed(Token token);
  void stop(Token token);
  /// Answers CONTINUEs that have waited for a change.
  void serve_feeds();

  /// The next part, and the end of the query with the last. Nothing: a feed has nothing yet.
  [[nodiscard]] std::string rows_part(Token token, Query& query);
  [[nodiscard]] std::optional<std::string> feed_part(Token token, Query& query, bool first);
  /// The answer, or that it failed: then the query has ended.
  template <class Make>
  std::string or_error(Token token, const Make& make);

  Store& store_;
  Peer& peer_;
  std::shared_ptr<Wake> wake_ = std::make_shared<Wake>();
  std::map<Token, Query> queries_;
};

}  // namespace headwater::rethinkdb::stand_in

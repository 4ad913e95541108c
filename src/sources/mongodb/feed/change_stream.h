// One cursor of a change stream, by the server's own commands: the client library's change stream
// resumes by itself forever and hides which event a token belongs to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/sources/mongodb/bson/doc.h"
#include "src/sources/mongodb/feed/resume_token.h"
#include "src/sources/mongodb/feed/watch.h"
#include "src/sources/mongodb/options.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// Where a change stream begins: just after `token`, or with the first change at `time` or later.
struct StartAt {
  ResumeToken token{};  ///< Empty: `time` counts.
  ClusterTime time{};
};

struct StreamRequest {
  Watch watch;
  const std::vector<Doc>* pipeline = nullptr;  ///< The user's stages; outlives the stream.
  FullDocument full_document = FullDocument::as_reported;
  FullDocumentBefore full_document_before_change = FullDocumentBefore::off;
  /// Asks the server to cut events over 16 MB (ServerFacts::splits_large_events).
  bool split_large = false;
  /// Only who and where: the pipeline sees events whole, and they come without their documents, so
  /// that none can be too large. Those that are required may be missing.
  bool without_documents = false;
};

/// What the server sent for one getMore. Events stay in the reply; nothing is copied.
class StreamBatch {
 public:
  explicit StreamBatch(Doc reply);

  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t bytes() const { return reply_.get()->len; }
  /// The next event, in order; nullopt at the end. Valid as long as the batch.
  std::optional<DocView> next();
  /// The server has examined everything up to here: its postBatchResumeToken. Not the
  /// identity of any event.
  [[nodiscard]] const ResumeToken& token() const { return token_; }
  /// The newest time that the server knew of when it answered; null if it does not say.
  [[nodiscard]] ClusterTime newest() const;
  /// The server has closed the cursor: an invalidate event was its last.
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  Doc reply_;
  bson_iter_t events_{};
  std::size_t count_ = 0;
  ResumeToken token_;
  bool closed_ = false;
};

/// One thread. Every call blocks for as long as the server takes.
class ChangeStream {
 public:
  /// Opens the cursor; the server has not read its history yet. `connection` must outlive
  /// it.
  static Answer<ChangeStream> open(Connection& connection, const StreamRequest& request,
                                   const StartAt& start);

  /// At most `count` events. An empty batch: the server has examined everything that a majority
  /// had when it was asked, and waited for `wait` (at least a millisecond) for more. The first call
  /// says if the history no longer has the start.
  Answer<StreamBatch> next(std::int32_t count, Milliseconds wait);

  /// A command that ends the cursor, and a next() that waits; for any other connection.
  [[nodiscard]] Doc kill_command() const;
  [[nodiscard]] const std::string& database() const { return database_; }
  /// Which the cursor is on.
  [[nodiscard]] std::uint32_t server() const { return server_; }

 private:
  ChangeStream(Connection& connection, std::string database, std::string collection,
               std::int64_t cursor, std::uint32_t server);

  Connection* connection_;
  std::string database_;
  std::string collection_;
  std::int64_t cursor_;
  std::uint32_t server_;
};

}  // namespace headwater::mongodb

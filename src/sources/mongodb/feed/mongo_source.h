// The Source of a MongoDB deployment: a change stream, and the documents that were there before.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "src/base/clock.h"
#include "src/ports/source.h"
#include "src/sources/mongodb/feed/change_decoder.h"
#include "src/sources/mongodb/feed/history.h"
#include "src/sources/mongodb/feed/position.h"
#include "src/sources/mongodb/feed/snapshot.h"
#include "src/sources/mongodb/feed/tailer.h"
#include "src/sources/mongodb/options.h"
#include "src/sources/mongodb/server/client.h"

namespace headwater::mongodb {

/// Where a relay that begins now begins: with the first change after the newest time a majority
/// has.
Result<MongoPosition> beginning(const SourceOptions& options, const std::string& identity,
                                Connection& connection);

/// What a relay asks of a change stream.
[[nodiscard]] StreamRequest request_for(const SourceOptions& options, const ServerFacts& facts);

/// The configured name, or the deployment's own (see deployment_identity()).
Result<std::string> source_identity(const SourceOptions& options, Connection& connection);

class MongoSource final : public Source {
 public:
  /// `clock` must outlive it. Blocks until a server has answered.
  static Result<std::unique_ptr<MongoSource>> connect(std::shared_ptr<const SourceOptions> options,
                                                      const Clock& clock);

  [[nodiscard]] std::string identity() const override { return identity_; }
  [[nodiscard]] bool has_beginning() const override;
  Result<void> open(const Position& after) override;
  Result<ChangeBatch> read(const ReadLimits& limits, Milliseconds wait,
                           std::stop_token stop) override;
  /// The server forgets when its oplog is full, whatever it is told.
  Result<void> release(const Durable& /*durable*/) override { return {}; }

 private:
  static constexpr std::int32_t first_count = 64;
  enum class Reached { full, dry };
  struct Ready {
    Change change;
    MongoPosition position;
  };
  /// Everything that was read and not yet returned.
  struct AtHand {
    std::optional<StreamBatch> batch;
    std::optional<Doc> fragments;       ///< Of an event that the server has cut.
    std::optional<DecodedChange> next;  ///< Made, but not taken yet.
    std::optional<Doc> next_id;         ///< Its document's _id, while there is a snapshot.
    std::optional<Change> held;         ///< Of a transaction that may not be over.
    std::deque<Ready> ready;            ///< To be returned; few.
    std::uint64_t piece_asks = 0;       ///< How often was asked when the snapshot's piece was read.
    bool piece_due = false;             ///< All changes up to the piece's time are out.
  };
  /// All that hangs on one view of the deployment.
  struct Link {
    Link(std::shared_ptr<Pool> opened, std::unique_ptr<Connection> connection,
         const ServerFacts& found, const SourceOptions& options, const ChangeDecoder& decoder);
    std::shared_ptr<Pool> pool;
    std::unique_ptr<Connection> control;
    ServerFacts facts;
    Snapshot snapshot;
    Tailer tailer;
  };
  MongoSource(std::shared_ptr<const SourceOptions> options, const Clock& clock);

  // mongo_source_open.cpp
  Result<std::unique_ptr<Link>> make_link() const;
  Result<ServerFacts> look();
  Result<void> open_at(const Position& after);
  Result<void> seek(const MongoPosition& position, bool may_lose = true);
  Result<void> go_on_after_loss(const MongoPosition& position, const Error& loss);
  [[nodiscard]] std::optional<Error> loss_in(const Failure& failure,
                                             const MongoPosition& position) const;
  [[nodiscard]] Error error_of(const Failure& failure) const;
  [[nodiscard]] Error silence() const;
  [[nodiscard]] Error shut_out(Error error);

  // mongo_source_large.cpp
  [[nodiscard]] std::optional<Doc> assembled(const DocView& event);
  [[nodiscard]] static bool about_images(const Failure& failure);
  [[nodiscard]] static bool about_an_event(const Failure& failure);
  Result<void> hunt(const Failure& failure);
  Result<void> pass(const Failure& failure, const StartAt& here);
  Result<void> keep_small(Change& change) const;
  [[nodiscard]] Result<void> too_large(Change& change, const std::string& size) const;

  // mongo_source.cpp
  Result<Reached> give_what_is_at_hand(const ReadLimits& limits, ChangeBatch& batch);
  Result<Reached> give_documents(const ReadLimits& limits, ChangeBatch& batch);
  Result<void> load_documents();
  Result<bool> decode_next();
  Result<bool> decode(const DocView& event);
  void remember_key(const bson_t& event);
  void take(DecodedChange& decoded, const ReadLimits& limits, ChangeBatch& batch);
  void settle(bool last);
  bool give_ready(const ReadLimits& limits, ChangeBatch& batch);
  bool give(Change& change, const MongoPosition& position, const ReadLimits& limits,
            ChangeBatch& batch);
  Result<void> follow_closed_cursor();
  void ask(Milliseconds wait);
  Result<void> take_answer(Answer<StreamBatch> answer);
  void reached_end(const ResumeToken& token);
  Result<ChangeBatch> read_on(const ReadLimits& limits, Milliseconds wait,
                              const std::stop_token& stop);
  ChangeBatch finished(ChangeBatch batch);
  void forget();

  std::shared_ptr<const SourceOptions> options_;
  const Clock* clock_;
  std::unique_ptr<Link> link_;
  std::string identity_;
  std::string fingerprint_;
  ChangeDecoder decoder_;

  MongoPosition given_;     // of what was returned
  MongoPosition position_;  // of what has been taken from the stream and the snapshot
  AtHand at_hand_;
  std::optional<Error> trouble_;  // to be returned once the changes before it are
  bool let_in_ = false;           // the server has answered
  bool shut_out_ = false;         // it no longer does; a new link has to log in
  ClusterTime open_time_;         // newest of the server when open() was called
  bool seen_all_ = false;         // that was committed by then
  bool current_ = false;
  std::int32_t hunting_ = 0;          // so many events one at a time: one of them cannot be sent
  std::int32_t count_ = first_count;  // events in the next batch
};

}  // namespace headwater::mongodb

#include "src/sources/mongodb/feed/change_stream.h"

#include <algorithm>
#include <utility>

namespace headwater::mongodb {
namespace {

const char* word_for(FullDocument mode) {
  switch (mode) {
    case FullDocument::as_reported:
      return "default";
    case FullDocument::update_lookup:
      return "updateLookup";
    case FullDocument::when_available:
      return "whenAvailable";
    case FullDocument::required:
      return "required";
  }
  return "default";
}

Doc first_stage(const StreamRequest& request, const StartAt& start) {
  Doc stage;
  FullDocument after = request.full_document;
  FullDocumentBefore before = request.full_document_before_change;
  if (request.without_documents) {
    if (after == FullDocument::required) after = FullDocument::when_available;
    if (before == FullDocumentBefore::required) before = FullDocumentBefore::when_available;
  }
  if (after != FullDocument::as_reported) stage.add("fullDocument", word_for(after));
  if (before != FullDocumentBefore::off) {
    const bool required = before == FullDocumentBefore::required;
    stage.add("fullDocumentBeforeChange", required ? "required" : "whenAvailable");
  }
  if (request.watch.deployment()) stage.add("allChangesForCluster", true);
  if (start.token.empty()) {
    stage.add("startAtOperationTime", start.time);
  } else {
    // Takes any token; resumeAfter refuses that of an invalidate event.
    stage.add("startAfter", document_of(start.token));
  }
  return stage;
}

/// On the server, so that claims do not even travel. Not a part of the fingerprint: no position is
/// at a change of theirs.
Doc without_claims() {
  const Doc others = std::move(Doc().add("$ne", standby_collection));
  return std::move(Doc().add("$match", Doc().add("ns.coll", others)));
}

std::vector<Doc> stages_of(const StreamRequest& request, const StartAt& start) {
  std::vector<Doc> stages;
  stages.push_back(std::move(Doc().add("$changeStream", first_stage(request, start))));
  if (!request.watch.one_collection()) stages.push_back(without_claims());
  for (const Doc& stage : *request.pipeline) stages.push_back(Doc::copy_of(*stage.get()));
  if (request.without_documents) {
    Doc kept;
    for (const char* field : {"operationType", "ns", "to", "documentKey", "clusterTime", "wallTime",
                              "lsid", "txnNumber"}) {
      kept.add(field, 1);
    }
    stages.push_back(std::move(Doc().add("$project", kept)));
  }
  if (request.split_large)
    stages.push_back(std::move(Doc().add("$changeStreamSplitLargeEvent", Doc())));
  return stages;
}

}  // namespace

StreamBatch::StreamBatch(Doc reply) : reply_(std::move(reply)) {
  closed_ = find_number(reply_.get(), "cursor.id").value_or(0) == 0;
  token_ = token_in(reply_.get(), "cursor.postBatchResumeToken");
  const auto events = find(reply_.get(), "cursor.nextBatch");
  if (!events || !BSON_ITER_HOLDS_ARRAY(&*events)) return;
  bson_iter_recurse(&*events, &events_);
  bson_iter_t counting = events_;
  while (bson_iter_next(&counting)) ++count_;
}

ClusterTime StreamBatch::newest() const {
  return find_time(reply_.get(), "operationTime").value_or(ClusterTime{});
}

std::optional<DocView> StreamBatch::next() {
  if (count_ == 0 || !bson_iter_next(&events_)) return std::nullopt;
  return DocView::at(events_);
}

ChangeStream::ChangeStream(Connection& connection, std::string database, std::string collection,
                           std::int64_t cursor, std::uint32_t server)
    : connection_(&connection),
      database_(std::move(database)),
      collection_(std::move(collection)),
      cursor_(cursor),
      server_(server) {}

Answer<ChangeStream> ChangeStream::open(Connection& connection, const StreamRequest& request,
                                        const StartAt& start) {
  const Watch& watch = request.watch;
  const std::string database = watch.deployment() ? "admin" : watch.database;
  Doc command;
  if (watch.one_collection()) {
    command.add("aggregate", watch.collection);
  } else {
    command.add("aggregate", 1);
  }
  command.add("pipeline", stages_of(request, start));
  command.add("cursor", Doc().add("batchSize", 0));
  command.add("readConcern", Doc().add("level", "majority"));
  auto reply = connection.send(database, command);
  if (!reply) return tl::unexpected(std::move(reply.error()));
  const std::int64_t cursor = find_number(reply->get(), "cursor.id").value_or(0);
  const auto name = find_text(reply->get(), "cursor.ns").value_or("");
  const std::size_t dot = name.find('.');
  std::string collection(dot == std::string_view::npos ? name : name.substr(dot + 1));
  return ChangeStream(connection, database, std::move(collection), cursor,
                      connection.server().value_or(0));
}

Answer<StreamBatch> ChangeStream::next(std::int32_t count, Milliseconds wait) {
  Doc command;
  command.add("getMore", cursor_).add("collection", collection_).add("batchSize", count);
  command.add("maxTimeMS", std::max<std::int64_t>(1, wait.count()));
  auto reply = connection_->send(database_, command);
  if (!reply) return tl::unexpected(std::move(reply.error()));
  return StreamBatch(std::move(*reply));
}

Doc ChangeStream::kill_command() const {
  Doc cursors;
  cursors.add("0", cursor_);
  Doc command;
  command.add("killCursors", collection_);
  bson_append_array(command.out(), "cursors", -1, cursors.get());
  return command;
}

}  // namespace headwater::mongodb

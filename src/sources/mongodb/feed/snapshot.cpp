#include "src/sources/mongodb/feed/snapshot.h"

#include <utility>

#include "src/sources/mongodb/bson/order.h"

namespace headwater::mongodb {
namespace {

/// The place behind all of a collection, where nothing can sort.
constexpr const char* behind_all = R"({"_id":{"$maxKey":1}})";

CollectionName name_of(const SnapshotPlace& place) { return {place.database, place.collection}; }

}  // namespace

Snapshot::Snapshot(Pool& pool, const ServerFacts& facts, const std::vector<Doc>& pipeline,
                   Watch watch, const ChangeDecoder& decoder)
    : scan_(pool, facts, pipeline), watch_(std::move(watch)), decoder_(&decoder) {}

Result<void> Snapshot::seek(const std::optional<SnapshotPlace>& place) {
  place_ = place;
  forget();
  after_.reset();
  if (!place_ || place_->after.empty()) return {};
  after_ = Doc::from_json(place_->after);
  if (after_ && find(after_->get(), "_id")) return {};
  return fail({.remedy = Remedy::stop,
               .origin = Origin::source,
               .name = "source.bad_position",
               .message = "The position's place in the snapshot cannot be read: " + place_->after,
               .next = "headwater position -c FILE reset"});
}

bool Snapshot::covers(const CollectionName& name, const bson_value_t& id) const {
  if (!place_ || place_->all_changes) return true;
  const CollectionName here = name_of(*place_);
  if (name != here) return name < here;
  if (!after_) return false;
  const auto last = find(after_->get(), "_id");
  bson_iter_t at = *last;
  return compare(id, *bson_iter_value(&at)) != std::weak_ordering::greater;
}

void Snapshot::renamed(const CollectionName& to) {
  if (!place_ || !watch_.covers(to.database, to.collection)) return;
  // A row that is out may lie behind the place now. To leave a change to it out would lose it; one
  // to a row that is still to come does no harm.
  place_->all_changes = true;
  if (to > name_of(*place_)) return;
  // Reads some documents again, which does no harm; missing one would.
  place_->database = to.database;
  place_->collection = to.collection;
  place_->after.clear();
  after_.reset();
  forget();
}

void Snapshot::forget() {
  piece_.reset();
  waited_ = false;
}

Result<void> Snapshot::load(ClusterTime not_before) {
  if (piece_ || !place_) return {};
  if (!total_) {
    auto names = scan_.collections(watch_);
    if (!names) return failed(names);
    total_ = 0;
    for (const CollectionName& name : *names) {
      auto rows = scan_.estimate(name);
      if (!rows) return failed(rows);
      *total_ += *rows;
    }
  }
  while (place_ && !piece_) {
    if (!place_->collection.empty() && place_->after != behind_all) {
      // A piece without documents still moves the place on, in its turn.
      auto piece = scan_.next(name_of(*place_), after_ ? &*after_ : nullptr, not_before);
      if (!piece) return failed(piece);
      piece_ = std::move(*piece);
      at_ = 0;
      return {};
    }
    auto found = next_collection();
    if (!found) return failed(found);
    if (*found) {
      waited_ = false;
    } else if (auto ended = end_or_wait(); !ended) {
      return ended;
    }
  }
  return {};
}

/// What was still to come may have been renamed to where the snapshot has already been.
Result<void> Snapshot::end_or_wait() {
  if (waited_) {
    place_.reset();
    return {};
  }
  auto now = scan_.now();
  if (!now) return failed(now);
  piece_ = TablePiece{.documents = {}, .wrapped = false, .time = *now, .last = {}, .end = true};
  at_ = 0;
  waited_ = true;
  return {};
}

Result<bool> Snapshot::next_collection() {
  auto names = scan_.collections(watch_, name_of(*place_));
  if (!names) return failed(names);
  if (names->empty()) return false;
  after_.reset();
  place_->database = names->front().database;
  place_->collection = names->front().collection;
  place_->after.clear();
  return true;
}

Result<void> Snapshot::take_key(const bson_t& key) {
  std::string json;
  if (!append_document(json, key, ExtendedJson::canonical)) {
    return fail({.remedy = Remedy::stop,
                 .origin = Origin::source,
                 .name = "source.bad_event",
                 .message = "A key of " + place_->collection + " is no sound BSON",
                 .next = "validate the collection: db.runCommand({validate: NAME})"});
  }
  place_->after = std::move(json);
  after_ = Doc::copy_of(key);
  return {};
}

Result<std::optional<Change>> Snapshot::next() {
  if (at_ == piece_->documents.size()) {
    // The last one looked at, which the pipeline may have left out. What comes behind the end is a
    // change: where keys ascend and writers write, there would always be more to read.
    const auto end = piece_->end ? Doc::from_json(behind_all) : std::nullopt;
    const Doc& last = end ? *end : piece_->last;
    if (find(last.get(), "_id")) {
      if (auto taken = take_key(*last.get()); !taken) return failed(taken);
    }
    piece_.reset();
    return std::optional<Change>();
  }
  const Doc& document = piece_->documents[at_++];
  const CollectionName name = name_of(*place_);
  auto change = piece_->wrapped ? decoder_->read_wrapped(name, *document.get(), piece_->time)
                                : decoder_->read(name, *document.get(), piece_->time);
  if (!change) return failed(change);
  const auto id = find(document.get(), piece_->wrapped ? "documentKey._id" : "_id");
  Doc key;
  bson_append_iter(key.out(), "_id", -1, &*id);
  if (auto taken = take_key(*key.get()); !taken) return failed(taken);
  ++place_->done;
  return std::optional(std::move(*change));
}

SnapshotProgress Snapshot::progress() const {
  if (!place_) return {};
  return {.table = place_->collection, .done = place_->done, .total = total_.value_or(0)};
}

}  // namespace headwater::mongodb

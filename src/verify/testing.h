// A stream and a database in memory, for the tests of the comparison.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/ports/audit.h"
#include "src/ports/stream.h"
#include "src/shape/shape.h"

namespace headwater {

/// A stream in memory.
class Events final : public StreamReader {
 public:
  void add(const Change& from, const std::string& source = "db:u") {
    std::vector<Event> events;
    if (!Shaper(source).apply(Change(from), events)) std::abort();
    for (Event& event : events) {
      stored_.push_back({.sequence = ++last_, .event = std::move(event)});
    }
  }
  /// To plant faults in.
  [[nodiscard]] std::vector<StoredEvent>& stored() { return stored_; }
  void age_out(std::size_t count) {
    stored_.erase(stored_.begin(), stored_.begin() + static_cast<std::ptrdiff_t>(count));
  }
  [[nodiscard]] Tail tail(const Position& position = {"p"},
                          const std::string& source = "db:u") const {
    return Tail{.sequence = last_, .position = position, .source = source};
  }

  Result<StreamRange> range() override {
    return StreamRange{.first = stored_.empty() ? last_ + 1 : stored_.front().sequence,
                       .last = last_};
  }
  Result<std::vector<StoredEvent>> read(std::uint64_t from, const ReadLimits& limits, Milliseconds,
                                        std::stop_token) override {
    std::vector<StoredEvent> found;
    for (const StoredEvent& stored : stored_) {
      if (stored.sequence >= from && found.size() < std::min<std::size_t>(limits.count, 2)) {
        found.push_back(stored);
      }
    }
    return found;
  }
  Result<std::optional<std::uint64_t>> acknowledged(const std::string&) override { return 0; }
  Result<void> acknowledge(const std::string&, std::uint64_t) override { return {}; }
  Result<void> forget(const std::string&) override { return {}; }

 private:
  std::vector<StoredEvent> stored_;
  std::uint64_t last_ = 0;
};

/// A database in memory: pieces of rows, and what is pending before each of them.
class Database final : public Audit {
 public:
  struct Piece {
    std::vector<Change> pending;
    std::vector<Change> rows;
  };
  std::vector<Piece> pieces;
  IdFindings ids;
  bool from_start = true;
  bool several = false;
  bool differences = false;
  bool unchanged = false;
  std::string not_compared;
  std::string outside;               ///< The table that is not watched.
  std::string repeating;             ///< The table with rows that may be equal.
  std::vector<Piece> waiting;        ///< For events after the tail, which are to be folded.
  std::vector<std::uint64_t> later;  ///< Their sequences.

  Result<void> begin(const Position&) override { return {}; }
  Result<bool> observe(const StoredEvent&) override { return true; }
  Result<std::vector<Change>> pending(const ReadLimits&) override {
    if (at_ >= pieces.size()) return std::vector<Change>{};
    return std::exchange(pieces[at_].pending, {});
  }
  Result<std::vector<Change>> rows(const ReadLimits&) override {
    if (at_ >= pieces.size()) return std::vector<Change>{};
    return pieces[at_++].rows;
  }
  Result<bool> needs_later() override {
    pieces = waiting;
    at_ = 0;
    return !waiting.empty();
  }
  Result<bool> observe_later(const StoredEvent& stored) override {
    later.push_back(stored.sequence);
    return true;
  }
  [[nodiscard]] bool complete_from_start() const override { return from_start; }
  Result<IdFindings> findings(std::stop_token) override { return ids; }
  [[nodiscard]] bool several_databases() const override { return several; }
  [[nodiscard]] bool covers(std::string_view, std::string_view table) const override {
    return table != outside;
  }
  [[nodiscard]] bool may_repeat_rows(std::string_view, std::string_view table) const override {
    return table == repeating;
  }
  [[nodiscard]] bool tells_differences() const override { return differences; }
  [[nodiscard]] bool leaves_out_unchanged() const override { return unchanged; }
  /// Only {"append":{…}} can be applied; it adds these fields.
  [[nodiscard]] std::optional<std::string> applied(std::string_view document,
                                                   std::string_view detail) const override {
    if (!detail.starts_with(R"({"append":)")) return std::nullopt;
    return std::string(document.substr(0, document.size() - 1)) + "," +
           std::string(detail.substr(11, detail.size() - 12));
  }
  [[nodiscard]] std::string rows_not_compared() const override { return not_compared; }

 private:
  std::size_t at_ = 0;
};

}  // namespace headwater

// What a stream tells of each order, compared with the table. It holds also where documents that were
// deleted are removed for good meanwhile, and inserted again.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "src/json/json.h"

namespace headwater::rig {

class OrderHistory {
 public:
  /// `events`: lines of `headwater tail`. `apart`: keys of documents of which nothing is held to be wrong.
  explicit OrderHistory(const std::string& events, std::set<std::string> apart = {});

  /// What is wrong, by kind; all 0 if nothing is.
  struct Wrong {
    std::uint64_t lost = 0;  ///< Changes that the versions, or who wrote them, show to be missing.
    std::uint64_t repeated = 0;
    std::uint64_t out_of_order = 0;
    std::uint64_t not_last = 0;  ///< Documents that are not as their last event says.
    std::string words{};         ///< A line for each.

    [[nodiscard]] std::uint64_t all() const { return lost + repeated + out_of_order + not_last; }
    friend std::ostream& operator<<(std::ostream& to, const Wrong& wrong);
  };
  /// `documents`: of the table, those that are marked as deleted too. `acknowledged`: ids of changes.
  [[nodiscard]] Wrong wrong(const Json& documents,
                            const std::vector<std::string>& acknowledged) const;

  [[nodiscard]] std::size_t events() const { return events_; }
  [[nodiscard]] std::size_t orders() const { return told_.size(); }
  /// How often the relay has said that the database went back, after which it read all rows again.
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }
  /// How often a document was inserted again after it was removed for good.
  [[nodiscard]] std::uint64_t new_lives() const { return new_lives_; }

 private:
  struct Told {
    std::uint64_t number = 0;
    std::uint64_t version = 0;
    std::string operation{};
    Json after{};
    std::uint64_t gaps = 0;  ///< Before it.
  };
  static std::string words_of(const std::string& key, const Told& told);
  void add(const Json& event);
  void check_order(const std::string& key, std::vector<Told>& told);
  [[nodiscard]] bool is_in_gap(const std::string& key, std::uint64_t number) const;
  void note(std::uint64_t& count, std::uint64_t by, const std::string& words);

  std::map<std::string, std::vector<Told>> told_;
  std::set<std::string> ids_;
  std::set<std::string> apart_;
  std::size_t events_ = 0;
  std::uint64_t new_lives_ = 0;
  std::uint64_t gaps_ = 0;
  Wrong order_;  // what the events themselves show
};

}  // namespace headwater::rig

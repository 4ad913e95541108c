// Writes documents one by one, through the table's write hook, and counts.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/table.h"

namespace headwater::rethinkdb::stand_in {

struct WriteOptions {
  enum class Changes { none, changed, always };

  bool hard = true;
  bool bypass_hook = false;
  Changes changes = Changes::none;
};
/// Reads them from the term, and checks that the user may.
[[nodiscard]] WriteOptions write_options(const Call& call, const Table& table);

class Writer {
 public:
  /// Makes a document of what is there; null: none.
  using Change = std::function<Datum(const Datum& before)>;

  Writer(Evaluator& evaluator, std::shared_ptr<Table> table, const WriteOptions& options);

  /// An error of this document is only counted.
  void write(const Datum& key, const Change& change);
  void insert(Datum document, const std::function<Datum(const Datum&, const Datum&)>& conflict);
  /// Counts an error.
  void refuse(const std::string& message);

  /// What the query is answered with. Writes a hard one down.
  Datum finish();

 private:
  [[nodiscard]] Datum through_hook(const Datum& key, const Datum& before, const Datum& after) const;
  void check(const Datum& key, const Datum& before, const Datum& after) const;
  void note(const Datum& before, const Datum& after);

  Evaluator& evaluator_;
  std::shared_ptr<Table> table_;
  WriteOptions options_;
  std::map<std::string, std::size_t> counts_;
  std::optional<std::string> first_error_;
  Datum::Array changes_;
  Datum::Array generated_;
};

/// Adds up two answers to writes, as for_each() does.
[[nodiscard]] Datum added_up(const Datum& one, const Datum& other);

}  // namespace headwater::rethinkdb::stand_in

// A table: its documents, its indexes, its write hook, and who watches it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/json/json.h"
#include "testing/rethinkdb/stand_in/datum.h"
#include "testing/rethinkdb/stand_in/index.h"
#include "testing/rethinkdb/stand_in/node.h"
#include "testing/rethinkdb/stand_in/value.h"

namespace headwater::rethinkdb::stand_in {

class Feed;
class Store;

struct TableConfig {
  std::string id;
  std::string db;
  std::string name;
  std::string primary_key = "id";
  std::string durability = "hard";
  std::string write_acks = "majority";
};

/// Only with the store's lock.
class Table {
 public:
  using Rows = std::map<Datum, Datum>;
  /// Of a table that the server makes up: does what a write means. Null: no document.
  using Apply = std::function<void(const Datum& before, const Datum& after)>;

  Table(Store& store, TableConfig config) : store_(store), config_(std::move(config)) {}
  /// One that the server makes up. Without `apply`, nothing can be written.
  Table(Store& store, TableConfig config, Rows rows, Apply apply)
      : store_(store),
        config_(std::move(config)),
        rows_(std::move(rows)),
        apply_(std::move(apply)),
        made_up_(true) {}

  [[nodiscard]] const TableConfig& config() const { return config_; }
  /// The log has to be told, by Store::note_table().
  TableConfig& config() { return config_; }
  [[nodiscard]] std::string full_name() const { return config_.db + "." + config_.name; }
  [[nodiscard]] bool made_up() const { return made_up_; }

  [[nodiscard]] const Rows& rows() const { return rows_; }
  /// Null if there is none.
  [[nodiscard]] Datum find(const Datum& key) const;
  /// Sets a document, or removes it if it is null; in memory until flush().
  void put(const Datum& key, const Datum& document);
  /// The same at the start, from the log.
  void restore(const Datum& key, const Datum& document);
  /// Writes down what only memory has.
  void flush();

  [[nodiscard]] const std::map<std::string, Index>& indexes() const { return indexes_; }
  [[nodiscard]] const Index* index(const std::string& name) const;
  void add_index(const std::string& name, Index index);
  void make_ready(const std::string& index);
  bool drop_index(const std::string& name);

  /// A term::func with three variables; null without a hook.
  [[nodiscard]] const NodePtr& hook() const { return hook_; }
  void set_hook(NodePtr hook) { hook_ = std::move(hook); }

  void watch(const std::shared_ptr<Feed>& feed);
  /// Ends all feeds, as when the table moves to another server.
  void abort_feeds();

  /// A line for the log that makes it again without its documents.
  [[nodiscard]] Json described() const;
  void restore_description(const Json& line);
  /// The lines that make its documents again.
  void append_rows(std::string& lines) const;

 private:
  void change(const Datum& key, const Datum& before, const Datum& after);
  void append_row(std::string& lines, const Datum& key, const Datum& document) const;

  Store& store_;
  TableConfig config_;
  Rows rows_;
  std::map<std::string, Index> indexes_;
  NodePtr hook_;
  std::vector<std::weak_ptr<Feed>> feeds_;
  std::string pending_;  // lines for the log
  Apply apply_;
  bool made_up_ = false;
};

/// Throws QueryError unless the index is there and ready.
void need_index(const Table& table, const std::string& name);

/// Reads a part of a table, document by document; one that is written meanwhile may be seen twice,
/// or not at all. In descending order of its keys if none was asked for, so that nobody relies on
/// one: the server's is that of a hash.
[[nodiscard]] Pull read_slice(const Slice& slice);
/// Whether a key is between the bounds.
[[nodiscard]] bool is_between(const Slice& slice, const Datum& key);

}  // namespace headwater::rethinkdb::stand_in

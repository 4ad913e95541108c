#include "testing/rethinkdb/stand_in/writer.h"

#include <utility>

#include "testing/rethinkdb/stand_in/access.h"
#include "testing/rethinkdb/stand_in/datum_json.h"
#include "testing/rethinkdb/stand_in/keys.h"
#include "testing/rethinkdb/stand_in/objects.h"
#include "testing/rethinkdb/stand_in/query_error.h"

namespace headwater::rethinkdb::stand_in {

WriteOptions write_options(const Call& call, const Table& table) {
  const auto durability = call.option("durability");
  const auto changes = call.option("return_changes");
  const bool always = changes && changes->text() == "always";
  WriteOptions options{
      .hard = (durability ? durability->text() : table.config().durability) != "soft",
      .bypass_hook = call.flag("ignore_write_hook"),
      .changes = always                        ? WriteOptions::Changes::always
                 : changes && changes->holds() ? WriteOptions::Changes::changed
                                               : WriteOptions::Changes::none};
  if (options.bypass_hook) need_unexpectedly(call.in(), Right::config, table);
  begin_write(call.in(), table);
  return options;
}

Writer::Writer(Evaluator& evaluator, std::shared_ptr<Table> table, const WriteOptions& options)
    : evaluator_(evaluator), table_(std::move(table)), options_(options) {
  for (const char* const each :
       {"deleted", "errors", "inserted", "replaced", "skipped", "unchanged"}) {
    counts_[each] = 0;
  }
}

void Writer::refuse(const std::string& message) {
  ++counts_["errors"];
  if (!first_error_) first_error_ = message;
}

Datum Writer::through_hook(const Datum& key, const Datum& before, const Datum& after) const {
  if (!table_->hook() || options_.bypass_hook) return after;
  const Datum context = Datum::Object{
      {"primary_key", key}, {"timestamp", Datum::Time{.epoch = evaluator_.store().now()}}};
  Datum hooked;
  try {
    hooked = evaluator_.apply_datum({.node = table_->hook(), .scope = nullptr},
                                    {context, before, after});
  } catch (QueryError& failed) {
    failed.message.insert(0, "Error in write hook: ");
    throw;
  }
  if (after.is_null() && !hooked.is_null()) {
    fail("A write hook function must not turn a deletion into a replace/insert.");
  }
  if (!after.is_null() && hooked.is_null()) {
    fail("A write hook function must not turn a replace/insert into a deletion.");
  }
  return hooked;
}

void Writer::check(const Datum& key, const Datum& before, const Datum& after) const {
  if (after.is_null()) return;
  if (!after.is(Datum::Kind::object)) {
    fail("Inserted value must be an OBJECT (got " + after.type_name() + "):\n" + printed(after));
  }
  const std::string& name = table_->config().primary_key;
  const Datum* const found = after.find(name);
  if (found == nullptr) {
    fail("Inserted object must have primary key `" + name + "`:\n" + printed(after));
  }
  check_primary_key(*found);
  if (*found == key) return refuse_literals(after);
  if (before.is_null()) {
    fail("Primary key `" + name + "` cannot be changed (null -> " + printed(after) + ")");
  }
  fail("Primary key `" + name + "` cannot be changed (`" + printed(before) + "` -> `" +
       printed(after) + "`).");
}

void Writer::note(const Datum& before, const Datum& after) {
  const bool same = before == after;
  ++counts_[same               ? before.is_null() ? "skipped" : "unchanged"
            : before.is_null() ? "inserted"
            : after.is_null()  ? "deleted"
                               : "replaced"];
  const bool wanted = options_.changes == WriteOptions::Changes::always ||
                      (options_.changes == WriteOptions::Changes::changed && !same);
  if (wanted) changes_.emplace_back(Datum::Object{{"new_val", after}, {"old_val", before}});
}

void Writer::write(const Datum& key, const Change& change) {
  evaluator_.store().let_others_in();
  const Datum before = table_->find(key);
  try {
    const Datum after = through_hook(key, before, change(before));
    check(key, before, after);
    if (before != after) {
      table_->put(key, after);
      evaluator_.count_write();
    }
    note(before, after);
  } catch (const QueryError& failed) {
    if (failed.type == ErrorType::permission || failed.type == ErrorType::op_failed) throw;
    refuse(failed.message);
    if (options_.changes != WriteOptions::Changes::always) return;
    changes_.emplace_back(
        Datum::Object{{"error", failed.message}, {"new_val", before}, {"old_val", before}});
  }
}

void Writer::insert(Datum document,
                    const std::function<Datum(const Datum&, const Datum&)>& conflict) {
  if (!document.is(Datum::Kind::object)) {
    fail("Expected type OBJECT but found " + document.type_name() + ".");
  }
  const std::string& name = table_->config().primary_key;
  if (document.find(name) == nullptr) {
    generated_.emplace_back(new_uuid());
    document = document.with(name, generated_.back());
  }
  const Datum key = *document.find(name);
  try {
    check_primary_key(key);
  } catch (const QueryError& failed) {
    refuse(failed.message);
    return;
  }
  write(key, [&](const Datum& before) {
    return before.is_null() ? document : conflict(before, document);
  });
}

Datum Writer::finish() {
  if (options_.hard) table_->flush();
  Datum::Object answer;
  for (const auto& [name, count] : counts_) answer.emplace(name, count);
  if (first_error_) answer.emplace("first_error", *first_error_);
  if (!generated_.empty()) answer.emplace("generated_keys", std::move(generated_));
  if (options_.changes != WriteOptions::Changes::none) {
    answer.emplace("changes", std::move(changes_));
  }
  return answer;
}

Datum added_up(const Datum& one, const Datum& other) {
  Datum::Object sum = one.members();
  for (const auto& [name, value] : other.members()) {
    const auto found = sum.find(name);
    if (found == sum.end()) {
      sum.emplace(name, value);
    } else if (value.is(Datum::Kind::number)) {
      found->second = found->second.number() + value.number();
    } else if (value.is(Datum::Kind::array)) {
      Datum::Array both = found->second.elements();
      both.insert(both.end(), value.elements().begin(), value.elements().end());
      found->second = std::move(both);
    }
  }
  return sum;
}

}  // namespace headwater::rethinkdb::stand_in

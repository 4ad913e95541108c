// ReQL, the server's query language: terms as JSON, [type, [arguments], {options}].
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace headwater::rethinkdb {

/// src/rdb_protocol/ql2.proto, Term.TermType: those that are needed here.
enum class TermType {
  make_array = 2,
  var = 10,
  error = 12,
  db = 14,
  table = 15,
  get = 16,
  eq = 17,
  ne = 18,
  lt = 19,
  le = 20,
  gt = 21,
  ge = 22,
  logical_not = 23,
  add = 24,
  sub = 25,
  mul = 26,
  append = 29,
  slice = 30,
  get_field = 31,
  has_fields = 32,
  pluck = 33,
  without = 34,
  merge = 35,
  map = 38,
  filter = 39,
  order_by = 41,
  count = 43,
  nth = 45,
  coerce_to = 51,
  type_of = 52,
  update = 53,
  remove = 54,
  replace = 55,
  insert = 56,
  db_list = 59,
  table_create = 60,
  table_drop = 61,
  table_list = 62,
  funcall = 64,
  branch = 65,
  logical_or = 66,
  logical_and = 67,
  for_each = 68,
  func = 69,
  limit = 71,
  asc = 73,
  desc = 74,
  index_create = 75,
  index_drop = 76,
  index_list = 77,
  get_all = 78,
  info = 79,
  is_empty = 86,
  default_to = 92,
  contains = 93,
  to_epoch_time = 102,
  now = 103,
  literal = 137,
  sync = 138,
  index_status = 139,
  index_wait = 140,
  changes = 152,
  uuid = 169,
  bracket = 170,
  config = 174,
  status = 175,
  wait = 177,
  minval = 180,
  maxval = 181,
  between = 182,
  floor = 183,
  set_write_hook = 189,
  get_write_hook = 190,
};

class Term;

/// An optional argument, or a member of an object: {"index", "_hw"}.
struct Option {
  Option(std::string_view named, const Term& value);

  std::string name;
  std::string json;
};
/// In the order in which they are sent.
using Options = std::vector<Option>;

/// One term, complete. Values, texts among them, are terms, too; so C++'s become terms without a
/// word, as in the server's own drivers.
class Term {
 public:
  // NOLINTBEGIN(google-explicit-constructor)
  Term(std::same_as<bool> auto value) : json_(value ? "true" : "false") {}
  /// The server keeps numbers as doubles, so one beyond 2^53 is rounded.
  Term(std::int64_t value) : json_(std::to_string(value)) {}
  Term(int value) : json_(std::to_string(value)) {}
  /// Bytes that are not UTF-8 become U+FFFD.
  Term(std::string_view text);
  Term(const std::string& text) : Term(std::string_view(text)) {}
  Term(const char* text) : Term(std::string_view(text)) {}
  // NOLINTEND(google-explicit-constructor)
  static Term null() { return as_written("null"); }

  /// A value as the server writes it, such as a key or a document: JSON as end_of_compact_json()
  /// describes it. Times and binaries are among them, as {"$reql_type$":…}.
  static Term value(std::string_view json);
  static Term array(const std::vector<Term>& elements);
  /// {"name": term, …}
  static Term object(const Options& members);

  static Term call(TermType type, const std::vector<Term>& arguments, const Options& options = {});
  /// call() with this as the first argument.
  [[nodiscard]] Term then(TermType type, const std::vector<Term>& more = {},
                          const Options& options = {}) const;
  /// The member of that name, or an error if there is none.
  Term operator[](std::string_view name) const { return then(TermType::bracket, {name}); }

  [[nodiscard]] const std::string& json() const { return json_; }

 private:
  Term() = default;
  static Term as_written(std::string json);

  std::string json_;
};

/// A table, by its names. `options`: {"read_mode", "majority"}.
[[nodiscard]] Term table(std::string_view db, std::string_view name, const Options& options = {});
/// A function of these variables. Functions within each other must number theirs differently.
[[nodiscard]] Term func(const std::vector<int>& variables, const Term& body);
[[nodiscard]] Term var(int number);
[[nodiscard]] inline Term minval() { return Term::call(TermType::minval, {}); }
[[nodiscard]] inline Term maxval() { return Term::call(TermType::maxval, {}); }
[[nodiscard]] Term branch(const Term& condition, const Term& if_true, const Term& if_false);

}  // namespace headwater::rethinkdb

#include "src/sources/postgresql/feed/shapes.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "src/base/number_in.h"
#include "src/sources/postgresql/feed/hidden_commits.h"

namespace headwater::postgresql {
namespace {

/// A domain has the values of the type that it is made of.
constexpr const char* base_types_query =
    "WITH RECURSIVE base(type, made_of) AS ("
    "SELECT oid, oid FROM pg_type WHERE oid = ANY ($1::oid[]) UNION ALL "
    "SELECT type, typbasetype FROM base JOIN pg_type ON oid = made_of WHERE typtype = 'd') "
    "SELECT type, made_of FROM base JOIN pg_type ON oid = made_of WHERE typtype <> 'd'";

/// Of each column of the key: its name, its type, how many columns come before it, and how many more
/// may have been there before they were dropped.
constexpr const char* primary_key_query =
    "SELECT key.attname, key.atttypid, count(*) FILTER (WHERE NOT before.attisdropped), "
    "count(*) FILTER (WHERE before.attisdropped) "
    "FROM pg_index JOIN pg_attribute key ON key.attrelid = indrelid "
    "AND key.attnum = ANY ((indkey::int2[])[0:indnkeyatts - 1]) "
    "LEFT JOIN pg_attribute before ON before.attrelid = indrelid AND before.attnum > 0 "
    "AND before.attnum < key.attnum AND before.attgenerated = '' "
    "WHERE indrelid = $1 AND indisprimary GROUP BY key.attname, key.atttypid";

bool says_key(const pgoutput::Relation& relation) {
  using pgoutput::Identity;
  return relation.identity == Identity::index ||
         (relation.identity == Identity::primary_key &&
          std::ranges::any_of(relation.columns, &pgoutput::Column::in_identity));
}

/// A column of the key as the catalog has it now. The changes may be from before it was renamed, and
/// from before other columns were dropped.
struct KeyColumn {
  std::string name;
  TypeId type = 0;
  std::size_t first = 0;    ///< Its lowest index possible.
  std::size_t dropped = 0;  ///< So much higher it may be.
};

/// Its index in the message. nullopt if that cannot be told.
std::optional<std::size_t> index_of(const KeyColumn& key, const pgoutput::Relation& relation) {
  const auto& columns = relation.columns;
  const auto named = std::ranges::find(columns, key.name, &pgoutput::Column::name);
  if (named != columns.end()) return static_cast<std::size_t>(named - columns.begin());
  std::optional<std::size_t> found;
  for (std::size_t i = key.first; i < std::min(key.first + key.dropped + 1, columns.size()); ++i) {
    if (columns[i].type != key.type) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

}  // namespace

Result<void> Shapes::learn(const pgoutput::Relation& relation, Xid xid,
                           const std::stop_token& stop) {
  if (has_unknown_type(relation) || !says_key(relation)) {
    if (auto visible = wait_for_commit(*server_, xid, stop); !visible) return visible;
  }
  if (auto learned = learn_types(relation, stop); !learned) return learned;
  std::vector<std::size_t> key;
  if (!says_key(relation)) {
    auto found = primary_key(relation, stop);
    if (!found) return failed(found);
    key = *std::move(found);
  }
  // A whole row is its own key where there is no other.
  const bool all = key.empty() && relation.identity == pgoutput::Identity::full;
  Shape shape{.schema = std::string(relation.schema), .table = std::string(relation.name)};
  std::vector<std::string> names;
  std::vector<std::string> key_names;
  for (std::size_t i = 0; i < relation.columns.size(); ++i) {
    const pgoutput::Column& column = relation.columns[i];
    names.emplace_back(column.name);
    shape.forms.push_back(form(column.type));
    const bool in_key =
        all || (says_key(relation) ? column.in_identity : std::ranges::find(key, i) != key.end());
    if (!in_key) continue;
    shape.key.push_back(i);
    key_names.emplace_back(column.name);
  }
  shape.columns = std::make_shared<const std::vector<std::string>>(std::move(names));
  shape.key_columns = std::make_shared<const std::vector<std::string>>(std::move(key_names));
  shapes_.insert_or_assign(relation.id, std::move(shape));
  return {};
}

const Shape* Shapes::find(pgoutput::Oid relation) const {
  const auto found = shapes_.find(relation);
  return found == shapes_.end() ? nullptr : &found->second;
}

bool Shapes::has_unknown_type(const pgoutput::Relation& relation) const {
  return std::ranges::any_of(relation.columns, [this](const pgoutput::Column& column) {
    return column.type >= first_created_type && !forms_.contains(column.type);
  });
}

Result<void> Shapes::learn_types(const pgoutput::Relation& relation, const std::stop_token& stop) {
  std::string unknown;
  for (const pgoutput::Column& column : relation.columns) {
    if (column.type < first_created_type || forms_.contains(column.type)) continue;
    unknown += (unknown.empty() ? "{" : ",") + std::to_string(column.type);
    // One that does not exist any more is text.
    forms_.emplace(column.type, Form::text);
  }
  if (unknown.empty()) return {};
  auto found = server_->ask(base_types_query, {unknown + "}"}, stop);
  if (!found) {
    forms_.clear();
    return failed(found);
  }
  for (int row = 0; row < found->rows(); ++row) {
    const auto base = static_cast<TypeId>(number_in(found->view(row, 1)));
    forms_[static_cast<TypeId>(number_in(found->view(row, 0)))] = form_of(base);
  }
  return {};
}

Result<std::vector<std::size_t>> Shapes::primary_key(const pgoutput::Relation& relation,
                                                     const std::stop_token& stop) {
  auto found = server_->ask(primary_key_query, {std::to_string(relation.id)}, stop);
  if (!found) return failed(found);
  std::vector<std::size_t> key;
  for (int row = 0; row < found->rows(); ++row) {
    const auto index = index_of({.name = found->text(row, 0),
                                 .type = static_cast<TypeId>(number_in(found->view(row, 1))),
                                 .first = number_in(found->view(row, 2)),
                                 .dropped = number_in(found->view(row, 3))},
                                relation);
    // A part of the key does not tell rows apart.
    if (!index) return std::vector<std::size_t>();
    key.push_back(*index);
  }
  return key;
}

Form Shapes::form(TypeId type) const {
  const auto found = forms_.find(type);
  return found == forms_.end() ? form_of(type) : found->second;
}

}  // namespace headwater::postgresql

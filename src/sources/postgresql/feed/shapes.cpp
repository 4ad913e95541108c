#include "src/sources/postgresql/feed/shapes.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "src/base/number_in.h"

namespace headwater::postgresql {
namespace {

/// A domain has the values of the type that it is made of.
constexpr const char* base_types_query =
    "WITH RECURSIVE base(type, made_of) AS ("
    "SELECT oid, oid FROM pg_type WHERE oid = ANY ($1::oid[]) UNION ALL "
    "SELECT type, typbasetype FROM base JOIN pg_type ON oid = made_of WHERE typtype = 'd') "
    "SELECT type, made_of FROM base JOIN pg_type ON oid = made_of WHERE typtype <> 'd'";

constexpr const char* primary_key_query =
    "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid "
    "AND attnum = ANY ((indkey::int2[])[0:indnkeyatts - 1]) "
    "WHERE indrelid = $1 AND indisprimary";

bool says_key(const pgoutput::Relation& relation) {
  using pgoutput::Identity;
  return relation.identity == Identity::index ||
         (relation.identity == Identity::primary_key &&
          std::ranges::any_of(relation.columns, &pgoutput::Column::in_identity));
}

}  // namespace

Result<void> Shapes::learn(const pgoutput::Relation& relation, const std::stop_token& stop) {
  if (auto learned = learn_types(relation, stop); !learned) return learned;
  std::vector<std::string> key;
  if (!says_key(relation)) {
    auto found = primary_key(relation.id, stop);
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
        all || (says_key(relation) ? column.in_identity
                                   : std::ranges::find(key, column.name) != key.end());
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

Result<std::vector<std::string>> Shapes::primary_key(pgoutput::Oid relation,
                                                     const std::stop_token& stop) {
  auto found = server_->ask(primary_key_query, {std::to_string(relation)}, stop);
  if (!found) return failed(found);
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(found->rows()));
  for (int row = 0; row < found->rows(); ++row) names.push_back(found->text(row, 0));
  return names;
}

Form Shapes::form(TypeId type) const {
  const auto found = forms_.find(type);
  return found == forms_.end() ? form_of(type) : found->second;
}

}  // namespace headwater::postgresql

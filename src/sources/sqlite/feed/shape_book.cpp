#include "src/sources/sqlite/feed/shape_book.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

namespace headwater::sqlite {
namespace {

using Names = std::vector<std::string>;

tl::unexpected<Error> unreadable(const std::string& path, std::int64_t number) {
  return fail({.remedy = Remedy::stop,
               .origin = Origin::source,
               .name = "source.bad_log",
               .message = path + ": shape " + std::to_string(number) +
                          " of _headwater_shapes is missing or cannot be read",
               .next = "headwater check -c FILE"});
}

std::optional<Names> names_of(std::string_view json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_array()) return std::nullopt;
  Names names;
  for (const auto& name : parsed) {
    if (!name.is_string()) return std::nullopt;
    names.push_back(name.get<std::string>());
  }
  return names;
}

bool find_key(FeedShape& shape) {
  for (const auto& name : *shape.key) {
    const auto found = std::ranges::find(*shape.columns, name);
    if (found == shape.columns->end()) return false;
    shape.key_at.push_back(static_cast<std::size_t>(found - shape.columns->begin()));
  }
  return !shape.key_at.empty();
}

}  // namespace

Result<ShapeBook> ShapeBook::on(Database& database, Scope scope) {
  auto load =
      database.prepare("SELECT \"table\", columns, key FROM _headwater_shapes WHERE shape = ?");
  if (!load) return fail(std::move(load.error()));
  auto newest = database.prepare("SELECT max(shape) FROM _headwater_shapes WHERE \"table\" = ?");
  if (!newest) return fail(std::move(newest.error()));
  return ShapeBook(database.path(), std::move(*load), std::move(*newest), std::move(scope));
}

ShapeBook::ShapeBook(const std::string& path, Statement load, Statement newest, Scope scope)
    : path_(path), load_(std::move(load)), newest_(std::move(newest)), scope_(std::move(scope)) {}

Result<const FeedShape*> ShapeBook::find(std::int64_t number) {
  if (last_ != nullptr && last_->number == number) return last_;
  if (const auto found = shapes_.find(number); found != shapes_.end()) {
    return last_ = found->second.get();
  }
  return load(number);
}

Result<const FeedShape*> ShapeBook::newest(const std::string& table) {
  newest_.bind_text(0, table);
  auto row = newest_.step();
  const std::int64_t number = row && *row ? newest_.integer(0) : 0;
  newest_.reset();
  if (!row) return fail(std::move(row.error()));
  if (number == 0) return nullptr;
  return find(number);
}

Result<const FeedShape*> ShapeBook::load(std::int64_t number) {
  load_.bind(0, number);
  auto row = load_.step();
  if (!row) return fail(std::move(row.error()));
  if (!*row) return unreadable(path_, number);
  auto shape = std::make_unique<FeedShape>();
  shape->number = number;
  shape->table = load_.bytes(0);
  auto columns = names_of(load_.bytes(1));
  auto key = names_of(load_.bytes(2));
  load_.reset();
  if (!columns || !key) return unreadable(path_, number);
  shape->columns = std::make_shared<Names>(std::move(*columns));
  shape->key = std::make_shared<Names>(std::move(*key));
  if (!find_key(*shape)) return unreadable(path_, number);
  shape->in_scope = scope_(shape->table);
  last_ = shape.get();
  shapes_.emplace(number, std::move(shape));
  return last_;
}

}  // namespace headwater::sqlite

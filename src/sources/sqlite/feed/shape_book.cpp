#include "src/sources/sqlite/feed/shape_book.h"

#include <utility>

namespace headwater::sqlite {

Result<ShapeBook> ShapeBook::on(Database& database, Scope scope) {
  auto present = database.prepare("SELECT shape FROM main._headwater_captured WHERE \"table\" = ?");
  if (!present) return failed(present);
  return ShapeBook(database, std::move(*present), std::move(scope));
}

ShapeBook::ShapeBook(Database& database, Statement present, Scope scope)
    : database_(&database), present_(std::move(present)), scope_(std::move(scope)) {}

Result<const FeedShape*> ShapeBook::find(std::int64_t id) {
  if (last_ != nullptr && last_->id == id) return last_;
  if (const auto found = shapes_.find(id); found != shapes_.end()) {
    return last_ = found->second.get();
  }
  auto loaded = load_shape(*database_, id);
  if (!loaded) return failed(loaded);
  auto shape = std::make_unique<FeedShape>(FeedShape{std::move(*loaded), true});
  shape->in_scope = scope_(shape->table);
  last_ = shape.get();
  shapes_.emplace(id, std::move(shape));
  return last_;
}

Result<const FeedShape*> ShapeBook::present(const std::string& table) {
  present_.bind_text(0, table);
  auto row = present_.step();
  const std::int64_t id = row && *row ? present_.integer(0) : 0;
  present_.reset();
  if (!row) return failed(row);
  if (id == 0) return nullptr;
  return find(id);
}

}  // namespace headwater::sqlite

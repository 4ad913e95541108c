#include "src/targets/mongodb/target.h"

#include "src/base/invariant.h"
#include "src/event/updated_document.h"
#include "src/sources/mongodb/bson/ext_json.h"
#include "src/targets/mongodb/catalog.h"
#include "src/targets/mongodb/document.h"
#include "src/targets/mongodb/switch.h"
#include "src/targets/shared/errors.h"

namespace headwater::target_mongodb {
namespace {

using Kind = RowOperation::Kind;

constexpr int namespace_exists = 48;

}  // namespace

Result<std::unique_ptr<Target>> MongoTarget::open(const std::string& uri,
                                                  const std::string& database,
                                                  const CopyName& copy) {
  auto client = Client::open(uri, database);
  if (!client) return failed(client);
  auto target = std::unique_ptr<MongoTarget>(new MongoTarget(*std::move(client), copy));
  for (const char* const collection : {places, catalog}) {
    if (auto made = target->create(collection); !made) return failed(made);
  }
  return std::unique_ptr<Target>(std::move(target));
}

Result<void> MongoTarget::create(const std::string& collection) {
  auto made = client_->run(Doc().add("create", collection));
  if (!made && !is_code(made.error(), namespace_exists)) return failed(made);
  return {};
}

Result<CopyPlace> MongoTarget::place() {
  if (auto finished = finish_switch(*client_, copy_.name); !finished) return failed(finished);
  known_ = false;
  auto found = client_->find(places, named(copy_.name));
  if (!found) return failed(found);
  return place_in(*found);
}

Result<void> MongoTarget::read_tables() {
  if (known_) return {};
  auto found = client_->find(catalog, of_copy(copy_.name));
  if (!found) return failed(found);
  tables_.clear();
  for (const Doc& entry : *found) {
    tables_[text_in(entry, "_id")] = table_in(entry);
  }
  known_ = true;
  return {};
}

/// Whether the copy has a collection of the table. Fails if its name is that of another table.
Result<bool> MongoTarget::has(const CopyTable& table) const {
  const auto known = tables_.find(name_of(table));
  if (known == tables_.end()) return false;
  const CopyTable& of = known->second;
  if (targets::same_origin(of, table)) return true;
  return fail(targets::table_taken(known->first, of.source + " " + of.database));
}

/// Makes the collections that are missing. Outside of the transaction, because MongoDB 4.2 cannot do
/// that inside; an empty collection that is left over does no harm.
Result<void> MongoTarget::prepare(std::span<const RowOperation> operations) {
  if (auto read = read_tables(); !read) return read;
  const CopyTable* latest = nullptr;
  for (const RowOperation& operation : operations) {
    const bool renames = operation.kind == Kind::rename;
    if (operation.kind != Kind::put && !renames) continue;
    const CopyTable& table = renames ? *operation.to : *operation.table;
    if (&table == latest) continue;
    // What the copy does not have gets no new name.
    if (renames && !tables_.contains(name_of(*operation.table))) continue;
    latest = &table;
    auto known = has(table);
    if (!known) return failed(known);
    if (*known) continue;
    if (auto adopted = adopt(table); !adopted) return adopted;
  }
  return {};
}

Result<void> MongoTarget::adopt(const CopyTable& table) {
  const std::string name = name_of(table);
  if (auto is_free = check_free(*client_, name, copy_.name); !is_free) return is_free;
  if (auto made = create(name); !made) return made;
  auto noted = client_->replace(catalog, named(name), entry_of(name, copy_.name, table));
  if (!noted) return noted;
  tables_[name] = table;
  return client_->flush();
}

Result<std::uint64_t> MongoTarget::apply(const CopyPlace& expected,
                                         std::span<const RowOperation> operations,
                                         const CopyPlace& next) {
  std::uint64_t left_out = 0;
  if (auto prepared = prepare(operations); !prepared) return failed(prepared);
  auto done = client_->transaction([&]() -> Result<void> {
    auto found = client_->find(places, named(copy_.name));
    if (!found) return failed(found);
    const CopyPlace is = place_in(*found);
    const bool switching = !found->empty() && !text_in(found->front(), "switch_from").empty();
    if (switching || !same_place(is, expected)) return fail(targets::conflict(copy_, is));
    // First, so that of two transactions one fails at once.
    auto moved = client_->replace(places, named(copy_.name), document_of_place(copy_.name, next));
    if (!moved) return moved;
    for (const RowOperation& operation : operations) {
      if (auto applied = apply(operation, left_out); !applied) return applied;
    }
    return {};
  });
  if (!done) {
    known_ = false;
    return failed(done);
  }
  return left_out;
}

Result<void> MongoTarget::apply(const RowOperation& operation, std::uint64_t& left_out) {
  switch (operation.kind) {
    case Kind::nothing:
      return {};
    case Kind::put:
    case Kind::update:
    case Kind::erase:
      return apply_row(operation, left_out);
    case Kind::clear:
    case Kind::drop:
      return clear(*operation.table);
    case Kind::drop_all:
      return drop_all(*operation.table);
    case Kind::rename:
      return rename(*operation.table, *operation.to);
  }
  return {};
}

Result<void> MongoTarget::apply_row(const RowOperation& operation, std::uint64_t& left_out) {
  auto known = has(*operation.table);
  if (!known) return failed(known);
  const std::string name = name_of(*operation.table);
  const auto id = id_of(operation);
  if (!id) return fail(targets::wrong_notation(name));
  if (operation.kind == Kind::put) {
    invariant(*known, "a copy writes only to its own collections");
    return put(name, *id, operation);
  }
  if (operation.kind == Kind::erase) {
    return *known ? client_->remove(name, *id, false) : Result<void>();
  }
  auto updated = *known ? update(name, *id, operation) : Result<bool>(false);
  if (!updated) return failed(updated);
  if (!*updated) ++left_out;
  return {};
}

Result<void> MongoTarget::put(const std::string& collection, const Doc& id,
                              const RowOperation& operation) {
  if (const auto partial = partial_of(operation)) return client_->update(collection, id, *partial);
  const auto document = document_of(operation);
  if (!document) return fail(targets::wrong_notation(collection));
  return client_->replace(collection, id, *document);
}

Result<bool> MongoTarget::update(const std::string& collection, const Doc& id,
                                 const RowOperation& operation) {
  auto found = client_->find(collection, id);
  if (!found) return failed(found);
  if (found->empty()) return false;
  std::string before;
  const bool written =
      mongodb::append_document(before, *found->front().get(), mongodb::ExtendedJson::canonical);
  const auto after = written ? updated_document(before, operation.detail, true) : std::nullopt;
  const auto document = after ? Doc::from_json(*after) : std::nullopt;
  if (!document) return fail(targets::unreadable_difference(collection));
  auto put = client_->replace(collection, id, *document);
  if (!put) return failed(put);
  return true;
}

Result<void> MongoTarget::clear(const CopyTable& table) {
  auto known = has(table);
  if (!known) return failed(known);
  return *known ? client_->remove(name_of(table), {}, true) : Result<void>();
}

Result<void> MongoTarget::drop_all(const CopyTable& of) {
  for (const auto& [name, table] : tables_) {
    const bool meant =
        table.source == of.source && (of.database.empty() || table.database == of.database);
    if (!meant) continue;
    if (auto gone = client_->remove(name, {}, true); !gone) return gone;
  }
  return {};
}

/// Copies the documents, because a collection cannot be renamed in a transaction.
Result<void> MongoTarget::rename(const CopyTable& from, const CopyTable& to) {
  if (name_of(from) == name_of(to)) return {};
  if (auto gone = clear(to); !gone) return gone;
  auto known = has(from);
  if (!known) return failed(known);
  if (!*known) return {};
  std::vector<Doc> some;
  const auto write = [&]() -> Result<void> {
    for (const Doc& document : some) {
      Doc id;
      const auto at = mongodb::find(document.get(), "_id");
      if (at) bson_append_iter(id.out(), "_id", -1, &*at);
      if (auto put = client_->replace(name_of(to), id, document); !put) return put;
    }
    some.clear();
    return {};
  };
  constexpr std::size_t at_once = 1'000;
  auto read = client_->each(name_of(from), {}, [&](Doc document) -> Result<void> {
    some.push_back(std::move(document));
    return some.size() < at_once ? Result<void>() : write();
  });
  if (read) read = write();
  if (!read) return read;
  return clear(from);
}

Result<std::vector<std::string>> MongoTarget::tables() {
  known_ = false;
  if (auto read = read_tables(); !read) return failed(read);
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_) names.push_back(name);
  return names;
}

Result<void> MongoTarget::remove() {
  auto names = tables();
  if (!names) return failed(names);
  for (const std::string& name : *names) {
    if (auto gone = drop_collection(*client_, name); !gone) return gone;
  }
  known_ = false;
  return client_->transaction([&]() -> Result<void> {
    if (auto gone = client_->remove(catalog, of_copy(copy_.name), true); !gone) return gone;
    return client_->remove(places, named(copy_.name), false);
  });
}

Result<void> MongoTarget::replace(const CopyName& other, const CopyPlace& expected) {
  if (auto begun = begin_switch(*client_, copy_, other, expected); !begun) return begun;
  if (auto done = finish_switch(*client_, other.name); !done) return done;
  copy_ = other;
  known_ = false;
  return {};
}

}  // namespace headwater::target_mongodb

#include "src/targets/mongodb/target.h"

#include "src/event/updated_document.h"
#include "src/sources/mongodb/bson/ext_json.h"
#include "src/targets/mongodb/document.h"
#include "src/targets/mongodb/switch.h"
#include "src/targets/shared/errors.h"

namespace headwater::target_mongodb {
namespace {

using Kind = RowOperation::Kind;

constexpr int namespace_exists = 48;

/// The name in `tables`, hidden by the function of the same name.
constexpr const char* catalog = target_mongodb::tables;

Doc of_copy(const CopyName& copy) { return std::move(Doc().add("copy", copy.name)); }
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
  return found->empty() ? CopyPlace() : place_in(found->front().get());
}

Result<void> MongoTarget::read_tables() {
  if (known_) return {};
  auto found = client_->find(catalog, of_copy(copy_));
  if (!found) return failed(found);
  tables_.clear();
  for (const Doc& entry : *found) {
    tables_[text_in(entry, "_id")] = {.name = text_in(entry, "name"),
                                      .source = text_in(entry, "source"),
                                      .database = text_in(entry, "database")};
  }
  known_ = true;
  return {};
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
    latest = &table;
    const auto known = tables_.find(name_of(table));
    if (known == tables_.end()) {
      if (auto adopted = adopt(table); !adopted) return adopted;
    } else if (!targets::same_origin(known->second, table)) {
      return fail(targets::table_taken(name_of(table), known->second.source));
    }
  }
  return {};
}

Result<void> MongoTarget::adopt(const CopyTable& table) {
  const std::string name = name_of(table);
  if (auto is_free = check_free(*client_, name, copy_.name); !is_free) return is_free;
  if (auto made = create(name); !made) return made;
  Doc entry;
  entry.add("_id", name)
      .add("copy", copy_.name)
      .add("name", table.name)
      .add("source", table.source)
      .add("database", table.database);
  if (auto noted = client_->replace(catalog, named(name), entry); !noted) return noted;
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
    const CopyPlace is = found->empty() ? CopyPlace() : place_in(found->front().get());
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
  if (operation.kind == Kind::nothing) return {};
  const std::string name = name_of(*operation.table);
  switch (operation.kind) {
    case Kind::put:
      return put(name, operation);
    case Kind::erase: {
      const auto id = id_of(operation);
      if (!id) return fail(targets::wrong_notation(name));
      return client_->remove(name, *id, false);
    }
    case Kind::update: {
      auto known = update(name, operation);
      if (!known) return failed(known);
      if (!*known) ++left_out;
      return {};
    }
    case Kind::drop_all:
      return drop_all(*operation.table);
    case Kind::rename:
      return rename(*operation.table, *operation.to);
    default:
      return client_->remove(name, {}, true);
  }
}

Result<void> MongoTarget::put(const std::string& collection, const RowOperation& operation) {
  const auto id = id_of(operation);
  if (!id) return fail(targets::wrong_notation(collection));
  if (const auto partial = partial_of(operation)) {
    return client_->update(collection, *id, *partial);
  }
  const auto document = document_of(operation);
  if (!document) return fail(targets::wrong_notation(collection));
  return client_->replace(collection, *id, *document);
}

Result<bool> MongoTarget::update(const std::string& collection, const RowOperation& operation) {
  const auto id = id_of(operation);
  if (!id) return fail(targets::wrong_notation(collection));
  auto found = client_->find(collection, *id);
  if (!found) return failed(found);
  if (found->empty()) return false;
  std::string before;
  const bool written =
      mongodb::append_document(before, *found->front().get(), mongodb::ExtendedJson::canonical);
  const auto after = written ? updated_document(before, operation.detail, true) : std::nullopt;
  const auto document = after ? Doc::from_json(*after) : std::nullopt;
  if (!document) return fail(targets::unreadable_difference(collection));
  auto put = client_->replace(collection, *id, *document);
  if (!put) return failed(put);
  return true;
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
  if (auto gone = client_->remove(name_of(to), {}, true); !gone) return gone;
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
  return client_->remove(name_of(from), {}, true);
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
    auto gone = client_->run(Doc().add("drop", name));
    if (!gone && gone.error().remedy == Remedy::retry) return failed(gone);
  }
  known_ = false;
  return client_->transaction([&]() -> Result<void> {
    if (auto gone = client_->remove(catalog, of_copy(copy_), true); !gone) return gone;
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

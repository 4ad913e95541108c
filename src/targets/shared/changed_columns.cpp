#include "src/targets/shared/changed_columns.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>
#include <utility>

#include "src/event/json_scan.h"
#include "src/event/row_json.h"
#include "src/event/updated_document.h"
#include "src/targets/shared/errors.h"

namespace headwater::targets {
namespace {

bool is_nested(const std::optional<std::string>& text) {
  return text && !text->empty() && (text->front() == '{' || text->front() == '[');
}

/// The columns of which only a part changes, as a document.
struct Before {
  std::string document = "{}";
  std::set<std::string> skipped;  ///< Not nested any more: a later event reports why.
};

Before before(const std::vector<TouchedField>& fields, const Texts& texts) {
  Before result;
  std::vector<JsonPart> parts;
  std::size_t next = 0;
  for (const TouchedField& field : fields) {
    if (!field.inside) continue;
    const auto& text = texts[next++];
    if (is_nested(text)) {
      parts.push_back({.name = field.name, .value = *text});
    } else if (text) {
      result.skipped.insert(json_unescaped(field.name));
    }
  }
  result.document = json_of(parts, true);
  return result;
}

}  // namespace

Result<std::optional<TableRow>> changed_columns(const RowOperation& update,
                                                const ReadColumns& read) {
  const auto fields = touched_fields(update.detail);
  if (!fields) return fail(unreadable_difference(update.table->name));
  std::vector<std::string> nested;
  for (const TouchedField& field : *fields) {
    if (field.inside) nested.push_back(json_unescaped(field.name));
  }
  auto texts = read(nested);
  if (!texts) return failed(texts);
  if (!*texts) return std::optional<TableRow>();
  const Before was = before(*fields, **texts);
  const auto document = updated_document(was.document, update.detail, true);
  RowJson reader(RowNotation::documents);
  auto row = document ? reader.read(*document) : std::nullopt;
  if (!row) return fail(unreadable_difference(update.table->name));
  auto names = std::make_shared<std::vector<std::string>>();
  TableRow result;
  const auto set = [&](const std::string& name, Value value) {
    if (std::ranges::find(*names, name) != names->end()) return;
    names->push_back(name);
    result.values.push_back(std::move(value));
  };
  const auto& key = std::get<TableRow>(update.key);
  for (std::size_t i = 0; i < key.values.size(); ++i) set((*key.columns)[i], key.values[i]);
  for (std::size_t i = 0; i < row->values.size(); ++i) {
    if (!was.skipped.contains((*row->columns)[i])) set((*row->columns)[i], row->values[i]);
  }
  for (const TouchedField& field : *fields) {
    const std::string name = json_unescaped(field.name);
    if (!was.skipped.contains(name)) set(name, Value());
  }
  result.columns = std::move(names);
  return std::optional<TableRow>(std::move(result));
}

}  // namespace headwater::targets

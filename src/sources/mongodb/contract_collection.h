// For the contract suite: a program's own connection to the suite's collection, in several kinds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/sources/mongodb/bson/doc.h"
#include "testing/contract/source_suite.h"

namespace headwater::testing {

enum class Key {
  number,
  text,      ///< "B-257"
  compound,  ///< A document: {area, number}.
};

struct CollectionKind {
  Key key;        ///< What `_id` is.
  bool replaces;  ///< A document is updated by putting another in its place.
};

/// "fields", "texts", "documents".
[[nodiscard]] const CollectionKind& collection_kind(std::string_view name);

constexpr const char* suite_collection = "shop.item";

/// On suite_collection. A transaction that the server undoes because of another's is done again.
[[nodiscard]] std::unique_ptr<SourceWriter> make_writer(const std::string& uri,
                                                        const CollectionKind& kind);

/// A field's value; an int32, which no writer here writes, as a whole number too: relaxed Extended
/// JSON does not tell one from the other. Of a type no writer here writes: a text that says so.
[[nodiscard]] Value value_at(const bson_t* document, const char* dotted);
/// The values of {"_id": ...}.
[[nodiscard]] std::vector<Value> key_of(const bson_t* document, const CollectionKind& kind);

}  // namespace headwater::testing

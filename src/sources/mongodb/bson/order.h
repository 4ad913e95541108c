// The order in which the server sorts values, and so the order of an _id index.
#pragma once

#include <bson/bson.h>

#include <compare>

namespace headwater::mongodb {

/// As the server's WiredTiger index on {_id: 1} without a collation compares two values of any
/// types (https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/): numbers of
/// all types by their value, also decimals and NaN; text by its bytes; documents field by field,
/// by type, then name, then value. Exact for all values an _id may have (it is never an array,
/// a regular expression or undefined, at the top).
[[nodiscard]] std::weak_ordering compare(const bson_value_t& a, const bson_value_t& b);

}  // namespace headwater::mongodb

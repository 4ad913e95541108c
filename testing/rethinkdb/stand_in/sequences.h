// Sequences that are made of others.
#pragma once

#include <functional>

#include "testing/rethinkdb/stand_in/evaluator.h"
#include "testing/rethinkdb/stand_in/value.h"

namespace headwater::rethinkdb::stand_in {

/// An array, a table or a part of it, or a stream.
[[nodiscard]] bool is_sequence(const Value& value);

[[nodiscard]] Pull mapped(Pull next, std::function<Datum(const Datum&)> to);
[[nodiscard]] Pull filtered(Pull next, std::function<bool(const Datum&)> keep);

/// What a term makes of a sequence is an array if that was one, else a stream.
[[nodiscard]] Value sequence_like(Evaluator& evaluator, const Value& source, Pull next);
/// The same if the elements are those of the source: the documents of a table can then be written.
[[nodiscard]] Value selection_like(Evaluator& evaluator, const Value& source, Pull next);
[[nodiscard]] Value mapped_like(Evaluator& evaluator, const Value& source,
                                std::function<Datum(const Datum&)> to);

/// Counted from 0, or from the end if it is negative. Throws QueryError if there is none.
[[nodiscard]] Value element(Evaluator& evaluator, const Value& source, double number);

}  // namespace headwater::rethinkdb::stand_in

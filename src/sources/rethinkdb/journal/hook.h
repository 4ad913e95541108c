// The functions that `init` stores in a database.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/rethinkdb/term.h"

namespace headwater::rethinkdb {

struct HookChoice {
  std::string journal;           ///< Its name, a new one whenever writes may have been missed.
  bool allows_removal = false;   ///< Documents may be deleted without a mark.
  std::optional<Term> before{};  ///< The function of a hook that was there before; called first.
};

/// The write hook: function(context, old, new). The server runs it at the table's primary replica,
/// inside the document's atomic write, and refuses one that is not deterministic.
///
/// A write that changes the content gets the next number, and is noted in the document. One that
/// leaves the content as it is may remove the oldest notes, and the hook of before is not called then;
/// whatever else it would change in the journal, it does not.
[[nodiscard]] Term hook_function(const HookChoice& choice);

/// The index's function: [pending_mark, first pending number, key], [deleted_mark, number], or
/// nothing for a document of which nothing is pending.
[[nodiscard]] Term index_function(std::string_view primary_key);

}  // namespace headwater::rethinkdb

// For the contract suite: another program's connection to the suite's table, in several kinds.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "src/sqlite/database.h"
#include "testing/contract/source_suite.h"

namespace headwater::testing {

struct TableKind {
  const char* create;
  const char* insert;  ///< ?1 is the row's number, ?2 its value.
  const char* update;
  const char* remove;
  const char* rows;  ///< Key columns, then the value.
};

/// "integer", "composite", "keyless".
[[nodiscard]] const TableKind& table_kind(std::string_view name);

[[nodiscard]] std::unique_ptr<SourceWriter> make_writer(const std::string& path,
                                                        const TableKind& kind);

/// Returns the value, or ends the test program.
template <class T>
T sure(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().name << ": " << result.error().message;
    std::abort();
  }
  return std::move(*result);
}
inline void sure(const Result<void>& result) {
  EXPECT_TRUE(result) << result.error().name << ": " << result.error().message;
}

}  // namespace headwater::testing

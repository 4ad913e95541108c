// What can be configured of a PostgreSQL source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "src/base/clock.h"
#include "src/sources/shared/policies.h"

namespace headwater::postgresql {

struct SourceOptions {
  std::string uri;
  /// "schema.table", "schema.*", "table" (of the schema public), nullopt: all. The publication is
  /// then our own, and has the slot's name.
  std::optional<std::vector<std::string>> tables;
  std::string publication{};  ///< Somebody else's; empty: our own.
  std::string slot{};
  sources::Policies policies{
      .large = {.other_way = "leave columns out with a column list of the publication"}};
  bool messages = false;  ///< Whether pg_logical_emit_message() makes events.
  /// Rows of partitions come under the name of the partitioned table.
  bool partitions_as_root = false;
  /// How long the server waits for a sign of life before it frees the slot.
  Milliseconds reader_timeout{10'000};
  /// Memory of the server for a transaction before it spills to its disk; 0: as the server has it.
  std::uint64_t decoding_memory = 0;
  /// How long `init` waits for transactions that are open when it makes the slot.
  Milliseconds init_patience{60'000};

  [[nodiscard]] bool own_publication() const { return publication.empty(); }
  [[nodiscard]] const std::string& publication_name() const {
    return publication.empty() ? slot : publication;
  }
};

}  // namespace headwater::postgresql

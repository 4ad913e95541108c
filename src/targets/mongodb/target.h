// Copies in a MongoDB database.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "src/ports/target.h"
#include "src/targets/mongodb/client.h"

namespace headwater::target_mongodb {

/// A dropped table is an empty collection: MongoDB drops none in a transaction.
class MongoTarget final : public Target {
 public:
  static Result<std::unique_ptr<Target>> open(const std::string& uri, const std::string& database,
                                              const CopyName& copy);

  Result<CopyPlace> place() override;
  Result<std::uint64_t> apply(const CopyPlace& expected, std::span<const RowOperation> operations,
                              const CopyPlace& next) override;
  Result<std::vector<std::string>> tables() override;
  Result<void> remove() override;
  Result<void> replace(const CopyName& other, const CopyPlace& expected) override;

 private:
  MongoTarget(std::unique_ptr<Client> client, CopyName copy)
      : client_(std::move(client)), copy_(std::move(copy)) {}

  Result<void> read_tables();
  [[nodiscard]] Result<bool> has(const CopyTable& table) const;
  Result<void> prepare(std::span<const RowOperation> operations);
  Result<void> adopt(const CopyTable& table);
  Result<void> create(const std::string& collection);
  Result<void> apply(const RowOperation& operation, std::uint64_t& left_out);
  Result<void> apply_row(const RowOperation& operation, std::uint64_t& left_out);
  Result<void> put(const std::string& collection, const Doc& id, const RowOperation& operation);
  Result<bool> update(const std::string& collection, const Doc& id, const RowOperation& operation);
  Result<void> clear(const CopyTable& table);
  Result<void> drop_all(const CopyTable& of);
  Result<void> rename(const CopyTable& from, const CopyTable& to);

  [[nodiscard]] std::string name_of(const CopyTable& table) const {
    return table.name + copy_.suffix;
  }

  std::unique_ptr<Client> client_;
  CopyName copy_;
  bool known_ = false;                       // whether tables_ was read
  std::map<std::string, CopyTable> tables_;  // by the collection's name
};

}  // namespace headwater::target_mongodb

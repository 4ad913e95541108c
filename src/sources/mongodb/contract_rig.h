// MongoDB for the contract suite, on whatever server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/sources/mongodb/adapter.h"
#include "src/sources/mongodb/contract_collection.h"
#include "testing/contract/source_suite.h"
#include "testing/mongodb/programs.h"
#include "testing/mongodb/shared_server.h"

namespace headwater::testing {

using rig::MongoKind;
using rig::MongoServer;
using rig::MongoShell;

constexpr const char* noise_collection = "noise.item";
constexpr const char* other_collection = "other.item";

struct RigKind {
  MongoKind server;
  const char* collection;  ///< See collection_kind().
  bool images;             ///< Documents before and after every change, where the server has them.
  mongodb::ExtendedJson form;
};

/// `_id` and a padding of as many bytes.
inline std::vector<rig::Doc> noise(std::int64_t count, std::size_t bytes) {
  std::vector<rig::Doc> documents;
  for (std::int64_t i = 0; i < count; ++i) {
    documents.push_back(std::move(rig::Doc().add("padding", std::string(bytes, 'n'))));
  }
  return documents;
}

class MongoRig : public SourceRig {
 public:
  MongoRig(const RigKind& kind, std::uint64_t history, std::vector<std::string> arguments)
      : kind_(kind),
        server_(&rig::shared_mongo_server({.kind = kind.server,
                                           .history = history,
                                           .survives_kill = false,
                                           .arguments = std::move(arguments)})) {
    MongoShell shell(server_->uri());
    images_ = shell.create(suite_collection, kind_.images);
    shell.create(noise_collection);
  }

  ~MongoRig() override {
    if (altered_) server_->kill();  // the next case gets a fresh one
  }

  std::unique_ptr<SourceAdapter> source(const SourceRigOptions& options) override {
    return make_mongodb_source(options_for(*server_, suite_collection, options), clock_);
  }
  std::unique_ptr<SourceWriter> writer() override {
    return make_writer(server_->uri(), collection());
  }
  [[nodiscard]] rig::Command inserter(std::int64_t first, std::int64_t count) const override {
    return {.words = {HEADWATER_MONGODB_INSERTER, server_->uri(), kind_.collection,
                      std::to_string(first), std::to_string(count)}};
  }

  std::vector<std::pair<std::vector<Value>, Value>> rows() override {
    std::vector<std::pair<std::vector<Value>, Value>> result;
    for (const auto& document : MongoShell(server_->uri()).documents(suite_collection)) {
      result.emplace_back(key_of(document.get(), collection()), value_at(document.get(), "value"));
    }
    return result;
  }

  [[nodiscard]] Value value_in(const Row& row) const override {
    return value_at(rig::json(std::get<Document>(row).json).get(), "value");
  }
  [[nodiscard]] std::vector<Value> key_in(const Row& key) const override {
    return key_of(rig::json(std::get<Document>(key).json).get(), collection());
  }
  /// An update says which fields it set. The document after it is another matter: without images it
  /// is not there, and SecantusDB's images are the documents of some later time.
  [[nodiscard]] Value value_after(const Change& change) const override {
    if (change.op != Op::update) return value_in(*change.after);
    return value_at(rig::json(change.detail).get(), "updateDescription.updatedFields.value");
  }
  [[nodiscard]] Op update_op() const override {
    return collection().replaces ? Op::replace : Op::update;
  }
  [[nodiscard]] int slowness() const override { return 10; }
  [[nodiscard]] bool needs_preparation() const override { return false; }
  [[nodiscard]] bool has_rows_before() const override { return images_; }
  [[nodiscard]] bool snapshot_is_as_of_prepare() const override { return false; }

  /// BSON's text is UTF-8.
  [[nodiscard]] std::vector<Value> exact_values() const override {
    return with_values_of_every_database({Text{std::string("a\0b", 3)}, Blob{"text"}});
  }

  bool keep_copy() override {
    server_->stop();
    server_->copy_data(folder_ / "copy");
    server_->start();
    return true;
  }
  std::unique_ptr<SourceAdapter> copy() override {
    elsewhere_ = std::make_unique<MongoServer>(
        rig::MongoOptions{.kind = kind_.server, .data = folder_ / "copy"});
    return make_mongodb_source(options_for(*elsewhere_, suite_collection, {}), clock_);
  }
  void go_back() override {
    altered_ = true;
    const rig::ClusterTime newest = MongoShell(server_->uri()).time();
    server_->stop();
    server_->restore_data(folder_ / "copy");
    // Nobody restores within a second. A mongod knows its own tokens even then; SecantusDB takes
    // any whose time it knows, and it counts anew in each second.
    EXPECT_TRUE(rig::wait_until([&] { return std::time(nullptr) > newest.seconds; }));
    server_->start();
  }

  [[nodiscard]] bool skip_resumes_at_oldest() const override { return false; }

 protected:
  [[nodiscard]] virtual std::string identity(const char* name) const = 0;
  [[nodiscard]] MongoServer& server() { return *server_; }
  /// For what later cases must not find.
  [[nodiscard]] MongoServer& altered_server() {
    altered_ = true;
    return *server_;
  }
  [[nodiscard]] bool images() const { return images_; }
  [[nodiscard]] const RigKind& kind() const { return kind_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }

  [[nodiscard]] mongodb::SourceOptions options_for(const MongoServer& server,
                                                   const std::string& collection_name,
                                                   const SourceRigOptions& wanted,
                                                   const char* name = "a") const {
    mongodb::SourceOptions options;
    options.uri = server.uri();
    const auto dot = collection_name.find('.');
    options.watch = {.database = collection_name.substr(0, dot),
                     .collection = collection_name.substr(dot + 1)};
    if (images_) {
      options.full_document = mongodb::FullDocument::when_available;
      options.full_document_before_change = mongodb::FullDocumentBefore::when_available;
    }
    options.policies = wanted.policies(options.policies);
    options.form = kind_.form;
    options.identity = identity(name);
    return options;
  }

 private:
  [[nodiscard]] const CollectionKind& collection() const {
    return collection_kind(kind_.collection);
  }

  RigKind kind_;
  SystemClock clock_;
  rig::TemporaryFolder folder_;
  MongoServer* server_;
  bool altered_ = false;
  std::unique_ptr<MongoServer> elsewhere_;
  bool images_ = false;
};

}  // namespace headwater::testing

#include "src/sources/mongodb/contract_collection.h"

#include <utility>

#include "testing/mongodb/programs.h"
#include "testing/mongodb/shell.h"

namespace headwater::testing {
namespace {

using mongodb::Doc;
using rig::MongoShell;
using rig::ShellError;
using rig::Tried;

// The server's names: src/mongo/base/error_codes.yml.
constexpr std::uint32_t write_conflict = 112;
constexpr std::uint32_t duplicate_key = 11000;

constexpr CollectionKind fields{.key = Key::number, .replaces = false};
constexpr CollectionKind texts{.key = Key::text, .replaces = true};
constexpr CollectionKind documents{.key = Key::compound, .replaces = true};

struct Append {
  bson_t* to;
  void operator()(std::monostate) const { bson_append_null(to, "value", -1); }
  void operator()(std::int64_t value) const { bson_append_int64(to, "value", -1, value); }
  void operator()(double value) const { bson_append_double(to, "value", -1, value); }
  void operator()(const Text& text) const {
    bson_append_utf8(to, "value", -1, text.bytes.data(), static_cast<int>(text.bytes.size()));
  }
  void operator()(const Blob& blob) const {
    bson_append_binary(to, "value", -1, BSON_SUBTYPE_BINARY,
                       reinterpret_cast<const std::uint8_t*>(blob.bytes.data()),
                       static_cast<std::uint32_t>(blob.bytes.size()));
  }
  template <class Other>
  void operator()(const Other& /*value*/) const {
    ADD_FAILURE() << "the suite writes no such value";
  }
};

Doc value_document(const Value& value) {
  Doc document;
  std::visit(Append{document.out()}, value);
  return document;
}

Doc key_document(std::int64_t number, const CollectionKind& kind) {
  // Not in the order of the numbers.
  const std::string area(1, "aBcD"[number % 4]);
  Doc key;
  switch (kind.key) {
    case Key::number:
      key.add("_id", number);
      break;
    case Key::text:
      key.add("_id", area + "-" + std::to_string(number));
      break;
    case Key::compound:
      key.add("_id", Doc().add("area", area).add("number", number));
      break;
  }
  return key;
}

class MongoWriter final : public SourceWriter {
 public:
  MongoWriter(const std::string& uri, const CollectionKind& kind) : shell_(uri), kind_(&kind) {}

  void begin() override {
    shell_.begin();
    in_transaction_ = true;
    done_.clear();
  }

  void write(const Write& write) override {
    if (in_transaction_) done_.push_back(write);
    for (;;) {
      const auto tried = apply(write);
      if (tried) return;
      expect_conflict(tried.error());
      if (in_transaction_) return do_again();
    }
  }

  void commit() override {
    for (;;) {
      const auto tried = shell_.try_commit();
      if (tried) break;
      expect_conflict(tried.error());
      do_again();
    }
    in_transaction_ = false;
  }

  void roll_back() override {
    shell_.abort();
    in_transaction_ = false;
  }

 private:
  Tried<Doc> apply(const Write& write) {
    const Doc key = key_document(write.key, *kind_);
    if (write.kind == Write::Kind::remove) return shell_.try_remove(suite_collection, key);
    const Doc value = value_document(write.value);
    if (write.kind == Write::Kind::insert) {
      // One that is there already stays as it is, and the transaction goes on.
      return shell_.try_update(suite_collection, key, Doc().add("$setOnInsert", value), true);
    }
    return shell_.try_update(suite_collection, key,
                             kind_->replaces ? value : Doc().add("$set", value));
  }

  void do_again() {
    for (std::size_t applied = 0; applied < done_.size();) {
      shell_.abort();
      shell_.begin();
      for (applied = 0; applied < done_.size(); ++applied) {
        const auto tried = apply(done_[applied]);
        if (tried) continue;
        expect_conflict(tried.error());
        break;
      }
    }
  }

  static void expect_conflict(const ShellError& error) {
    if (error.transient || error.code == write_conflict || error.code == duplicate_key) return;
    rig::give_up("writing: " + error.message + " (" + std::to_string(error.code) + ")");
  }

  MongoShell shell_;
  const CollectionKind* kind_;
  std::vector<Write> done_;  // in this transaction
  bool in_transaction_ = false;
};

}  // namespace

const CollectionKind& collection_kind(std::string_view name) {
  if (name == "documents") return documents;
  return name == "texts" ? texts : fields;
}

std::unique_ptr<SourceWriter> make_writer(const std::string& uri, const CollectionKind& kind) {
  return std::make_unique<MongoWriter>(uri, kind);
}

Value value_at(const bson_t* document, const char* dotted) {
  const auto at = mongodb::find(document, dotted);
  if (!at) return Text{std::string("there is no ") + dotted};
  std::uint32_t length = 0;
  switch (bson_iter_type(&*at)) {
    case BSON_TYPE_NULL:
      return std::monostate{};
    case BSON_TYPE_INT32:
    case BSON_TYPE_INT64:
      return bson_iter_as_int64(&*at);
    case BSON_TYPE_DOUBLE:
      return bson_iter_double(&*at);
    case BSON_TYPE_UTF8: {
      const char* text = bson_iter_utf8(&*at, &length);
      return Text{std::string(text, length)};
    }
    case BSON_TYPE_BINARY: {
      const std::uint8_t* bytes = nullptr;
      bson_iter_binary(&*at, nullptr, &length, &bytes);
      return Blob{std::string(reinterpret_cast<const char*>(bytes), length)};
    }
    default:
      return Text{"a value of another type"};
  }
}

std::vector<Value> key_of(const bson_t* document, const CollectionKind& kind) {
  if (kind.key != Key::compound) return {value_at(document, "_id")};
  return {value_at(document, "_id.area"), value_at(document, "_id.number")};
}

}  // namespace headwater::testing

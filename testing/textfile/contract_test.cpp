// The text file source passes the contract suite of sources. It implements little more than a log
// and a table; snapshots and policies come from src/sources/shared.
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "testing/contract/source_suite.h"
#include "testing/rig/temporary_folder.h"
#include "testing/textfile/text_source.h"
#include "testing/textfile/text_writer.h"

namespace headwater::testing {
namespace {

namespace fs = std::filesystem;

class TextRig final : public SourceRig {
 public:
  TextRig() {
    make_text_file(path("here"), "here");
    make_text_file(path("other"), "other");
  }

  std::unique_ptr<SourceAdapter> source(const SourceRigOptions& options) override {
    return make_text_source(options_for("here", options), clock_);
  }
  std::unique_ptr<SourceAdapter> other_database() override {
    return make_text_source(options_for("other", {}), clock_);
  }
  std::unique_ptr<SourceWriter> writer() override {
    return std::make_unique<TextWriter>(path("here"));
  }
  [[nodiscard]] rig::Command inserter(std::int64_t first, std::int64_t count) const override {
    return {.words = {HEADWATER_TEXT_INSERTER, path("here"), std::to_string(first),
                      std::to_string(count)}};
  }

  std::vector<std::pair<std::vector<Value>, Value>> rows() override {
    std::vector<std::pair<std::vector<Value>, Value>> result;
    const TextFile file = *TextFile::read(path("here"));
    for (const auto& [key, value] : file.rows) {
      result.emplace_back(std::vector<Value>{key}, value);
    }
    return result;
  }
  [[nodiscard]] Value value_in(const Row& row) const override { return values_of(row).back(); }

  [[nodiscard]] std::vector<Value> exact_values() const override {
    using Integer = std::numeric_limits<std::int64_t>;
    return {std::monostate{},
            Integer::min(),
            Integer::max(),
            0.1,
            std::numeric_limits<double>::infinity(),
            Text{""},
            Text{std::string("a\0 b\n", 5)},
            Blob{std::string("\0\xff\x27", 3)}};
  }

  [[nodiscard]] int slowness() const override { return 5; }
  [[nodiscard]] bool needs_preparation() const override { return false; }
  [[nodiscard]] bool has_rows_before() const override { return false; }
  [[nodiscard]] bool snapshot_is_as_of_prepare() const override { return false; }

  bool cut_history() override {
    TextAppender(path("here")).forget();
    return true;
  }
  bool keep_copy() override { return replace("here", "copy"); }
  std::unique_ptr<SourceAdapter> copy() override {
    return make_text_source(options_for("copy", {}), clock_);
  }
  void go_back() override { (void)replace("copy", "here"); }

 private:
  [[nodiscard]] TextOptions options_for(const char* name, const SourceRigOptions& wanted) const {
    return {.path = path(name), .policies = wanted.policies({})};
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }
  [[nodiscard]] bool replace(const char* from, const char* to) const {
    return fs::copy_file(path(from), path(to), fs::copy_options::overwrite_existing);
  }

  SystemClock clock_;
  rig::TemporaryFolder folder_;
};

MadeSourceRig text_file() { return std::make_unique<TextRig>(); }

INSTANTIATE_TEST_SUITE_P(TextFile, SourceSuite, ::testing::Values(&text_file));

}  // namespace
}  // namespace headwater::testing

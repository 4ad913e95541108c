// A program that writes to a text file.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "testing/contract/source_suite.h"
#include "testing/textfile/text_file.h"

namespace headwater::testing {

class TextWriter final : public SourceWriter {
 public:
  explicit TextWriter(std::string path) : path_(std::move(path)) {}

  void begin() override { open_ = true; }
  void write(const Write& write) override {
    constexpr char kinds[] = {'i', 'u', 'r'};
    lines_.push_back(
        {.kind = kinds[static_cast<int>(write.kind)], .key = write.key, .value = write.value});
    if (!open_) commit();
  }
  void commit() override {
    TextAppender(path_).append(std::exchange(lines_, {}));
    open_ = false;
  }
  void roll_back() override {
    lines_.clear();
    open_ = false;
  }

 private:
  std::string path_;
  bool open_ = false;
  std::vector<TextLine> lines_;
};

}  // namespace headwater::testing

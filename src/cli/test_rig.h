// A folder with a shop, a configuration, and the real program run on them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/sqlite/database.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::cli {

/// Exit codes, as docs/cli.md has them.
inline constexpr rig::Exit usage{.code = 2};
inline constexpr rig::Exit source_error{.code = 3};
inline constexpr rig::Exit stream_error{.code = 4};

class Site {
 public:
  /// Two orders are there; one relay, `orders`.
  Site();

  [[nodiscard]] std::string operator/(const std::string& name) const { return folder_ / name; }
  /// Statements on the shop, by plain SQL.
  void sql(const std::string& statements) const;
  void configure(const std::string& yaml) const;

  /// `headwater <words...>`, run in the folder; `-c shop.yaml` is added behind the first word.
  [[nodiscard]] rig::Command command(std::vector<std::string> words) const;
  [[nodiscard]] rig::Outcome run(std::vector<std::string> words) const {
    return rig::run(command(std::move(words)));
  }
  /// init, and relay what is there; fails the test if that does not go well.
  void fill() const;

 private:
  rig::TemporaryFolder folder_;
};

/// The program with exactly these words.
[[nodiscard]] rig::Outcome headwater(std::vector<std::string> words);

[[nodiscard]] std::vector<std::string> lines(const std::string& text);

}  // namespace headwater::cli

// Runs the real program on a folder with a shop database and a configuration.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/sqlite/database.h"
#include "testing/rig/process.h"
#include "testing/rig/temporary_folder.h"

namespace headwater::cli {

/// Exit codes as in docs/cli.md.
inline constexpr rig::Exit usage{.code = 2};
inline constexpr rig::Exit source_error{.code = 3};
inline constexpr rig::Exit stream_error{.code = 4};

class Site {
 public:
  /// Two orders exist; one relay, `orders`.
  Site();

  [[nodiscard]] std::string operator/(const std::string& name) const { return folder_ / name; }
  /// Runs SQL statements on the shop.
  void sql(const std::string& statements) const;
  void configure(const std::string& yaml) const;

  /// Runs `headwater <words...>` in the folder; adds `-c shop.yaml` after the first word.
  [[nodiscard]] rig::Command command(std::vector<std::string> words) const;
  [[nodiscard]] rig::Outcome run(std::vector<std::string> words) const {
    return rig::run(command(std::move(words)));
  }
  /// Runs init and relays what exists; fails the test on an error.
  void fill() const;

 private:
  rig::TemporaryFolder folder_;
};

/// Runs the program with exactly these words.
[[nodiscard]] rig::Outcome headwater(std::vector<std::string> words);

[[nodiscard]] std::vector<std::string> lines(const std::string& text);

}  // namespace headwater::cli

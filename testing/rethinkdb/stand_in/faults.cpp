#include "testing/rethinkdb/stand_in/faults.h"

#include <unistd.h>

#include <fstream>
#include <optional>

namespace headwater::rethinkdb::stand_in {
namespace {

std::optional<double> number_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  double number = 0;
  if (!(file >> number)) return std::nullopt;
  return number;
}

}  // namespace

double Faults::clock_ahead_ms() const { return number_of(folder_ / "clock").value_or(0); }

bool Faults::has(const char* file) const { return ::access((folder_ / file).c_str(), F_OK) == 0; }

bool Faults::unavailable() const { return has("unavailable"); }
bool Faults::no_majority() const { return has("no-majority"); }
bool Faults::holds_soft_writes() const { return has("hold-soft-writes"); }

void Faults::count_write() const {
  const std::filesystem::path path = folder_ / "crash-after";
  const auto left = number_of(path);
  if (!left) return;
  if (*left <= 1) {
    ::unlink(path.c_str());
    ::_exit(9);
  }
  std::ofstream(path) << *left - 1;
}

}  // namespace headwater::rethinkdb::stand_in

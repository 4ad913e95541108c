// In its own file, so that only programs that read a configuration need that library.
#include <cstdint>
#include <string>
#include <utility>

#include "src/streams/embedded/embedded.h"

namespace headwater {
namespace {

// An empty file has some tens of KiB; a limit below this would leave no space for events.
constexpr std::uint64_t least_size = std::uint64_t{1} << 20U;

}  // namespace

Result<std::unique_ptr<StreamAdapter>> make_embedded_stream(config::Section section,
                                                            const Clock& clock) {
  embedded::Options options{.path = section.data_path("path")};
  config::Section retention = section.child("retention");
  options.retention = streams::read_retention(retention);
  options.retention.size = retention.size("size");
  if (options.retention.size && *options.retention.size < least_size) {
    retention.complain("size", "must be at least 1MiB");
  }
  if (auto ok = section.finish(); !ok) return failed(ok);
  return embedded::make_stream(std::move(options), clock);
}

}  // namespace headwater

// In its own file, so that only programs that read a configuration need that library.
#include <utility>

#include "src/streams/stdout/stdout.h"

namespace headwater {

Result<std::unique_ptr<StreamAdapter>> make_stdout_stream(config::Section section,
                                                          const Clock& /*clock*/) {
  stdout_stream::Options options{.position = section.data_path("position")};
  if (auto ok = section.finish(); !ok) return failed(ok);
  return stdout_stream::make_stream(std::move(options));
}

}  // namespace headwater

// Prints what is in an embedded stream, as a consumer that begins at `earliest`, and where it ends.
#include <headwater/consumer.h>

#include <cstdio>
#include <string>

namespace hw = headwater::client;

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto stream = hw::Stream::open({.kind = "embedded", .options = {{"path", argv[1]}}});
  if (!stream) {
    std::fprintf(stderr, "%s: %s\n", stream.error().name.c_str(), stream.error().message.c_str());
    return 1;
  }
  auto consumer = hw::Consumer::open(*stream, {.name = argv[2]});
  if (!consumer) {
    std::fprintf(stderr, "%s: %s\n", consumer.error().name.c_str(),
                 consumer.error().message.c_str());
    return 1;
  }
  auto ended = consumer->run_to_end([](const hw::Batch& batch) -> hw::Result<void> {
    for (const hw::Event event : batch) {
      std::printf("%llu %s %s\n", static_cast<unsigned long long>(event.sequence()),
                  std::string(event.type()).c_str(), std::string(event.subject()).c_str());
    }
    return {};
  });
  std::printf("place %llu\n", static_cast<unsigned long long>(consumer->progress().acknowledged));
  return ended ? 0 : 1;
}

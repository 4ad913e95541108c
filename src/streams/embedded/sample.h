// The content of the stored sample files: written by embedded_sample, compared by file_test.
#pragma once

#include <string>
#include <vector>

#include "src/event/event.h"

namespace headwater::embedded {

constexpr const char* sample_uuid = "0b2f6a52-6f0e-4a57-9f5e-3a1f8f0c7d11";

/// Appended by relay "orders", the first a day before the others; retention then removes it.
inline std::vector<Event> sample_events() {
  const std::string source = std::string("sqlite:") + sample_uuid;
  const std::string id = std::string(sample_uuid) + ":";
  std::vector<Event> events;
  events.push_back({.id = id + "1",
                    .source = source,
                    .type = EventType("shop", "orders", "insert"),
                    .subject = "id=1",
                    .partition_key = "orders/id=1",
                    .time = WallTime(Milliseconds(1'000)),
                    .data = R"({"op":"insert"})"});
  events.push_back({.id = id + "2",
                    .source = source,
                    .type = EventType("shop", "orders", "update"),
                    .subject = "id=1",
                    .partition_key = "orders/id=1",
                    .time = WallTime(Milliseconds(1'790'000'000'123)),
                    .data = R"({"op":"update","after":{"id":9007199254740993,"name":"Łódź 水"}})"});
  events.push_back({.id = "an id that does not begin like its source",
                    .source = "elsewhere",
                    .type = EventType("shop", "customers", "delete"),
                    .subject = "",
                    .partition_key = "",
                    .time = WallTime(Milliseconds(1'790'000'000'124)),
                    .data = "{}"});
  events.push_back({.id = std::string("\0\xff", 2),
                    .source = "",
                    .type = {},
                    .subject = std::string("a\0b", 3),
                    .partition_key = "\"\\\n",
                    .time = WallTime(Milliseconds(1'790'000'000'125)),
                    .data = std::string(20'000, '\xfe')});
  return events;
}

constexpr const char* sample_position = "1 4 0123456789abcdef\n\xff";

}  // namespace headwater::embedded

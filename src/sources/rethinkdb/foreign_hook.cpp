#include "src/sources/rethinkdb/foreign_hook.h"

#include <string>
#include <utility>

#include "src/event/encoding.h"
#include "src/sources/rethinkdb/journal/binary.h"
#include "src/sources/rethinkdb/journal/names.h"
#include "src/sources/rethinkdb/journal/stored_function.h"

namespace headwater::rethinkdb {
namespace {

std::string bytes_of(const Json& binary) {
  return base64_decoded(unbroken(binary["data"].text().value_or(""))).value_or("");
}

/// The registration is gone, and what it had of the hook that ours calls.
Error lost_hook(const SourceOptions& options) {
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.foreign_hook",
          .message = "the hook of " + options.words() +
                     " calls one that was there before, of which the table `" +
                     std::string(register_name) + "` knows nothing any more",
          .next =
              "set the one from before with set_write_hook(…), or none with set_write_hook(null); "
              "then repeat the command"};
}

}  // namespace

Result<void> check_callable(const Json& config) {
  const std::string bytes = bytes_of(config["write_hook"]["function"]);
  if (config["write_hook"].is_null() || bytes.find(hook_says) != std::string::npos) return {};
  auto function = function_in(bytes);
  if (!function) return failed(function);
  return {};
}

Result<Foreign> foreign_hook(const SourceOptions& options, const Json& config, bool is_ours,
                             const Json& registration) {
  Foreign foreign;
  const Json& present = config["write_hook"]["function"];
  const bool is_lost = is_ours && registration.is_null() &&
                       bytes_of(present).find(hook_called_refuses) != std::string::npos;
  if (is_lost) return fail(lost_hook(options));
  // What is registered beside a hook of ours is what was there before it. reconfigure() takes both.
  const Json& binary = is_ours || present.is_null() ? registration["before"] : present;
  if (binary.is_null()) return foreign;
  auto function = function_in(bytes_of(binary));
  if (!function) return failed(function);
  foreign.binary = Term::value(binary.dump());
  foreign.function = *std::move(function);
  return foreign;
}

}  // namespace headwater::rethinkdb

#include "src/demo/demo.h"

#include <optional>
#include <utility>

#include "src/demo/audit.h"
#include "src/demo/show.h"

namespace headwater {
namespace {

using demo::DemoAudit;
using demo::Reader;
using demo::Show;
using demo::Stage;

std::string further(const Stage& stage, const std::string& program_path) {
  const std::string program = demo::short_path(program_path);
  const std::string config = " -c " + stage.config;
  return "\nEverything is in " + stage.folder +
         ". To see more:\n\n"
         "  " +
         program + " tail" + config + " -n 5\n  " + program + " verify" + config + "\n  " +
         program + " position" + config + " show\n  sqlite3 " + stage.database +
         " \"SELECT status, count(*) FROM orders GROUP BY 1\"\n  sqlite3 " + stage.stream +
         " \"SELECT type, count(*) FROM event GROUP BY 1\"\n  rm -r " + stage.folder + "\n";
}

Result<DemoAudit> audit(Show& show, const DemoOptions& options, const Clock& clock) {
  const Stage& stage = show.stage();
  auto said = show.run_to_end({options.program, "verify", "-c", stage.config, "--json"});
  if (!said) return failed(said);
  auto found = demo::read_verify(*said);
  if (!found) return found;
  // A late reader, which starts from the beginning.
  auto all = show.run_to_end({options.program, "tail", "-c", stage.config, "--from", "earliest"});
  if (!all) return failed(all);
  Reader reader;
  for (std::size_t begin = 0; begin < all->size();) {
    const std::size_t end = all->find('\n', begin);
    reader.take(std::string_view(*all).substr(begin, end - begin), clock.wall());
    begin = end + 1;
  }
  auto counted = demo::count_by_hand(*found, show.committed(), reader, show.shop().database());
  if (!counted) return failed(counted);
  return found;
}

}  // namespace

Result<bool> run_demo(const DemoOptions& options, const Clock& clock,
                      const std::function<void(std::string_view)>& print, std::stop_token stop) {
  auto stage = demo::make_stage(options.folder);
  if (!stage) return failed(stage);
  Show show(options, *stage, clock, print, std::move(stop));
  if (auto played = show.play(); !played) return failed(played);
  auto found = audit(show, options, clock);
  if (!found) return failed(found);
  print("\nThe audit, after " + std::to_string(show.kills()) + " kills:\n\n" + to_text(*found));
  print(found->clean() ? "\nEach committed change is in the stream once, in order.\n"
                       : "\n"
                         "THIS IS AN ERROR IN HEADWATER. Please keep the folder and report it.\n");
  print(further(*stage, options.program));
  return found->clean();
}

}  // namespace headwater

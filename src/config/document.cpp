#include "src/config/document.h"

#include <utility>

#include "src/yaml/parse.h"

namespace headwater::config {

Error Document::error(int line, const std::string& name, const std::string& message) const {
  const std::string place = line > 0 ? file + ":" + std::to_string(line) : file;
  return Error{.remedy = Remedy::stop,
               .origin = Origin::usage,
               .name = name,
               .message = place + ": " + message,
               .next = "correct " + file + (line > 0 ? ", line " + std::to_string(line) : "") +
                       "; docs/configuration.md explains every key"};
}

Error Document::error(const yaml::Problem& problem) const {
  switch (problem.kind) {
    case yaml::Problem::Kind::too_large:
      return error(problem.line, "config.too_large", problem.message);
    case yaml::Problem::Kind::repeated_key:
      return error(problem.line, "config.duplicate_key", problem.message + "; remove one of them");
    case yaml::Problem::Kind::bad_key:
    case yaml::Problem::Kind::syntax:
      break;
  }
  return error(problem.line, "config.wrong_type", problem.message);
}

Result<void> parse_yaml(const std::string& text, Document& document) {
  using Kind = yaml::Problem::Kind;
  yaml::Parsed parsed = yaml::parse(text, {});
  if (const yaml::Problem* const problem = parsed.find(Kind::syntax)) {
    return fail(
        document.error(problem->line, "config.syntax", "not valid YAML: " + problem->message));
  }
  std::vector<Node>& documents = parsed.documents;
  if (parsed.problems.empty() &&
      (documents.empty() || (documents.size() == 1 && documents[0].is_null()))) {
    return fail(document.error(0, "config.empty", "the file is empty; it needs a relay"));
  }
  if (documents.size() > 1) {
    return fail(document.error(
        documents[1].line, "config.syntax",
        "a second YAML document begins here; put several relays into a list under 'relays'"));
  }
  if (!documents.empty() && !documents[0].is_mapping()) {
    return fail(document.error(documents[0].line, "config.wrong_type",
                               "the file must hold keys and values, such as 'relay: orders'"));
  }
  if (!parsed.problems.empty()) return fail(document.error(parsed.problems[0]));
  document.root = std::move(documents[0]);
  return {};
}

}  // namespace headwater::config

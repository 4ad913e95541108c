#include "src/sources/rethinkdb/journal/document.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "src/event/encoding.h"
#include "src/event/json_scan.h"
#include "src/event/value.h"
#include "src/sources/rethinkdb/journal/binary.h"
#include "src/sources/rethinkdb/journal/names.h"

namespace headwater::rethinkdb {
namespace {

using Parts = std::vector<JsonPart>;

Error bad_journal(std::string_view key, std::string_view why) {
  constexpr std::size_t longest = 100;
  std::string message = "the journal in document ";
  message.append(key.substr(0, longest)).append(" cannot be read: ").append(why);
  return {.remedy = Remedy::stop,
          .origin = Origin::source,
          .name = "source.bad_journal",
          .message = std::move(message),
          .next =
              "take `_hw` out of it with replace(…, {ignore_write_hook: true}), then write to it "
              "once more; headwater check -c FILE names the users who can write past the hook"};
}

std::string_view member(const Parts& parts, std::string_view name) {
  const auto found = std::ranges::find(parts, name, &JsonPart::name);
  return found == parts.end() ? std::string_view() : found->value;
}

std::optional<std::uint64_t> number_in_json(std::string_view text) {
  std::uint64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

std::optional<Op> op_in_json(std::string_view text) {
  if (text == "\"insert\"") return Op::insert;
  if (text == "\"update\"") return Op::update;
  if (text == "\"delete\"") return Op::remove;
  return std::nullopt;
}

/// `content`: of the document, which is that of its last change.
std::optional<Pending> pending_in(std::string_view json, std::string_view content) {
  const auto parts = json_parts(json);
  if (!parts) return std::nullopt;
  const auto number = number_in_json(member(*parts, "n"));
  const auto version = number_in_json(member(*parts, "v"));
  const auto op = op_in_json(member(*parts, "op"));
  const auto image = member(*parts, "doc");
  if (!number || !version || !op) return std::nullopt;
  return Pending{.number = *number,
                 .version = *version,
                 .op = *op,
                 .content = std::string(image.empty() ? content : image)};
}

/// Sets what the journal says. Returns why it is none; empty: it is one.
std::string_view read_journal(std::string_view json, JournaledDocument& document) {
  const auto parts = json_parts(json);
  if (!parts || !json.starts_with('{')) return "it is not an object";
  document.gone = member(*parts, "gone") == "true";
  // As a program marks a document that has no journal, because there was no hook.
  if (document.gone && parts->size() == 1) return {};
  const auto number = number_in_json(member(*parts, "n"));
  const auto version = number_in_json(member(*parts, "v"));
  if (!number || !version) return "it has no number";
  document.number = *number;
  document.version = *version;
  const auto log = json_parts(member(*parts, "log"));
  if (!log) return "it has no log";
  for (const JsonPart& each : *log) {
    auto pending = pending_in(each.value, document.content);
    const bool follows =
        document.pending.empty() || (pending && document.pending.back().number < pending->number);
    if (!pending || !follows || pending->number > document.number)
      return "its log is not a row of numbers";
    document.pending.push_back(*std::move(pending));
  }
  return {};
}

/// The member of an object of the server's own types: {"$reql_type$":"TIME",…}.
std::string_view typed_member(std::string_view json, std::string_view type, std::string_view name) {
  const auto parts = json_parts(json);
  if (!parts || member(*parts, "$reql_type$") != type) return {};
  return member(*parts, name);
}

}  // namespace

Result<JournaledDocument> take_apart(std::string_view json, std::string_view primary_key) {
  auto parts = json_parts(json);
  if (!parts || !json.starts_with('{'))
    return fail(bad_journal({}, "the document is not an object"));
  JournaledDocument document;
  std::string_view journal;
  const auto at = std::ranges::find(*parts, journal_name, &JsonPart::name);
  if (at != parts->end()) {
    journal = at->value;
    parts->erase(at);
  }
  const auto key = std::ranges::find_if(
      *parts, [&](const JsonPart& part) { return json_unescaped(part.name) == primary_key; });
  if (key == parts->end()) return fail(bad_journal({}, "the document has no primary key"));
  document.key = key->value;
  document.content = json_of(*parts, true);
  if (journal.empty()) return document;
  const auto wrong = read_journal(journal, document);
  if (!wrong.empty()) return fail(bad_journal(document.key, wrong));
  return document;
}

std::string exact_key(std::string_view key) {
  std::string exact;
  if (key.starts_with('"')) {
    exact += text_sign;
    append_percent_encoded(exact, json_unescaped(key.substr(1, key.size() - 2)));
  } else if (const auto time = typed_member(key, "\"TIME\"", "epoch_time"); !time.empty()) {
    // Equal times are equal keys, whatever their time zone.
    exact += time_sign;
    append_percent_encoded(exact, time);
  } else if (const auto bytes = typed_member(key, "\"BINARY\"", "data"); bytes.size() > 1) {
    exact += blob_sign;
    append_percent_encoded(exact, unbroken(json_unescaped(bytes.substr(1, bytes.size() - 2))));
  } else if (key.starts_with('[')) {
    exact += json_sign;
    append_percent_encoded(exact, key);
  } else {
    append_percent_encoded(exact, key);
  }
  return exact;
}

}  // namespace headwater::rethinkdb

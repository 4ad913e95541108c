#include "src/rethinkdb/answer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "src/base/number_in.h"
#include "src/event/json_scan.h"
#include "src/rethinkdb/compact_json.h"

namespace headwater::rethinkdb {
namespace {

bool is_known(int type) {
  constexpr std::array known{AnswerType::atom,          AnswerType::sequence,
                             AnswerType::partial,       AnswerType::wait_complete,
                             AnswerType::server_info,   AnswerType::client_error,
                             AnswerType::compile_error, AnswerType::runtime_error};
  return std::ranges::find(known, AnswerType{type}) != known.end();
}

/// Goes through the members of the object. Fails by being stuck at npos.
class Decoder {
 public:
  explicit Decoder(std::string_view json) : json_(json) {}

  Result<Answer> decode() {
    if (!next_is('{') || !members()) return fail(bad_message("an answer is not JSON"));
    if (!type_ || !is_known(*type_)) {
      return fail(bad_message("an answer has no type that is known"));
    }
    if (!has_results_) return fail(bad_message("an answer has no results"));
    answer_.type = AnswerType{*type_};
    return std::move(answer_);
  }

 private:
  bool next_is(char c) {
    if (at_ >= json_.size() || json_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool members() {
    if (next_is('}')) return at_ == json_.size();
    do {
      const std::size_t begin = at_;
      at_ = end_of_compact_string(json_, begin);
      if (at_ == std::string_view::npos) return false;
      const std::string_view name = json_.substr(begin, at_ - begin);
      if (!next_is(':') || !member(name)) return false;
    } while (next_is(','));
    return next_is('}') && at_ == json_.size();
  }

  bool member(std::string_view name) {
    if (name == "\"t\"") return number(type_);
    if (name == "\"e\"") {
      std::optional<int> error;
      if (!number(error)) return false;
      answer_.error = ErrorType{error.value_or(0)};
      return true;
    }
    if (name == "\"r\"") {
      has_results_ = true;
      return elements([this](std::string_view result) { answer_.results.push_back(result); });
    }
    if (name == "\"n\"") {
      return elements([this](std::string_view note) { add_note(note); });
    }
    return value().has_value();
  }

  std::optional<std::string_view> value() {
    const std::size_t begin = at_;
    at_ = end_of_compact_json(json_, begin);
    if (at_ == std::string_view::npos) return std::nullopt;
    return json_.substr(begin, at_ - begin);
  }

  /// Only whole ones that fit; any other value is no such number.
  bool number(std::optional<int>& to) {
    const auto written = value();
    if (written) to = whole_number<int>(*written);
    return written.has_value();
  }

  template <class Take>
  bool elements(Take take) {
    if (!next_is('[')) return false;
    if (next_is(']')) return true;
    do {
      const auto element = value();
      if (!element) return false;
      take(*element);
    } while (next_is(','));
    return next_is(']');
  }

  void add_note(std::string_view written) {
    const auto note = whole_number<int>(written).value_or(0);
    constexpr int last = static_cast<int>(Note::includes_states);
    if (note >= 1 && note <= last) answer_.notes.push_back(Note{note});
  }

  std::string_view json_;
  std::size_t at_ = 0;
  std::optional<int> type_;
  bool has_results_ = false;
  Answer answer_;
};

}  // namespace

bool Answer::has(Note note) const { return std::ranges::find(notes, note) != notes.end(); }

Result<Answer> decode_answer(std::string_view json) { return Decoder(json).decode(); }

Failure failure_of(const Answer& answer) {
  std::string_view written = answer.results.empty() ? R"("")" : answer.results.front();
  if (written.starts_with('"')) written = written.substr(1, written.size() - 2);
  return refused(answer.error, json_unescaped(written));
}

}  // namespace headwater::rethinkdb

#include "src/sources/rethinkdb/journal/hook.h"

#include "src/sources/rethinkdb/journal/names.h"

namespace headwater::rethinkdb {
namespace {

/// Variables. A hook that was there before is called inside this function; drivers number theirs
/// from 1.
enum Variable : int {
  context = 1'000'000'001,
  older,     // the document before the write, or null
  newer,     // the document that is to be written, or null
  journal,   // of `older`; {} without one
  proposed,  // the journal in `newer`
  content,   // what is to be written, without the journal
  number,
  version,
  log,
};

Term with(Variable name, const Term& value, const Term& body) {
  return Term::call(TermType::funcall, {func({name}, body), value});
}
Term is_null(const Term& value) { return value.then(TermType::eq, {Term::null()}); }
Term both(const Term& one, const Term& other) { return one.then(TermType::logical_and, {other}); }
Term negated(const Term& value) { return value.then(TermType::logical_not); }
Term or_else(const Term& value, const Term& otherwise) {
  return value.then(TermType::default_to, {otherwise});
}
Term error(const std::string& words) { return Term::call(TermType::error, {words}); }
Term without_journal(Variable document) {
  return var(document).then(TermType::without, {journal_name});
}
Term empty_object() { return Term::object({}); }
Term empty_array() { return Term::array({}); }
Term journal_of(Variable document) { return or_else(var(document)[journal_name], empty_object()); }
Term is_gone(Variable of) { return or_else(var(of)["gone"].then(TermType::eq, {true}), false); }
Term log_of(Variable of) { return or_else(var(of)["log"], empty_array()); }
Term without_log(Variable of) { return var(of).then(TermType::without, {"log"}); }
Term count(const Term& sequence) { return sequence.then(TermType::count); }

/// Milliseconds since 1970 by the clock of the server that received the query.
Term now() {
  return var(context)["timestamp"]
      .then(TermType::to_epoch_time)
      .then(TermType::mul, {1000})
      .then(TermType::floor);
}

Term note(const char* operation) {
  return Term::object({{"n", var(number)}, {"v", var(version)}, {"op", operation}});
}

/// The document of `content` with the next note. The last one before it gets its image, which was the
/// document's content until now.
Term noted(const char* operation) {
  const Term kept = branch(
      var(log).then(TermType::is_empty), empty_array(),
      var(log)
          .then(TermType::slice, {0, -1})
          .then(TermType::append,
                {var(log)
                     .then(TermType::nth, {-1})
                     .then(TermType::merge, {Term::object({{"doc", without_journal(older)}})})}));
  Options members{{"n", var(number)},
                  {"v", var(version)},
                  {"log", kept.then(TermType::append, {note(operation)})}};
  if (std::string_view(operation) == "delete") members.emplace_back("gone", true);
  const Term written =
      var(content).then(TermType::merge, {Term::object({{journal_name, Term::object(members)}})});
  // Never smaller than before, so that it is unique for the key, and never smaller than the time, so
  // that it is also after the document was purged and inserted again.
  const Term following = or_else(var(journal)["n"].then(TermType::add, {1}), 0);
  const Term next = branch(following.then(TermType::gt, {now()}), following, now());
  return with(log, log_of(journal),
              with(version, or_else(var(journal)["v"].then(TermType::add, {1}), 1),
                   with(number, next, written)));
}

/// A mark stays for an hour at least, whoever removes it: what is inserted after it would else get the
/// same number again, or a smaller one, where the clock is set back or changes came within a
/// millisecond. keep_deleted is not less.
constexpr std::int64_t least_age_ms = 3'600'000;

struct Hook {
  const HookChoice& choice;

  /// What the hook that was there before makes of a content.
  [[nodiscard]] Term content_of(const Term& before, const Term& after) const {
    if (!choice.before) return after;
    return Term::call(TermType::funcall, {*choice.before, var(context), before, after});
  }

  [[nodiscard]] Term inserted() const {
    const Term refused =
        error(std::string(hook_refuses) + "; in it, " + std::string(hook_says) + choice.journal);
    const Term first = with(journal, empty_object(),
                            with(content, content_of(Term::null(), var(newer)), noted("insert")));
    return branch(var(newer).then(TermType::has_fields, {journal_name}), refused, first);
  }

  [[nodiscard]] Term removed() const {
    const Term least = or_else(var(journal)["n"], 0).then(TermType::add, {least_age_ms});
    const Term is_old = now().then(TermType::gt, {least});
    const Term purged =
        both(is_old, both(is_gone(journal), log_of(journal).then(TermType::is_empty)));
    const Term refused = branch(
        is_gone(journal),
        error("Headwater would not see this delete: the document is marked as deleted already, and "
              "the relay removes it when it is time"),
        error("Headwater would not see this delete: mark the document instead, with update({" +
              std::string(journal_name) +
              ": {gone: true}}), and leave out marked ones when you read"));
    const Term done =
        choice.allows_removal ? content_of(without_journal(older), Term::null()) : refused;
    return branch(purged, Term::null(), done);
  }

  /// The content is the same.
  [[nodiscard]] Term marked_or_pruned() const {
    const Term is_marked = both(is_gone(proposed), negated(is_gone(journal)));
    // The hook of before may refuse it.
    const Term allowed = content_of(without_journal(older), Term::null());
    const Term marked = with(content, without_journal(older), noted("delete"));
    const Term rest = var(journal)["log"].then(
        TermType::slice,
        {count(var(journal)["log"]).then(TermType::sub, {count(var(proposed)["log"])})});
    const Term only_log = without_log(proposed).then(TermType::eq, {without_log(journal)});
    const Term is_shorter =
        count(var(proposed)["log"]).then(TermType::lt, {count(var(journal)["log"])});
    const Term pruned =
        both(only_log, both(is_shorter, var(proposed)["log"].then(TermType::eq, {rest})));
    // The hook of before may make another content of it.
    const Term unchanged =
        choice.before ? branch(is_gone(journal), var(older), changed()) : var(older);
    return Term::call(
        TermType::branch,
        {or_else(pruned, false), var(newer), is_marked,
         choice.before ? branch(is_null(allowed), marked, error(std::string(hook_called_refuses)))
                       : marked,
         both(is_gone(journal), negated(is_gone(proposed))), inserted_again(), unchanged});
  }

  [[nodiscard]] Term inserted_again() const {
    return with(content, content_of(Term::null(), without_journal(newer)), noted("insert"));
  }

  [[nodiscard]] Term changed() const {
    const Term deleted =
        error("the document is marked as deleted; to insert it again, replace it by one without " +
              std::string(journal_name));
    const Term update =
        branch(is_gone(proposed), error("a document that is marked as deleted keeps its content"),
               noted("update"));
    const Term written =
        branch(is_gone(journal), branch(is_gone(proposed), deleted, noted("insert")), update);
    const Term before = branch(is_gone(journal), Term::null(), without_journal(older));
    const Term as_before =
        choice.before ? branch(both(negated(is_gone(journal)),
                                    var(content).then(TermType::eq, {without_journal(older)})),
                               var(older), written)
                      : written;
    return with(content, content_of(before, without_journal(newer)), as_before);
  }
};

}  // namespace

Term hook_function(const HookChoice& choice) {
  const Hook hook{choice};
  const Term same = without_journal(older).then(TermType::eq, {without_journal(newer)});
  const Term both_exist =
      with(proposed, journal_of(newer), branch(same, hook.marked_or_pruned(), hook.changed()));
  // Both are null when a document is to be updated that is not there.
  const Term body = Term::call(
      TermType::branch,
      {both(is_null(var(older)), is_null(var(newer))), Term::null(), is_null(var(older)),
       hook.inserted(),
       with(journal, journal_of(older), branch(is_null(var(newer)), hook.removed(), both_exist))});
  return func({context, older, newer}, body);
}

Term index_function(std::string_view primary_key) {
  const Term journal_field = var(1)[journal_name];
  const Term pending = Term::array(
      {pending_mark, journal_field["log"].then(TermType::nth, {0})["n"], var(1)[primary_key]});
  const Term deleted = Term::array({deleted_mark, journal_field["n"]});
  return func({1}, Term::call(TermType::branch,
                              {negated(journal_field["log"].then(TermType::is_empty)), pending,
                               or_else(journal_field["gone"], false), deleted, Term::null()}));
}

}  // namespace headwater::rethinkdb

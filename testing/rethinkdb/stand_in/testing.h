// What the tests of the stand-in share: each runs on it, and on a real server if there is one.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "src/json/json.h"
#include "src/rethinkdb/term.h"
#include "testing/rethinkdb/rethink_server.h"

namespace headwater::rethinkdb::stand_in {

enum class Kind { stand_in, real };

/// One of each kind for all tests of a program; it must be there.
rig::RethinkServer& shared_server(Kind kind);

class OnServer : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override;
  static rig::RethinkServer& server() { return shared_server(GetParam()); }

  /// Makes a table in a database of the test's own, which is new.
  static Term new_table(const std::string& name = "t", const Options& options = {});
  static Term named_table(const std::string& name, const Options& options = {});

  static Json run(const Term& term, const Options& options = {}) {
    return server().run(term, options);
  }
  /// The message of the error that it must end with; its type is checked.
  static std::string error(const Term& term, ErrorType type, const Options& options = {});
  /// The result as JSON.
  static std::string text(const Term& term, const Options& options = {}) {
    return run(term, options).dump();
  }
};

inline std::string kind_name(const testing::TestParamInfo<Kind>& kind) {
  return kind.param == Kind::real ? "real" : "stand_in";
}
#define HEADWATER_ON_EACH_SERVER(suite) \
  INSTANTIATE_TEST_SUITE_P(On, suite, testing::Values(Kind::stand_in, Kind::real), kind_name)

/// {"deleted":0,…}: what a write is answered with, without what is 0.
[[nodiscard]] std::string counts(const Json& answer);
/// A shorter name.
[[nodiscard]] inline Term call(TermType type, const std::vector<Term>& arguments,
                               const Options& options = {}) {
  return Term::call(type, arguments, options);
}

}  // namespace headwater::rethinkdb::stand_in

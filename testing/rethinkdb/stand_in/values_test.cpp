// Terms over values: what they give, and what they refuse, on both servers.

#include <string>
#include <vector>

#include "testing/rethinkdb/stand_in/testing.h"

namespace headwater::rethinkdb::stand_in {
namespace {

class Values : public OnServer {};

/// A query as it is sent, and its result, or how the message of its error begins.
struct Case {
  std::string query;
  std::string result;
};

/// Terms that no value of Term can be made of, because the source does not send them.
std::string answer_to(rig::RethinkServer& server, const std::string& query) {
  auto connection = Connection::open(server.options(), {});
  if (!connection) return connection.error().message;
  const auto results = (*connection)->ask("[1," + query + ",{}]", {});
  if (!results) return results.error().error.message;
  std::string text;
  for (const std::string_view each : results->values) text += std::string(each);
  return text;
}

void check(rig::RethinkServer& server, const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    const std::string answer = answer_to(server, each.query);
    EXPECT_TRUE(answer == each.result || answer.starts_with("rethinkdb: " + each.result))
        << each.query << "\n gives " << answer << "\n and not " << each.result;
  }
}

TEST_P(Values, arithmetic) {
  check(server(), {{"[24,[1,2]]", "3"},
                   {R"([24,["a","b"]])", R"("ab")"},
                   {"[24,[[2,[1]],[2,[2]]]]", "[1,2]"},
                   {R"([24,[1,"a"]])", "Expected type NUMBER but found STRING."},
                   {"[25,[5,2]]", "3"},
                   {"[26,[2,3]]", "6"},
                   {"[27,[7,2]]", "3.5"},
                   {"[27,[1,0]]", "Cannot divide by zero."},
                   {"[28,[7,2]]", "1"},
                   {"[183,[2.5]]", "2"}});
}

TEST_P(Values, truth_and_order) {
  check(server(), {{"[17,[1,1,1]]", "true"},
                   {"[18,[1,2]]", "true"},
                   {"[19,[1,2,1]]", "false"},
                   {"[19,[[2,[]],false]]", "true"},
                   {"[19,[true,null]]", "true"},
                   {"[19,[null,1]]", "true"},
                   {"[19,[1,{}]]", "true"},
                   {R"([19,[{},[155,["x"]]]])", "true"},
                   {R"([19,[[155,["x"]],[101,[1]]]])", "true"},
                   {R"([19,[[101,[1]],"a"]])", "true"},
                   {"[19,[[180,[]],[2,[]]]]", "true"},
                   {R"([19,["z",[181,[]]]])", "true"},
                   {"[23,[1]]", "false"},
                   {"[66,[false,null,3]]", "3"},
                   {"[67,[1,null,3]]", "null"},
                   {"[65,[null,1,2]]", "2"},
                   {"[65,[0,1,2]]", "1"}});
}

TEST_P(Values, objects) {
  check(server(),
        {{R"([31,[{"a":1},"b"]])", "No attribute `b` in object:\\n{\\n\\t\"a\":\\t1\\n}"},
         {R"([170,[null,"x"]])", "Cannot perform bracket on a non-object non-sequence `null`."},
         {R"([31,[[2,[{"a":1},{"b":2}]],"a"]])", "[1]"},
         {R"([32,[{"a":null},"a"]])", "false"},
         {R"([32,[{"a":{"b":1}},{"a":{"b":true}}]])", "true"},
         {R"([33,[{"a":1,"b":{"c":1,"d":2}},"a",{"b":"c"}]])", R"({"a":1,"b":{"c":1}})"},
         {R"([34,[{"a":1,"b":{"c":1,"d":2}},{"b":{"c":true}}]])", R"({"a":1,"b":{"d":2}})"},
         {R"([35,[{"a":{"x":1}},{"a":{"y":2}}]])", R"({"a":{"x":1,"y":2}})"},
         {R"([35,[{"a":{"x":1}},{"a":[137,[{"y":2}]]}]])", R"({"a":{"y":2}})"},
         {R"([35,[{"a":1,"b":2},{"a":[137,[]]}]])", R"({"b":2})"},
         {R"([35,[{"a":1},[69,[[2,[1]],{"z":[170,[[10,[1]],"a"]]}]]]])", R"({"a":1,"z":1})"},
         {"[137,[1]]", "Stray literal keyword found"},
         {R"([143,["a",1,"b",2]])", R"({"a":1,"b":2})"},
         {R"([94,[{"b":1,"a":2}]])", R"(["a","b"])"},
         {R"([186,[{"b":1,"a":2}]])", "[2,1]"}});
}

TEST_P(Values, sequences) {
  check(server(), {{"[38,[[2,[1,2]],[69,[[2,[1]],[24,[[10,[1]],1]]]]]]", "[2,3]"},
                   {R"([39,[[2,[{"a":1},{"a":2},{}]],{"a":1}]])", R"([{"a":1}])"},
                   {R"([39,[[2,[{"a":1},{}]],[69,[[2,[1]],[17,[[170,[[10,[1]],"a"]],1]]]]]])",
                    R"([{"a":1}])"},
                   {R"([38,["x",[69,[[2,[1]],1]]]])", "Cannot convert STRING to SEQUENCE"},
                   {"[43,[[2,[1,2,1]]]]", "3"},
                   {"[43,[[2,[1,2,1]],1]]", "2"},
                   {"[45,[[2,[1,2]],-1]]", "2"},
                   {"[45,[[2,[1,2]],5]]", "Index out of bounds: 5"},
                   {"[30,[[2,[1,2,3]],1,2]]", "[2]"},
                   {R"([30,[[2,[1,2,3]],1,2],{"right_bound":"closed"}])", "[2,3]"},
                   {"[30,[[2,[1,2,3]],-2]]", "[2,3]"},
                   {"[71,[[2,[1,2,3]],2]]", "[1,2]"},
                   {"[70,[[2,[1,2,3]],2]]", "[3]"},
                   {"[29,[[2,[1]],2]]", "[1,2]"},
                   {"[88,[[2,[1,2]],2]]", "[1,2]"},
                   {"[42,[[2,[3,1,3]]]]", "[1,3]"},
                   {"[86,[[2,[]]]]", "true"},
                   {"[93,[[2,[1,2]],2]]", "true"},
                   {R"([41,[[2,[{"a":2},{"a":1}]],"a"]])", R"([{"a":1},{"a":2}])"},
                   {R"([41,[[2,[{"a":1},{"a":2}]],[74,["a"]]]])", R"([{"a":2},{"a":1}])"},
                   {"[51,[[173,[100001]],\"array\"]]", "Array over size limit `100000`."}});
}

TEST_P(Values, functions_and_defaults) {
  check(server(), {{"[64,[[69,[[2,[1]],[24,[[10,[1]],1]]]],5]]", "6"},
                   {"[64,[[69,[[2,[1,2]],1]],5]]",
                    "Expected function with 1 argument but found function with 2 arguments."},
                   {R"([92,[[170,[{},"a"]],5]])", "5"},
                   {"[92,[null,5]]", "5"},
                   {R"([92,[[12,["a"]],5]])", "a"},
                   {R"([43,[[38,[[173,[5000]],[69,[[2,[1]],[92,[[170,[{},"a"]],5]]]]]]]])", "5000"},
                   {R"([12,["boo"]])", "boo"},
                   {"[10,[99]]", "Variable name not found."},
                   {"[999,[]]", "Unrecognized TermType: 999."},
                   {"[17,[1]]", "Expected 2 or more arguments but found 1."},
                   {R"([71,[[2,[1]],1],{"foo":1}])", "Unrecognized optional argument `foo`."}});
}

TEST_P(Values, types) {
  check(server(),
        {{"[52,[null]]", R"("NULL")"},
         {"[52,[[103,[]]]]", R"("PTYPE<TIME>")"},
         {R"([52,[[155,["abc"]]]])", R"("PTYPE<BINARY>")"},
         {"[52,[[69,[[2,[1]],1]]]]", R"("FUNCTION")"},
         {R"([51,[1,"string"]])", R"("1")"},
         {R"([51,["1.5","number"]])", "1.5"},
         {R"([51,["abc","number"]])", "Could not coerce `abc` to NUMBER."},
         {R"([51,[{"a":1},"array"]])", R"([["a",1]])"},
         {R"([51,[[2,[[2,["a",1]]]],"object"]])", R"({"a":1})"},
         {R"([51,[1,"array"]])", "Cannot coerce NUMBER to ARRAY."},
         {"[101,[1.5]]", R"({"$reql_type$":"TIME","epoch_time":1.5,"timezone":"+00:00"})"},
         {"[102,[[101,[1.5]]]]", "1.5"},
         {R"([155,["abc"]])", R"({"$reql_type$":"BINARY","data":"YWJj"})"},
         {R"({"$reql_type$":"FOO"})", "Unknown $reql_type$ `PTYPE<FOO>`."},
         {"[180,[]]", "Cannot convert `r.minval` to JSON."}});
}

HEADWATER_ON_EACH_SERVER(Values);

}  // namespace
}  // namespace headwater::rethinkdb::stand_in

#include "src/yaml/parse.h"

#include <gtest/gtest.h>

#include <string>

namespace headwater::yaml {
namespace {

using Kind = Problem::Kind;

constexpr ParseOptions with_merges{.merge_keys = true};

/// The node as compact flow YAML, in the order of the file.
std::string flow(const Node& node) {
  std::string text;
  if (node.is_scalar()) return node.quoted ? "'" + node.text + "'" : node.text;
  if (node.is_list()) {
    for (const Node& item : node.items) text += (text.empty() ? "" : " ") + flow(item);
    return "[" + text + "]";
  }
  if (!node.is_mapping()) return "null";
  for (const Entry& entry : node.entries) {
    text += (text.empty() ? "" : " ") + entry.key + ":" + flow(entry.value);
  }
  return "{" + text + "}";
}

std::string only(const std::string& text, const ParseOptions& options = {}) {
  const Parsed parsed = parse(text, options);
  EXPECT_TRUE(parsed.problems.empty()) << parsed.problems[0].message;
  EXPECT_EQ(parsed.documents.size(), 1U);
  return parsed.documents.empty() ? "" : flow(parsed.documents[0]);
}

Problem problem_in(const std::string& text, const ParseOptions& options = {}) {
  const Parsed parsed = parse(text, options);
  EXPECT_FALSE(parsed.problems.empty()) << text;
  return parsed.problems.empty() ? Problem{Kind::syntax, -1, ""} : parsed.problems[0];
}

TEST(Parse, KeepsOrderQuotesAndLines) {
  EXPECT_EQ(only("b: 1\na: ['2', three]\nc:\n  d: ~\n"), "{b:1 a:['2' three] c:{d:null}}");
  const Parsed parsed = parse("a:\n  - x\n  -\n    b: y\n", {});
  const Node& list = parsed.documents.at(0).entries.at(0).value;
  EXPECT_EQ(list.items.at(0).line, 2);
  EXPECT_EQ(list.items.at(1).entries.at(0).line, 4);
  EXPECT_EQ(list.items.at(1).entries.at(0).value.line, 4);
}

TEST(Parse, EveryDocumentEvenTheEmpty) {
  const Parsed parsed = parse("---\n# nothing\n---\na: 1\n---\n- b\n", {});
  ASSERT_EQ(parsed.documents.size(), 3U);
  EXPECT_TRUE(parsed.documents[0].is_null());
  EXPECT_EQ(flow(parsed.documents[1]), "{a:1}");
  EXPECT_EQ(flow(parsed.documents[2]), "[b]");
}

TEST(Parse, DocumentsBeforeASyntaxErrorStay) {
  const Parsed parsed = parse("a: 1\n---\nb: [\n", {});
  ASSERT_EQ(parsed.documents.size(), 1U);
  ASSERT_NE(parsed.find(Kind::syntax), nullptr);
  EXPECT_GE(parsed.find(Kind::syntax)->line, 3);
}

TEST(Parse, AnchorsAndAliases) {
  EXPECT_EQ(only("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n"), "{a:{b:1} c:{b:1} d:[{b:1} {b:1}]}");
  EXPECT_EQ(only("a: &x b\n*x : c\n"), "{a:b b:c}");
}

TEST(Parse, MergeKeys) {
  const std::string text = "- &x {a: 1, b: 1}\n- &y {b: 2, c: 2}\n";
  EXPECT_EQ(only(text + "- {<<: *x, b: 3}\n", with_merges), "[{a:1 b:1} {b:2 c:2} {b:3 a:1}]");
  EXPECT_EQ(only(text + "- {d: 4, <<: [*x, *y]}\n", with_merges),
            "[{a:1 b:1} {b:2 c:2} {d:4 a:1 b:1 c:2}]");
  EXPECT_EQ(only("'<<': {a: 1}\n", with_merges), "{<<:{a:1}}");
  EXPECT_EQ(only("<<: {a: 1}\n"), "{<<:{a:1}}");
  EXPECT_EQ(problem_in("<<: word\n", with_merges).kind, Kind::bad_key);
}

TEST(Parse, RepeatedKeysAreKept) {
  const Parsed parsed = parse("a: 1\nb:\n  c: 1\n  c: 2\n", {});
  ASSERT_EQ(parsed.problems.size(), 1U);
  EXPECT_EQ(parsed.problems[0].kind, Kind::repeated_key);
  EXPECT_EQ(parsed.problems[0].line, 4);
  EXPECT_EQ(parsed.problems[0].key, "c");
  EXPECT_EQ(flow(parsed.documents.at(0)), "{a:1 b:{c:1 c:2}}");
}

TEST(Parse, KeysThatAreNotScalarsAreLeftOut) {
  const Parsed parsed = parse("{[a, b]: c, d: e, ~: f, {g: h}: [i]}\n", {});
  EXPECT_EQ(parsed.problems.size(), 3U);
  EXPECT_EQ(flow(parsed.documents.at(0)), "{d:e}");
}

TEST(Parse, LimitsOfDepthAndSize) {
  const ParseOptions small{.most_nodes = 10, .most_bytes = 100, .deepest = 3};
  EXPECT_EQ(only("[[[a]]]", small), "[[[a]]]");
  EXPECT_EQ(problem_in("[[[[a]]]]", small).kind, Kind::too_large);
  EXPECT_EQ(only("[a, a, a, a, a, a, a, a, a]", small), "[a a a a a a a a a]");
  EXPECT_EQ(problem_in("[a, a, a, a, a, a, a, a, a, a]", small).kind, Kind::too_large);
  EXPECT_EQ(problem_in(std::string(101, 'a'), small).kind, Kind::too_large);
  // Depth and size of what aliases stand for.
  EXPECT_EQ(problem_in("{a: &x [[b]], c: [*x]}", small).kind, Kind::too_large);
  EXPECT_EQ(problem_in("{a: &x [b, b, b], c: *x, d: *x}", small).kind, Kind::too_large);
  EXPECT_EQ(problem_in("&x [&y [&z [a, b]]]", small).kind, Kind::too_large);
  EXPECT_EQ(problem_in("[&x " + std::string(51, 'b') + ", *x]", small).kind, Kind::too_large);
}

TEST(Parse, AliasesCannotGrowWithoutLimit) {
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = " *a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int copy = 0; copy < 10; ++copy) laughs += (copy == 0 ? "" : ",") + before;
    laughs += "]\n";
  }
  EXPECT_EQ(problem_in(laughs, {.most_nodes = 1'000'000, .deepest = 100}).kind, Kind::too_large);
  EXPECT_EQ(problem_in("a: &x [*x]\n").kind, Kind::too_large);
  EXPECT_EQ(problem_in("a: &x {b: {<<: *x}}\n", with_merges).kind, Kind::too_large);
}

TEST(Parse, DepthThatWouldOverflowTheStackIsASyntaxError) {
  EXPECT_FALSE(parse(std::string(100'000, '['), {}).problems.empty());
  EXPECT_FALSE(parse(std::string(100'000, '{'), {}).problems.empty());
}

}  // namespace
}  // namespace headwater::yaml

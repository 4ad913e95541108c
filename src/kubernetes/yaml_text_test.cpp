#include "src/kubernetes/yaml_text.h"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <random>
#include <string>
#include <vector>

namespace headwater::kubernetes {
namespace {

const std::vector<std::string> hostile{
    "",       " ",     "yes",      "No",         "null",         "~",       "007",
    "1e3",    "0x1f",  ".inf",     "2026-11-30", "12:30:45",     "- a",     "a: b",
    "a #b",   "'",     "\"",       "\\",         "{a}",          "[b]",     "*c",
    "&d",     "!e",    "|",        ">",          "%f",           "@g",      "`h",
    "---",    "...",   "a\nb",     "a\r\nb\r\n", "\ta",          "a\t",     "\x7f",
    "\x01",   "ä€😀",   "\u0085",   "a\u2028b",   "a\u2029b\n",   "\ufeffa", "\u0080",
    "a-b",    "a/b",   "key: |\n", "a\n\n",      "\na\n",        " a\nb\n", "a\n  b\n",
    "a\n \n", "# c\n", "---\na\n", "\uffff\n",   "a: 'x'\n\tb\n"};

std::string read_back(const std::string& yaml) { return YAML::Load(yaml)["key"].as<std::string>(); }

void expect_kept(const std::string& text) {
  const std::string scalar = "key: " + yaml_text(text) + "\nnext: 1\n";
  EXPECT_EQ(read_back(scalar), text) << scalar;
  EXPECT_EQ(YAML::Load("[a, " + yaml_text(text) + "]")[1].as<std::string>(), text) << text;
  const std::string block = "key: " + yaml_block(text, 2) + "next: 1\n";
  EXPECT_EQ(read_back(block), text) << block;
  EXPECT_EQ(YAML::Load(block)["next"].as<int>(), 1) << block;
}

TEST(YamlText, KeepsAnyText) {
  for (const std::string& text : hostile) expect_kept(text);
}

TEST(YamlText, KeepsRandomTexts) {
  std::mt19937 random(1);
  const std::string letters = "ab \n\t\r:#-'\"\\{}[]|>&*!%@`?,~0";
  for (int round = 0; round < 5'000; ++round) {
    std::string text;
    for (std::size_t length = random() % 12; length > 0; --length) {
      text += letters[random() % letters.size()];
    }
    expect_kept(text);
    if (HasFailure()) return;
  }
}

TEST(YamlText, QuotesWhatSomeReaderTakesForSomethingElse) {
  for (const char* text : {"yes", "n", "on", "null", "007", "1_000", "1:30", "=", "<<"}) {
    EXPECT_EQ(yaml_text(text), "\"" + std::string(text) + "\"");
  }
  EXPECT_EQ(yaml_text("headwater-orders"), "headwater-orders");
}

TEST(YamlText, ABlockIsReadableWhereItCanBe) {
  EXPECT_EQ(yaml_block("a: 1\n\n# b\n", 4), "|\n    a: 1\n\n    # b\n");
}

TEST(YamlText, ACommentStaysInItsLine) {
  const std::string comment = yaml_comment("a\nkind: Secret\u2028b\u0085c\rd");
  EXPECT_EQ(comment, "a\\nkind: Secret\\u2028b\\u0085c\\rd");
}

}  // namespace
}  // namespace headwater::kubernetes

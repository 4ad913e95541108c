#include "src/config/substitute.h"

#include <gmock/gmock.h>

#include "src/config/testing.h"

namespace headwater::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Substitute, VariablesAnywhereInAValue) {
  Section section = section_of("a: ${HOST}\nb: tcp://${HOST}:${PORT}/x\nc: ['${HOST}']\n",
                               {{"HOST", "db.example"}, {"PORT", "4222"}});
  EXPECT_EQ(section.text("a"), "db.example");
  EXPECT_EQ(section.text("b"), "tcp://db.example:4222/x");
  EXPECT_THAT(section.list_or_all("c").value(), ElementsAre("db.example"));
  EXPECT_EQ(complaint(section), "");
}

TEST(Substitute, SubstitutedTextIsOnlyAValue) {
  // Neither structure, nor another substitution, nor the word that means null.
  Section section = section_of("a: ${YAML}\nb: ${DOLLAR}\nc: ${NULL}\n",
                               {{"YAML", "x\nrelay: evil # [}"},
                                {"DOLLAR", "${YAML} ${file:/etc/passwd}"},
                                {"NULL", "null"}});
  EXPECT_EQ(section.text("a"), "x\nrelay: evil # [}");
  EXPECT_EQ(section.text("b"), "${YAML} ${file:/etc/passwd}");
  EXPECT_EQ(section.text("c"), "null");
  EXPECT_EQ(complaint(section), "");
}

TEST(Substitute, KeysAreNotSubstituted) {
  Section section = section_of("${KEY}: x\n", {{"KEY", "name"}});
  EXPECT_FALSE(section.has("name"));
}

TEST(Substitute, OtherDollarsAreKept) {
  Section section = section_of("a: $${HOST}\nb: 5$\nc: $HOST\nd: a$$b\n", {{"HOST", "x"}});
  EXPECT_EQ(section.text("a"), "${HOST}");
  EXPECT_EQ(section.text("b"), "5$");
  EXPECT_EQ(section.text("c"), "$HOST");
  EXPECT_EQ(section.text("d"), "a$$b");
}

TEST(Substitute, OneLineEndOfAFileIsRemoved) {
  const TemporaryFolder folder;
  const std::string unix_file = folder.write("unix", "geheim\n");
  const std::string dos_file = folder.write("dos", "geheim\r\n");
  const std::string two = folder.write("two", "a\n\n");
  const std::string bare = folder.write("bare", "a b ");
  Section section =
      *parse("a: ${file:unix}\nb: ${file:" + dos_file + "}\nc: ${file:two}\nd: x${file:bare}x\n",
             folder.path() + "/shop.yaml");
  EXPECT_EQ(section.text("a"), "geheim");
  EXPECT_EQ(section.text("b"), "geheim");
  EXPECT_EQ(section.text("c"), "a\n");
  EXPECT_EQ(section.text("d"), "xa b x");
}

std::string complaint_about(const std::string& value) {
  Section section = section_of("other: x\nkey: '" + value + "'\n", {{"SET", "x"}});
  section.text("other");
  section.text("key");
  return complaint(section);
}

TEST(Substitute, EveryErrorIsReported) {
  EXPECT_EQ(complaint_about("${UNSET}"),
            "shop.yaml:2: 'key': environment variable UNSET is not set");
  EXPECT_EQ(complaint_about("a ${SET"),
            "shop.yaml:2: 'key': '${' has no closing '}'; write $${ for a plain ${");
  EXPECT_EQ(complaint_about("${}"),
            "shop.yaml:2: 'key': '${}' is neither ${NAME} of an environment variable nor "
            "${file:PATH}; write $${ for a plain ${");
  EXPECT_EQ(complaint_about("${1X}"),
            "shop.yaml:2: 'key': '${1X}' is neither ${NAME} of an environment variable nor "
            "${file:PATH}; write $${ for a plain ${");
  EXPECT_EQ(complaint_about("${file:}"),
            "shop.yaml:2: 'key': ${file:} does not name a file; write ${file:PATH}");
  EXPECT_EQ(complaint_about("${file:/nowhere/secret}"),
            "shop.yaml:2: 'key': cannot read /nowhere/secret: No such file or directory");
  EXPECT_EQ(complaint_about("${file:/}"), "shop.yaml:2: 'key': cannot read /: Is a directory");
}

TEST(Substitute, AHugeFileIsRefused) {
  const TemporaryFolder folder;
  const std::string file = folder.write("huge", std::string((1U << 20U) + 1, 'x'));
  EXPECT_EQ(complaint_about("${file:" + file + "}"),
            "shop.yaml:2: 'key': " + file + " is larger than 1MiB");
}

TEST(Substitute, NoErrorShowsASecret) {
  const auto message = [](const auto& read) {
    Section section = section_of("key: ${SECRET}\n", {{"SECRET", "hunter2"}});
    read(section);
    return complaint(section);
  };
  const std::vector<std::string> messages{
      message([](Section& s) { s.integer_or("key", 0, 0, 1); }),
      message([](Section& s) { s.flag_or("key", false); }),
      message([](Section& s) { s.choice_or("key", {"other"}, 0); }),
      message([](Section& s) { s.duration("key"); }),
      message([](Section& s) { s.size("key"); }),
      message([](Section& s) { s.list_or_all("key"); }),
      message([](Section& s) { s.child("key"); }),
      message([](Section&) {}),
  };
  for (const std::string& text : messages) {
    EXPECT_NE(text, "");
    EXPECT_THAT(text, Not(HasSubstr("hunter")));
  }
  EXPECT_EQ(messages[0], "shop.yaml:1: 'key' is '${SECRET}', not a whole number from 0 to 1");
}

TEST(Substitute, AnEmptyVariableIsAnEmptyValue) {
  Section section = section_of("key: ${EMPTY}\n", {{"EMPTY", ""}});
  section.text("key");
  EXPECT_EQ(complaint(section), "shop.yaml:1: 'key' is empty");
}

}  // namespace
}  // namespace headwater::config

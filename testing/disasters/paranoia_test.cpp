// docs/paranoia.md names the tests that answer each worry. A test that was renamed or removed must not stay in it.
#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "testing/rig/temporary_folder.h"

namespace headwater::rig {
namespace {

/// The rows of the document's table, without its head.
std::vector<std::string> rows() {
  std::istringstream document(contents(HEADWATER_ROOT "/docs/paranoia.md"));
  std::vector<std::string> found;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("| ")) found.push_back(line);
  }
  if (!found.empty()) found.erase(found.begin());
  return found;
}

/// What is in backquotes in the last column: files, and after each its tests.
std::vector<std::string> quoted(const std::string& row) {
  const std::string column = row.substr(row.rfind(" | ") + 3);
  static const std::regex pattern("`([^`]+)`");
  std::vector<std::string> found;
  for (std::sregex_iterator each(column.begin(), column.end(), pattern), end; each != end; ++each) {
    found.push_back((*each)[1]);
  }
  return found;
}

/// A file of C++ has tests named SUITE.CASE, a file of Go functions.
bool has_test(const std::string& text, const std::string& name) {
  const auto dot = name.find('.');
  if (dot == std::string::npos) return text.find("\nfunc " + name + "(") != std::string::npos;
  const std::string words = "(" + name.substr(0, dot) + ", " + name.substr(dot + 1) + ")";
  for (const char* macro : {"\nTEST", "\nTEST_F", "\nTEST_P"}) {
    if (text.find(macro + words) != std::string::npos) return true;
  }
  return false;
}

TEST(paranoia, NamesOnlyTestsThatExist) {
  const auto table = rows();
  EXPECT_GE(table.size(), 25U);
  for (const std::string& row : table) {
    std::string file;
    std::string text;
    int tests = 0;
    for (const std::string& name : quoted(row)) {
      if (name.find('/') != std::string::npos) {
        file = name;
        text = contents(HEADWATER_ROOT "/" + file);
        EXPECT_NE(text, "") << file << " does not exist; correct docs/paranoia.md";
      } else {
        EXPECT_TRUE(has_test(text, name))
            << file << " has no test " << name << "; correct docs/paranoia.md, in the row\n"
            << row;
        ++tests;
      }
    }
    EXPECT_GT(tests, 0) << "no test answers the worry\n" << row;
  }
}

TEST(paranoia, ANameThatDoesNotExistIsFound) {
  const std::string text =
      "\nTEST(a, B) {\nTEST_P(c, D) {\n// TEST(e, F)\nfunc TestG(t *testing.T) {\n";
  EXPECT_TRUE(has_test(text, "a.B"));
  EXPECT_TRUE(has_test(text, "c.D"));
  EXPECT_TRUE(has_test(text, "TestG"));
  for (const char* name : {"a.C", "a.D", "e.F", "G", "TestGo"}) {
    EXPECT_FALSE(has_test(text, name)) << name;
  }
}

}  // namespace
}  // namespace headwater::rig

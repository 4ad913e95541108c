# The sources and the streams as the disasters see them. SQLite and the streams without a server are in testing/rig; each
# of the others has a room under testing, headwater_testing_NAME, that brings it, and says so there.

# headwater_stream_under_test(NAME [SPLITS] [APART n] [TESTS a_test.cpp ...])
# The room defines headwater::rig::NAME_stream(), a MakeStream (testing/rig/stream_under_test.h), and has disasters of its
# own. SPLITS, its transactions hold less than a source's may. APART, its cases are n tests, as in headwater_test().
function(headwater_stream_under_test name)
  cmake_parse_arguments(STREAM "SPLITS" "APART" "TESTS" ${ARGN})
  list(TRANSFORM STREAM_TESTS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set_property(GLOBAL APPEND PROPERTY headwater_streams_under_test ${name})
  set_property(GLOBAL APPEND PROPERTY headwater_disasters ${STREAM_TESTS})
  if(STREAM_SPLITS)
    set_property(GLOBAL APPEND PROPERTY headwater_streams_that_split ${name})
  endif()
  if(STREAM_APART)
    set_property(GLOBAL APPEND PROPERTY headwater_disasters_apart ${name} "*/sqlite_${name}" ${STREAM_APART})
  endif()
endfunction()

# headwater_source_under_test(NAME [APART n])
# The room defines headwater::rig::NAME_sources(), which gives SourceKinds (testing/rig/source_under_test.h) whose names
# begin with NAME: one, or one for each server it runs on.
function(headwater_source_under_test name)
  cmake_parse_arguments(SOURCE "" "APART" "" ${ARGN})
  set_property(GLOBAL APPEND PROPERTY headwater_sources_under_test ${name})
  if(SOURCE_APART)
    set_property(GLOBAL APPEND PROPERTY headwater_disasters_apart ${name} "*/${name}_*" ${SOURCE_APART})
  endif()
endfunction()

# headwater_under_test(FILE)
# Writes streams_with_server() and further_sources() (testing/disasters/setting.h) into FILE, and sets tests_under_test,
# rooms_under_test and apart_under_test to what headwater_test() needs for them.
function(headwater_under_test file)
  get_property(streams GLOBAL PROPERTY headwater_streams_under_test)
  get_property(sources GLOBAL PROPERTY headwater_sources_under_test)
  get_property(tests GLOBAL PROPERTY headwater_disasters)
  get_property(apart GLOBAL PROPERTY headwater_disasters_apart)
  get_property(that_split GLOBAL PROPERTY headwater_streams_that_split)
  set(functions "")
  set(streams_made "")
  set(sources_made "")
  foreach(name IN LISTS streams)
    string(APPEND functions "std::unique_ptr<StreamUnderTest> ${name}_stream(const TemporaryFolder& folder);\n")
    set(splits false)
    if(name IN_LIST that_split)
      set(splits true)
    endif()
    string(APPEND streams_made "      {.name = \"${name}\", .make = &${name}_stream, .splits = ${splits}},\n")
  endforeach()
  foreach(name IN LISTS sources)
    string(APPEND functions "std::vector<SourceKind> ${name}_sources();\n")
    string(APPEND sources_made "  std::ranges::move(${name}_sources(), std::back_inserter(all));\n")
  endforeach()
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT [[
// Written by cmake/under_test.cmake.
#include <algorithm>
#include <iterator>

#include "testing/disasters/setting.h"

namespace headwater::rig {

@functions@
std::vector<StreamKind> streams_with_server() {
  return {
@streams_made@  };
}

std::vector<SourceKind> further_sources() {
  std::vector<SourceKind> all;
@sources_made@  return all;
}

}  // namespace headwater::rig
]])
  set(rooms ${streams} ${sources})
  list(TRANSFORM rooms PREPEND headwater_testing_)
  set(tests_under_test ${tests} PARENT_SCOPE)
  set(rooms_under_test ${rooms} PARENT_SCOPE)
  set(apart_under_test ${apart} PARENT_SCOPE)
endfunction()

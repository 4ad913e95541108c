# The streams that a server keeps, as the disasters see them: each has a room under testing that brings
# headwater::rig::NAME_stream(), and says so there.

# headwater_stream_under_test(NAME [APART n] [TESTS a_test.cpp ...])
# headwater_testing_NAME has a stream for testing/disasters, and disasters of its own. APART, its cases are n tests, as in
# headwater_test().
function(headwater_stream_under_test name)
  cmake_parse_arguments(STREAM "" "APART" "TESTS" ${ARGN})
  list(TRANSFORM STREAM_TESTS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set_property(GLOBAL APPEND PROPERTY headwater_streams_under_test ${name})
  set_property(GLOBAL APPEND PROPERTY headwater_stream_tests ${STREAM_TESTS})
  if(STREAM_APART)
    set_property(GLOBAL APPEND PROPERTY headwater_streams_apart ${name} ${STREAM_APART})
  endif()
endfunction()

# headwater_streams_under_test(FILE)
# Writes streams_with_server() (testing/disasters/stream_kind.h) into FILE, and sets stream_tests, stream_rooms and
# streams_apart to what headwater_test() needs for them.
function(headwater_streams_under_test file)
  get_property(names GLOBAL PROPERTY headwater_streams_under_test)
  get_property(tests GLOBAL PROPERTY headwater_stream_tests)
  get_property(apart GLOBAL PROPERTY headwater_streams_apart)
  set(functions "")
  set(entries "")
  foreach(name IN LISTS names)
    string(APPEND functions "std::unique_ptr<StreamUnderTest> ${name}_stream(const TemporaryFolder& folder);\n")
    string(APPEND entries "      {.name = \"${name}\", .make = &${name}_stream},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT [[
// Written by cmake/streams_under_test.cmake.
#include "testing/disasters/stream_kind.h"

namespace headwater::rig {

@functions@
std::vector<StreamKind> streams_with_server() {
  return {
@entries@  };
}

}  // namespace headwater::rig
]])
  list(TRANSFORM names PREPEND headwater_testing_)
  set(stream_tests ${tests} PARENT_SCOPE)
  set(stream_rooms ${names} PARENT_SCOPE)
  set(streams_apart ${apart} PARENT_SCOPE)
endfunction()

# Precompiles the headers that nearly every file includes. Everything also compiles without them
# (-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON), as in lint, so every file includes what it uses.

set(standard_headers
  <algorithm> <array> <atomic> <charconv> <chrono> <compare> <condition_variable> <cstddef> <cstdint> <cstdio>
  <cstdlib> <cstring> <deque> <filesystem> <functional> <limits> <map> <memory> <mutex> <optional> <random> <set>
  <span> <stop_token> <string> <string_view> <thread> <tl/expected.hpp> <tuple> <utility> <variant> <vector>)

# Tests run for milliseconds and are compiled often. The code under test is in the rooms' libraries, which are optimised.
set(test_options $<$<CONFIG:RelWithDebInfo>:-O0>)

file(WRITE ${CMAKE_BINARY_DIR}/nothing.cpp.in "// A library of precompiled headers needs a source file.\n")
configure_file(${CMAKE_BINARY_DIR}/nothing.cpp.in ${CMAKE_BINARY_DIR}/nothing.cpp COPYONLY)

add_library(headwater_headers OBJECT ${CMAKE_BINARY_DIR}/nothing.cpp)
target_link_libraries(headwater_headers PRIVATE headwater_options)
target_precompile_headers(headwater_headers PRIVATE ${standard_headers})

if(HEADWATER_TESTS)
add_library(headwater_test_headers OBJECT EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/nothing.cpp)
target_link_libraries(headwater_test_headers PRIVATE headwater_options GTest::gmock)
target_compile_options(headwater_test_headers PRIVATE ${test_options})
target_precompile_headers(headwater_test_headers PRIVATE ${standard_headers} <gmock/gmock.h> <gtest/gtest.h>)

add_library(headwater_optimised OBJECT EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/testing/optimised.cpp)
target_link_libraries(headwater_optimised PRIVATE headwater_options)
endif()

function(headwater_precompiled target)
  target_precompile_headers(${target} REUSE_FROM headwater_headers)
endfunction()

function(headwater_precompiled_test target)
  target_compile_options(${target} PRIVATE ${test_options})
  target_precompile_headers(${target} REUSE_FROM headwater_test_headers)
endfunction()

# See testing/optimised.cpp. As a link option, its object comes before the program's own. It is only useful if the product is
# optimised.
function(headwater_optimised_test target)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    return()
  endif()
  add_dependencies(${target} headwater_optimised)
  target_link_options(${target} PRIVATE $<TARGET_OBJECTS:headwater_optimised>)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS $<TARGET_OBJECTS:headwater_optimised>)
endfunction()

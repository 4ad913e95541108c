# What the rooms' CMakeLists.txt files are written in.

add_library(headwater_options INTERFACE)
target_include_directories(headwater_options INTERFACE ${CMAKE_SOURCE_DIR})
target_link_libraries(headwater_options INTERFACE Threads::Threads tl::expected)
target_compile_options(headwater_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wnull-dereference -Werror
  # A designated initializer leaves the other members to their defaults on purpose.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
  # Of precompiled headers g++ 12 does not know that they are the system's, and warns of its own std::string
  # (GCC bugs 105329 and 105651).
  target_compile_options(headwater_options INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(HEADWATER_SANITIZE)
  target_compile_options(headwater_options INTERFACE
    -fsanitize=${HEADWATER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(headwater_options INTERFACE -fsanitize=${HEADWATER_SANITIZE})
  # The sanitizers' instrumentation makes g++ 12 warn of nulls that the plain build proves absent.
  target_compile_options(headwater_options INTERFACE -Wno-null-dereference)
endif()

include(${CMAKE_CURRENT_LIST_DIR}/precompiled.cmake)

# headwater_room(NAME SOURCES a.cpp ... LINK other rooms or libraries ...)
# A library for one folder, linked as headwater_NAME.
function(headwater_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINK" ${ARGN})
  if(ROOM_SOURCES)
    add_library(headwater_${name} STATIC ${ROOM_SOURCES})
    target_link_libraries(headwater_${name} PUBLIC headwater_options ${ROOM_LINK})
    headwater_precompiled(headwater_${name})
  else()
    add_library(headwater_${name} INTERFACE)
    target_link_libraries(headwater_${name} INTERFACE headwater_options ${ROOM_LINK})
  endif()
endfunction()

# headwater_program(NAME [FOR_TESTS] SOURCES main.cpp ... LINK rooms ...)
function(headwater_program name)
  cmake_parse_arguments(PROGRAM "FOR_TESTS" "" "SOURCES;LINK" ${ARGN})
  if(PROGRAM_FOR_TESTS AND NOT HEADWATER_TESTS)
    return()
  endif()
  add_executable(${name} ${PROGRAM_SOURCES})
  target_link_libraries(${name} PRIVATE headwater_options ${PROGRAM_LINK})
  headwater_precompiled(${name})
endfunction()

# What `./dev sanitize` builds: the tests it runs, and no more.
add_custom_target(sanitized_tests)

# The cases of a program that `filter` chooses as four tests, NAME_1 to _4: in parts, so that none
# comes near the time after which a test counts as hanging. They begin first, as they take minutes
# and others run beside them.
function(headwater_parts program name filter labels)
  set(parts 4)
  foreach(part RANGE 1 ${parts})
    math(EXPR index "${part} - 1")
    add_test(NAME ${name}_${part} COMMAND ${program} "--gtest_filter=${filter}")
    set_tests_properties(${name}_${part} PROPERTIES LABELS "${labels}" COST 1000
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${parts};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()

# headwater_test(NAME [TOGETHER | IN_PARTS | APART word] [ALONE] SOURCES a_test.cpp ... LINK rooms ...
#   [DEFINE macro=value ...] [NEEDS programs it starts ...] [LABELS ...])
# A GoogleTest program; each of its cases is a test of its own for ctest, or, TOGETHER, the whole is
# one: for cases that share a server which takes long to start. IN_PARTS, it is four, NAME_1 to _4.
# APART, so are those whose name ends in /word, NAME_word_1 to _4. ALONE, none runs beside others: for
# servers that forget under load.
# Labels say what runs where: "unit" and "contract" also run under the sanitizers.
function(headwater_test name)
  cmake_parse_arguments(TEST "TOGETHER;IN_PARTS;ALONE" "APART" "SOURCES;LINK;DEFINE;NEEDS;LABELS" ${ARGN})
  if(NOT HEADWATER_TESTS)
    return()
  endif()
  if(NOT TEST_LABELS)
    set(TEST_LABELS unit)
  endif()
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE headwater_options ${TEST_LINK} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE ${TEST_DEFINE})
  headwater_precompiled_test(${name})
  if(TEST_NEEDS)
    add_dependencies(${name} ${TEST_NEEDS})
  endif()
  if(TEST_LABELS MATCHES "unit|contract")
    add_dependencies(sanitized_tests ${name})
  endif()
  if(TEST_TOGETHER)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS "${TEST_LABELS}" COST 1000)
    return()
  endif()
  if(TEST_IN_PARTS)
    headwater_parts(${name} ${name} "*" "${TEST_LABELS}")
    return()
  endif()
  set(discovered "*")
  if(TEST_APART)
    set(discovered "*:-*/${TEST_APART}")
    headwater_parts(${name} ${name}_${TEST_APART} "*/${TEST_APART}" "${TEST_LABELS}")
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES TEST_FILTER ${discovered}
    PROPERTIES LABELS "${TEST_LABELS}" RUN_SERIAL ${TEST_ALONE})
endfunction()

# The functions that the rooms' CMakeLists.txt files use.

add_library(headwater_options INTERFACE)
target_include_directories(headwater_options INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/include)
target_link_libraries(headwater_options INTERFACE Threads::Threads tl::expected)
set(independent $<BOOL:$<TARGET_PROPERTY:headwater_independent_files>>)
set(shadows $<$<NOT:${independent}>:-Wshadow> $<$<AND:${independent},$<CXX_COMPILER_ID:GNU>>:-Wshadow=local>)
target_compile_options(headwater_options INTERFACE
  -Wall -Wextra -Wpedantic ${shadows} -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wnull-dereference -Werror
  # Designated initializers leave other members at their defaults on purpose.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
  # g++ 12 does not treat precompiled headers as system headers, and warns about its own std::string (GCC bugs 105329 and
  # 105651).
  target_compile_options(headwater_options INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()
# The rooms are also parts of a shared library, whose own calls need no indirection.
target_compile_options(headwater_options INTERFACE -fPIC -fno-semantic-interposition)
if(HEADWATER_SANITIZE)
  target_compile_options(headwater_options INTERFACE
    -DHEADWATER_SANITIZED -fsanitize=${HEADWATER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(headwater_options INTERFACE -fsanitize=${HEADWATER_SANITIZE})
  # With the sanitizers' instrumentation, g++ 12 warns about null pointers that cannot occur.
  target_compile_options(headwater_options INTERFACE -Wno-null-dereference)
endif()

include(${CMAKE_CURRENT_LIST_DIR}/precompiled.cmake)

# Compiles the files of a target together, eight at a time. If two files use a name for different things, rename one, or
# exclude the file: set_source_files_properties(... SKIP_UNITY_BUILD_INCLUSION ON).
function(headwater_together target)
  if(NOT HEADWATER_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  # In a unity build, the warning about types without linkage in included files hits the source files themselves.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# The same for the files of a program, which are independent of each other. A name in one may shadow a local name in another,
# so the warning about that is off.
function(headwater_programs_together target)
  headwater_together(${target})
  set_target_properties(${target} PROPERTIES headwater_independent_files ${HEADWATER_UNITY})
endfunction()

# headwater_room(NAME SOURCES a.cpp ... LINK other rooms or libraries ...)
# A library for one folder, linked as headwater_NAME.
function(headwater_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINK" ${ARGN})
  if(ROOM_SOURCES)
    add_library(headwater_${name} STATIC ${ROOM_SOURCES})
    target_link_libraries(headwater_${name} PUBLIC headwater_options ${ROOM_LINK})
    headwater_precompiled(headwater_${name})
    headwater_together(headwater_${name})
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
  headwater_programs_together(${name})
endfunction()

# `./dev sanitize` builds only the tests that it runs.
add_custom_target(sanitized_tests)

# headwater_entry(NAME PROGRAM FILTER properties ...)
# Adds a ctest test: the cases of a GoogleTest program that match FILTER. Its report, from which ./dev counts the cases, is
# build/PRESET/cases/PROGRAM/NAME.xml. GoogleTest's own choice of a name is not unique if a program runs several times at
# once.
function(headwater_entry name program filter)
  add_test(NAME ${name} COMMAND ${program} "--gtest_filter=${filter}"
    "--gtest_output=xml:${CMAKE_BINARY_DIR}/cases/${program}/${name}.xml")
  set_tests_properties(${name} PROPERTIES ${ARGN})
endfunction()

# Adds the cases that match `filter` as the tests NAME_1 to NAME_<parts>. GoogleTest distributes them one by one, so the
# number should be odd if every second case is skipped.
function(headwater_parts program name parts filter)
  foreach(part RANGE 1 ${parts})
    math(EXPR index "${part} - 1")
    headwater_entry(${name}_${part} ${program} "${filter}" ${ARGN})
    set_tests_properties(${name}_${part} PROPERTIES
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${parts};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()

# headwater_test(NAME [SINGLY | IN_PARTS n] [APART word pattern n ...] [ALONE n] [BUSY] [COST seconds]
#   SOURCES a_test.cpp ... LINK rooms ... [DEFINE macro=value ...] [NEEDS programs it starts ...] [LABELS ...]
#   [ADAPTERS stream_embedded ...])
# Adds a GoogleTest program. By default it is one ctest test, whose cases share whatever is slow to start.
#   SINGLY    Each case is a test: for cases that take seconds and share nothing.
#   IN_PARTS  The tests NAME_1 to NAME_n: for programs that take minutes.
#   APART     The cases that match GoogleTest's pattern are NAME_word_1 to _n; only the others are single or in parts.
#   ALONE     Nothing else runs meanwhile, and the cases run in n processes at once: for servers that fail under load.
#   BUSY      Counts as two tests, because it computes all the time; most tests wait for a server.
#   COST      About the seconds that one of its tests takes. Tests with high costs start first.
#   ADAPTERS  It is left out unless these are built (cmake/adapters.cmake), because the program that it runs needs them.
#   LABELS    "unit", "unit_threads" and "contract" also run under the address sanitizer; "unit_threads", for code with several
#             threads, also under the thread sanitizer. "release" and "disaster" do not: unit tests cover the same code, and
#             their servers would take minutes.
function(headwater_test name)
  cmake_parse_arguments(TEST "SINGLY;BUSY" "IN_PARTS;ALONE;COST"
    "APART;SOURCES;LINK;DEFINE;NEEDS;LABELS;ADAPTERS" ${ARGN})
  if(NOT HEADWATER_TESTS)
    return()
  endif()
  foreach(adapter IN LISTS TEST_ADAPTERS)
    if(NOT TARGET headwater_${adapter})
      message(STATUS "Left out: ${name}, which needs ${adapter}")
      return()
    endif()
  endforeach()
  if(NOT TEST_LABELS)
    set(TEST_LABELS unit)
  endif()
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE headwater_options ${TEST_LINK} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE ${TEST_DEFINE})
  headwater_precompiled_test(${name})
  headwater_optimised_test(${name})
  headwater_programs_together(${name})
  if(TEST_NEEDS)
    add_dependencies(${name} ${TEST_NEEDS})
  endif()
  # The thread sanitizer takes minutes, and finds nothing in code with one thread.
  if(TEST_LABELS MATCHES "threads" OR (TEST_LABELS MATCHES "unit|contract" AND NOT HEADWATER_SANITIZE STREQUAL "thread"))
    add_dependencies(sanitized_tests ${name})
  endif()
  headwater_enter_test(${name})
endfunction()

# Adds the ctest tests of a program, according to the variables of headwater_test().
function(headwater_enter_test name)
  set(properties LABELS "${TEST_LABELS}")
  if(TEST_COST)
    list(APPEND properties COST ${TEST_COST})
  endif()
  if(TEST_BUSY)
    list(APPEND properties PROCESSORS 2)
  endif()
  set(filter "*")
  set(apart "")
  while(TEST_APART)
    list(POP_FRONT TEST_APART word pattern parts)
    headwater_parts(${name} ${name}_${word} ${parts} "${pattern}" ${properties} COST 300)
    list(APPEND apart "${pattern}")
  endwhile()
  if(apart)
    list(JOIN apart ":" apart)
    set(filter "*:-${apart}")
  endif()
  if(TEST_ALONE)
    add_test(NAME ${name} COMMAND ${CMAKE_SOURCE_DIR}/tools/side-by-side ${TEST_ALONE}
      ${CMAKE_BINARY_DIR}/cases/${name}/${name} $<TARGET_FILE:${name}>)
    set_tests_properties(${name} PROPERTIES ${properties} RUN_SERIAL ON)
  elseif(TEST_IN_PARTS)
    headwater_parts(${name} ${name} ${TEST_IN_PARTS} "${filter}" ${properties})
  elseif(TEST_SINGLY)
    include(GoogleTest)
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES TEST_FILTER "${filter}"
      XML_OUTPUT_DIR ${CMAKE_BINARY_DIR}/cases/${name} PROPERTIES ${properties})
  else()
    headwater_entry(${name} ${name} "${filter}" ${properties})
  endif()
endfunction()

# Chooses the sources, streams and targets to build. Each folder under src/sources, src/streams and src/targets is one; it
# is left out if it was not chosen or lacks a library. src/sources/NAME has a headwater_room(source_NAME) that defines
# headwater::make_NAME_sources(); src/streams/NAME has a headwater_room(stream_NAME) with headwater::make_NAME_stream();
# src/targets/NAME has a headwater_room(target_NAME) with headwater::make_NAME_target() (src/adapters/list.h has the types).
# No other code knows their names. The folder `shared` is not an adapter, but a room that adapters link.

set(HEADWATER_SOURCES "" CACHE STRING "Sources to build, e.g. sqlite;mongodb. Empty: all whose libraries are installed")
set(HEADWATER_STREAMS "" CACHE STRING "Streams to build, e.g. embedded;kafka. Empty: all whose libraries are installed")
set(HEADWATER_TARGETS "" CACHE STRING "Targets to build, e.g. sqlite;postgresql. Empty: all whose libraries are installed")

function(headwater_check_choice kind names)
  foreach(name IN LISTS names)
    if(NOT EXISTS ${CMAKE_SOURCE_DIR}/src/${kind}s/${name}/CMakeLists.txt)
      string(TOUPPER HEADWATER_${kind}S option)
      message(FATAL_ERROR "${option} names ${name}, but there is no src/${kind}s/${name}")
    endif()
  endforeach()
endfunction()
headwater_check_choice(source "${HEADWATER_SOURCES}")
headwater_check_choice(stream "${HEADWATER_STREAMS}")
headwater_check_choice(target "${HEADWATER_TARGETS}")

# headwater_library(NAME MODULES...)
# For the top of an adapter's CMakeLists.txt: makes the target headwater_NAME of the pkg-config modules. If one of them is
# not installed, skips the rest of that file, and the adapter is left out.
macro(headwater_library name)
  headwater_find_library(${name} ${ARGN})
  if(NOT TARGET headwater_${name})
    return()
  endif()
endmacro()

# headwater_needs(ADAPTERS...)
# For the top of a room's CMakeLists.txt: skips the rest of the file unless these adapters (source_NAME, stream_NAME) are
# built.
macro(headwater_needs)
  foreach(adapter ${ARGN})
    if(NOT TARGET headwater_${adapter})
      return()
    endif()
  endforeach()
endmacro()

function(headwater_find_library name)
  # A source and a target may need the same library.
  if(TARGET headwater_${name})
    return()
  endif()
  set(missing "")
  foreach(module IN LISTS ARGN)
    pkg_check_modules(headwater_${module} QUIET ${module})
    if(NOT headwater_${module}_FOUND)
      list(APPEND missing ${module})
    endif()
  endforeach()
  if(missing)
    set_property(GLOBAL APPEND PROPERTY headwater_missing ${missing})
    return()
  endif()
  add_library(headwater_${name} INTERFACE)
  foreach(module IN LISTS ARGN)
    # SYSTEM, because the libraries' macros cause warnings.
    target_include_directories(headwater_${name} SYSTEM INTERFACE ${headwater_${module}_INCLUDE_DIRS})
    target_link_libraries(headwater_${name} INTERFACE ${headwater_${module}_LINK_LIBRARIES})
  endforeach()
endfunction()

# Sets WHY to the reason for which a folder has not made the target headwater_TARGET: the libraries that it lacks.
function(headwater_why_left_out folder target why)
  get_property(missing GLOBAL PROPERTY headwater_missing)
  if(NOT missing)
    message(FATAL_ERROR "${folder}/CMakeLists.txt has no headwater_room(${target})")
  endif()
  list(JOIN missing " and " text)
  set(text "because pkg-config does not find ${text}")
  if(EXISTS ${CMAKE_SOURCE_DIR}/${folder}/packages)
    file(STRINGS ${CMAKE_SOURCE_DIR}/${folder}/packages packages)
    list(JOIN packages " " packages)
    string(APPEND text " (Debian: ${packages})")
  endif()
  set(${why} "${text}" PARENT_SCOPE)
endfunction()

# Adds the room of an adapter, or prints why it is left out. Records which in the property headwater_adapters.
function(headwater_add_adapter kind name)
  set(folder src/${kind}s/${name})
  if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "${folder}: the name is used in C++; a folder's name may only have lower-case letters, digits and _")
  endif()
  string(TOUPPER HEADWATER_${kind}S option)
  set_property(GLOBAL APPEND PROPERTY headwater_adapters ${kind}_${name})
  if(${option} AND NOT name IN_LIST ${option})
    message(STATUS "Left out: ${kind} ${name}, which ${option} does not name")
    return()
  endif()
  set_property(GLOBAL PROPERTY headwater_missing "")
  add_subdirectory(${folder})
  if(TARGET headwater_${kind}_${name})
    return()
  endif()
  headwater_why_left_out(${folder} ${kind}_${name} why)
  if(${option})
    message(FATAL_ERROR "${option} names ${name}, which cannot be built, ${why}")
  endif()
  message(STATUS "Left out: ${kind} ${name}, ${why}")
endfunction()

# Adds src/inbox/NAME, the inbox in the database NAME, as headwater_inbox_NAME, or prints why it is left out.
function(headwater_add_inbox name)
  set_property(GLOBAL PROPERTY headwater_missing "")
  add_subdirectory(src/inbox/${name})
  if(NOT TARGET headwater_inbox_${name})
    headwater_why_left_out(src/inbox/${name} inbox_${name} why)
    message(STATUS "Left out: inbox ${name}, ${why}")
  endif()
endfunction()

# headwater_inbox(NAME SOURCES a.cpp ... LINK libraries ...)
# The room of an inbox. Its file apply.cpp, which alone needs the library's Batch, is compiled by itself: a program that does
# not call apply() does not link it.
function(headwater_inbox name)
  headwater_room(inbox_${name} ${ARGN})
  target_link_libraries(headwater_inbox_${name} PUBLIC headwater_inbox_shared)
  set_source_files_properties(apply.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# headwater_add_room(FOLDER)
function(headwater_add_room folder)
  if(folder MATCHES "^src/inbox/([^/]+)$" AND NOT CMAKE_MATCH_1 STREQUAL "shared")
    headwater_add_inbox(${CMAKE_MATCH_1})
  elseif(NOT folder MATCHES "^src/(source|stream|target)s/([^/]+)(/?)" OR CMAKE_MATCH_2 STREQUAL "shared")
    add_subdirectory(${folder})
  elseif(NOT CMAKE_MATCH_3)
    headwater_add_adapter(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
  elseif(TARGET headwater_${CMAKE_MATCH_1}_${CMAKE_MATCH_2})
    # A room inside the folder of an adapter.
    add_subdirectory(${folder})
  endif()
endfunction()

# headwater_adapter_list(FILE ROOMS)
# Generates the functions of src/adapters/list.h into FILE, and sets ROOMS to the libraries that they need.
function(headwater_adapter_list file rooms)
  get_property(adapters GLOBAL PROPERTY headwater_adapters)
  set(linked "")
  foreach(kind source stream target)
    set(functions_${kind} "")
    set(entries_${kind} "")
  endforeach()
  foreach(adapter IN LISTS adapters)
    string(REGEX MATCH "^(source|stream|target)_(.*)" whole ${adapter})
    set(kind ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    if(NOT TARGET headwater_${adapter})
      string(APPEND entries_${kind} "    {\"${name}\", nullptr},\n")
      continue()
    endif()
    list(APPEND linked headwater_${adapter})
    if(kind STREQUAL source)
      set(function make_${name}_sources)
      set(made "std::vector<NamedSource>")
    elseif(kind STREQUAL stream)
      set(function make_${name}_stream)
      set(made "std::unique_ptr<StreamAdapter>")
    else()
      set(function make_${name}_target)
      set(made "std::unique_ptr<TargetAdapter>")
    endif()
    string(APPEND functions "Result<${made}> ${function}(config::Section section, const Clock& clock);\n")
    string(APPEND entries_${kind} "    {\"${name}\", &${function}},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT [[
// Generated by cmake/adapters.cmake.
#include "src/adapters/list.h"

namespace headwater {

@functions@
namespace adapters {
namespace {

constexpr SourceKind all_sources[] = {
@entries_source@};
constexpr StreamKind all_streams[] = {
@entries_stream@};
constexpr TargetKind all_targets[] = {
@entries_target@};

}  // namespace

std::span<const SourceKind> source_kinds() { return all_sources; }
std::span<const StreamKind> stream_kinds() { return all_streams; }
std::span<const TargetKind> target_kinds() { return all_targets; }

}  // namespace adapters
}  // namespace headwater
]])
  set(${rooms} ${linked} PARENT_SCOPE)
endfunction()

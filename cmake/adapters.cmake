# Which sources and streams are built: every folder under src/sources and src/streams is one, unless it is not chosen or a
# library that it needs is not here. src/sources/NAME has a headwater_room(source_NAME) that defines
# headwater::make_NAME_sources(), src/streams/NAME a headwater_room(stream_NAME) with headwater::make_NAME_stream()
# (src/adapters/list.h has their types). Nothing else knows their names. A folder called `shared` is no adapter, but a room
# that adapters link.

set(HEADWATER_SOURCES "" CACHE STRING "Sources to build, e.g. sqlite;mongodb. Empty: all whose libraries are here")
set(HEADWATER_STREAMS "" CACHE STRING "Streams to build, e.g. embedded;kafka. Empty: all whose libraries are here")

function(headwater_check_choice kind names)
  foreach(name IN LISTS names)
    if(NOT EXISTS ${CMAKE_SOURCE_DIR}/src/${kind}s/${name}/CMakeLists.txt)
      string(TOUPPER HEADWATER_${kind}S option)
      message(FATAL_ERROR "${option} names ${name}, and there is no src/${kind}s/${name}")
    endif()
  endforeach()
endfunction()
headwater_check_choice(source "${HEADWATER_SOURCES}")
headwater_check_choice(stream "${HEADWATER_STREAMS}")

# headwater_library(NAME MODULES...)
# Stands at the top of an adapter's CMakeLists.txt: makes headwater_NAME of what pkg-config knows as MODULES. If one of
# them is not here, the rest of that file is not read, and the adapter is left out.
macro(headwater_library name)
  headwater_find_library(${name} ${ARGN})
  if(NOT TARGET headwater_${name})
    return()
  endif()
endmacro()

# headwater_needs(ADAPTERS...)
# Stands at the top of the CMakeLists.txt of a room that is of no use without source_NAME or stream_NAME.
macro(headwater_needs)
  foreach(adapter ${ARGN})
    if(NOT TARGET headwater_${adapter})
      return()
    endif()
  endforeach()
endmacro()

function(headwater_find_library name)
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
    # SYSTEM: the libraries' macros do not keep this project's warnings.
    target_include_directories(headwater_${name} SYSTEM INTERFACE ${headwater_${module}_INCLUDE_DIRS})
    target_link_libraries(headwater_${name} INTERFACE ${headwater_${module}_LINK_LIBRARIES})
  endforeach()
endfunction()

# The room of an adapter, or a line that says why it is left out. Either way it is in the property headwater_adapters.
function(headwater_add_adapter kind name)
  set(folder src/${kind}s/${name})
  if(NOT name MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "${folder}: an adapter's name stands in C++; give the folder small letters, digits and _ only")
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
  get_property(missing GLOBAL PROPERTY headwater_missing)
  if(NOT missing)
    message(FATAL_ERROR "${folder}/CMakeLists.txt has no headwater_room(${kind}_${name})")
  endif()
  list(JOIN missing " and " why)
  set(why "because pkg-config does not know ${why}")
  if(EXISTS ${CMAKE_SOURCE_DIR}/${folder}/packages)
    file(STRINGS ${CMAKE_SOURCE_DIR}/${folder}/packages packages)
    list(JOIN packages " " packages)
    string(APPEND why " (Debian: ${packages})")
  endif()
  if(${option})
    message(FATAL_ERROR "${option} names ${name}, which cannot be built, ${why}")
  endif()
  message(STATUS "Left out: ${kind} ${name}, ${why}")
endfunction()

# headwater_add_room(FOLDER)
function(headwater_add_room folder)
  if(NOT folder MATCHES "^src/(source|stream)s/([^/]+)(/?)" OR CMAKE_MATCH_2 STREQUAL "shared")
    add_subdirectory(${folder})
  elseif(NOT CMAKE_MATCH_3)
    headwater_add_adapter(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
  elseif(TARGET headwater_${CMAKE_MATCH_1}_${CMAKE_MATCH_2})
    # A room inside that of an adapter that is built.
    add_subdirectory(${folder})
  endif()
endfunction()

# headwater_adapter_list(FILE ROOMS)
# Writes src/adapters/list.h's functions into FILE, and sets ROOMS to what they need to be linked with.
function(headwater_adapter_list file rooms)
  get_property(adapters GLOBAL PROPERTY headwater_adapters)
  set(linked "")
  foreach(kind source stream)
    set(functions_${kind} "")
    set(entries_${kind} "")
  endforeach()
  foreach(adapter IN LISTS adapters)
    string(REGEX MATCH "^(source|stream)_(.*)" whole ${adapter})
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
    else()
      set(function make_${name}_stream)
      set(made "std::unique_ptr<StreamAdapter>")
    endif()
    string(APPEND functions "Result<${made}> ${function}(config::Section section, const Clock& clock);\n")
    string(APPEND entries_${kind} "    {\"${name}\", &${function}},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${file} @ONLY CONTENT [[
// Written by cmake/adapters.cmake.
#include "src/adapters/list.h"

namespace headwater {

@functions@
namespace adapters {
namespace {

constexpr SourceKind all_sources[] = {
@entries_source@};
constexpr StreamKind all_streams[] = {
@entries_stream@};

}  // namespace

std::span<const SourceKind> source_kinds() { return all_sources; }
std::span<const StreamKind> stream_kinds() { return all_streams; }

}  // namespace adapters
}  // namespace headwater
]])
  set(${rooms} ${linked} PARENT_SCOPE)
endfunction()

# aigc_room(NAME SOURCES a.cc … DEPS room … LIBRARIES Foreign::lib …)
#   One static library per room. DEPS are rooms below it; LIBRARIES stay private to its sources.
function(aigc_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBRARIES" ${ARGN})
  add_library(aigc_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(aigc_${name} PUBLIC aigc_settings)
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(aigc_${name} PUBLIC aigc_${dep})
  endforeach()
  target_link_libraries(aigc_${name} PRIVATE ${ARG_LIBRARIES})
  if(TARGET aigc_precompiled)
    target_precompile_headers(aigc_${name} REUSE_FROM aigc_precompiled)
  endif()
endfunction()

# Only in the release preset: it halves the first build. The other presets compile every file with its own
# includes alone, so that a missing one is noticed.
option(AIGC_PRECOMPILE "Share one precompiled header of standard headers" OFF)
if(AIGC_PRECOMPILE)
  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/precompiled.cc" "")
  add_library(aigc_precompiled STATIC "${CMAKE_CURRENT_BINARY_DIR}/precompiled.cc")
  # The compiler takes it only where the same macros are defined, so every room gets these libraries'.
  target_link_libraries(aigc_settings INTERFACE fmt::fmt Poco::Foundation)
  target_link_libraries(aigc_precompiled PRIVATE aigc_settings)
  target_precompile_headers(aigc_precompiled PRIVATE
    <fmt/format.h> <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <set> <span>
    <string> <string_view> <unordered_map> <utility> <variant> <vector>)
endif()

# aigc_test(NAME SOURCES a_test.cc … DEPS room … LIBRARIES … [TIMEOUT s])
#   One test program; each TEST is a ctest case. "test_paths.h" has the paths of the source tree: a header and
#   not a macro on the command line, so that a compiler cache serves every checkout.
function(aigc_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LIBRARIES" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE aigc_settings GTest::gmock GTest::gtest_main ${ARG_LIBRARIES})
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(${name} PRIVATE aigc_${dep})
  endforeach()
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests" "${PROJECT_BINARY_DIR}/tests/paths")
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()

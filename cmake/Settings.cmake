# Interface targets that every room links: warnings and build settings.
add_library(aigc_settings INTERFACE)
target_include_directories(aigc_settings INTERFACE "${PROJECT_SOURCE_DIR}/runner")
target_compile_options(aigc_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Wswitch-enum)
if(AIGC_WARNINGS_AS_ERRORS)
  target_compile_options(aigc_settings INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc 12 reports std::string and std::variant code of its own library as suspicious when it optimises.
  target_compile_options(aigc_settings INTERFACE -Wno-restrict -Wno-maybe-uninitialized
                                                 -Wno-array-bounds -Wno-stringop-overflow)
endif()
if(AIGC_SANITIZE)
  target_compile_options(aigc_settings INTERFACE -fsanitize=${AIGC_SANITIZE} -fno-omit-frame-pointer
                                                 -fno-sanitize-recover=all)
  target_link_options(aigc_settings INTERFACE -fsanitize=${AIGC_SANITIZE})
endif()
target_link_libraries(aigc_settings INTERFACE Threads::Threads)
if(AIGC_FUZZERS)
  # Coverage feedback in every room; the fuzz targets add libFuzzer's main.
  target_compile_options(aigc_settings INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(aigc_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

# aigc_embed(TARGET FUNCTION FILE…)
#   Compiles files into TARGET. Generates embedded_<function>.h with
#     std::span<const aigc::EmbeddedFile> FUNCTION();   // in the order given, name = file name
#   in namespace aigc::embedded.
set(AIGC_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/EmbedFiles.cmake")
function(aigc_embed target function)
  string(TOLOWER "${function}" lower)
  set(out "${CMAKE_CURRENT_BINARY_DIR}/embedded/embedded_${lower}")
  set(files)
  foreach(file IN LISTS ARGN)
    get_filename_component(path "${file}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
    list(APPEND files "${path}")
  endforeach()
  add_custom_command(
    OUTPUT "${out}.cc" "${out}.h"
    COMMAND "${CMAKE_COMMAND}" "-DFUNCTION=${function}" "-DOUT=${out}" "-DFILES=${files}"
            -P "${AIGC_EMBED_SCRIPT}"
    DEPENDS ${files} "${AIGC_EMBED_SCRIPT}"
    COMMENT "Embedding ${function}" VERBATIM)
  target_sources(${target} PRIVATE "${out}.cc" "${out}.h")
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/embedded")
endfunction()

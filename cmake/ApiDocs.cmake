# Swagger UI and Redoc for `aigc-batch serve`, from npm, each package of one version with one hash.
#   aigc_api_docs(VARIABLE)   sets VARIABLE to the files to embed; they are fetched when first built.
set(AIGC_API_DOCS_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/FetchApiDocs.cmake")
function(aigc_api_docs variable)
  find_program(AIGC_NPM npm)
  if(NOT AIGC_NPM)
    message(FATAL_ERROR "AIGC_API_DOCS needs npm; without the option /docs is a plain page of ours")
  endif()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/api-docs")
  set(files "${folder}/swagger-ui-bundle.js" "${folder}/swagger-ui.css" "${folder}/redoc.standalone.js")
  add_custom_command(
    OUTPUT ${files}
    COMMAND "${CMAKE_COMMAND}" "-DNPM=${AIGC_NPM}" "-DFOLDER=${folder}" -P "${AIGC_API_DOCS_SCRIPT}"
    DEPENDS "${AIGC_API_DOCS_SCRIPT}"
    COMMENT "Fetching Swagger UI and Redoc" VERBATIM)
  set(${variable} ${files} PARENT_SCOPE)
endfunction()

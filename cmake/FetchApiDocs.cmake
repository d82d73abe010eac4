# Puts the files of ApiDocs.cmake into FOLDER.
function(fetch package version hash)
  set(archive "${FOLDER}/${package}-${version}.tgz")
  execute_process(COMMAND "${NPM}" pack --silent "${package}@${version}" WORKING_DIRECTORY "${FOLDER}"
                  OUTPUT_QUIET RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "npm cannot fetch ${package} ${version}; is there a network and a registry?")
  endif()
  file(SHA256 "${archive}" found)
  if(NOT found STREQUAL hash)
    message(FATAL_ERROR "${package} ${version} is not what it was: its SHA-256 is ${found}, not ${hash}")
  endif()
  file(ARCHIVE_EXTRACT INPUT "${archive}" DESTINATION "${FOLDER}/${package}")
  foreach(name IN LISTS ARGN)
    get_filename_component(plain "${name}" NAME)
    configure_file("${FOLDER}/${package}/package/${name}" "${FOLDER}/${plain}" COPYONLY)
    file(TOUCH "${FOLDER}/${plain}")
  endforeach()
endfunction()

file(MAKE_DIRECTORY "${FOLDER}")
fetch(swagger-ui-dist 5.17.14 c57badf459aa6e65cc036b3862d0502a63f9a22546407ffcb0e64f85f816bb28
      swagger-ui-bundle.js swagger-ui.css)
fetch(redoc 2.1.5 37bf41c2d864aa515500d630137870c26a7876b601f746c36cecc45fdde3f2dd
      bundles/redoc.standalone.js)

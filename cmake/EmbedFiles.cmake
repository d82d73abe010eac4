# Writes OUT.h and OUT.cc holding FILES as byte arrays (see Embed.cmake).
get_filename_component(base "${OUT}" NAME)
file(WRITE "${OUT}.h" "#pragma once
#include <span>
#include \"base/embedded_file.h\"
namespace aigc::embedded {
std::span<const EmbeddedFile> ${FUNCTION}();
}
")
set(text "#include \"${base}.h\"\nnamespace aigc::embedded {\nnamespace {\n")
set(rows "")
set(index 0)
foreach(file IN LISTS FILES)
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
  get_filename_component(name "${file}" NAME)
  string(APPEND text "constexpr unsigned char kFile${index}[] = {\n${bytes}0x00};\n")
  string(APPEND rows "    {\"${name}\", {reinterpret_cast<const char*>(kFile${index}), sizeof(kFile${index}) - 1}},\n")
  math(EXPR index "${index} + 1")
endforeach()
string(APPEND text "const EmbeddedFile kFiles[] = {\n${rows}};\n}  // namespace\n")
string(APPEND text "std::span<const EmbeddedFile> ${FUNCTION}() { return kFiles; }\n}  // namespace aigc::embedded\n")
file(WRITE "${OUT}.cc" "${text}")

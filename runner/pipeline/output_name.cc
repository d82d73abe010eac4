#include "pipeline/output_name.h"

#include <fmt/format.h>

namespace aigc::pipeline {
namespace {

void ReplaceAll(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

// Puts `part` before ".${ext}", or at the end of a name without it.
void InsertBeforeSuffix(std::string& name, const std::string& part) {
  const auto at = name.rfind(".${ext}");
  name.insert(at == std::string::npos ? name.size() : at, part);
}

// A value inside a file name must not make folders of its own.
std::string Flat(std::string value) {
  for (char& c : value) {
    if (c == '/' || c == '\\') c = '_';
  }
  return value;
}

}  // namespace

files::OutputName NameOutput(const OutputTemplate& batch, const TaskSpec& spec, int generation,
                             const store::ArtifactRow& artifact) {
  files::OutputName out;
  out.dir = spec.output_dir.empty() ? batch.dir : spec.output_dir;
  std::string name = spec.output_filename.empty() ? batch.filename : spec.output_filename;
  if (name.empty()) name = kDefaultFilename;
  const bool numbered = name.find("${output}") != std::string::npos;
  const bool versioned = name.find("${generation}") != std::string::npos;
  ReplaceAll(name, "${output}", std::to_string(artifact.number));
  ReplaceAll(name, "${generation}", std::to_string(generation));
  ReplaceAll(name, "${kind}", Name(spec.kind));
  ReplaceAll(name, "${model}", Flat(spec.model));
  ReplaceAll(name, "${version}", Flat(spec.version));
  ReplaceAll(name, "${id}", Flat(spec.id));
  if (!numbered && artifact.number > 1)
    InsertBeforeSuffix(name, fmt::format("-{}", artifact.number));
  if (!versioned && generation > 1) InsertBeforeSuffix(name, fmt::format(".g{}", generation));
  out.filename = std::move(name);
  if (artifact.url.empty()) {
    out.suffix = "json";  // FileContent (reference 8.3)
  } else {
    out.suffix = files::SuffixFromUrl(artifact.url);
    if (out.suffix.empty()) out.suffix = artifact.media_type;
  }
  return out;
}

}  // namespace aigc::pipeline

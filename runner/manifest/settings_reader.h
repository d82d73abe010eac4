// The top level of a manifest but for its tasks. One thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "manifest/node.h"
#include "manifest/problem_list.h"
#include "manifest/settings.h"
#include "manifest/template_text.h"
#include "manifest/value_reader.h"

namespace aigc::manifest {

class SettingsReader {
 public:
  // `texts` knows the manifest's variables and the environment, and no task.
  SettingsReader(ProblemList& problems, TextExpander& texts)
      : problems_(problems), texts_(texts), values_(problems) {}

  // `root` is a map. What could not be read is left at its default, with a problem.
  Settings Read(const Node& root, const std::string& path);

 private:
  void ReadVersion(const Node& root);
  void ReadName(const Node* node, const std::string& path);
  void ReadOutput(const Node& map);
  void ReadPath(const Node* node, std::string_view field, bool below, std::string& out);

  ProblemList& problems_;
  TextExpander& texts_;
  ValueReader values_;
  Settings settings_;
};

// The map `limits`.
Limits ReadLimits(const Node& map, ProblemList& problems);

// The folder and the file name without its last suffix; "" for a bare name's folder.
std::string FolderOf(const std::string& path);
std::string StemOf(const std::string& path);

}  // namespace aigc::manifest

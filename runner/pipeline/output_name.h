// The file name of one output of one task, from the batch's or the task's template.
// Pure function.
#pragma once

#include <string>

#include "files/output_folder.h"
#include "store/store.h"
#include "task/task_spec.h"

namespace aigc::pipeline {

struct OutputTemplate {
  std::string dir;       // the batch's; a task's own output_dir wins
  std::string filename;  // "${id}-${output}.${ext}"
};

inline constexpr char kDefaultFilename[] = "${id}-${output}.${ext}";

// ${id}, ${output}, ${generation}, ${kind}, ${model} and ${version} are replaced, ${ext} is left
// for files/. A template without ${output} gets "-2", "-3" … before its suffix from the second
// output on, so that outputs never overwrite each other; generation 2 and later end in ".g2" …, so
// that earlier results stay.
files::OutputName NameOutput(const OutputTemplate& batch, const TaskSpec& spec, int generation,
                             const store::ArtifactRow& artifact);

}  // namespace aigc::pipeline

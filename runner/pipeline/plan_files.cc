#include "pipeline/plan_files.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "pipeline/upload_step.h"

namespace aigc::pipeline {

Status PlanFiles::KeepBytes(const Source& source, const std::string& task) {
  if (!kept_.insert("inside " + source.content_sha256).second) return {};
  AIGC_ASSIGN_OR_RETURN(const std::string bytes, read_(source));
  if (Sha256Hex(bytes) != source.content_sha256) {
    return Error{ErrorCode::kInvalid,
                 fmt::format("the file {} changed while the manifest was read", source.text),
                 "task " + task, "run the command again"};
  }
  return store_.PutInput(source.content_sha256, bytes, clock_.Now());
}

Status PlanFiles::KeepPlace(const Source& source) {
  if (!kept_.insert("uploaded " + source.content_sha256).second) return {};
  store::UploadRow row;
  if (auto known = store_.Upload(source.content_sha256); known.ok()) {
    row = *std::move(known);
  } else if (known.error().code != ErrorCode::kNotFound) {
    return std::move(known).error();
  }
  const store::UploadRow before = row;
  row.sha256 = source.content_sha256;
  row.path = source.upload_path;
  row.bytes = source.content_bytes;
  row.media_type = source.upload_type;
  if (!IsUsable(row, clock_.Now())) {
    row.file_id.clear();
    missing_.insert(source.content_sha256);
  }
  if (row == before) return {};
  return store_.PutUpload(row);
}

Result<std::vector<std::string>> PlanFiles::Keep(const TaskSpec& spec) {
  std::vector<std::string> uploads;
  for (const Input& input : spec.inputs) {
    const Source& source = input.source;
    if (source.type != SourceType::kLocalFile) continue;
    if (source.upload_path.empty()) {
      AIGC_RETURN_IF_ERROR(KeepBytes(source, spec.id));
      continue;
    }
    AIGC_RETURN_IF_ERROR(KeepPlace(source));
    if (missing_.count(source.content_sha256) > 0) uploads.push_back(source.content_sha256);
  }
  return uploads;
}

}  // namespace aigc::pipeline

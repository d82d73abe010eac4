#include "pipeline/plan_files.h"

#include <utility>

#include "pipeline/upload_step.h"

namespace aigc::pipeline {

Status PlanFiles::KeepPlace(const Source& source) {
  if (!kept_.insert(source.content_sha256).second) return {};
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
  if (!IsUsable(row, now_)) {
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
    if (source.type != SourceType::kLocalFile || source.upload_path.empty()) continue;
    AIGC_RETURN_IF_ERROR(KeepPlace(source));
    if (missing_.count(source.content_sha256) > 0) uploads.push_back(source.content_sha256);
  }
  return uploads;
}

}  // namespace aigc::pipeline

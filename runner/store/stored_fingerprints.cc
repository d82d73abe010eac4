#include "store/stored_fingerprints.h"

#include <fmt/format.h>

#include <vector>

#include "store/sqlite_query.h"
#include "task/task_spec.h"

namespace aigc::store {
namespace {

// Of a pipeline's stages; the manifest's reader lets no cycle in, a damaged state might.
constexpr int kMaxDepth = 1000;

}  // namespace

Result<std::string> StoredFingerprints::Of(std::int64_t task, std::string_view stored) {
  if (stored.starts_with(kFingerprintPrefix)) return std::string(stored);
  return Compute(task, 0);
}

Result<std::string> StoredFingerprints::Compute(std::int64_t task, int depth) {
  std::string json;
  {
    Query query(database_, "SELECT json FROM spec WHERE task = ?1");
    if (query.Add(task).Next()) json = query.Text(0);
  }
  if (json.empty() || depth > kMaxDepth) {
    return Error{ErrorCode::kStateDamaged,
                 fmt::format("what the task with key {} asks for cannot be read", task),
                 database_.file(), "put a backup of the state in its place"};
  }
  AIGC_ASSIGN_OR_RETURN(const TaskSpec spec, ParseSpec(json));
  std::vector<std::string> read;
  for (const Input& input : spec.inputs) {
    if (input.source.type != SourceType::kTask) continue;
    AIGC_ASSIGN_OR_RETURN(std::string fingerprint, OfTask(input.source.text, depth + 1));
    read.push_back(std::move(fingerprint));
  }
  return Fingerprint(spec, read);
}

// Of the current generation: planning keeps both in step.
Result<std::string> StoredFingerprints::OfTask(const std::string& id, int depth) {
  if (const auto found = read_.find(id); found != read_.end()) return found->second;
  std::int64_t key = 0;
  std::string fingerprint;
  {
    Query query(database_, "SELECT key, fingerprint FROM task WHERE id = ?1 AND current = 1");
    if (!query.Add(id).Next()) return std::string();  // left the state under another id
    key = query.Int64(0);
    fingerprint = query.Text(1);
  }
  if (!fingerprint.starts_with(kFingerprintPrefix)) {
    AIGC_ASSIGN_OR_RETURN(fingerprint, Compute(key, depth));
  }
  read_.emplace(id, fingerprint);
  return fingerprint;
}

}  // namespace aigc::store

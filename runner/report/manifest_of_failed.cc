#include "report/manifest_of_failed.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace aigc::report {
namespace {

// Ours for a task that outlived its time: it may have been made, and paid for, since.
constexpr std::string_view kOverdue = "overdue";

std::vector<std::string> NeedsOf(const TaskSpec& spec) {
  std::vector<std::string> needs = spec.depends_on;
  for (const Input& input : spec.inputs) {
    if (input.source.type == SourceType::kTask) needs.push_back(input.source.text);
  }
  return needs;
}

class Writer {
 public:
  Writer(store::StoreReader& store, const store::Selection& selection,
         const ManifestOfFailedOptions& options, const TextSink& sink)
      : store_(store), selection_(selection), options_(options), sink_(sink) {}

  Result<ManifestOfFailedCounts> Write() {
    AIGC_RETURN_IF_ERROR(store_.ForEachReportRow(
        selection_, [this](const store::ReportRow& row) { return Consider(row); }));
    AIGC_RETURN_IF_ERROR(DropDependents());
    counts_.written = static_cast<std::int64_t>(chosen_.size());
    if (chosen_.empty()) return counts_;
    AIGC_RETURN_IF_ERROR(sink_(options_.head + "tasks:\n"));
    AIGC_RETURN_IF_ERROR(store_.ForEachReportRow(
        selection_, [this](const store::ReportRow& row) { return WriteEntry(row); }));
    return counts_;
  }

 private:
  Status Consider(const store::ReportRow& row) {
    const TaskState state = row.row.state;
    const bool lost = state == TaskState::kLost ||
                      (state == TaskState::kFailed && row.row.error_code == kOverdue);
    if (!lost && state != TaskState::kFailed && state != TaskState::kSkipped) return {};
    if (!row.row.listed || !options_.filter.Takes(row.row)) return {};
    if (lost && !options_.with_lost) {
      ++counts_.lost;
      return {};
    }
    if (options_.without_refused && state == TaskState::kFailed && options_.refused(row.row)) {
      ++counts_.refused;
      return {};
    }
    AIGC_ASSIGN_OR_RETURN(const TaskSpec spec, ParseSpec(row.spec_json));
    chosen_[row.row.id] = NeedsOf(spec);
    return {};
  }

  // Until nothing changes: dropping one may leave another without what it needs.
  Status DropDependents() {
    for (bool changed = true; changed;) {
      changed = false;
      for (auto at = chosen_.begin(); at != chosen_.end();) {
        bool served = true;
        for (const std::string& need : at->second) {
          if (chosen_.contains(need)) continue;
          AIGC_ASSIGN_OR_RETURN(const Made* made, MadeBy(need));
          served = served && made->succeeded;
        }
        if (served) {
          ++at;
          continue;
        }
        at = chosen_.erase(at);
        ++counts_.dependent;
        changed = true;
      }
    }
    return {};
  }

  Status WriteEntry(const store::ReportRow& row) {
    // The state may have moved on since the first look.
    const auto at = chosen_.find(row.row.id);
    if (at == chosen_.end() || !row.row.listed) return {};
    AIGC_ASSIGN_OR_RETURN(TaskSpec spec, ParseSpec(row.spec_json));
    std::erase_if(spec.depends_on, [&](const std::string& id) { return !chosen_.contains(id); });
    for (Input& input : spec.inputs) {
      Source& source = input.source;
      if (source.type == SourceType::kLocalFile) {
        source.text = options_.source_path(source);
      } else if (source.type == SourceType::kTask && !chosen_.contains(source.text)) {
        AIGC_RETURN_IF_ERROR(TakeResult(source));
      }
    }
    return sink_(ManifestEntry(spec, options_.default_filename));
  }

  // In place of a task that is not in the new manifest: the output it made.
  Status TakeResult(Source& source) {
    AIGC_ASSIGN_OR_RETURN(const Made* made, MadeBy(source.text));
    const auto artifact =
        std::find_if(made->artifacts.begin(), made->artifacts.end(),
                     [&](const store::ArtifactRow& row) { return row.number == source.output; });
    if (artifact == made->artifacts.end()) return {};  // the new manifest's check names the task
    if (!artifact->path.empty()) {
      source.type = SourceType::kLocalFile;
      source.text = options_.result_path(artifact->path);
    } else if (!artifact->file_id.empty()) {
      source.type = SourceType::kFileId;
      source.text = artifact->file_id;
    } else {
      source.type = SourceType::kUrl;
      source.text = artifact->url;
    }
    return {};
  }

  struct Made {
    bool succeeded = false;
    std::vector<store::ArtifactRow> artifacts;
  };
  Result<const Made*> MadeBy(const std::string& id) {
    const auto known = made_.find(id);
    if (known != made_.end()) return &known->second;
    Made made;
    auto stories = store_.Story(id);
    if (!stories.ok() && stories.error().code != ErrorCode::kNotFound) {
      return std::move(stories).error();
    }
    if (stories.ok()) {
      for (store::TaskStory& story : *stories) {
        if (!story.row.current) continue;
        made.succeeded = story.row.state == TaskState::kSucceeded;
        made.artifacts = std::move(story.artifacts);
      }
    }
    return &made_.emplace(id, std::move(made)).first->second;
  }

  store::StoreReader& store_;
  const store::Selection& selection_;
  const ManifestOfFailedOptions& options_;
  const TextSink& sink_;
  ManifestOfFailedCounts counts_;
  std::map<std::string, std::vector<std::string>> chosen_;  // id → what it needs
  std::map<std::string, Made> made_;                        // asked so far
};

}  // namespace

Result<ManifestOfFailedCounts> WriteManifestOfFailed(store::StoreReader& store,
                                                     const store::Selection& selection,
                                                     const ManifestOfFailedOptions& options,
                                                     const TextSink& sink) {
  return Writer(store, selection, options, sink).Write();
}

}  // namespace aigc::report

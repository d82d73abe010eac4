// A StoreReader over rows in memory: what a report reads, without a database.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"
#include "task/task_spec.h"

namespace aigc::report {

class RowsReader : public store::StoreReader {
 public:
  std::vector<store::ReportRow> rows;
  int passes = 0;  // how often the rows were read

  // A pending video task of Kling/2.1 with the given id; change what matters to the test.
  store::ReportRow& Add(const std::string& id, TaskSpec spec = {}) {
    spec.id = id;
    if (spec.model.empty()) spec.model = "Kling";
    if (spec.version.empty()) spec.version = "2.1";
    store::ReportRow& row = rows.emplace_back();
    row.row.id = id;
    row.row.kind = spec.kind;
    row.row.model = spec.model;
    row.row.version = spec.version;
    row.spec_json = SpecJson(spec);
    return row;
  }

  Result<store::BatchRecord> Batch() override {
    store::BatchRecord batch;
    batch.name = "spring";
    batch.output_dir = "out/spring";
    return batch;
  }
  Result<store::StateCounts> Counts(const store::Selection&) override {
    store::StateCounts counts;
    for (const auto& row : rows) ++counts[row.row.state];
    return counts;
  }
  Result<std::vector<store::ModelCounts>> CountsByModel(const store::Selection&) override {
    std::vector<store::ModelCounts> models;
    for (const auto& row : rows) {
      auto at = models.begin();
      while (at != models.end() && (at->kind != row.row.kind || at->model != row.row.model ||
                                    at->version != row.row.version)) {
        ++at;
      }
      if (at == models.end()) {
        at = models.insert(at, {row.row.kind, row.row.model, row.row.version, {}});
      }
      ++at->counts[row.row.state];
    }
    return models;
  }
  Result<std::vector<store::ReportRow>> Page(const store::PageRequest&) override { return rows; }
  Result<std::vector<store::FailureGroup>> Failures(const store::Selection&) override {
    std::vector<store::FailureGroup> groups;
    for (const auto& row : rows) {
      const TaskState state = row.row.state;
      if (state != TaskState::kFailed && state != TaskState::kLost) continue;
      const auto same = [&](const auto& group) {
        return group.state == state && group.code == row.row.error_code &&
               group.message == row.row.error_message;
      };
      auto at = std::find_if(groups.begin(), groups.end(), same);
      if (at == groups.end()) {
        at = groups.insert(at, {state, row.row.error_code, 0, row.row.id, row.row.error_message,
                                row.row.request_id});
      }
      ++at->count;
    }
    std::stable_sort(groups.begin(), groups.end(),
                     [](const auto& a, const auto& b) { return a.count > b.count; });
    return groups;
  }
  Result<store::TaskRow> FindTask(std::string_view id) override {
    for (const auto& row : rows) {
      if (row.row.id == id) return row.row;
    }
    return Error{ErrorCode::kNotFound, "no such task"};
  }
  // Of what its row tells; a task called "gone" has none any more.
  Result<std::vector<store::TaskStory>> Story(std::string_view id) override {
    for (const auto& row : rows) {
      if (row.row.id != id || id == "gone") continue;
      store::TaskStory story;
      story.row = row.row;
      story.spec_json = row.spec_json;
      story.artifacts = row.artifacts;
      return std::vector<store::TaskStory>{std::move(story)};
    }
    return Error{ErrorCode::kNotFound, "no such task"};
  }
  Status ForEachReportRow(const store::Selection&,
                          const std::function<Status(const store::ReportRow&)>& visit) override {
    ++passes;
    for (const auto& row : rows) AIGC_RETURN_IF_ERROR(visit(row));
    return {};
  }
  store::MoneyState money;
  Result<store::MoneyState> Money() override { return money; }
  Result<store::Activity> RecentActivity(WallTime, std::size_t) override {
    return store::Activity{};
  }
  Result<std::vector<store::UnpricedModel>> Unpriced(const store::Selection&) override {
    return std::vector<store::UnpricedModel>{};
  }
  Result<std::string> SpecOf(std::int64_t) override {
    return Error{ErrorCode::kNotFound, "no specs here"};
  }
  Result<std::vector<store::TaskMark>> FindTasks(const store::Selection&,
                                                 const std::vector<TaskState>&) override {
    return std::vector<store::TaskMark>{};
  }
  store::Steering steering;
  Result<store::Steering> ReadSteering() override { return steering; }
  Result<std::optional<store::CommandRow>> FindCommand(std::string_view) override {
    return std::optional<store::CommandRow>{};
  }
  Result<Expiring> FindExpiring(WallTime, WallTime) override { return Expiring{}; }
  Result<bool> HasSubmission(std::string_view) override { return false; }
  Result<store::TaskRow> RowOf(std::int64_t) override {
    return Error{ErrorCode::kNotFound, "no rows by key here"};
  }
  Result<std::unique_ptr<store::Comparison>> Compare() override {
    return Error{ErrorCode::kNotFound, "nothing to compare with here"};
  }
  std::vector<store::GenerationTime> times;
  Result<std::vector<store::GenerationTime>> GenerationTimes() override { return times; }
};

}  // namespace aigc::report

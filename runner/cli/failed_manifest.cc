#include "cli/failed_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "base/money.h"
#include "base/text.h"
#include "cli/advice.h"
#include "files/atomic_file.h"
#include "manifest/settings.h"
#include "pipeline/output_name.h"
#include "report/yaml_text.h"

namespace aigc::cli {
namespace {

namespace fs = std::filesystem;
using report::ManifestText;

constexpr std::size_t kLongestName = 64;

// Where a path that starts in the old manifest's folder lies for the new manifest.
class Paths {
 public:
  Paths(const store::BatchRecord& batch, const std::string& new_manifest)
      : folder_(batch.folder), from_folders_(FromFolders(batch)) {
    std::error_code failed;
    const fs::path place = fs::path(new_manifest).parent_path();
    const fs::path there = fs::weakly_canonical(place.empty() ? fs::path(".") : place, failed);
    beside_ = !failed && there == folder_;
  }

  std::string Moved(std::string_view path) const {
    if (path.empty() || beside_ || fs::path(path).is_absolute()) return std::string(path);
    return (folder_ / path).lexically_normal().generic_string();
  }

  // A source's path starts in the manifest's folder, or in that of the file of rows it came from.
  std::string OfSource(const Source& source) const {
    if (!source.upload_path.empty()) return Moved(source.text, source.upload_path);
    for (const std::string& from : from_folders_) {
      const fs::path candidate = fs::path(from) / source.text;
      std::error_code failed;
      const auto bytes = fs::file_size(folder_ / candidate, failed);
      if (!failed && static_cast<std::int64_t>(bytes) == source.content_bytes) {
        return Moved(candidate.lexically_normal().generic_string());
      }
    }
    return Moved(source.text);
  }

 private:
  std::string Moved(const std::string& written, const std::string& absolute) const {
    const bool same = beside_ && (folder_ / written).lexically_normal() == absolute;
    return same ? written : absolute;
  }

  // "", and the folders of what `from` names; a wrong guess does no harm, since the file must be
  // there.
  static std::vector<std::string> FromFolders(const store::BatchRecord& batch) {
    std::vector<std::string> folders{""};
    for (const std::string_view line : Split(batch.manifest_text, '\n')) {
      const std::size_t at = line.find("from:");
      if (at == std::string_view::npos) continue;
      std::string_view name = line.substr(at + 5);
      name = Trim(name.substr(0, name.find_first_of("#,}")));
      if (name.size() > 1 && (name.front() == '"' || name.front() == '\'')) {
        name = name.substr(1, name.size() - 2);
      }
      const std::string folder = fs::path(name).parent_path().generic_string();
      if (std::find(folders.begin(), folders.end(), folder) == folders.end()) {
        folders.push_back(folder);
      }
    }
    return folders;
  }

  fs::path folder_;
  bool beside_ = false;
  std::vector<std::string> from_folders_;
};

class Head {
 public:
  void Line(std::string_view key, std::string_view value) {
    text_ += fmt::format("{}: {}\n", key, value);
  }
  template <typename Value>
  void Limit(std::string_view key, const std::optional<Value>& value) {
    if (value) limits_ += fmt::format("  {}: {}\n", key, *value);
  }
  void Limit(std::string_view key, const std::optional<Millis>& value) {
    if (value) limits_ += fmt::format("  {}: {}\n", key, FormatDuration(*value));
  }
  void LimitText(std::string_view text) { limits_ += text; }
  void Comment(std::string_view text) { text_ += fmt::format("# {}\n", text); }
  std::string Take() { return text_ + (limits_.empty() ? "" : "limits:\n" + limits_) + "\n"; }

 private:
  std::string text_, limits_;
};

// What is left of the budget: the new batch would otherwise have all of it once more.
std::string BudgetLine(std::int64_t budget, const store::MoneyState& money) {
  const std::int64_t left = budget - money.spent_micros - money.reserved_micros;
  const std::string of = AmountText(budget);
  if (left <= 0)
    return fmt::format("  budget: 0.01  # nothing is left of {}: name a new one\n", of);
  return fmt::format("  budget: {}  # what is left of {}\n", AmountText(left), of);
}

void PutLimits(Head& head, const manifest::Limits& limits, const store::MoneyState& money) {
  head.Limit("submit_rate", limits.submit_rate);
  head.Limit("poll_rate", limits.poll_rate);
  head.Limit("first_look", limits.first_look);
  head.Limit("look_every", limits.look_every);
  head.Limit("max_in_flight", limits.max_in_flight);
  if (!limits.per_model.empty()) {
    head.LimitText("  per_model:\n");
    for (const auto& [model, most] : limits.per_model) {
      head.LimitText(fmt::format("    {}: {{max_in_flight: {}}}\n", ManifestText(model), most));
    }
  }
  head.Limit("downloads", limits.downloads);
  if (limits.stop_when) {
    head.LimitText(fmt::format("  stop_when: {{failed: {}%, after: {}}}\n",
                               limits.stop_when->failed_share * 100, limits.stop_when->after));
  }
  head.Limit("tasks", limits.tasks);
  head.Limit("attempts", limits.attempts);
  head.Limit("task_timeout", limits.task_timeout);
  head.Limit("give_up_after", limits.give_up_after);
  if (limits.budget_micros) head.LimitText(BudgetLine(*limits.budget_micros, money));
  if (limits.failed_cost_free) {
    head.LimitText(
        fmt::format("  failed_cost: {}\n", *limits.failed_cost_free ? "free" : "counted"));
  }
}

std::string HeadText(const store::BatchRecord& batch, const manifest::Settings& settings,
                     const store::MoneyState& money, const Paths& paths) {
  constexpr std::string_view kEnding = "-failed";
  const std::string name = batch.name.substr(0, kLongestName - kEnding.size());
  Head head;
  head.Comment(
      fmt::format("What failed of the batch {}, as a batch of its own: its results go to "
                  "out/{}{}.",
                  batch.name, name, kEnding));
  head.Comment("Without changes, `aigc-batch retry " + batch.name + "` does the same.");
  head.Line("manifest", "1");
  head.Line("name", name + std::string(kEnding));
  if (settings.sub_app_id) head.Line("sub_app_id", std::to_string(*settings.sub_app_id));
  if (!settings.prices.empty()) head.Line("prices", ManifestText(paths.Moved(settings.prices)));
  if (settings.upload == manifest::Upload::kAlways) head.Line("upload", "always");
  if (settings.upload == manifest::Upload::kNever) head.Line("upload", "never");
  // Said by the manifest or by one of its tasks, which a stored task does not tell any more.
  if (settings.allow_unknown ||
      batch.manifest_text.find("allow_unknown: true") != std::string::npos) {
    head.Line("allow_unknown", "true");
  }
  if (settings.allow_unpriced) head.Line("allow_unpriced", "true");
  PutLimits(head, settings.limits, money);
  return head.Take();
}

}  // namespace

Result<report::ManifestOfFailedCounts> WriteFailedManifest(store::StoreReader& store,
                                                           const store::Selection& selection,
                                                           const FailedManifestWish& wish,
                                                           const std::string& path) {
  AIGC_ASSIGN_OR_RETURN(const store::BatchRecord batch, store.Batch());
  AIGC_ASSIGN_OR_RETURN(const store::MoneyState money, store.Money());
  AIGC_ASSIGN_OR_RETURN(const manifest::Settings settings,
                        manifest::LoadSettings(batch.manifest_text, batch.manifest_path));
  std::error_code failed;
  if (fs::equivalent(path, batch.manifest_path, failed)) {
    return Error{ErrorCode::kUsage, "that is the manifest of the batch itself", path,
                 "give the manifest of what failed another name"};
  }
  const Paths paths(batch, path);
  report::ManifestOfFailedOptions options;
  options.head = HeadText(batch, settings, money, paths);
  options.filter = wish.filter;
  options.source_path = [&](const Source& source) { return paths.OfSource(source); };
  options.result_path = [&](std::string_view file) { return paths.Moved(file); };
  options.refused = [](const store::TaskRow& row) {
    return IsContentRefusal(row.error_code, row.error_message);
  };
  options.default_filename = pipeline::kDefaultFilename;
  options.without_refused = wish.without_refused;
  options.with_lost = wish.with_lost;

  std::optional<files::AtomicFile> file;
  AIGC_ASSIGN_OR_RETURN(const report::ManifestOfFailedCounts counts,
                        report::WriteManifestOfFailed(
                            store, selection, options, [&](std::string_view text) -> Status {
                              if (!file) {
                                AIGC_ASSIGN_OR_RETURN(files::AtomicFile made,
                                                      files::AtomicFile::Create(path));
                                file.emplace(std::move(made));
                              }
                              return file->Write(text);
                            }));
  if (file) AIGC_RETURN_IF_ERROR(file->Commit());
  return counts;
}

}  // namespace aigc::cli

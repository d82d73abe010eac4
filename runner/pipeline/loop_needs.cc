// Tasks that wait for others: told when one ends, and given its outputs when their turn comes.
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "pipeline/stages.h"
#include "pipeline/turns.h"

namespace aigc::pipeline {
namespace {

// What a link must be good for at least when it is handed on: the service may fetch it only when it
// begins with the task.
constexpr Millis kLinkMargin = std::chrono::hours{1};
// A fresh link is asked for this often when no answer comes.
constexpr int kFreshLinkFailures = 6;
// How many of the tasks that others wait for are named at the end of a run.
constexpr std::size_t kNamedWaits = 3;

bool GoodFor(const store::ArtifactRow& artifact, Millis span, WallTime now) {
  if (artifact.url.empty() && artifact.file_id.empty()) return false;
  return artifact.expires == WallTime{} || artifact.expires - now > span;
}

void HandOn(const store::ArtifactRow& artifact, Source& source) {
  source.type = artifact.file_id.empty() ? SourceType::kUrl : SourceType::kFileId;
  source.text = artifact.file_id.empty() ? artifact.url : artifact.file_id;
}

std::string Plural(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace

store::OnMoved Loop::Turns::Moved() {
  return [this](const store::TaskRow& row, TaskState from, std::string_view why) {
    if (row.state == TaskState::kFailed) ++failed_;  // a file that it needs cannot be uploaded
    queue_may_have_more_ = true;
    PendingEvent event;
    event.id = row.id;
    event.generation = row.generation;
    event.from = from;
    event.to = row.state;
    event.why = why;
    event.code = row.error_code;
    event.message = row.error_message;
    events_.push_back(std::move(event));
  };
}

Status Loop::Turns::TellWaiting(const store::TaskRow& ended) {
  if (!ended.current || !IsFinal(ended.state)) return {};
  if (ended.state != TaskState::kSucceeded) {
    return store_.SkipWaiting(ended.id, clock_.Now(), Moved());
  }
  return store_.MeetNeed(store::NeedKind::kTask, ended.id, clock_.Now(), Moved());
}

Result<Sourcing> Loop::Turns::FindSources(const store::TaskRow& row, TaskSpec& spec) {
  std::int64_t inline_bytes = 0;
  for (const Input& input : spec.inputs) inline_bytes += input.source.content_bytes;
  Sourcing sourcing;
  for (Input& input : spec.inputs) {
    if (input.source.type != SourceType::kTask) continue;
    AIGC_ASSIGN_OR_RETURN(sourcing, FindSource(row, input.source, inline_bytes));
    if (sourcing.readiness != Readiness::kReady) return sourcing;
  }
  return sourcing;
}

Result<Sourcing> Loop::Turns::FindSource(const store::TaskRow& row, Source& source,
                                         std::int64_t& inline_bytes) {
  const std::string id = source.text;
  const auto wait = [&]() -> Result<Sourcing> {
    AIGC_RETURN_IF_ERROR(
        store_.AddNeed(row.key, {store::NeedKind::kTask, id, false}, clock_.Now()));
    return Sourcing{Readiness::kWaits, {}, {}};
  };
  AIGC_ASSIGN_OR_RETURN(const store::TaskRow needed, store_.FindTask(id));
  if (needed.state != TaskState::kSucceeded) return wait();
  AIGC_ASSIGN_OR_RETURN(const store::ActiveTask made, store_.Load(needed.key));
  const auto artifact =
      std::find_if(made.artifacts.begin(), made.artifacts.end(),
                   [&](const store::ArtifactRow& one) { return one.number == source.output; });
  if (artifact == made.artifacts.end() || (artifact->url.empty() && artifact->file_id.empty())) {
    return Sourcing{
        Readiness::kFails, "missing_output",
        fmt::format("it needs output {} of the task \"{}\", which made {}", source.output, id,
                    Plural(static_cast<std::int64_t>(made.artifacts.size()), "output", "outputs"))};
  }
  const WallTime now = ServerNow();
  if (GoodFor(*artifact, std::max(kLinkMargin, options_.limits.task_timeout), now)) {
    HandOn(*artifact, source);
    return Sourcing{};
  }
  std::string copy = "there is no copy on disk";
  if (!artifact->path.empty()) {
    AIGC_ASSIGN_OR_RETURN(std::optional<Sourcing> taken,
                          TakeCopy(row, *artifact, source, inline_bytes, copy));
    if (taken) return *std::move(taken);
  }
  const bool listed = made.submission && !made.submission->task_id.empty() &&
                      now - made.submission->accepted_at < kVisibility;
  if (listed && asked_fresh_.count(needed.key) == 0) {
    fresh_links_.try_emplace(needed.key,
                             FreshLink{needed.id, made.submission->task_id, clock_.Ticks()});
    return wait();
  }
  if (GoodFor(*artifact, Millis{0}, now)) {
    HandOn(*artifact, source);
    return Sourcing{};
  }
  return Sourcing{
      Readiness::kFails, "expired_output",
      fmt::format("it needs output {} of the task \"{}\", whose link has expired, and {}",
                  source.output, id, copy)};
}

// Our own copy, when it is still what was made: inside the request when it is small enough, else
// uploaded first. None when it is of no use; `why_not` says what is the matter with it.
Result<std::optional<Sourcing>> Loop::Turns::TakeCopy(const store::TaskRow& row,
                                                      const store::ArtifactRow& artifact,
                                                      Source& source, std::int64_t& inline_bytes,
                                                      std::string& why_not) {
  if (inline_bytes + artifact.bytes > kMaxInlineBytes) {
    return UploadCopy(row, artifact, source, why_not);
  }
  const auto bytes = files_.Read(artifact.path, static_cast<std::uint64_t>(artifact.bytes));
  if (!bytes.ok()) {
    why_not = fmt::format("the copy cannot be read: {}", Describe(bytes.error()));
    return std::optional<Sourcing>{};
  }
  if (Sha256Hex(*bytes) != artifact.sha256) {
    why_not = fmt::format("the copy {} was changed since", artifact.path);
    return std::optional<Sourcing>{};
  }
  AIGC_RETURN_IF_ERROR(store_.PutInput(artifact.sha256, *bytes, clock_.Now()));
  inline_bytes += artifact.bytes;
  source.type = SourceType::kLocalFile;
  source.text = artifact.path;
  source.content_sha256 = artifact.sha256;
  source.content_bytes = artifact.bytes;
  return std::optional<Sourcing>(Sourcing{});
}

// The upload holds the content against its hash, so it need not be read here.
Result<std::optional<Sourcing>> Loop::Turns::UploadCopy(const store::TaskRow& row,
                                                        const store::ArtifactRow& artifact,
                                                        Source& source, std::string& why_not) {
  store::UploadRow file;
  if (auto known = store_.Upload(artifact.sha256); known.ok()) {
    file = *std::move(known);
  } else if (known.error().code != ErrorCode::kNotFound) {
    return std::move(known).error();
  }
  if (IsUsable(file, ServerNow())) {
    source.type = SourceType::kFileId;
    source.text = file.file_id;
    return std::optional<Sourcing>(Sourcing{});
  }
  if (!files_.Holds(artifact.path, static_cast<std::uint64_t>(artifact.bytes))) {
    why_not = fmt::format("the copy {} is not there any more", artifact.path);
    return std::optional<Sourcing>{};
  }
  file.sha256 = artifact.sha256;
  file.path = files_.AbsolutePath(artifact.path);
  file.bytes = artifact.bytes;
  file.media_type = files::SuffixFromUrl(artifact.path);
  file.file_id.clear();
  AIGC_RETURN_IF_ERROR(store_.PutUpload(file));
  AIGC_RETURN_IF_ERROR(
      store_.AddNeed(row.key, {store::NeedKind::kFile, file.sha256, false}, clock_.Now()));
  uploads_may_have_more_ = true;
  return std::optional<Sourcing>(Sourcing{Readiness::kWaits, {}, {}});
}

void Loop::Turns::AskFreshLinks() {
  for (auto& [task, link] : fresh_links_) {
    if (link.on_wire || link.at > clock_.Ticks() || !QuerySlotFree()) continue;
    StartQuery();
    link.on_wire = true;
    prepared_.push_back({{Purpose::kFreshLink, task, 0}, api::DetailRequest{link.task_id}});
  }
}

Status Loop::Turns::HandleFreshLink(Key task, const api::Completion& completion) {
  FreshLink& link = fresh_links_.at(task);
  link.on_wire = false;
  if (const auto* failure = std::get_if<api::Failure>(&completion.answer)) {
    Transition step = AskAgain(Flight{}, *failure, link.failures, Context());
    React(step);
    if (++link.failures < kFreshLinkFailures &&
        (!step.answered || step.effect == Effect::kSlowQueries)) {
      link.at = clock_.Ticks() + Micros{step.wait};
      return {};
    }
  }
  if (const auto* detail = std::get_if<api::TaskDetail>(&completion.answer)) {
    silent_since_.reset();
    AIGC_ASSIGN_OR_RETURN(store::ActiveTask made, store_.Load(task));
    for (std::size_t i = 0; i < std::min(made.artifacts.size(), detail->outputs.size()); ++i) {
      made.artifacts[i].url = detail->outputs[i].url;
      made.artifacts[i].file_id = detail->outputs[i].file_id;
      made.artifacts[i].expires = detail->outputs[i].expires.value_or(WallTime{});
      AIGC_RETURN_IF_ERROR(store_.PutArtifact(made.artifacts[i]));
    }
  }
  // Whatever came of it: those that wait are looked at again, and take what there is now.
  const std::string id = link.id;
  fresh_links_.erase(task);
  asked_fresh_.insert(task);
  return store_.MeetNeed(store::NeedKind::kTask, id, clock_.Now(), Moved());
}

Status Loop::Turns::TellBlocked(const store::StateCounts& counts) {
  const auto blocked = counts.find(TaskState::kBlocked);
  if (options_.fetch_only || reason_ != StopReason::kFinished || blocked == counts.end() ||
      blocked->second == 0) {
    return {};
  }
  AIGC_ASSIGN_OR_RETURN(const std::vector<std::string> waited_for,
                        store_.WaitedFor(options_.selection, kNamedWaits + 1));
  std::string names;
  for (std::size_t i = 0; i < std::min(waited_for.size(), kNamedWaits); ++i) {
    names += (i == 0 ? "" : ", ") + waited_for[i];
  }
  if (waited_for.size() > kNamedWaits) names += ", …";
  if (names.empty()) return {};
  const std::string text =
      fmt::format("{} for tasks that have not succeeded: {}",
                  Plural(blocked->second, "task still waits", "tasks still wait"), names);
  observer_.OnNotice(clock_.Now(), Severity::kWarning,
                     options_.selection.empty()
                         ? text + "; carry on with the same command"
                         : text + "; select those too, or run without --task and --tag");
  return {};
}

}  // namespace aigc::pipeline

// Uploads: local files that the tasks next in order wait for go to the service, a few at a time and
// beside everything else. They take no generation slot. Until one is committed nothing of it is
// recorded; a stop in the middle leaves at most an unused file that the service deletes by itself.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "pipeline/stages.h"
#include "pipeline/turns.h"

namespace aigc::pipeline {
namespace {

constexpr std::size_t kUploadsAtOnce = 2;

// The file's own name, for the service's console; at most 64 characters (reference 6.5).
std::string MediaName(const std::string& path) {
  std::string_view name = path;
  if (const auto slash = name.rfind('/'); slash != std::string_view::npos) {
    name.remove_prefix(slash + 1);
  }
  return Excerpt(name.substr(0, name.rfind('.')), 60);
}

}  // namespace

Status Loop::Turns::PumpUploads() {
  if (!MaySubmit()) {
    // The next run begins them anew; what is on the wire ends as it will.
    for (auto at = uploads_.begin(); at != uploads_.end();) {
      at = at->second.on_wire ? std::next(at) : uploads_.erase(at);
    }
    return {};
  }
  while (uploads_may_have_more_ && uploads_.size() < kUploadsAtOnce) {
    std::vector<std::string> begun;
    for (const auto& [sha256, slot] : uploads_) begun.push_back(sha256);
    const std::size_t room = kUploadsAtOnce - uploads_.size();
    AIGC_ASSIGN_OR_RETURN(std::vector<store::UploadRow> next,
                          store_.NextUploads(room, options_.selection, begun));
    uploads_may_have_more_ = next.size() == room;
    for (store::UploadRow& file : next) {
      Notice(Severity::kInfo, fmt::format("uploading {} ({} bytes)", file.path, file.bytes));
      const std::string sha256 = file.sha256;
      uploads_[sha256].upload.file = std::move(file);
    }
  }
  const SteadyTime now = clock_.Ticks();
  std::vector<std::string> due;
  for (const auto& [sha256, slot] : uploads_) {
    if (!slot.on_wire && slot.wake <= now) due.push_back(sha256);
  }
  for (const std::string& sha256 : due) AIGC_RETURN_IF_ERROR(StartUploadStep(uploads_.at(sha256)));
  return {};
}

Status Loop::Turns::StartUploadStep(UploadSlot& slot) {
  Upload& upload = slot.upload;
  if (upload.phase == UploadPhase::kPut && KeysAreOver(upload, clock_.Now())) {
    upload.phase = UploadPhase::kApply;
  }
  Errand errand{Purpose::kUpload, 0, 0, upload.file.sha256};
  if (upload.phase == UploadPhase::kPut) {
    if (exchange_.Capacity(api::Lane::kUpload) <= Started(api::Lane::kUpload)) return {};
    auto content = options_.open_input ? options_.open_input(upload.file.path)
                                       : Error{ErrorCode::kInternal, "no local files here"};
    if (!content.ok()) return TakeUpload(slot, CannotRead(upload, content.error()));
    slot.on_wire = true;
    prepared_.push_back(
        {std::move(errand),
         api::PutObjectRequest{upload.place, std::move(content).value(),
                               static_cast<std::uint64_t>(upload.file.bytes), upload.file.sha256}});
    return {};
  }
  if (!QuerySlotFree()) return {};
  StartQuery();
  slot.on_wire = true;
  if (upload.phase == UploadPhase::kCommit) {
    prepared_.push_back({std::move(errand), api::CommitUploadRequest{upload.place.session_key}});
    return {};
  }
  upload.asked_at = clock_.Now();
  upload.delete_at = ServerNow() + kUploadLife;
  prepared_.push_back(
      {std::move(errand), api::ApplyUploadRequest{upload.file.media_type,
                                                  MediaName(upload.file.path), upload.delete_at}});
  return {};
}

Status Loop::Turns::HandleUpload(const std::string& sha256, const api::Completion& completion) {
  const auto place = uploads_.find(sha256);
  if (place == uploads_.end()) {
    return Error{ErrorCode::kInternal, "an answer came for an upload that was not begun"};
  }
  UploadSlot& slot = place->second;
  slot.on_wire = false;
  return TakeUpload(slot, AfterUpload(slot.upload, completion, Context()));
}

Status Loop::Turns::TakeUpload(UploadSlot& slot, UploadTransition step) {
  slot.upload = std::move(step.next);
  slot.wake = clock_.Ticks() + Micros{step.wait};
  const WallTime now = clock_.Now();
  if (!step.why.empty()) {
    Notice(step.failed ? Severity::kWarning : Severity::kInfo, step.why);
  }
  if (step.api) {
    Transition effect;
    effect.effect = step.effect;
    effect.code = step.code;
    effect.message = step.message;
    effect.request_id = step.request_id;
    effect.advice = step.advice;
    effect.answered = step.answered;
    // Refused uploads say nothing about questions: what runs is still followed.
    effect.send_ended = true;
    React(effect);
  } else if (step.effect == Effect::kStopUntrusted) {
    Transition effect;
    effect.effect = step.effect;
    effect.code = step.code;
    effect.message = step.message;
    React(effect);
  }
  if (step.failed) {
    const std::string sha256 = slot.upload.file.sha256;
    uploads_.erase(sha256);
    uploads_may_have_more_ = true;
    return store_.FailWaiting(sha256, step.code, step.message, now, Moved());
  }
  if (step.file_id.empty()) return {};
  store::UploadRow file = slot.upload.file;
  file.file_id = step.file_id;
  file.uploaded_at = now;
  file.expires = slot.upload.delete_at;
  uploads_.erase(file.sha256);
  uploads_may_have_more_ = true;
  Notice(Severity::kInfo, fmt::format("uploaded {} as {}", file.path, file.file_id));
  AIGC_RETURN_IF_ERROR(store_.PutUpload(file));
  return store_.MeetNeed(store::NeedKind::kFile, file.sha256, now, Moved());
}

// Puts file ids in the place of uploaded files. The hashes of those that are not there (any more),
// noted as missing in the state.
Result<std::vector<std::string>> Loop::Turns::FillInUploads(TaskSpec& spec) {
  std::vector<std::string> missing;
  for (Input& input : spec.inputs) {
    Source& source = input.source;
    if (source.type != SourceType::kLocalFile || source.upload_path.empty()) continue;
    AIGC_ASSIGN_OR_RETURN(store::UploadRow file, store_.Upload(source.content_sha256));
    if (IsUsable(file, ServerNow())) {
      source.type = SourceType::kFileId;
      source.text = file.file_id;
      source.content_bytes = 0;  // none of them goes inside the request
      continue;
    }
    if (!file.file_id.empty()) {
      file.file_id.clear();
      AIGC_RETURN_IF_ERROR(store_.PutUpload(file));
    }
    missing.push_back(source.content_sha256);
  }
  return missing;
}

// A task that was about to be sent waits for uploads after all: an earlier one is over.
Status Loop::Turns::AwaitUploads(const store::TaskRow& row,
                                 const std::vector<std::string>& missing) {
  const WallTime now = clock_.Now();
  store::TaskRow waiting = row;
  if (row.state != TaskState::kPending) {
    waiting.state = TaskState::kPending;
    AIGC_RETURN_IF_ERROR(RecordChange(row, waiting, "a file that it needs must be uploaded again"));
  }
  for (const std::string& sha256 : missing) {
    AIGC_RETURN_IF_ERROR(
        store_.AddNeed(row.key, {store::NeedKind::kFile, sha256, /*met=*/false}, now));
  }
  waiting.state = TaskState::kBlocked;
  Moved()(waiting, row.state, "a file that it needs must be uploaded again");
  uploads_may_have_more_ = true;
  return {};
}

// A task that failed because the service did not know an uploaded file goes back to the queue once,
// and the file is uploaded again (reference 7.2, 7.3). One that used an older upload than the
// newest goes back in any case.
Status Loop::Turns::RenewUploads(Slot& slot, Transition& step) {
  const Flight& flight = step.next;
  const bool unknown_file = flight.row.state == TaskState::kFailed &&
                            (flight.row.error_code == "InvalidParameterValue.FileId" ||
                             flight.row.error_code == "ResourceNotFound");
  if (!unknown_file) return {};
  AIGC_ASSIGN_OR_RETURN(const std::string json, store_.SpecOf(slot.flight.row.key));
  AIGC_ASSIGN_OR_RETURN(const TaskSpec spec, ParseSpec(json));
  bool renewed = false;
  for (const Input& input : spec.inputs) {
    const Source& source = input.source;
    if (source.type != SourceType::kLocalFile || source.upload_path.empty()) continue;
    AIGC_ASSIGN_OR_RETURN(store::UploadRow file, store_.Upload(source.content_sha256));
    if (file.file_id.empty() || file.uploaded_at > flight.submission.created_at) {
      renewed = true;
    } else if (file.renewals == 0) {
      file.file_id.clear();
      file.renewals = 1;
      AIGC_RETURN_IF_ERROR(store_.PutUpload(file));
      renewed = true;
    }
  }
  if (!renewed) return {};
  Flight again = std::move(step.next);
  again.row.attempts = std::max(0, again.row.attempts - 1);  // not this task's fault
  const Transition queued =
      Requeue(std::move(again), TaskState::kWaitingRetry, Millis{0},
              "the service does not know an uploaded file any more, uploading it again", Context());
  step.next = queued.next;
  step.wait = queued.wait;
  step.why = queued.why;
  step.effect = Effect::kNone;
  return {};
}

}  // namespace aigc::pipeline

// Following what was submitted: looks, searches through the list, downloads.
#include <algorithm>

#include "api/request_body.h"
#include "pipeline/stages.h"
#include "pipeline/turns.h"

namespace aigc::pipeline {
namespace {

// The list's CreateTime is the service's; ours may be off by this much in either direction (6.4).
constexpr Millis kSearchMargin = std::chrono::minutes{2};
// A task that was accepted this long ago is in the list if the list shows such tasks.
constexpr Millis kListingLag = std::chrono::minutes{5};

}  // namespace

bool Loop::Turns::QuerySlotFree() const {
  return NextQuery() <= clock_.Ticks() &&
         exchange_.Capacity(api::Lane::kQuery) > Started(api::Lane::kQuery);
}

bool Loop::Turns::DownloadSlotFree() const {
  return downloads_out_ < static_cast<std::size_t>(std::max(1, options_.limits.downloads)) &&
         exchange_.Capacity(api::Lane::kDownload) > Started(api::Lane::kDownload);
}

// Starts what is due, as far as pace and capacity allow: searches first, since unknown tasks hold
// slots.
Status Loop::Turns::Pump() {
  if (aborting_) return {};
  if (recovering_ && recovering_->due_now && recovering_->due <= clock_.Ticks() &&
      QuerySlotFree()) {
    recovering_->due_now = false;
    StartQuery();
    prepared_.push_back({{Purpose::kRecover, 0, 0}, recovering_->next});
  }
  if (!sweep_ && !searches_due_.empty()) AIGC_RETURN_IF_ERROR(StartSweep());
  if (sweep_page_due_ && QuerySlotFree()) {
    sweep_page_due_ = false;
    StartQuery();
    prepared_.push_back({{Purpose::kSweep, 0, 0}, sweep_->NextPage()});
  }
  PumpSweep();
  AskFreshLinks();
  AskQuestions();
  while (!looks_due_.empty() && QuerySlotFree()) {
    const auto place = slots_.find(std::get<Key>(*looks_due_.begin()));
    looks_due_.erase(looks_due_.begin());
    if (place != slots_.end()) AIGC_RETURN_IF_ERROR(StartLook(place->second));
  }
  while (!fetches_due_.empty() && DownloadSlotFree()) {
    const Key task = fetches_due_.begin()->second;
    fetches_due_.erase(fetches_due_.begin());
    const auto place = slots_.find(task);
    if (place != slots_.end()) AIGC_RETURN_IF_ERROR(StartFetch(place->second));
  }
  return {};
}

Status Loop::Turns::StartLook(Slot& slot) {
  const Phase phase = slot.flight.phase;
  if (slot.on_wire) return {};  // due twice: its time came, and then a person's wish
  if (phase != Phase::kLook && phase != Phase::kRefresh && phase != Phase::kAbort) return {};
  StartQuery();
  slot.on_wire = true;
  if (phase == Phase::kAbort) {
    prepared_.push_back({{Purpose::kAbort, slot.flight.row.key, 0},
                         api::AbortRequest{slot.flight.submission.task_id}});
    return {};
  }
  prepared_.push_back({{Purpose::kLook, slot.flight.row.key, 0},
                       api::DetailRequest{slot.flight.submission.task_id}});
  return {};
}

Status Loop::Turns::StartSweep() {
  std::vector<Wanted> wanted;
  WallTime after = WallTime::max();
  for (const Key task : searches_due_) {
    const auto place = slots_.find(task);
    if (place == slots_.end() || place->second.flight.phase != Phase::kSearch) continue;
    const Flight& flight = place->second.flight;
    // What was sent counts: the task may have been renamed since.
    AIGC_ASSIGN_OR_RETURN(const std::string body, store_.BodyOf(flight.submission.key));
    wanted.push_back({task, flight.submission.session_id, api::SessionContextOf(body)});
    WallTime from = flight.submission.first_send_server - kSearchMargin;
    const bool last = flight.searches >= kWideSearchAfter || !flight.refused_code.empty();
    if (last) from = ServerNow() - kVisibility;
    after = std::min(after, from);
  }
  searches_due_.clear();
  if (wanted.empty()) return {};
  after = std::max(after, ServerNow() - kVisibility);
  sweep_.emplace(std::move(wanted), after, ServerNow() + kSearchMargin);
  sweep_page_due_ = true;
  return {};
}

Status Loop::Turns::HandlePage(const api::Completion& completion) {
  if (!sweep_) return Error{ErrorCode::kInternal, "a page came for a search that had ended"};
  const auto* page = std::get_if<api::TaskPage>(&completion.answer);
  if (page != nullptr && !sweep_->Take(*page)) {
    sweep_page_due_ = true;
    return {};
  }
  const Sweep sweep = *std::exchange(sweep_, std::nullopt);
  if (page != nullptr) NoticeListing(sweep);
  for (const Wanted& wanted : sweep.wanted()) {
    const auto place = slots_.find(wanted.task);
    if (place == slots_.end() || place->second.flight.phase != Phase::kSearch) continue;
    Slot& slot = place->second;
    AIGC_RETURN_IF_ERROR(
        page != nullptr ? Take(slot, Step(slot.flight, SearchEnded{sweep.Found(wanted)}, Context()))
                        : Take(slot, Step(slot.flight, SearchFailed{completion}, Context())));
  }
  return {};
}

// Whether DescribeTasks shows AIGC tasks at all is not documented (reference 10 #1). Where it does
// not, what is lost on the way cannot be found again, and the user should know why.
void Loop::Turns::NoticeListing(const Sweep& sweep) {
  if (listing_judged_) return;
  const WallTime now = ServerNow();
  const bool expected = std::any_of(slots_.begin(), slots_.end(), [&](const auto& entry) {
    const Flight& flight = entry.second.flight;
    const bool settled = now - flight.submission.accepted_at > kListingLag;
    return flight.row.state == TaskState::kRunning && settled &&
           sweep.Covers(flight.submission.accepted_at);
  });
  listing_judged_ = expected || sweep.saw_ours();
  if (!listing_judged_ || sweep.saw_ours()) return;
  Notice(Severity::kWarning,
         "the service does not list this account's AIGC tasks (DescribeTasks): a task whose answer "
         "is lost on the way cannot be found again and ends as lost, never paid twice");
}

Status Loop::Turns::StartFetch(Slot& slot) {
  if (slot.flight.phase != Phase::kFetch) return {};
  AIGC_ASSIGN_OR_RETURN(const std::string json, store_.SpecOf(slot.flight.row.key));
  AIGC_ASSIGN_OR_RETURN(const TaskSpec spec, ParseSpec(json));
  for (std::size_t i = 0; i < slot.flight.artifacts.size(); ++i) {
    const store::ArtifactRow& artifact = slot.flight.artifacts[i];
    if (!artifact.path.empty()) continue;
    if (!artifact.url.empty()) return StartDownload(slot, i, spec);
    if (artifact.content.empty()) continue;
    const auto name = NameOutput(options_.output, spec, slot.flight.row.generation, artifact);
    auto written = files_.WriteText(name, artifact.content);
    api::Completion completion;
    if (written.ok()) {
      completion.answer = api::DownloadAnswer{std::move(written).value()};
    } else {
      completion.answer = api::Failure{api::FailureKind::kLocal, 0, "local",
                                       Describe(written.error()), written.error().code};
    }
    return Take(slot, Step(slot.flight, FetchEnded{i, completion}, Context()));
  }
  return Error{ErrorCode::kInternal, "a task waits for a download and has nothing to fetch"};
}

Status Loop::Turns::StartDownload(Slot& slot, std::size_t index, const TaskSpec& spec) {
  const store::ArtifactRow& artifact = slot.flight.artifacts[index];
  auto sink =
      files_.OpenSink(NameOutput(options_.output, spec, slot.flight.row.generation, artifact),
                      static_cast<std::uint64_t>(artifact.expected_bytes));
  if (!sink.ok()) {
    const Error& error = sink.error();
    api::Completion completion;
    completion.answer =
        api::Failure{api::FailureKind::kLocal, 0, "local", Describe(error),
                     // A name that cannot be used is the disk's refusal, not a wrong length.
                     error.code == ErrorCode::kInvalid ? ErrorCode::kIo : error.code};
    return Take(slot, Step(slot.flight, FetchEnded{index, completion}, Context()));
  }
  slot.on_wire = true;
  ++downloads_out_;
  prepared_.push_back({{Purpose::kFetch, slot.flight.row.key, index},
                       api::DownloadRequest{artifact.url, std::move(sink).value()}});
  return {};
}

}  // namespace aigc::pipeline

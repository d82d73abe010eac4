// Filling slots: which task is next, and the record that must be durable before its request leaves.
#include <fmt/format.h>

#include <algorithm>

#include "api/request_body.h"
#include "pipeline/stages.h"
#include "pipeline/turns.h"
#include "task/session.h"

namespace aigc::pipeline {
namespace {

// Tasks taken from the queue in one go: what the pace lets through in one turn, roughly.
constexpr std::size_t kBatch = 8;
// Longer than any back-off: a due time further away was written by a clock that has since gone
// back.
constexpr Millis kLongestRetry = std::chrono::minutes{20};

}  // namespace

namespace {

Tenant TenantOf(const store::TaskRow& row) {
  return {row.kind, row.model, row.version, row.priority};
}

}  // namespace

bool Loop::Turns::MaySubmit() const {
  return submitting_ && !paused_ && !aborting_ && !recovering_;
}

std::size_t Loop::Turns::Started(api::Lane lane) const {
  return static_cast<std::size_t>(std::count_if(
      prepared_.begin(), prepared_.end(),
      [lane](const Prepared& prepared) { return api::LaneOf(prepared.request) == lane; }));
}

bool Loop::Turns::CreateSlotFree() const {
  return NextCreate() <= clock_.Ticks() &&
         exchange_.Capacity(api::Lane::kCreate) > Started(api::Lane::kCreate);
}

Status Loop::Turns::FillSlots() {
  waits_ = Waits::kNothing;
  if (!MaySubmit()) return {};
  while (!resends_due_.empty() && CreateSlotFree()) {
    const Key task = resends_due_.front();
    resends_due_.pop_front();
    const auto place = slots_.find(task);
    if (place == slots_.end() || place->second.flight.phase != Phase::kResend) continue;
    Slot& slot = place->second;
    if (IsPaused(slot.flight.row)) {
      resends_held_.push_back(task);
      continue;
    }
    // The machine may have slept since it was decided: then the service is asked again, and its
    // clock with it.
    if (clock_doubted_ || !MayResend(slot.flight, ServerNow())) {
      slot.flight.phase = Phase::kSearch;
      Schedule(slot, Millis{0});
      continue;
    }
    AIGC_RETURN_IF_ERROR(SendAgain(slot));
  }
  if (canaries_due_) {
    if (CanariesWait()) return {};
    AIGC_RETURN_IF_ERROR(ChooseCanaries());
  }
  const WallTime now = clock_.Now();
  if (queue_due_ && *queue_due_ <= now) {
    queue_due_.reset();
    queue_may_have_more_ = true;
  }
  const SteadyTime ticks = clock_.Ticks();
  if (hidden_) {
    if (window_.FullModels(ticks) != full_then_) {
      queue_may_have_more_ = true;
      hidden_ = false;
    } else {
      waits_ = Waits::kSlot;
    }
  }
  if (queue_may_have_more_) unaffordable_.reset();
  while (queue_may_have_more_) {
    if (!CreateSlotFree()) {
      waits_ = NextCreate() > ticks ? Waits::kPace : Waits::kLane;
      break;
    }
    if (!window_.HasRoom(ticks)) {
      waits_ = Waits::kSlot;
      break;
    }
    const std::vector<std::string> full = window_.FullModels(ticks);
    // For a model that the window does not know yet, its numbers may say none.
    const std::size_t limit = window_.limit(ticks), held = window_.in_flight();
    const std::size_t room = limit > held ? limit - held : 1;
    AIGC_ASSIGN_OR_RETURN(std::vector<store::ActiveTask> ready,
                          store_.NextReady(std::max(now, ready_until_), std::min(kBatch, room),
                                           queue_selection_, ClosedModels()));
    hidden_ = false;
    if (ready.empty()) {
      if (!full.empty()) {
        AIGC_ASSIGN_OR_RETURN(
            const auto others,
            store_.NextReady(std::max(now, ready_until_), 1, queue_selection_, paused_models_));
        hidden_ = !others.empty();
        full_then_ = full;
        if (hidden_) waits_ = Waits::kSlot;
        if (hidden_) next_tenant_ = TenantOf(others.front().row);
      }
      // Full models hide their tasks; a slot that gets free looks again (Take).
      queue_may_have_more_ = false;
      AIGC_ASSIGN_OR_RETURN(queue_due_, store_.EarliestDue(queue_selection_));
      if (!queue_due_) break;
      if (*queue_due_ <= now) {
        queue_due_.reset();  // of a full model
      } else if (*queue_due_ - now > kLongestRetry && *queue_due_ > ready_until_) {
        ready_until_ = *queue_due_;
        queue_may_have_more_ = true;
        continue;
      }
      break;
    }
    bool begun = false;
    for (store::ActiveTask& task : ready) {
      if (!CreateSlotFree()) break;
      // A model may have become full within this handful, or another run's turn has come.
      const Tenant tenant = TenantOf(task.row);
      window_.Know(tenant.kind, tenant.model, tenant.version);
      if (!window_.HasRoom(tenant, ticks)) {
        next_tenant_ = tenant;
        continue;
      }
      AIGC_ASSIGN_OR_RETURN(const bool may_pay, MayPay(task));
      if (!may_pay) return {};
      AIGC_RETURN_IF_ERROR(BeginAttempt(std::move(task)));
      begun = true;
    }
    if (!begun && CreateSlotFree()) {
      waits_ = Waits::kSlot;
      break;
    }
  }
  return {};
}

Status Loop::Turns::BeginAttempt(store::ActiveTask task) {
  // A submission whose sends were all refused for now goes out again as it is.
  const bool again = task.submission &&
                     task.submission->outcome == store::SubmissionOutcome::kOpen &&
                     !task.submission->ended;
  TaskSpec spec;
  Sourcing sourcing;
  if (!again) {
    AIGC_ASSIGN_OR_RETURN(const std::string json, store_.SpecOf(task.row.key));
    AIGC_ASSIGN_OR_RETURN(spec, ParseSpec(json));
    AIGC_ASSIGN_OR_RETURN(const std::vector<std::string> missing, FillInUploads(spec));
    if (!missing.empty()) return AwaitUploads(task.row, missing);
    AIGC_ASSIGN_OR_RETURN(sourcing, FindSources(task.row, spec));
    if (sourcing.readiness == Readiness::kWaits) return {};
  }
  Slot& slot = slots_[task.row.key];
  const store::TaskRow before = task.row;
  slot.flight = Flight{};
  slot.flight.row = std::move(task.row);
  slot.flight.artifacts = std::move(task.artifacts);
  slot.flight.row.state = TaskState::kSubmitting;
  slot.flight.phase = Phase::kSending;
  if (again) {
    AIGC_RETURN_IF_ERROR(ReadSpec(slot.flight));
  } else {
    NoteSpec(slot.flight, spec);
  }
  TakeSlot(slot);

  std::string body;
  if (again) {
    slot.flight.submission = *std::move(task.submission);
    AIGC_ASSIGN_OR_RETURN(body, store_.BodyOf(slot.flight.submission.key));
  } else {
    ++slot.flight.row.attempts;
    if (sourcing.readiness == Readiness::kReady) {
      if (Status made = NewSubmission(slot, std::move(spec), body); !made.ok()) {
        if (made.error().code != ErrorCode::kInvalid) return made;
        sourcing = {Readiness::kFails, "invalid_request", made.error().message};
      }
    }
    if (sourcing.readiness != Readiness::kReady) {
      AIGC_RETURN_IF_ERROR(RecordChange(before, slot.flight.row, "preparing the request"));
      return Take(slot, Fail(slot.flight, sourcing.code, sourcing.message,
                             "the request cannot be made: " + sourcing.message));
    }
  }
  AIGC_RETURN_IF_ERROR(
      RecordChange(before, slot.flight.row,
                   fmt::format("attempt {}, submission {}{}", slot.flight.submission.attempt,
                               slot.flight.submission.number, again ? ", sent again" : "")));
  return Send(slot, body);
}

Status Loop::Turns::NewSubmission(Slot& slot, TaskSpec spec, std::string& body) {
  store::TaskRow& row = slot.flight.row;
  if (options_.fill) options_.fill(spec);
  const SubmissionKey key{options_.batch_uuid, options_.batch_name, row.id,
                          row.generation,      row.submissions + 1, row.fingerprint};
  api::CreateContext context{options_.sub_app_id, MakeSessionId(key), MakeSessionContext(key)};
  AIGC_ASSIGN_OR_RETURN(body, api::EncodeCreate(spec, context));
  ++row.submissions;
  store::SubmissionRow submission;
  submission.task = row.key;
  submission.number = row.submissions;
  submission.attempt = row.attempts;
  submission.session_id = context.session_id;
  submission.body = body;
  submission.created_at = clock_.Now();
  AIGC_ASSIGN_OR_RETURN(slot.flight.submission, store_.AddSubmission(submission));
  slot.flight.submission.body.clear();
  return {};
}

Status Loop::Turns::SendAgain(Slot& slot) {
  AIGC_ASSIGN_OR_RETURN(const std::string body, store_.BodyOf(slot.flight.submission.key));
  slot.flight.phase = Phase::kSending;
  return Send(slot, body);
}

Status Loop::Turns::Send(Slot& slot, const std::string& body) {
  Flight& flight = slot.flight;
  const WallTime now = clock_.Now();
  AIGC_ASSIGN_OR_RETURN(std::string bytes, api::ExpandInputs(body, [this](std::string_view sha256) {
                          return store_.Input(sha256);
                        }));
  AIGC_ASSIGN_OR_RETURN(flight.send, store_.AddSend(flight.submission.key, now, ServerNow()));
  flight.sent = ServerNow();
  if (flight.submission.unknown_sends == 0) {
    flight.submission.first_send = now;
    flight.submission.first_send_server = flight.sent;
  }
  ++flight.submission.sends;
  ++flight.submission.unknown_sends;
  flight.submission.charge = store::ChargeStatus::kReserved;
  flight.searches = 0;
  slot.on_wire = true;
  slot.timed = false;
  StartCreate();
  ++creates_out_;
  changed_ = true;
  prepared_.push_back({{Purpose::kCreate, flight.row.key, 0},
                       api::CreateRequest{flight.row.kind, std::move(bytes)}});
  return {};
}

}  // namespace aigc::pipeline

// A lost or forgotten state is not a disaster: the service lists for 72 hours what it accepted, and
// SessionContext says which task of which batch it was, in which text (the fingerprint).
//
// The check is made while a state has never sent anything, so that it holds for a new file, and for
// one whose first run stopped here.
#include <fmt/format.h>

#include <algorithm>

#include "api/error_class.h"
#include "pipeline/stages.h"
#include "pipeline/turns.h"

namespace aigc::pipeline {
namespace {

// A list that takes longer than this is told of.
constexpr Micros kTellAfter = Seconds{10};

// May look at single tasks, but not at the list: then nothing can be checked, and that is no reason
// to stop.
bool MayNotList(const api::Failure* failure) {
  return failure != nullptr && failure->kind == api::FailureKind::kApi &&
         failure->code.starts_with("UnauthorizedOperation");
}

bool IsForgotten(const api::Failure* failure) {
  return failure != nullptr && failure->kind == api::FailureKind::kApi &&
         api::ClassifyApiError(failure->code, failure->message, /*create=*/false).error_class ==
             api::ErrorClass::kUnknownTask;
}

}  // namespace

Status Loop::Turns::BeginRecovery() {
  if (options_.recovery == Recovery::kOff) return {};
  if (options_.recovery == Recovery::kCheck) {
    AIGC_ASSIGN_OR_RETURN(const bool sent, store_.HasSubmission(""));
    if (sent) return {};
  }
  recovering_ = Recovering{RemoteList(&store_, options_.batch_name, ServerNow()), {}};
  recovering_->next = recovering_->list.NextPage();
  recovering_->told = clock_.Ticks();
  return {};
}

Status Loop::Turns::HandleListed(const api::Completion& completion) {
  Recovering& recovering = *recovering_;
  if (clock_.Ticks() - recovering.told >= kTellAfter) {
    recovering.told = clock_.Ticks();
    Notice(Severity::kInfo, "still asking the service what it lists of this batch");
  }
  if (recovering.asked != nullptr) return HandleRemoteDetail(completion);
  const auto* page = std::get_if<api::TaskPage>(&completion.answer);
  if (page == nullptr) {
    const auto* failure = std::get_if<api::Failure>(&completion.answer);
    if (MayNotList(failure) && options_.recovery == Recovery::kCheck) {
      Notice(Severity::kWarning,
             "whether the service knows this batch already could not be checked: " + failure->code);
      recovering_.reset();
      return {};
    }
    return AskRecoveryAgain(completion);
  }
  silent_since_.reset();
  recovering.failures = 0;
  AIGC_ASSIGN_OR_RETURN(const bool last, recovering.list.Take(*page, ServerNow()));
  if (!last) {
    recovering.next = recovering.list.NextPage();
    recovering.due_now = true;
    return {};
  }
  if (options_.recovery == Recovery::kCheck) {
    queue_may_have_more_ = true;
    FinishCheck(recovering.list);
    recovering_.reset();
    return {};
  }
  recovering.tasks = recovering.list.TaskIds();
  return AdoptListed();
}

Status Loop::Turns::HandleRemoteDetail(const api::Completion& completion) {
  Recovering& recovering = *recovering_;
  if (const auto* detail = std::get_if<api::TaskDetail>(&completion.answer)) {
    silent_since_.reset();
    NoteDetail(*recovering.asked, *detail);
  } else if (IsForgotten(std::get_if<api::Failure>(&completion.answer))) {
    recovering.asked->gone = true;
  } else {
    return AskRecoveryAgain(completion);
  }
  recovering.failures = 0;
  recovering.asked = nullptr;
  return AdoptListed();
}

Status Loop::Turns::AskRecoveryAgain(const api::Completion& completion) {
  Recovering& recovering = *recovering_;
  const auto* failure = std::get_if<api::Failure>(&completion.answer);
  const Transition step = AskAgain(Flight{}, failure != nullptr ? *failure : api::Failure{},
                                   recovering.failures++, Context());
  React(step);
  if (!submitting_) {
    recovering_.reset();  // nothing is sent in this run; the next one asks again
    return {};
  }
  if (!recovering.list.begun()) {
    // A wrong clock was maybe put right by this answer.
    recovering.list = RemoteList(&store_, options_.batch_name, ServerNow());
    recovering.next = recovering.list.NextPage();
  }
  recovering.due = clock_.Ticks() + Micros{step.wait};
  recovering.due_now = true;
  return {};
}

void Loop::Turns::FinishCheck(const RemoteList& list) {
  if (list.unknown() > 0) {
    Stop(StopReason::kListed,
         Error{
             ErrorCode::kStateMissing,
             fmt::format("the service lists {} {} of a batch {} of the last 72 h, and this state "
                         "knows none of them",
                         list.unknown(), list.unknown() == 1 ? "task" : "tasks",
                         options_.batch_name),
             "",
             "put the lost state file back; or --recover adopts them (plan --recover shows which), "
             "--fresh makes and pays for everything anew"},
         /*abort=*/true);
    return;
  }
  if (list.saw_aigc()) return;
  Notice(Severity::kDetail,
         "the service lists no generation of the last 72 h (it may not list them at all), so "
         "nothing says that this batch ran before");
}

// Goes through the listed tasks; pauses where one has to be asked about first.
Status Loop::Turns::AdoptListed() {
  Recovering& recovering = *recovering_;
  for (; !recovering.tasks.empty(); recovering.tasks.pop_back()) {
    const auto row = store_.FindTask(recovering.tasks.back());
    if (!row.ok()) {
      if (row.error().code == ErrorCode::kNotFound) continue;
      return row.error();
    }
    if (!MayAdopt(*row)) continue;
    AIGC_ASSIGN_OR_RETURN(const std::string own, OwnSession(store_, *row));
    // Earlier texts of the task have other fingerprints.
    const auto candidates = recovering.list.For(row->id, row->fingerprint, own);
    const Choice choice = Choose(candidates);
    if (choice.task == nullptr) continue;
    if (choice.ask) {
      recovering.asked = choice.task;
      recovering.next = api::DetailRequest{choice.task->task_id};
      recovering.due_now = true;
      return {};
    }
    AIGC_RETURN_IF_ERROR(Adopt(*row, *choice.task, candidates));
    ++recovering.adopted;
  }
  const Recovering ended = *std::exchange(recovering_, std::nullopt);
  queue_may_have_more_ = true;
  // What was skipped for one that was lost waits for it again.
  if (ended.adopted > 0) AIGC_RETURN_IF_ERROR(store_.SettleNeeds(clock_.Now(), Moved()));
  Notice(Severity::kInfo,
         fmt::format("recovered {} {} from the service; it lists {} that the state did not know",
                     ended.adopted, ended.adopted == 1 ? "task" : "tasks", ended.list.unknown()));
  return {};
}

// What else was paid for in the task's present text, oldest first: kept as submissions that ended.
// How many of them failed.
Result<std::int64_t> Loop::Turns::AddHistory(const store::TaskRow& row, const RemoteTask& task,
                                             std::set<std::string>& sessions) {
  store::SubmissionRow submission;
  submission.task = row.key;
  submission.number = row.submissions + 1;
  submission.attempt = std::max(1, row.attempts);
  submission.session_id = task.session_id;
  if (task.session_id.empty() || !sessions.insert(task.session_id).second) {
    submission.session_id = "recovered-" + task.task_id;
  }
  submission.created_at = submission.accepted_at = task.created;
  submission.outcome = store::SubmissionOutcome::kAccepted;
  submission.task_id = task.task_id;
  submission.error_code = task.error_code;
  submission.error_message = task.error_message;
  submission.ended = true;
  AIGC_ASSIGN_OR_RETURN(submission, store_.AddSubmission(submission));
  const bool failed = !task.error_code.empty();
  submission.charge = failed && options_.limits.failed_cost_free ? store::ChargeStatus::kReleased
                                                                 : store::ChargeStatus::kSpent;
  AIGC_RETURN_IF_ERROR(store_.SetSubmission(submission));
  return failed ? 1 : 0;
}

Status Loop::Turns::Adopt(const store::TaskRow& row, const RemoteTask& task,
                          const std::vector<RemoteTask*>& candidates) {
  store::TaskRow before = row;
  const std::string why = "recovered: the service lists it as " + task.task_id;
  if (task.known) {
    // Its own submission, which was lost.
    AIGC_ASSIGN_OR_RETURN(const store::ActiveTask lost, store_.Load(row.key));
    store::SubmissionRow submission = lost.submission.value_or(store::SubmissionRow{});
    submission.outcome = store::SubmissionOutcome::kAccepted;
    submission.task_id = task.task_id;
    submission.accepted_at = task.created;
    submission.ended = false;
    submission.error_code.clear();
    submission.error_message.clear();
    submission.charge = store::ChargeStatus::kReserved;
    AIGC_RETURN_IF_ERROR(store_.SetSubmission(submission));
  } else {
    std::set<std::string> sessions;
    if (row.state != TaskState::kLost) before.attempts = 0;
    for (auto other = candidates.rbegin(); other != candidates.rend(); ++other) {
      if (*other == &task || (*other)->known || (*other)->gone) continue;
      AIGC_ASSIGN_OR_RETURN(const std::int64_t failed, AddHistory(before, **other, sessions));
      ++before.submissions;
      before.attempts += static_cast<int>(failed);
    }
    store::SubmissionRow submission;
    submission.task = row.key;
    submission.number = before.submissions + 1;
    submission.attempt = before.attempts = std::max(1, before.attempts + 1);
    submission.session_id = task.session_id;
    if (task.session_id.empty() || sessions.contains(task.session_id)) {
      submission.session_id = "recovered-" + task.task_id;
    }
    submission.created_at = submission.accepted_at = task.created;
    submission.outcome = store::SubmissionOutcome::kAccepted;
    submission.task_id = task.task_id;
    AIGC_ASSIGN_OR_RETURN(submission, store_.AddSubmission(submission));
    before.submissions = submission.number;
  }

  const auto go = [&](TaskState to) {
    store::TaskRow after = before;
    after.state = to;
    after.error_code.clear();
    after.error_message.clear();
    Status changed = RecordChange(before, after, why);
    before = std::move(after);
    return changed;
  };
  before.submitted_at = task.created;
  if (before.state == TaskState::kBlocked) AIGC_RETURN_IF_ERROR(go(TaskState::kPending));
  if (before.state == TaskState::kPending) AIGC_RETURN_IF_ERROR(go(TaskState::kSubmitting));
  AIGC_RETURN_IF_ERROR(go(TaskState::kRunning));
  changed_ = true;
  AIGC_ASSIGN_OR_RETURN(store::ActiveTask active, store_.Load(row.key));
  return TakeUpOne(std::move(active));
}

}  // namespace aigc::pipeline

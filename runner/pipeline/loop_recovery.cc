// A lost or forgotten state is not a disaster: the service lists for 72 hours what it accepted, and
// SessionContext says which task of which batch it was, in which text (the fingerprint).
//
// The check is made while a state has never sent anything, so that it holds for a new file, and for
// one whose first run stopped here.
#include <fmt/format.h>

#include <algorithm>

#include "api/error_class.h"
#include "base/text.h"
#include "pipeline/stages.h"
#include "pipeline/turns.h"

namespace aigc::pipeline {
namespace {

// Before the first answer our clock may be off by as much as the service lets pass.
constexpr Millis kListMargin = std::chrono::minutes{10};

bool Newer(const SubmissionKey& a, const SubmissionKey& b) {
  return std::pair(a.generation, a.submission) > std::pair(b.generation, b.submission);
}

// May look at single tasks, but not at the list: then nothing can be checked, and that is no reason
// to stop.
bool MayNotList(const api::Failure* failure) {
  return failure != nullptr && failure->kind == api::FailureKind::kApi &&
         failure->code.starts_with("UnauthorizedOperation");
}

// What is asked for before any page came: by the service's clock as it is known by now.
void SetSpan(api::ListRequest& list, WallTime server_now) {
  list.after = server_now - kVisibility;
  list.before = server_now + kListMargin;
}

}  // namespace

Status Loop::Turns::BeginRecovery() {
  if (options_.recovery == Recovery::kOff) return {};
  if (options_.recovery == Recovery::kCheck) {
    AIGC_ASSIGN_OR_RETURN(const bool sent, store_.HasSubmission(""));
    if (sent) return {};
  }
  recovering_ = Recovering{};
  SetSpan(recovering_->next, ServerNow());
  return {};
}

Status Loop::Turns::HandleListed(const api::Completion& completion) {
  Recovering& recovering = *recovering_;
  const auto* page = std::get_if<api::TaskPage>(&completion.answer);
  if (page == nullptr) {
    const auto* failure = std::get_if<api::Failure>(&completion.answer);
    if (MayNotList(failure) && options_.recovery == Recovery::kCheck) {
      Notice(Severity::kWarning,
             "whether the service knows this batch already could not be checked: " + failure->code);
      recovering_.reset();
      return {};
    }
    const Transition step = AskAgain(Flight{}, failure != nullptr ? *failure : api::Failure{},
                                     recovering.failures++, Context());
    React(step);
    if (!submitting_) {
      recovering_.reset();  // nothing is sent in this run; the next one asks again
      return {};
    }
    // A wrong clock was maybe put right by this answer.
    if (recovering.next.scroll_token.empty()) SetSpan(recovering.next, ServerNow());
    recovering.due = clock_.Ticks() + Micros{step.wait};
    recovering.page_due = true;
    return {};
  }
  silent_since_.reset();
  recovering.failures = 0;
  for (const api::TaskSummary& task : page->tasks) {
    recovering.aigc = recovering.aigc || ContainsIgnoreCase(task.task_type, "aigc");
    auto key = ParseSessionContext(task.session_context);
    if (!key || key->batch_name != options_.batch_name) continue;
    if (task.status == api::RemoteStatus::kAborted) continue;
    if (!task.session_id.empty()) {
      AIGC_ASSIGN_OR_RETURN(const bool known, store_.HasSubmission(task.session_id));
      if (known) continue;
    }
    ++recovering.listed;
    Listed listed{*std::move(key), task.session_id, task.task_id,
                  task.created.value_or(ServerNow())};
    const std::string name = listed.key.task_id + ";" + listed.key.fingerprint;
    const auto [place, added] = recovering.newest.try_emplace(name, listed);
    if (!added && Newer(listed.key, place->second.key)) place->second = std::move(listed);
  }
  // As in a search: an empty token, an empty page or a token that comes again ends the list.
  if (page->scroll_token.empty() || page->tasks.empty() ||
      !recovering.tokens.insert(page->scroll_token).second) {
    return FinishRecovery();
  }
  recovering.next.scroll_token = page->scroll_token;
  recovering.page_due = true;
  return {};
}

Status Loop::Turns::FinishRecovery() {
  const Recovering found = *std::exchange(recovering_, std::nullopt);
  queue_may_have_more_ = true;
  if (options_.recovery == Recovery::kCheck) {
    if (found.listed > 0) {
      Stop(StopReason::kListed,
           Error{ErrorCode::kStateMissing,
                 fmt::format("the service lists {} tasks of a batch {} of the last 72 h, and this "
                             "state knows none of them",
                             found.listed, options_.batch_name),
                 "",
                 "put the lost state file back; or --recover adopts them, --fresh makes and pays "
                 "for everything anew"},
           /*abort=*/true);
      return {};
    }
    if (!found.aigc) {
      Notice(Severity::kInfo,
             "the service lists no generation of the last 72 h (it may not list them at all), so "
             "nothing says that this batch ran before");
    }
    return {};
  }
  std::int64_t adopted = 0;
  for (const auto& [name, listed] : found.newest) {
    const auto row = store_.FindTask(listed.key.task_id);
    if (!row.ok()) {
      if (row.error().code == ErrorCode::kNotFound) continue;
      return row.error();
    }
    const bool waits = row->submissions == 0 &&
                       (row->state == TaskState::kPending || row->state == TaskState::kBlocked);
    if (!waits && row->state != TaskState::kLost) continue;
    if (row->fingerprint != listed.key.fingerprint) continue;  // an earlier text of the task
    AIGC_RETURN_IF_ERROR(Adopt(*row, listed));
    ++adopted;
  }
  // What was skipped for one that was lost waits for it again.
  if (adopted > 0) AIGC_RETURN_IF_ERROR(store_.SettleNeeds(clock_.Now(), Moved()));
  Notice(Severity::kInfo,
         fmt::format("recovered {} tasks from the service; it lists {} that the state did not know",
                     adopted, found.listed));
  return {};
}

Status Loop::Turns::Adopt(const store::TaskRow& row, const Listed& listed) {
  store::SubmissionRow submission;
  submission.task = row.key;
  submission.number = row.submissions + 1;
  submission.attempt = std::max(1, row.attempts);
  submission.session_id =
      listed.session_id.empty() ? "recovered-" + listed.task_id : listed.session_id;
  submission.created_at = listed.created;
  submission.outcome = store::SubmissionOutcome::kAccepted;
  submission.task_id = listed.task_id;
  submission.accepted_at = listed.created;
  AIGC_ASSIGN_OR_RETURN(submission, store_.AddSubmission(submission));

  store::TaskRow before = row;
  const auto go = [&](TaskState to, const std::string& why) {
    store::TaskRow after = before;
    after.state = to;
    Status changed = RecordChange(before, after, why);
    before = std::move(after);
    return changed;
  };
  const std::string why = "recovered: the service lists it as " + listed.task_id;
  if (before.state == TaskState::kBlocked) AIGC_RETURN_IF_ERROR(go(TaskState::kPending, why));
  if (before.state == TaskState::kPending) {
    before.attempts = submission.attempt;
    before.submitted_at = listed.created;
    AIGC_RETURN_IF_ERROR(go(TaskState::kSubmitting, why));
  }
  AIGC_RETURN_IF_ERROR(go(TaskState::kRunning, why));
  changed_ = true;
  AIGC_ASSIGN_OR_RETURN(store::ActiveTask task, store_.Load(row.key));
  return TakeUpOne(std::move(task));
}

}  // namespace aigc::pipeline

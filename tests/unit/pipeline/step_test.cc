// The decisions of step.h, one table or sentence for each rule of "Never pay twice".
#include "unit/pipeline/step_fixture.h"

namespace aigc::pipeline {
namespace {

// --- a send and its outcome ---

TEST_F(StepTest, AnAcceptedTaskRunsAndIsLookedAtLater) {
  api::Completion completion;
  completion.answer = api::CreateAnswer{"t1"};
  completion.request_id = "r1";
  const Transition step = Create(Sending(), completion);
  EXPECT_EQ(step.next.row.state, TaskState::kRunning);
  EXPECT_EQ(step.next.submission.task_id, "t1");
  EXPECT_EQ(step.next.submission.outcome, store::SubmissionOutcome::kAccepted);
  EXPECT_EQ(step.send_outcome, store::SendOutcome::kAccepted);
  EXPECT_EQ(step.next.phase, Phase::kLook);
  EXPECT_EQ(step.wait, limits.first_look);
}

TEST_F(StepTest, ARateRefusalKeepsTheSubmissionAndSlowsTheRun) {
  const Transition step =
      Create(Sending(),
             ApiError("RequestLimitExceeded",
                      "Your current request times equals to `21` in a second, which exceeds the "
                      "frequency limit `20` for a second."));
  EXPECT_EQ(step.next.row.state, TaskState::kWaitingRetry);
  EXPECT_GT(step.next.row.due, kNow);
  EXPECT_EQ(step.next.submission.outcome, store::SubmissionOutcome::kOpen);
  EXPECT_EQ(step.next.submission.unknown_sends, 0);
  EXPECT_EQ(step.send_outcome, store::SendOutcome::kRefused);
  EXPECT_EQ(step.effect, Effect::kSlowCreates);
  EXPECT_EQ(step.next.row.attempts, 1);
}

TEST_F(StepTest, AConcurrencyRefusalGoesBackToTheQueueWithTheSameSubmission) {
  const Transition step = Create(
      Sending(), ApiError("RequestLimitExceeded", "the task reached the maximum concurrency"));
  EXPECT_EQ(step.next.row.state, TaskState::kPending);
  EXPECT_EQ(step.next.submission.outcome, store::SubmissionOutcome::kOpen);
  EXPECT_EQ(step.effect, Effect::kConcurrency);
  // Nothing can have been accepted: it holds nothing of the budget until it is sent again.
  EXPECT_EQ(step.next.submission.charge, store::ChargeStatus::kReleased);
  EXPECT_TRUE(step.submission_changed);
}

TEST_F(StepTest, APermanentRefusalEndsTheTask) {
  const Transition step = Create(Sending(), ApiError("InvalidParameterValue", "bad Resolution"));
  EXPECT_EQ(step.next.row.state, TaskState::kFailed);
  EXPECT_EQ(step.next.row.error_code, "InvalidParameterValue");
  EXPECT_EQ(step.next.submission.outcome, store::SubmissionOutcome::kRefused);
}

TEST_F(StepTest, WhatNeverLeftIsTriedAgainLater) {
  const Transition step = Create(Sending(), Fails(api::FailureKind::kNotSent, "refused"));
  EXPECT_EQ(step.next.row.state, TaskState::kWaitingRetry);
  EXPECT_EQ(step.next.submission.outcome, store::SubmissionOutcome::kOpen);
  EXPECT_FALSE(step.answered);
}

TEST_F(StepTest, EveryAnswerThatProvesNothingIsSearchedFor) {
  const std::vector<api::Completion> unclear = {
      Fails(api::FailureKind::kUnclear, "timeout"),
      Fails(api::FailureKind::kUnclear, "reset"),
      Fails(api::FailureKind::kHttp, "http", "bad gateway", 502),
      Fails(api::FailureKind::kHttp, "http", "too many", 429),
      ApiError("InternalError"),
      ApiError("FailedOperation"),
      ApiError("ServiceUnavailable")};
  for (const api::Completion& completion : unclear) {
    const Transition step = Create(Sending(), completion);
    EXPECT_EQ(step.next.row.state, TaskState::kSubmitting);
    EXPECT_EQ(step.next.phase, Phase::kSearch);
    EXPECT_EQ(step.send_outcome, store::SendOutcome::kUnknown);
    EXPECT_EQ(step.next.submission.unknown_sends, 1);
  }
}

TEST_F(StepTest, ADuplicateByCodeOrByMessageIsSearchedForAndNeverSentAgain) {
  for (const auto& completion :
       {ApiError("InvalidParameterValue.SessionId"), ApiError("FailedOperation.TaskDuplicate"),
        ApiError("InvalidParameter", "the SessionId duplicates a recent request")}) {
    Transition step = Create(Repeating(), completion);
    EXPECT_EQ(step.next.phase, Phase::kSearch);
    EXPECT_TRUE(step.next.duplicate);
    for (int i = 0; i < 10; ++i) step = Step(step.next, SearchEnded{nullptr}, Context());
    EXPECT_EQ(step.next.phase, Phase::kSearch);
  }
}

TEST_F(StepTest, ADuplicateThatIsNeverListedEndsLost) {
  Transition step = Create(Repeating(), ApiError("InvalidParameterValue.SessionId"));
  for (int i = 0; i < 100 && step.next.phase == Phase::kSearch; ++i) {
    step = Step(step.next, SearchEnded{nullptr}, Context());
  }
  EXPECT_EQ(step.next.row.state, TaskState::kLost);
  EXPECT_EQ(step.next.submission.outcome, store::SubmissionOutcome::kLost);
}

TEST_F(StepTest, ARefusedRepeatForRateOrCredentialsProvesNothingAboutTheFirstSend) {
  for (const auto& completion :
       {ApiError("RequestLimitExceeded", "frequency limit `20` for a second"),
        ApiError("AuthFailure.SignatureFailure"), ApiError("LimitExceeded.Quota"),
        Fails(api::FailureKind::kNotSent, "refused")}) {
    const Transition step = Create(Repeating(), completion);
    EXPECT_EQ(step.next.row.state, TaskState::kSubmitting);
    EXPECT_EQ(step.next.submission.unknown_sends, 1);
    EXPECT_EQ(step.next.phase, Phase::kResend);
  }
}

TEST_F(StepTest, ARefusedRepeatAfterAnUnknownSendIsLeftToAPersonAfterOneMoreEmptySearch) {
  Transition step = Create(Repeating(), ApiError("InvalidParameterValue", "bad"));
  EXPECT_EQ(step.next.row.state, TaskState::kSubmitting);
  EXPECT_EQ(step.next.phase, Phase::kSearch);
  api::TaskSummary listed;
  listed.task_id = "t9";
  EXPECT_EQ(Step(step.next, SearchEnded{&listed}, Context()).next.row.state, TaskState::kRunning);
  step = Step(step.next, SearchEnded{nullptr}, Context());
  EXPECT_EQ(step.next.row.state, TaskState::kLost);
  EXPECT_EQ(step.next.submission.charge, store::ChargeStatus::kReserved);
  EXPECT_NE(step.why.find("InvalidParameterValue: bad"), std::string::npos) << step.why;
}

TEST_F(StepTest, AuthAndAccountRefusalsStopTheRunAndKeepTheTask) {
  struct Case {
    const char* code;
    Effect effect;
  };
  for (const Case& c : {Case{"AuthFailure.SignatureFailure", Effect::kStopCredentials},
                        Case{"UnauthorizedOperation", Effect::kStopCredentials},
                        Case{"InvalidAction", Effect::kStopCredentials},
                        Case{"LimitExceeded.Quota", Effect::kStopAccount},
                        Case{"InvalidParameterValue.SubAppId", Effect::kStopCredentials},
                        Case{"FailedOperation.InvalidVodUser", Effect::kStopCredentials}}) {
    const Transition step = Create(Sending(), ApiError(c.code));
    EXPECT_EQ(step.effect, c.effect) << c.code;
    EXPECT_EQ(step.next.row.state, TaskState::kPending) << c.code;
  }
}

TEST_F(StepTest, AnExpiredSignatureIsSentAgainOnceTheClockIsCorrected) {
  api::Completion completion = ApiError("AuthFailure.SignatureExpire");
  std::get<api::Failure>(completion.answer).clock_corrected = true;
  const Transition corrected = Create(Sending(), completion);
  EXPECT_EQ(corrected.effect, Effect::kNone);
  EXPECT_EQ(corrected.next.row.state, TaskState::kWaitingRetry);
  EXPECT_EQ(corrected.next.row.due, kNow);
  EXPECT_EQ(Create(Sending(), ApiError("AuthFailure.SignatureExpire")).effect,
            Effect::kStopCredentials);
}

TEST_F(StepTest, AnUntrustedCertificateStopsTheRun) {
  EXPECT_EQ(Create(Sending(), Fails(api::FailureKind::kUntrusted, "tls")).effect,
            Effect::kStopUntrusted);
}

// --- searching and repeating ---

TEST_F(StepTest, AnUnknownSendIsSearchedForThreeTimesAndThenSentAgainUnderItsSessionId) {
  Flight flight = Sending();
  flight.phase = Phase::kSearch;
  Transition step = Step(flight, SearchEnded{nullptr}, Context());
  EXPECT_EQ(step.next.phase, Phase::kSearch);
  EXPECT_EQ(step.wait, Seconds{5});
  step = Step(step.next, SearchEnded{nullptr}, Context());
  EXPECT_EQ(step.next.phase, Phase::kSearch);
  step = Step(step.next, SearchEnded{nullptr}, Context());
  EXPECT_EQ(step.next.phase, Phase::kResend);
  EXPECT_EQ(step.next.row.state, TaskState::kSubmitting);
  EXPECT_EQ(step.next.row.submissions, 1);
}

TEST_F(StepTest, AFoundTaskIsAdopted) {
  Flight flight = Sending();
  flight.phase = Phase::kSearch;
  api::TaskSummary listed;
  listed.task_id = "t9";
  listed.created = kNow + Seconds{1};
  const Transition step = Step(flight, SearchEnded{&listed}, Context());
  EXPECT_EQ(step.next.row.state, TaskState::kRunning);
  EXPECT_EQ(step.next.submission.task_id, "t9");
  EXPECT_EQ(step.next.submission.accepted_at, kNow + Seconds{1});
}

TEST_F(StepTest, NothingIsSentAgainOnceTheFirstSendIsSixtyHoursOld) {
  Flight flight = Sending();
  flight.phase = Phase::kSearch;
  flight.searches = 6;
  now = kNow + std::chrono::hours{60};
  EXPECT_EQ(Step(flight, SearchEnded{nullptr}, Context()).next.row.state, TaskState::kLost);
  now = kNow + std::chrono::hours{60} - Seconds{1};
  EXPECT_EQ(Step(flight, SearchEnded{nullptr}, Context()).next.phase, Phase::kResend);
}

TEST_F(StepTest, TheWindowIsMeasuredByTheServicesClock) {
  Flight flight = Sending();
  flight.phase = Phase::kSearch;
  flight.searches = 6;
  const StepContext context{now - std::chrono::hours{30}, kNow + std::chrono::hours{61}, limits,
                            true, 0.5};
  EXPECT_EQ(Step(flight, SearchEnded{nullptr}, context).next.row.state, TaskState::kLost);
}

TEST_F(StepTest, AFailedSearchIsNotAnEmptyOne) {
  Flight flight = Sending();
  flight.phase = Phase::kSearch;
  flight.searches = 2;
  const api::Completion failed = Fails(api::FailureKind::kUnclear, "timeout");
  const Transition step = Step(flight, SearchFailed{failed}, Context());
  EXPECT_EQ(step.next.searches, 2);
  EXPECT_EQ(step.next.phase, Phase::kSearch);
  EXPECT_GE(step.wait, limits.look_every);
}

TEST_F(StepTest, ARestartSearchesForSendsWithoutAnOutcome) {
  Flight flight = Sending();
  const Transition step = Step(flight, Resumed{}, Context());
  EXPECT_EQ(step.next.phase, Phase::kSearch);
  flight.submission.unknown_sends = 0;
  EXPECT_EQ(Step(flight, Resumed{}, Context()).next.phase, Phase::kResend);
}

// --- running ---

TEST_F(StepTest, ARunningTaskIsLookedAtAgain) {
  api::TaskDetail detail;
  detail.status = api::RemoteStatus::kProcessing;
  detail.began = kNow;
  now = kNow + Seconds{60};
  const Transition step = Look(Running(), detail);
  EXPECT_EQ(step.next.row.state, TaskState::kRunning);
  EXPECT_EQ(step.wait, Seconds{6});
  EXPECT_TRUE(step.proof);
}

TEST_F(StepTest, AWaitingTaskProvesNoRoom) {
  api::TaskDetail detail;
  detail.status = api::RemoteStatus::kWaiting;
  EXPECT_FALSE(Look(Running(), detail).proof);
}

TEST_F(StepTest, AFinishedTaskIsDownloaded) {
  api::TaskDetail detail = Finish();
  api::OutputFile file;
  file.url = "http://h/x.mp4";
  file.bytes = 100;
  detail.outputs = {file, file};
  const Transition step = Look(Running(), detail);
  EXPECT_EQ(step.next.row.state, TaskState::kDownloading);
  EXPECT_EQ(step.next.phase, Phase::kFetch);
  ASSERT_EQ(step.artifacts_changed.size(), 2u);
  EXPECT_EQ(step.next.artifacts[1].number, 2);
  EXPECT_TRUE(step.next.submission.ended);
}

TEST_F(StepTest, WithoutDownloadsAKnownResultIsSuccess) {
  download = false;
  api::TaskDetail detail = Finish();
  api::OutputFile file;
  file.url = "http://h/x.mp4";
  detail.outputs = {file};
  EXPECT_EQ(Look(Running(), detail).next.row.state, TaskState::kSucceeded);
}

TEST_F(StepTest, AConcurrencyFailureMakesANewSubmissionThatIsNoAttempt) {
  const Transition step = Look(
      Running(), Failed(70000, "RequestLimitExceeded", "the task reached the maximum concurrency"));
  EXPECT_EQ(step.next.row.state, TaskState::kWaitingRetry);
  EXPECT_EQ(step.next.row.attempts, 0);
  EXPECT_EQ(step.next.row.concurrency_refusals, 1);
  EXPECT_EQ(step.next.row.due, kNow + Seconds{30});
  EXPECT_EQ(step.effect, Effect::kConcurrency);
  EXPECT_FALSE(step.proof);
  EXPECT_TRUE(step.next.submission.ended);
}

TEST_F(StepTest, ConcurrencyFailuresAreCapped) {
  Flight flight = Running();
  flight.row.concurrency_refusals = 20;
  EXPECT_EQ(
      Look(flight, Failed(70000, "RequestLimitExceeded", "maximum concurrency")).next.row.state,
      TaskState::kFailed);
}

TEST_F(StepTest, FailuresAreTriedAgainAsOftenAsTheirClassAllows) {
  struct Case {
    int code;
    const char* ext;
    const char* message;
    int attempts;  // in all, with limits.attempts 5
  };
  limits.attempts = 5;
  for (const Case& c :
       {Case{70000, "FailedOperation", "model backlog", 5},
        Case{70000, "ResourceInsufficient", "short", 5},
        Case{70000, "ModelGenerateFailed", "could not", 2},
        Case{70000, "InternalError", "something new", 3},
        Case{70000, "InternalError",
             "ret:2013,msg:invalid params, model does not support Text-to-Video", 1},
        Case{70000, "InternalError", "JsonDecode response failed", 5},
        Case{70000, "InvalidParameter.VoilationContent", "policy", 1},
        Case{70000, "ContentModerationFailed", "refused", 1},
        Case{40000, "InvalidParameter", "bad", 1}}) {
    Flight flight = Running();
    for (int attempt = 1; attempt <= c.attempts; ++attempt) {
      flight.row.attempts = attempt;
      EXPECT_EQ(Look(flight, Failed(c.code, c.ext, c.message)).next.row.state,
                attempt < c.attempts ? TaskState::kWaitingRetry : TaskState::kFailed)
          << c.ext << " " << c.message << " attempt " << attempt;
    }
  }
}

TEST_F(StepTest, AnInnerFailIsAFailure) {
  api::TaskDetail detail = Failed(0, "", "vendor failed");
  detail.inner_status = "FAIL";
  limits.attempts = 1;
  EXPECT_EQ(Look(Running(), detail).next.row.state, TaskState::kFailed);
}

TEST_F(StepTest, AnEmptyOutputIsAskedForThreeTimesMore) {
  Transition step = Look(Running(), Finish());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(step.next.row.state, TaskState::kRunning);
    step = Look(step.next, Finish());
  }
  EXPECT_EQ(step.next.row.state, TaskState::kRunning);
  step = Look(step.next, Finish());
  EXPECT_EQ(step.next.row.state, TaskState::kFailed);
  EXPECT_EQ(step.next.row.error_code, "empty_output");
}

TEST_F(StepTest, AnAbortedTaskFails) {
  api::TaskDetail detail;
  detail.status = api::RemoteStatus::kAborted;
  const Transition step = Look(Running(), detail);
  EXPECT_EQ(step.next.row.state, TaskState::kFailed);
  EXPECT_EQ(step.next.row.error_code, "aborted");
}

TEST_F(StepTest, ATaskThatTakesTooLongIsOverdueButNotEnded) {
  api::TaskDetail detail;
  detail.status = api::RemoteStatus::kProcessing;
  detail.began = kNow;
  now = kNow + limits.task_timeout + Seconds{1};
  const Transition step = Look(Running(), detail);
  EXPECT_EQ(step.next.row.state, TaskState::kFailed);
  EXPECT_EQ(step.next.row.error_code, "overdue");
  EXPECT_FALSE(step.next.submission.ended);
}

TEST_F(StepTest, TheTimeOutCountsFromTheBeginningOfWorkNotFromTheQueue) {
  api::TaskDetail detail;
  detail.status = api::RemoteStatus::kProcessing;
  now = kNow + std::chrono::hours{3};
  detail.began = now - Seconds{10};
  EXPECT_EQ(Look(Running(), detail).next.row.state, TaskState::kRunning);
}

TEST_F(StepTest, ATaskTheServiceDoesNotKnowIsNotLostWithinTheWindow) {
  limits.task_timeout = std::chrono::hours{100};
  const api::Completion unknown = ApiError("InvalidParameterValue.TaskId");
  now = kNow + std::chrono::hours{71};
  EXPECT_EQ(Step(Running(), LookEnded{unknown}, Context()).next.row.state, TaskState::kRunning);
  now = kNow + std::chrono::hours{73};
  EXPECT_EQ(Step(Running(), LookEnded{unknown}, Context()).next.row.state, TaskState::kLost);
}

TEST_F(StepTest, AFailedLookIsRepeated) {
  const api::Completion failed = ApiError("InternalError");
  const Transition step = Step(Running(), LookEnded{failed}, Context());
  EXPECT_EQ(step.next.row.state, TaskState::kRunning);
  EXPECT_EQ(step.next.phase, Phase::kLook);
  EXPECT_GE(step.wait, limits.look_every);
}

// --- downloads ---

TEST_F(StepTest, TheLastFileOnDiskIsSuccess) {
  Flight flight = Downloading();
  flight.artifacts.push_back(flight.artifacts[0]);
  api::Completion completion;
  completion.answer = api::DownloadAnswer{{"out/hero-1.mp4", 10, "aa"}};
  Transition step = Fetch(flight, completion);
  EXPECT_EQ(step.next.row.state, TaskState::kDownloading);
  step = Step(step.next, FetchEnded{1, completion}, Context());
  EXPECT_EQ(step.next.row.state, TaskState::kSucceeded);
  EXPECT_EQ(step.next.artifacts[0].sha256, "aa");
  EXPECT_EQ(step.next.row.downloaded_at, kNow);
}

TEST_F(StepTest, ADeadLinkIsAskedForAnewAndThenGivenUp) {
  Transition step = Fetch(Downloading(), Fails(api::FailureKind::kHttp, "http", "", 403));
  EXPECT_EQ(step.next.phase, Phase::kRefresh);
  step = Fetch(step.next, Fails(api::FailureKind::kHttp, "http", "", 404));
  EXPECT_EQ(step.next.phase, Phase::kRefresh);
  step = Fetch(step.next, Fails(api::FailureKind::kHttp, "http", "", 403));
  EXPECT_EQ(step.next.row.state, TaskState::kFailed);
  EXPECT_EQ(step.next.row.error_code, "expired");
}

TEST_F(StepTest, ACutDownloadIsTriedAgainAndAtLastLeftForTheNextRun) {
  Transition step;
  step.next = Downloading();
  for (int i = 0; i < 11; ++i) {
    step = Fetch(step.next, Fails(api::FailureKind::kUnclear, "cut"));
    ASSERT_EQ(step.next.phase, Phase::kFetch);
  }
  step = Fetch(step.next, Fails(api::FailureKind::kUnclear, "cut"));
  EXPECT_EQ(step.next.phase, Phase::kParked);
  EXPECT_EQ(step.next.row.state, TaskState::kDownloading);
}

TEST_F(StepTest, AFullDiskStopsTheRunAndLosesNothing) {
  api::Completion completion = Fails(api::FailureKind::kLocal, "local", "no space left");
  std::get<api::Failure>(completion.answer).local_code = ErrorCode::kDiskFull;
  const Transition step = Fetch(Downloading(), completion);
  EXPECT_EQ(step.effect, Effect::kStopLocal);
  EXPECT_EQ(step.next.row.state, TaskState::kDownloading);
}

TEST_F(StepTest, ALengthThatStaysDifferentIsBelievedAtLast) {
  api::Completion completion = Fails(api::FailureKind::kLocal, "local", "wrong length");
  std::get<api::Failure>(completion.answer).local_code = ErrorCode::kInvalid;
  Transition step;
  step.next = Downloading();
  step.next.artifacts[0].expected_bytes = 99;
  for (int i = 0; i < 2; ++i) step = Fetch(step.next, completion);
  EXPECT_EQ(step.next.artifacts[0].expected_bytes, 99);
  step = Fetch(step.next, completion);
  EXPECT_EQ(step.next.artifacts[0].expected_bytes, 0);
}

}  // namespace
}  // namespace aigc::pipeline

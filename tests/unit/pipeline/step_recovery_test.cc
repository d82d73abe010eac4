// What must not be concluded too early, and what later runs make up for: rules that the simulation
// found missing.
#include "pipeline/stages.h"
#include "unit/pipeline/step_fixture.h"

namespace aigc::pipeline {
namespace {

// Found by simulation: the first send arrived after the repeat had been refused.
TEST_F(StepTest, ARefusedRepeatEndsNothingWhileAnEarlierSendMayStillArrive) {
  Flight flight = Repeating();
  flight.last_unknown = kNow;
  flight.sent = now = kNow + Seconds{20};
  Transition step =
      Step(flight, CreateEnded{ApiError("InvalidParameter.ViolationContent")}, Context());
  EXPECT_EQ(step.next.phase, Phase::kSearch);
  now += Seconds{1};
  step = Step(step.next, SearchEnded{nullptr}, Context());
  EXPECT_EQ(step.next.row.state, TaskState::kSubmitting);
  EXPECT_EQ(step.next.phase, Phase::kSearch);
  EXPECT_EQ(step.wait, kSendLife - Seconds{21});
  now += step.wait;
  step = Step(step.next, SearchEnded{nullptr}, Context());
  EXPECT_EQ(step.next.row.state, TaskState::kLost);
  EXPECT_EQ(step.next.submission.outcome, store::SubmissionOutcome::kLost);
}

// Found by simulation: the list lagged behind the last send that was allowed.
TEST_F(StepTest, NothingIsLostWhileTheLastSendMayStillShowUp) {
  Flight flight = Sending();
  flight.phase = Phase::kSearch;
  flight.submission.unknown_sends = 10;
  flight.searches = 2;
  flight.last_unknown = kNow;
  Transition step = Step(flight, SearchEnded{nullptr}, Context());
  for (; now - kNow < kSendLife; now += step.wait) {
    ASSERT_EQ(step.next.row.state, TaskState::kSubmitting);
    ASSERT_GT(step.wait, Millis{0});
    step = Step(step.next, SearchEnded{nullptr}, Context());
  }
  step = Step(step.next, SearchEnded{nullptr}, Context());
  EXPECT_EQ(step.next.row.state, TaskState::kLost);
}

// Found by simulation: a backup that was put back had sent the same hours before.
TEST_F(StepTest, NothingIsLostBeforeAllThatTheServiceListsWasSearched) {
  Flight flight = Sending();
  flight.phase = Phase::kSearch;
  flight.submission.unknown_sends = 10;
  flight.searches = 2;
  flight.last_unknown = kNow - kSendLife;
  Transition step = Step(flight, SearchEnded{nullptr}, Context());
  for (int empty = 3; empty <= kWideSearchAfter; ++empty) {
    ASSERT_EQ(step.next.row.state, TaskState::kSubmitting) << empty;
    step = Step(step.next, SearchEnded{nullptr}, Context());
  }
  EXPECT_EQ(step.next.row.state, TaskState::kLost);
}

TEST_F(StepTest, AnOverdueTaskIsLookedAtNowAndThenInALaterRunAndItsLateResultTaken) {
  Flight flight = Running();
  flight.row.state = TaskState::kFailed;
  flight.row.error_code = "overdue";
  Transition step = Step(flight, Resumed{}, Context());
  EXPECT_EQ(step.next.phase, Phase::kLook);
  api::TaskDetail detail;
  detail.status = api::RemoteStatus::kProcessing;
  EXPECT_EQ(Look(step.next, detail).next.phase, Phase::kLook);
  EXPECT_EQ(Look(step.next, detail).wait, Millis{std::chrono::minutes{10}});
  detail.status = api::RemoteStatus::kFinished;
  detail.has_task = true;
  detail.outputs.emplace_back().url = "http://h/x.mp4";
  EXPECT_EQ(Look(step.next, detail).next.row.state, TaskState::kDownloading);
  detail.outputs.clear();
  detail.err_code = 70000;
  detail.err_code_ext = "FailedOperation";
  step = Look(step.next, detail);
  EXPECT_EQ(step.next.row.state, TaskState::kFailed);  // no new attempt by itself
  EXPECT_EQ(step.next.row.error_code, "FailedOperation");
  EXPECT_TRUE(step.next.submission.ended);
  now = kNow + kVisibility;
  step = Step(flight, Resumed{}, Context());
  EXPECT_EQ(step.next.phase, Phase::kDone);
  EXPECT_TRUE(step.next.submission.ended);
  EXPECT_EQ(step.next.submission.charge, store::ChargeStatus::kReserved);
}

// Taken up after a crash, nothing of it at the service: there is nothing to look for.
TEST_F(StepTest, ACancelledTaskWhoseSendsWereAllRefusedEndsAtOnce) {
  Flight flight = Repeating();
  flight.phase = Phase::kResend;
  flight.submission.unknown_sends = 0;
  Transition step = Step(flight, CancelWanted{}, Context());
  EXPECT_EQ(step.next.row.state, TaskState::kCancelled);
  EXPECT_EQ(step.next.submission.outcome, store::SubmissionOutcome::kRefused);
  EXPECT_EQ(step.next.submission.charge, store::ChargeStatus::kReleased);
  flight.submission.unknown_sends = 1;
  EXPECT_EQ(Step(flight, CancelWanted{}, Context()).next.phase, Phase::kSearch);
}

TEST_F(StepTest, AnEarlierGenerationIsNotTriedAgain) {
  Flight flight = Running();
  flight.row.current = false;
  flight.row.attempts = 1;
  api::TaskDetail detail;
  detail.status = api::RemoteStatus::kFinished;
  detail.has_task = true;
  detail.err_code = 70000;
  detail.err_code_ext = "FailedOperation";
  EXPECT_EQ(Look(flight, detail).next.row.state, TaskState::kCancelled);
}

}  // namespace
}  // namespace aigc::pipeline

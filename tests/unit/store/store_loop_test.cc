// The loop: changes of tasks, submissions, sends and files.
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using enum TaskState;

class StoreLoop : public MemoryStore {};

TEST_F(StoreLoop, AppliesAChangeWithAllItsFieldsAndALineInTheJournal) {
  const std::int64_t key = Add("fox", 1);
  Take(store_->Apply(Change(key, kPending, kSubmitting, 3, "picked")));
  TaskChange change = Change(key, kSubmitting, kWaitingRetry, 4, "refused, once more in 30s");
  change.due = At(34);
  change.attempts = 2;
  change.concurrency_refusals = 1;
  change.error_code = "FailedOperation";
  change.error_message = "busy";
  change.request_id = "r-1";
  change.submitted_at = At(3);
  change.started_at = At(5);
  change.finished_at = At(6);
  change.downloaded_at = At(7);
  Take(store_->Apply(change));
  const TaskRow row = Take(store_->FindTask("fox"));
  EXPECT_EQ(row.state, kWaitingRetry);
  EXPECT_EQ(row.due, At(34));
  EXPECT_EQ(row.attempts, 2);
  EXPECT_EQ(row.concurrency_refusals, 1);
  EXPECT_EQ(row.error_code, "FailedOperation");
  EXPECT_EQ(row.error_message, "busy");
  EXPECT_EQ(row.request_id, "r-1");
  EXPECT_EQ(row.submitted_at, At(3));
  EXPECT_EQ(row.started_at, At(5));
  EXPECT_EQ(row.finished_at, At(6));
  EXPECT_EQ(row.downloaded_at, At(7));
  const auto journal = Take(store_->Story("fox")).at(0).journal;
  ASSERT_EQ(journal.size(), 2U);
  EXPECT_EQ(journal[1].at, At(4));
  EXPECT_EQ(journal[1].from, "submitting");
  EXPECT_EQ(journal[1].to, "waiting_retry");
  EXPECT_EQ(journal[1].why, "refused, once more in 30s");
}

TEST_F(StoreLoop, LeavesWhatAChangeDoesNotSayAsItIs) {
  const std::int64_t key = Add("fox", 1);
  Take(store_->Apply(Change(key, kPending, kSubmitting)));
  TaskChange first = Change(key, kSubmitting, kWaitingRetry);
  first.due = At(30);
  first.attempts = 2;
  first.error_code = "Busy";
  Take(store_->Apply(first));
  Take(store_->Apply(Change(key, kWaitingRetry, kSubmitting)));
  TaskRow row = Take(store_->FindTask("fox"));
  EXPECT_EQ(row.attempts, 2);
  EXPECT_EQ(row.error_code, "Busy");
  EXPECT_EQ(row.due, WallTime{}) << "only a waiting task has a due time";
  TaskChange cleared = Change(key, kSubmitting, kRunning);
  cleared.error_code = "";
  Take(store_->Apply(cleared));
  EXPECT_EQ(Take(store_->FindTask("fox")).error_code, "");
}

TEST_F(StoreLoop, RefusesATransitionThatTheTableDoesNotAllow) {
  const std::int64_t key = Add("fox", 1);
  EXPECT_THAT(store_->Apply(Change(key, kPending, kSucceeded)), FailsWith(ErrorCode::kInternal));
}

TEST_F(StoreLoop, RefusesAChangeFromAStateThatIsNotStored) {
  const std::int64_t key = Add("fox", 1);
  EXPECT_THAT(store_->Apply(Change(key, kSubmitting, kRunning)), FailsWith(ErrorCode::kInternal));
}

TEST_F(StoreLoop, RefusesAChangeOfATaskThatIsNotThere) {
  EXPECT_THAT(store_->Apply(Change(7, kPending, kSubmitting)), FailsWith(ErrorCode::kNotFound));
}

TEST_F(StoreLoop, NotesWithoutChangingTheState) {
  const std::int64_t key = Add("fox", 1);
  Take(store_->Note(key, At(8), "held back by the budget"));
  const TaskStory story = Take(store_->Story("fox")).at(0);
  EXPECT_EQ(story.row.state, kPending);
  ASSERT_EQ(story.journal.size(), 1U);
  EXPECT_EQ(story.journal[0].from, "pending");
  EXPECT_EQ(story.journal[0].to, "pending");
  EXPECT_EQ(story.journal[0].why, "held back by the budget");
}

TEST_F(StoreLoop, KeepsTheExactBytesOfASubmission) {
  const std::int64_t key = Add("fox", 1);
  SubmissionRow row;
  row.task = key;
  row.session_id = "s1";
  row.body = "{\"Prompt\":\"红色的狐狸 \\u0000 🦊\"}";
  row.created_at = At(2);
  const SubmissionRow added = Take(store_->AddSubmission(row));
  EXPECT_GT(added.key, 0);
  EXPECT_EQ(Take(store_->BodyOf(added.key)), row.body);
  EXPECT_EQ(Take(store_->FindTask("fox")).submissions, 1);
  EXPECT_THAT(store_->BodyOf(99), FailsWith(ErrorCode::kNotFound));
}

TEST_F(StoreLoop, SumsUpTheSendsOfASubmission) {
  const std::int64_t key = Add("fox", 1);
  const SubmissionRow submission = Submit(key, 1, "s1");
  EXPECT_EQ(Take(store_->Load(key)).submission->sends, 0);
  EXPECT_EQ(Take(store_->Load(key)).submission->first_send, WallTime{});
  const std::int64_t first = Take(store_->AddSend(submission.key, At(20), At(19)));
  Take(store_->AddSend(submission.key, At(30), At(29)));
  Take(store_->AddSend(submission.key, At(40), At(39)));
  Take(store_->FinishSend(first, SendOutcome::kRefused, At(21), "LimitExceeded", "slow", "r-9"));
  const auto loaded = Take(store_->Load(key)).submission;
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->sends, 3);
  EXPECT_EQ(loaded->unknown_sends, 2);
  EXPECT_EQ(loaded->first_send, At(30)) << "the refused one brought nothing";
  EXPECT_EQ(loaded->first_send_server, At(29));
  EXPECT_EQ(loaded->body, "") << "bodies are only read when asked for";
  const auto sends = Take(store_->Story("fox")).at(0).sends;
  ASSERT_EQ(sends.size(), 3U);
  EXPECT_EQ(sends[0].outcome, SendOutcome::kRefused);
  EXPECT_EQ(sends[0].answered_at, At(21));
  EXPECT_EQ(sends[0].error_code, "LimitExceeded");
  EXPECT_EQ(sends[0].error_message, "slow");
  EXPECT_EQ(sends[0].request_id, "r-9");
  EXPECT_EQ(sends[1].outcome, SendOutcome::kUnknown);
}

TEST_F(StoreLoop, LoadsTheNewestSubmissionOnly) {
  const std::int64_t key = Add("fox", 1);
  SubmissionRow first = Submit(key, 1, "s1");
  first.outcome = SubmissionOutcome::kRefused;
  Take(store_->SetSubmission(first));
  Submit(key, 2, "s2");
  const auto loaded = Take(store_->Load(key)).submission;
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->number, 2);
  EXPECT_EQ(loaded->session_id, "s2");
  const auto story = Take(store_->Story("fox")).at(0);
  ASSERT_EQ(story.submissions.size(), 2U);
  EXPECT_EQ(story.submissions[0].outcome, SubmissionOutcome::kRefused);
  EXPECT_EQ(story.submissions[0].body, "{\"SessionId\":\"s1\"}");
  EXPECT_EQ(story.row.submissions, 2);
}

TEST_F(StoreLoop, LetsNoSecondSubmissionBeLiveBesideAnOpenOne) {
  const std::int64_t key = Add("fox", 1);
  Submit(key, 1, "s1");
  SubmissionRow second;
  second.task = key;
  second.number = 2;
  second.session_id = "s2";
  EXPECT_THAT(store_->AddSubmission(second), FailsWith(ErrorCode::kInternal));
}

TEST_F(StoreLoop, LetsNoSecondSubmissionBeLiveBesideAnAcceptedOne) {
  const std::int64_t key = Add("fox", 1);
  SubmissionRow first = Submit(key, 1, "s1");
  first.outcome = SubmissionOutcome::kAccepted;
  first.task_id = "task-1";
  Take(store_->SetSubmission(first));
  SubmissionRow second;
  second.task = key;
  second.number = 2;
  second.session_id = "s2";
  EXPECT_THAT(store_->AddSubmission(second), FailsWith(ErrorCode::kInternal));
}

TEST_F(StoreLoop, TakesASecondSubmissionOnceTheFirstHasEnded) {
  const std::int64_t key = Add("fox", 1);
  SubmissionRow first = Submit(key, 1, "s1");
  first.outcome = SubmissionOutcome::kAccepted;
  first.task_id = "task-1";
  first.ended = true;
  first.error_code = "ModelFailed";
  first.error_message = "try again";
  first.accepted_at = At(12);
  Take(store_->SetSubmission(first));
  Submit(key, 2, "s2");
  const SubmissionRow stored = Take(store_->Story("fox")).at(0).submissions.at(0);
  EXPECT_TRUE(stored.ended);
  EXPECT_EQ(stored.task_id, "task-1");
  EXPECT_EQ(stored.error_code, "ModelFailed");
  EXPECT_EQ(stored.error_message, "try again");
  EXPECT_EQ(stored.accepted_at, At(12));
}

TEST_F(StoreLoop, NeverUsesASessionIdTwice) {
  Submit(Add("fox", 1), 1, "s1");
  SubmissionRow other;
  other.task = Add("hare", 2);
  other.session_id = "s1";
  EXPECT_THAT(store_->AddSubmission(other), FailsWith(ErrorCode::kInternal));
}

TEST_F(StoreLoop, NeverExchangesATaskIdThatWasPaidFor) {
  SubmissionRow row = Submit(Add("fox", 1), 1, "s1");
  row.outcome = SubmissionOutcome::kAccepted;
  row.task_id = "task-1";
  Take(store_->SetSubmission(row));
  row.task_id = "task-2";
  EXPECT_THAT(store_->SetSubmission(row), FailsWith(ErrorCode::kInternal));
}

TEST_F(StoreLoop, NeverTurnsAnAcceptedSubmissionIntoARefusedOne) {
  SubmissionRow row = Submit(Add("fox", 1), 1, "s1");
  row.outcome = SubmissionOutcome::kAccepted;
  row.task_id = "task-1";
  Take(store_->SetSubmission(row));
  row.outcome = SubmissionOutcome::kRefused;
  EXPECT_THAT(store_->SetSubmission(row), FailsWith(ErrorCode::kInternal));
}

TEST_F(StoreLoop, NeverDecidesASendTwice) {
  const SubmissionRow submission = Submit(Add("fox", 1), 1, "s1");
  const std::int64_t send = Take(store_->AddSend(submission.key, At(1), At(1)));
  Take(store_->FinishSend(send, SendOutcome::kUnknown, At(2), "", "cut", ""));
  Take(store_->FinishSend(send, SendOutcome::kAccepted, At(3), "", "", "r"));
  EXPECT_THAT(store_->FinishSend(send, SendOutcome::kRefused, At(4), "", "", ""),
              FailsWith(ErrorCode::kInternal));
}

TEST_F(StoreLoop, WritesNothingForATaskThatIsNotThere) {
  EXPECT_THAT(store_->AddSend(5, At(1), At(1)), FailsWith(ErrorCode::kInternal));
}

TEST_F(StoreLoop, ReplacesAnArtifactOfTheSameNumber) {
  const std::int64_t key = Add("fox", 1);
  ArtifactRow row;
  row.task = key;
  row.number = 2;
  row.url = "https://cdn/x.mp4?sign=1";
  row.file_id = "f-1";
  row.content = "text";
  row.usage_type = "Normal";
  row.media_type = "Video";
  row.expires = At(600);
  row.expected_bytes = 100;
  Take(store_->PutArtifact(row));
  row.number = 1;
  Take(store_->PutArtifact(row));
  row.path = "out/fox.mp4";
  row.bytes = 99;
  row.sha256 = "ab";
  row.url = "https://cdn/x.mp4?sign=2";
  Take(store_->PutArtifact(row));
  const auto artifacts = Take(store_->Load(key)).artifacts;
  ASSERT_EQ(artifacts.size(), 2U);
  EXPECT_EQ(artifacts[0].number, 1);
  EXPECT_EQ(artifacts[0].url, "https://cdn/x.mp4?sign=2");
  EXPECT_EQ(artifacts[0].path, "out/fox.mp4");
  EXPECT_EQ(artifacts[0].bytes, 99);
  EXPECT_EQ(artifacts[0].sha256, "ab");
  EXPECT_EQ(artifacts[0].file_id, "f-1");
  EXPECT_EQ(artifacts[0].content, "text");
  EXPECT_EQ(artifacts[0].usage_type, "Normal");
  EXPECT_EQ(artifacts[0].media_type, "Video");
  EXPECT_EQ(artifacts[0].expires, At(600));
  EXPECT_EQ(artifacts[0].expected_bytes, 100);
  EXPECT_EQ(artifacts[1].number, 2);
  EXPECT_EQ(artifacts[1].path, "");
}

TEST_F(StoreLoop, LoadsEveryTaskThatMustBeFollowedToItsEnd) {
  Add("waits", 1);
  const std::int64_t submitting = Add("submitting", 2);
  const std::int64_t running = Add("running", 3);
  const std::int64_t downloading = Add("downloading", 4);
  const std::int64_t retry = Add("retry", 5);
  const std::int64_t done = Add("done", 6);
  const std::int64_t superseded = Add("superseded", 7);
  Bring(submitting, kSubmitting);
  Bring(running, kRunning);
  Submit(running, 1, "s1");
  Bring(downloading, kDownloading);
  Bring(retry, kWaitingRetry);
  Bring(done, kSucceeded);
  Bring(superseded, kRunning);
  Take(store_->AddGeneration(superseded, MakeTask("superseded", 7), At(1)));
  std::vector<std::string> ids;
  for (const ActiveTask& task : Take(store_->LoadActive())) {
    ids.push_back(task.row.id + "#" + std::to_string(task.row.generation));
    EXPECT_EQ(task.submission.has_value(), task.row.key == running);
  }
  EXPECT_THAT(ids, ElementsAre("submitting#1", "running#1", "downloading#1", "superseded#1"));
}

}  // namespace
}  // namespace aigc::store

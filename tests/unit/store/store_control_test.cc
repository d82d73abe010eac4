// What people ask of a batch, as the state keeps it.
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class StoreControl : public MemoryStore {
 protected:
  std::vector<std::int64_t> Find(const Selection& selection, const std::vector<TaskState>& states) {
    std::vector<std::int64_t> keys;
    for (const TaskMark& mark : Take(store_->FindTasks(selection, states))) {
      keys.push_back(mark.key);
    }
    return keys;
  }
};

TEST_F(StoreControl, FindsTasksByStateAndNameInTheirOrder) {
  const auto b = Add("b", 2);
  const auto a = Add("a", 1);
  const auto c = Add("c", 3);
  Bring(c, TaskState::kFailed);
  EXPECT_THAT(Find({}, {TaskState::kPending}), ElementsAre(a, b));
  EXPECT_THAT(Find({}, {TaskState::kPending, TaskState::kFailed}), ElementsAre(a, b, c));
  Selection only_b;
  only_b.globs = {"b*"};
  EXPECT_THAT(Find(only_b, {TaskState::kPending, TaskState::kFailed}), ElementsAre(b));
  EXPECT_THAT(Find({}, {TaskState::kLost}), IsEmpty());
}

TEST_F(StoreControl, AWishLivesUntilItsTaskEndsOrIsQueuedAgain) {
  const auto task = Add("a", 1);
  Bring(task, TaskState::kRunning);
  EXPECT_FALSE(Take(store_->Load(task)).cancel_wanted);
  Take(store_->WishCancelled(task, At(1)));
  Take(store_->WishCancelled(task, At(2)));
  EXPECT_TRUE(Take(store_->Load(task)).cancel_wanted);
  EXPECT_TRUE(Take(store_->LoadActive()).front().cancel_wanted);
  Take(store_->Apply(Change(task, TaskState::kRunning, TaskState::kDownloading)));
  EXPECT_TRUE(Take(store_->Load(task)).cancel_wanted);
  Take(store_->Apply(Change(task, TaskState::kDownloading, TaskState::kFailed)));
  EXPECT_FALSE(Take(store_->Load(task)).cancel_wanted);
}

TEST_F(StoreControl, ACommandIsKeptOnceUnderItsId) {
  EXPECT_FALSE(Take(store_->FindCommand("x")).has_value());
  Take(store_->AddCommand({"x", At(5), "text", "cancelled 3\n"}));
  const auto found = Take(store_->FindCommand("x"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->outcome, "cancelled 3\n");
  EXPECT_EQ(found->at, At(5));
  EXPECT_FALSE(store_->AddCommand({"x", At(6), "text", ""}).ok());
}

TEST_F(StoreControl, OverdueTasksAreThoseThatMayStillFinish) {
  const auto overdue = [&](const std::string& id, std::int64_t position, int accepted,
                           const std::string& code, bool ended) {
    const auto task = Add(id, position);
    Bring(task, TaskState::kRunning);
    SubmissionRow row = Submit(task, 1, "s-" + id);
    row.outcome = SubmissionOutcome::kAccepted;
    row.task_id = "t-" + id;
    row.accepted_at = At(accepted);
    row.ended = ended;
    Take(store_->SetSubmission(row));
    TaskChange change = Change(task, TaskState::kRunning, TaskState::kFailed);
    change.error_code = code;
    Take(store_->Apply(change));
    return task;
  };
  const auto old = overdue("old", 1, 10, "overdue", false);
  const auto hoped = overdue("hoped", 2, 100, "overdue", false);
  overdue("over", 3, 100, "overdue", true);
  overdue("other", 4, 100, "InternalError", false);
  const auto found = Take(store_->LoadOverdue());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].row.key, old);
  EXPECT_EQ(found[1].row.key, hoped);
  EXPECT_THAT(Take(store_->LoadActive()), IsEmpty());
}

TEST_F(StoreControl, ExpiringResultsAreThoseNotOnDisk) {
  const auto task = Add("a", 1);
  Bring(task, TaskState::kSucceeded);
  const auto put = [&](int number, int expires, const std::string& path) {
    ArtifactRow artifact;
    artifact.task = task;
    artifact.number = number;
    artifact.url = "http://h/x";
    artifact.expires = At(expires);
    artifact.path = path;
    Take(store_->PutArtifact(artifact));
  };
  put(1, 50, "");
  put(2, 60, "");
  put(3, 55, "out/x.mp4");
  put(4, 500, "");
  put(5, 5, "");  // gone already
  const auto expiring = Take(store_->FindExpiring(At(10), At(100)));
  EXPECT_EQ(expiring.results, 2);
  EXPECT_EQ(expiring.first, At(50));
}

}  // namespace
}  // namespace aigc::store

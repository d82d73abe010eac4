// Which task comes next.
#include "base/random.h"
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using enum TaskState;

class StoreQueue : public MemoryStore {
 protected:
  std::int64_t AddOf(const std::string& id, std::int64_t position, const std::string& model,
                     const std::string& version, int priority = 0,
                     std::vector<std::string> tags = {}) {
    NewTask task = MakeTask(id, position);
    task.spec.model = model;
    task.spec.version = version;
    if (priority != 0) task.spec.priority = priority;
    task.spec.tags = std::move(tags);
    return Add(task);
  }
  std::vector<std::string> Ready(std::size_t limit, const Selection& selection = {},
                                 const std::vector<std::string>& skip = {}, int now = 100) {
    std::vector<std::string> ids;
    for (const ActiveTask& task : Take(store_->NextReady(At(now), limit, selection, skip))) {
      ids.push_back(task.row.id);
    }
    return ids;
  }
  static Selection Globs(std::vector<std::string> globs) {
    Selection selection;
    selection.globs = std::move(globs);
    return selection;
  }
};

TEST_F(StoreQueue, GoesByPriorityThenByManifestOrder) {
  AddOf("c", 3, "Kling", "2.1");
  AddOf("a", 1, "Hailuo", "2.3");
  AddOf("urgent", 4, "Vidu", "q2", 10);
  AddOf("later", 0, "Vidu", "q2", -10);
  AddOf("b", 2, "Vidu", "q2");
  EXPECT_THAT(Ready(10), ElementsAre("urgent", "a", "b", "c", "later"));
  EXPECT_THAT(Ready(3), ElementsAre("urgent", "a", "b"));
  EXPECT_THAT(Ready(0), IsEmpty());
}

TEST_F(StoreQueue, OffersDueRetriesBeforeNewTasks) {
  AddOf("new", 1, "Kling", "2.1", 10);
  const std::int64_t low = AddOf("low", 2, "Kling", "2.1", -1);
  const std::int64_t high = AddOf("high", 3, "Kling", "2.1", 1);
  const std::int64_t future = AddOf("future", 4, "Kling", "2.1", 5);
  Bring(low, kWaitingRetry, 50);
  Bring(high, kWaitingRetry, 100);
  Bring(future, kWaitingRetry, 101);
  EXPECT_THAT(Ready(10), ElementsAre("high", "low", "new"));
  EXPECT_THAT(Ready(1), ElementsAre("high"));
  EXPECT_THAT(Ready(2), ElementsAre("high", "low"));
}

TEST_F(StoreQueue, OffersOnlyWhatMayBeSubmitted) {
  AddOf("ready", 1, "Kling", "2.1");
  Bring(AddOf("skipped", 2, "Kling", "2.1"), kSkipped);
  Bring(AddOf("blocked", 3, "Kling", "2.1"), kBlocked);
  Bring(AddOf("running", 4, "Kling", "2.1"), kRunning);
  Bring(AddOf("failed", 5, "Kling", "2.1"), kFailed);
  EXPECT_THAT(Ready(10), ElementsAre("ready"));
}

TEST_F(StoreQueue, LeavesOutModelsThatAreFull) {
  AddOf("k21", 1, "Kling", "2.1");
  AddOf("k16", 2, "Kling", "1.6");
  AddOf("v", 3, "Vidu", "q2");
  Bring(AddOf("k21-retry", 4, "Kling", "2.1"), kWaitingRetry, 1);
  Bring(AddOf("v-retry", 5, "Vidu", "q2"), kWaitingRetry, 1);
  EXPECT_THAT(Ready(10, {}, {"Kling"}), ElementsAre("v-retry", "v"));
  EXPECT_THAT(Ready(10, {}, {"Kling/2.1"}), ElementsAre("v-retry", "k16", "v"));
  EXPECT_THAT(Ready(10, {}, {"Kling/1.6", "Vidu"}), ElementsAre("k21-retry", "k21"));
  EXPECT_THAT(Ready(10, {}, {"Kling", "Vidu"}), IsEmpty());
}

TEST_F(StoreQueue, SelectsByGlob) {
  AddOf("fox-1", 1, "Kling", "2.1");
  AddOf("hare-1", 2, "Kling", "2.1");
  AddOf("fox-2", 3, "Vidu", "q2");
  Bring(AddOf("fox-3", 4, "Vidu", "q2"), kWaitingRetry, 1);
  Bring(AddOf("hare-3", 5, "Vidu", "q2"), kWaitingRetry, 1);
  EXPECT_THAT(Ready(10, Globs({"fox-*"})), ElementsAre("fox-3", "fox-1", "fox-2"));
  EXPECT_THAT(Ready(10, Globs({"hare-1", "*-2"})), ElementsAre("hare-1", "fox-2"));
  EXPECT_THAT(Ready(10, Globs({"FOX-1"})), IsEmpty());
  EXPECT_THAT(Ready(10, Globs({""})), IsEmpty()) << "an empty pattern matches no id";
  EXPECT_THAT(Ready(10, Globs({std::string("fox-1\0x", 7)})), IsEmpty());
}

TEST_F(StoreQueue, SelectsByWholeTags) {
  AddOf("a", 1, "Kling", "2.1", 0, {"red", "big"});
  AddOf("b", 2, "Kling", "2.1", 0, {"reddish"});
  AddOf("c", 3, "Kling", "2.1", 0, {"blue,red"});
  AddOf("d", 4, "Kling", "2.1", 0, {"blue"});
  Selection red;
  red.tags = {"red"};
  EXPECT_THAT(Ready(10, red), ElementsAre("a"));
  red.tags = {"blue", "big"};
  EXPECT_THAT(Ready(10, red), ElementsAre("a", "d"));
  red.globs = {"d*"};
  EXPECT_THAT(Ready(10, red), ElementsAre("d")) << "both the glob and a tag must fit";
}

TEST_F(StoreQueue, FindsASelectedTaskThatComesBackBehindTheOneOfferedLast) {
  const std::int64_t first = AddOf("fox-1", 1, "Kling", "2.1");
  const std::int64_t second = AddOf("fox-2", 2, "Kling", "2.1");
  EXPECT_THAT(Ready(1, Globs({"fox-*"})), ElementsAre("fox-1"));
  Take(store_->Apply(Change(first, kPending, kSubmitting)));
  EXPECT_THAT(Ready(1, Globs({"fox-*"})), ElementsAre("fox-2"));
  Take(store_->Apply(Change(second, kPending, kSubmitting)));
  EXPECT_THAT(Ready(1, Globs({"fox-*"})), IsEmpty());
  Take(store_->Apply(Change(first, kSubmitting, kPending)));
  EXPECT_THAT(Ready(2, Globs({"fox-*"})), ElementsAre("fox-1"));
}

TEST_F(StoreQueue, FindsSelectedTasksAgainWhenTheirTurnIsAbandoned) {
  const std::int64_t key = AddOf("fox", 1, "Kling", "2.1");
  Take(store_->CommitTurn());
  Take(store_->BeginTurn());
  Take(store_->Apply(Change(key, kPending, kSubmitting)));
  EXPECT_THAT(Ready(1, Globs({"fox"})), IsEmpty());
  store_->AbandonTurn();
  EXPECT_THAT(Ready(1, Globs({"fox"})), ElementsAre("fox"));
}

// The queue with its memory of what was looked at must always agree with plain sorting.
TEST_F(StoreQueue, AgreesWithPlainSortingThroughRandomChanges) {
  Random random(20260820);
  struct Task {
    std::int64_t key;
    TaskState state;
  };
  std::vector<Task> tasks;
  const std::vector<std::string> models = {"Kling", "Vidu", "Hailuo"};
  for (int i = 0; i < 60; ++i) {
    const std::string id = (random.Below(3) == 0 ? "fox-" : "hare-") + std::to_string(i);
    const auto& model = models[random.Below(models.size())];
    tasks.push_back({AddOf(id, i, model, "1", static_cast<int>(random.Below(3)) - 1), kPending});
  }
  for (int step = 0; step < 400; ++step) {
    Task& task = tasks[random.Below(tasks.size())];
    const TaskState to = task.state == kPending ? kSubmitting : kPending;
    Take(store_->Apply(Change(task.key, task.state, to)));
    task.state = to;
    const bool selected = random.Below(4) != 0;
    const std::size_t limit = 1 + random.Below(8);
    const std::vector<std::string> skip =
        random.Below(3) == 0 ? std::vector<std::string>{"Vidu"} : std::vector<std::string>{};
    std::vector<TaskRow> expected;
    for (const Task& candidate : tasks) {
      const TaskRow row = Take(store_->Load(candidate.key)).row;
      if (row.state != kPending || (selected && row.id.rfind("fox", 0) != 0)) continue;
      if (!skip.empty() && row.model == skip[0]) continue;
      expected.push_back(row);
    }
    std::sort(expected.begin(), expected.end(), [](const TaskRow& a, const TaskRow& b) {
      return a.priority != b.priority ? a.priority > b.priority : a.position < b.position;
    });
    std::vector<std::string> ids;
    for (const TaskRow& row : expected) {
      if (ids.size() < limit) ids.push_back(row.id);
    }
    ASSERT_EQ(Ready(limit, selected ? Globs({"fox-*"}) : Selection{}, skip), ids)
        << "step " << step;
  }
}

TEST_F(StoreQueue, KnowsWhenTheNextRetryIsDue) {
  EXPECT_EQ(Take(store_->EarliestDue({})), std::nullopt);
  Bring(AddOf("fox", 1, "Kling", "2.1"), kWaitingRetry, 300);
  Bring(AddOf("hare", 2, "Kling", "2.1"), kWaitingRetry, 200);
  EXPECT_EQ(Take(store_->EarliestDue({})), At(200));
  EXPECT_EQ(Take(store_->EarliestDue(Globs({"fox"}))), At(300));
  EXPECT_EQ(Take(store_->EarliestDue(Globs({"deer"}))), std::nullopt);
}

}  // namespace
}  // namespace aigc::store

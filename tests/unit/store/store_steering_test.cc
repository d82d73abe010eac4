// What people set of a batch: kept, taken back, and read by others.
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

TEST(StoreSteering, KeepsSettingsAndPausesUntilTheyAreTakenBack) {
  TempFolder folder;
  {
    const auto store = Take(OpenForRun(folder.path(), "b"));
    Take(store->BeginTurn());
    EXPECT_TRUE(Take(store->SetSetting("submit_rate", "5", At(1))));
    EXPECT_FALSE(Take(store->SetSetting("submit_rate", "5", At(2)))) << "nothing changed";
    EXPECT_TRUE(Take(store->SetSetting("budget", "800", At(3))));
    EXPECT_TRUE(Take(store->SetPaused("", true, At(4))));
    EXPECT_FALSE(Take(store->SetPaused("", true, At(5))));
    EXPECT_TRUE(Take(store->SetPaused("Kling", true, At(6))));
    Take(store->CommitTurn());
  }
  const auto reader = Take(OpenForReading(folder.path(), "b"));
  const Steering steering = Take(reader->ReadSteering());
  EXPECT_EQ(steering.settings,
            (std::vector<SettingRow>{{"budget", "800", At(3)}, {"submit_rate", "5", At(1)}}));
  EXPECT_EQ(steering.pauses, (std::vector<PauseRow>{{"", At(4)}, {"Kling", At(6)}}));

  const auto store = Take(OpenForRun(folder.path(), "b"));
  Take(store->BeginTurn());
  EXPECT_TRUE(Take(store->SetSetting("budget", std::nullopt, At(7))));
  EXPECT_FALSE(Take(store->SetSetting("budget", std::nullopt, At(8))));
  EXPECT_TRUE(Take(store->SetPaused("", false, At(7))));
  EXPECT_FALSE(Take(store->SetPaused("", false, At(8))));
  Take(store->CommitTurn());
  EXPECT_EQ(Take(store->ReadSteering()).settings.size(), 1u);
  EXPECT_EQ(Take(store->ReadSteering()).pauses.size(), 1u);
}

TEST(StoreFailures, AreGroupedByStateAndCodeMostFrequentFirst) {
  const auto store = Take(OpenInMemory());
  Take(store->BeginTurn());
  const auto fail = [&](const std::string& id, std::int64_t position, TaskState state,
                        const std::string& code) {
    const auto key = Take(store->AddTask(MakeTask(id, position), At(0)));
    TaskChange change;
    change.task = key;
    change.to = TaskState::kSubmitting;
    Take(store->Apply(change));
    change.from = TaskState::kSubmitting;
    change.to = state;
    change.error_code = code;
    change.error_message = "it is " + code;
    Take(store->Apply(change));
  };
  fail("late", 9, TaskState::kFailed, "often");
  fail("first", 2, TaskState::kFailed, "often");
  fail("rare", 1, TaskState::kFailed, "rare");
  fail("gone", 3, TaskState::kLost, "");
  Take(store->AddTask(MakeTask("waits", 4), At(0)));
  Take(store->CommitTurn());
  const auto groups = Take(store->Failures({}));
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].task_id, "rare");
  EXPECT_EQ(groups[1].code, "often");
  EXPECT_EQ(groups[1].count, 2);
  EXPECT_EQ(groups[1].task_id, "first");
  EXPECT_EQ(groups[1].message, "it is often");
  EXPECT_EQ(groups[2].state, TaskState::kLost);
  Selection some;
  some.globs = {"l*"};
  EXPECT_EQ(Take(store->Failures(some)).size(), 1u);
}

}  // namespace
}  // namespace aigc::store

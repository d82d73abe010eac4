// Files that must be with the service before the tasks that use them.
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using enum TaskState;

class StoreUploads : public MemoryStore {
 protected:
  std::int64_t AddUsing(const std::string& id, std::vector<std::string> uploads, int priority = 0) {
    NewTask task = MakeTask(id, ++position_);
    task.spec.priority = priority;
    task.uploads = std::move(uploads);
    for (const std::string& sha256 : task.uploads) Put(sha256);
    return Add(task);
  }
  void Put(const std::string& sha256, const std::string& file_id = "") {
    Take(store_->PutUpload({sha256, "/p/" + sha256, 7, "png", file_id}));
  }
  std::vector<std::string> Next(std::size_t limit = 10, const Selection& selection = {},
                                const std::vector<std::string>& skip = {}) {
    std::vector<std::string> hashes;
    for (const UploadRow& row : Take(store_->NextUploads(limit, selection, skip))) {
      hashes.push_back(row.sha256);
    }
    return hashes;
  }
  TaskRow RowOf(const std::string& id) { return Take(store_->FindTask(id)); }

  std::int64_t position_ = 0;
};

TEST_F(StoreUploads, AreReadBackAsWritten) {
  UploadRow row{"ab", "/p/a.png", 8'000'000'000, "png", "528", At(5), At(99), 1};
  Take(store_->PutUpload(row));
  EXPECT_EQ(Take(store_->Upload("ab")), row);
  row.path = "/q/a.png";
  row.file_id.clear();
  Take(store_->PutUpload(row));
  EXPECT_EQ(Take(store_->Upload("ab")), row);
  EXPECT_EQ(store_->Upload("no").error().code, ErrorCode::kNotFound);
}

TEST_F(StoreUploads, ComeInTheOrderOfTheTasksThatWait) {
  AddUsing("a", {"late"});
  AddUsing("b", {"soon"}, /*priority=*/5);
  AddUsing("c", {"late", "last"});
  EXPECT_THAT(Next(), ElementsAre("soon", "late", "last"));
  EXPECT_THAT(Next(2), ElementsAre("soon", "late"));
  EXPECT_THAT(Next(10, {}, {"soon", "last"}), ElementsAre("late"));
  Selection only;
  only.globs = {"c"};
  EXPECT_THAT(Next(10, only), ElementsAre("last", "late"));
}

TEST_F(StoreUploads, AreNotWantedByTasksThatDoNotWaitForThem) {
  const std::int64_t key = AddUsing("a", {"one"});
  Put("nobody");
  Put("one", "528");
  EXPECT_THAT(Next(), IsEmpty());
  Take(store_->MeetNeed(NeedKind::kFile, "one", At(1), nullptr));
  EXPECT_EQ(RowOf("a").state, kPending);
  Put("one");
  EXPECT_THAT(Next(), IsEmpty());
  Take(store_->AddNeed(key, {NeedKind::kFile, "one"}, At(2)));
  EXPECT_THAT(Next(), ElementsAre("one"));
}

TEST_F(StoreUploads, ThatFailFailTheirTasksAndSkipWhatWaitsForThose) {
  AddUsing("a", {"one"});
  AddUsing("b", {"other"});
  NewTask after = MakeTask("after", ++position_);
  after.spec.depends_on = {"a"};
  Add(after);
  std::vector<std::string> moved;
  Take(store_->FailWaiting("one", "input_changed", "it changed", At(3),
                           [&](const TaskRow& row, TaskState from, std::string_view why) {
                             moved.push_back(row.id + " " + std::string(Name(from)) + " " +
                                             std::string(why));
                           }));
  const TaskRow failed = RowOf("a");
  EXPECT_EQ(failed.state, kFailed);
  EXPECT_EQ(failed.error_code, "input_changed");
  EXPECT_EQ(failed.error_message, "it changed");
  EXPECT_EQ(RowOf("after").state, kSkipped);
  EXPECT_EQ(RowOf("b").state, kBlocked);
  ASSERT_EQ(moved.size(), 2u);
  EXPECT_EQ(moved[0], "a blocked it changed");
  EXPECT_THAT(Next(), ElementsAre("other"));
}

}  // namespace
}  // namespace aigc::store

// Planning: the batch, its tasks, their generations, and what is left out.
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class StorePlan : public MemoryStore {
 protected:
  std::vector<std::string> ReportIds(const Selection& selection) {
    std::vector<std::string> ids;
    Take(store_->ForEachReportRow(selection, [&](const ReportRow& row) -> Status {
      ids.push_back(row.row.id + "#" + std::to_string(row.row.generation));
      return {};
    }));
    return ids;
  }
};

TEST_F(StorePlan, HasNoBatchBeforeOneIsPut) {
  EXPECT_THAT(store_->Batch(), FailsWith(ErrorCode::kNotFound));
}

TEST_F(StorePlan, GivesBackEveryFieldOfTheBatch) {
  const BatchRecord put = MakeBatch();
  Take(store_->PutBatch(put));
  const BatchRecord got = Take(store_->Batch());
  EXPECT_EQ(got.uuid, put.uuid);
  EXPECT_EQ(got.name, put.name);
  EXPECT_EQ(got.endpoint, put.endpoint);
  EXPECT_EQ(got.sub_app_id, put.sub_app_id);
  EXPECT_EQ(got.machine, put.machine);
  EXPECT_EQ(got.manifest_path, put.manifest_path);
  EXPECT_EQ(got.folder, put.folder);
  EXPECT_EQ(got.manifest_text, put.manifest_text);
  EXPECT_EQ(got.output_dir, put.output_dir);
  EXPECT_EQ(got.created_at, put.created_at);
  EXPECT_EQ(got.server_mark, put.server_mark);
  EXPECT_EQ(got.version, SchemaVersion());
}

TEST_F(StorePlan, ReplacesTheBatchButNeverLowersTheServersClock) {
  Take(store_->PutBatch(MakeBatch()));
  BatchRecord later = MakeBatch();
  later.output_dir = "elsewhere";
  later.manifest_text = "manifest: 1\nname: autumn\ntasks: []\n";
  later.server_mark = At(-100);
  Take(store_->PutBatch(later));
  const BatchRecord got = Take(store_->Batch());
  EXPECT_EQ(got.output_dir, "elsewhere");
  EXPECT_EQ(got.manifest_text, later.manifest_text);
  EXPECT_EQ(got.server_mark, At(1));
}

TEST_F(StorePlan, RaisesTheServersClockOnlyUpwards) {
  Take(store_->PutBatch(MakeBatch()));
  Take(store_->RaiseServerMark(At(50)));
  Take(store_->RaiseServerMark(At(20)));
  EXPECT_EQ(Take(store_->Batch()).server_mark, At(50));
}

TEST_F(StorePlan, FindsAnAddedTaskWithItsFields) {
  NewTask task = MakeTask("fox", 7);
  task.spec.kind = Kind::kImage;
  task.spec.priority = 3;
  task.spec.depends_on = {"still"};
  const std::int64_t key = Take(store_->AddTask(task, At(5)));
  const TaskRow row = Take(store_->FindTask("fox"));
  EXPECT_EQ(row.key, key);
  EXPECT_EQ(row.position, 7);
  EXPECT_EQ(row.generation, 1);
  EXPECT_TRUE(row.current);
  EXPECT_TRUE(row.listed);
  EXPECT_EQ(row.fingerprint, "f2:fox");
  EXPECT_EQ(row.kind, Kind::kImage);
  EXPECT_EQ(row.model, "Hailuo");
  EXPECT_EQ(row.version, "2.3");
  EXPECT_EQ(row.priority, 3);
  EXPECT_EQ(row.state, TaskState::kBlocked);
  EXPECT_EQ(row.created_at, At(5));
  EXPECT_EQ(row.submitted_at, WallTime{});
  EXPECT_EQ(ParseSpec(Take(store_->SpecOf(key))).value(), task.spec);
}

TEST_F(StorePlan, SaysWhenATaskIsNotThere) {
  EXPECT_THAT(store_->FindTask("fox"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store_->Story("fox"), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store_->SpecOf(99), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store_->Load(99), FailsWith(ErrorCode::kNotFound));
}

TEST_F(StorePlan, RefusesASecondTaskOfTheSameId) {
  Add("fox", 1);
  EXPECT_THAT(store_->AddTask(MakeTask("fox", 2), At(0)), FailsWith(ErrorCode::kInternal));
}

TEST_F(StorePlan, ReplacesATaskThatWasNeverSubmitted) {
  const std::int64_t key = Add("fox", 1);
  Bring(key, TaskState::kSkipped);
  NewTask changed = MakeTask("fox", 4);
  changed.spec.model = "Kling";
  changed.spec.version = "2.1";
  changed.spec.prompt = "a blue fox";
  changed.spec.priority = -2;
  changed.fingerprint = "f2:other";
  Take(store_->ReplaceTask(key, changed, At(9)));
  const TaskRow row = Take(store_->FindTask("fox"));
  EXPECT_EQ(row.key, key);
  EXPECT_EQ(row.generation, 1);
  EXPECT_EQ(row.position, 4);
  EXPECT_EQ(row.model, "Kling");
  EXPECT_EQ(row.version, "2.1");
  EXPECT_EQ(row.priority, -2);
  EXPECT_EQ(row.fingerprint, "f2:other");
  EXPECT_EQ(row.state, TaskState::kPending);
  EXPECT_EQ(ParseSpec(Take(store_->SpecOf(key))).value(), changed.spec);
  const auto story = Take(store_->Story("fox"));
  EXPECT_EQ(story.at(0).journal.back().to, "pending");
  EXPECT_EQ(story.at(0).journal.back().at, At(9));
}

TEST_F(StorePlan, DoesNotReplaceATaskThatWasSubmitted) {
  const std::int64_t key = Add("fox", 1);
  Submit(key, 1, "s1");
  EXPECT_THAT(store_->ReplaceTask(key, MakeTask("fox", 1), At(9)), FailsWith(ErrorCode::kInternal));
}

TEST_F(StorePlan, KeepsTheOldGenerationAsHistory) {
  const std::int64_t old_key = Add("fox", 1);
  Submit(old_key, 1, "s1");
  Bring(old_key, TaskState::kFailed);
  NewTask changed = MakeTask("fox", 5);
  changed.fingerprint = "f2:new";
  const std::int64_t key = Take(store_->AddGeneration(old_key, changed, At(9)));
  EXPECT_NE(key, old_key);
  const TaskRow row = Take(store_->FindTask("fox"));
  EXPECT_EQ(row.key, key);
  EXPECT_EQ(row.generation, 2);
  EXPECT_EQ(row.submissions, 0);
  EXPECT_EQ(row.state, TaskState::kPending);
  const auto stories = Take(store_->Story("fox"));
  ASSERT_EQ(stories.size(), 2U);
  EXPECT_EQ(stories[0].row.generation, 2);
  EXPECT_EQ(stories[1].row.generation, 1);
  EXPECT_FALSE(stories[1].row.current);
  EXPECT_EQ(stories[1].row.state, TaskState::kFailed);
  EXPECT_EQ(stories[1].row.position, 5) << "history stays beside the newest";
  EXPECT_THAT(ReportIds({}), ElementsAre("fox#2"));
  Selection history;
  history.history = true;
  EXPECT_THAT(ReportIds(history), ElementsAre("fox#1", "fox#2"));
}

TEST_F(StorePlan, GivesNoSecondSuccessorToAGeneration) {
  const std::int64_t old_key = Add("fox", 1);
  Take(store_->AddGeneration(old_key, MakeTask("fox", 1), At(9)));
  EXPECT_THAT(store_->AddGeneration(old_key, MakeTask("fox", 1), At(9)),
              FailsWith(ErrorCode::kInternal));
}

TEST_F(StorePlan, NeverOffersAnOldGenerationForSubmission) {
  const std::int64_t old_key = Add("fox", 1);
  const std::int64_t key = Take(store_->AddGeneration(old_key, MakeTask("fox", 1), At(9)));
  const auto ready = Take(store_->NextReady(At(10), 10, {}, {}));
  ASSERT_EQ(ready.size(), 1U);
  EXPECT_EQ(ready[0].row.key, key);
}

TEST_F(StorePlan, LeavesATaskOutAndTakesItBack) {
  const std::int64_t key = Add("fox", 1);
  Add("hare", 2);
  Take(store_->LeaveOut(key));
  EXPECT_FALSE(Take(store_->FindTask("fox")).listed);
  EXPECT_THAT(ReportIds({}), ElementsAre("hare#1"));
  Selection left_out;
  left_out.left_out = true;
  EXPECT_THAT(ReportIds(left_out), ElementsAre("hare#1", "fox#1"));
  EXPECT_EQ(Take(store_->NextReady(At(1), 10, {}, {})).size(), 1U);
  Take(store_->SetPosition(key, 3));
  EXPECT_THAT(ReportIds({}), ElementsAre("hare#1", "fox#1"));
  EXPECT_EQ(Take(store_->NextReady(At(1), 10, {}, {})).size(), 2U);
}

TEST_F(StorePlan, LetsAnEarlierGenerationCountAgain) {
  const std::int64_t first = Add("fox", 1);
  Submit(first, 1, "s1");
  Bring(first, TaskState::kSucceeded);
  const std::int64_t second = Take(store_->AddGeneration(first, MakeTask("fox", 1), At(1)));
  NewTask as = MakeTask("fox", 4);
  as.spec.tags = {"final"};
  Take(store_->RestoreGeneration(first, second, as, At(2)));
  const TaskRow row = Take(store_->FindTask("fox"));
  EXPECT_EQ(row.key, first);
  EXPECT_EQ(row.state, TaskState::kSucceeded);
  EXPECT_EQ(row.position, 4);
  EXPECT_EQ(ParseSpec(Take(store_->SpecOf(first))).value().tags, as.spec.tags);
  EXPECT_THAT(Take(store_->NextReady(At(3), 10, {}, {})), IsEmpty());
  EXPECT_THAT(store_->RestoreGeneration(first, 0, as, At(3)), FailsWith(ErrorCode::kInternal))
      << "it is current already";
}

TEST_F(StorePlan, RefusesToMoveARowThatHasNotLeftItsId) {
  const std::int64_t key = Add("fox", 1);
  EXPECT_THAT(store_->Occupy(key, 0, MakeTask("vixen", 1), At(2)), FailsWith(ErrorCode::kInternal));
}

TEST_F(StorePlan, ShiftsAChainOfIds) {
  const std::int64_t a = Add("t-1", 1);
  const std::int64_t b = Add("t-2", 2);
  for (const std::int64_t key : {a, b}) {
    Submit(key, 1, "s" + std::to_string(key));
    Bring(key, TaskState::kSucceeded);
  }
  for (const std::int64_t key : {a, b}) Take(store_->Vacate(key));
  NewTask fresh = MakeTask("t-1", 1);
  fresh.generation = 0;
  const std::int64_t c = Take(store_->AddTask(fresh, At(5)));
  Take(store_->Occupy(a, 0, MakeTask("t-2", 2), At(5)));
  Take(store_->Occupy(b, 0, MakeTask("t-3", 3), At(5)));
  EXPECT_THAT(ReportIds({}), ElementsAre("t-1#2", "t-2#2", "t-3#1"))
      << "SessionIds and file names of t-1 and t-2 at generation 1 were used";
  EXPECT_EQ(Take(store_->FindTask("t-1")).key, c);
  EXPECT_EQ(Take(store_->FindTask("t-2")).key, a);
  EXPECT_EQ(Take(store_->FindTask("t-3")).key, b);
  EXPECT_EQ(Take(store_->Story("t-2")).at(0).journal.back().why,
            "renamed in the manifest, was t-1");
}

TEST_F(StorePlan, MovesWhatWasNeverSentWithoutATrace) {
  const std::int64_t key = Add("t-1", 1);
  Take(store_->Vacate(key));
  NewTask fresh = MakeTask("t-1", 1);
  fresh.generation = 0;
  Take(store_->AddTask(fresh, At(5)));
  Take(store_->Occupy(key, 0, MakeTask("t-2", 2), At(5)));
  EXPECT_THAT(ReportIds({}), ElementsAre("t-1#1", "t-2#1"));
}

TEST_F(StorePlan, MovesARowToAnIdWhoseOwnStopsToBeCurrent) {
  const std::int64_t gone = Add("gone", 1);
  const std::int64_t here = Add("here", 2);
  Submit(here, 1, "s1");
  Take(store_->Vacate(gone));
  Take(store_->Occupy(gone, here, MakeTask("here", 1), At(5)));
  const auto stories = Take(store_->Story("here"));
  ASSERT_EQ(stories.size(), 2U);
  EXPECT_EQ(stories[0].row.key, gone);
  EXPECT_TRUE(stories[0].row.current);
  EXPECT_EQ(stories[0].row.generation, 2);
  EXPECT_FALSE(stories[1].row.current);
}

TEST_F(StorePlan, ChangesTagsAndPriorityOfAKeptTask) {
  NewTask task = MakeTask("fox", 1);
  task.spec.tags = {"draft", "red"};
  const std::int64_t key = Add(task);
  Add("hare", 2);
  task.spec.tags = {"final"};
  task.spec.priority = 5;
  Take(store_->SetSpec(key, task.spec, task.fingerprint));
  Selection draft;
  draft.tags = {"draft"};
  Selection final_cut;
  final_cut.tags = {"final"};
  EXPECT_THAT(Take(store_->Counts(draft)), IsEmpty());
  EXPECT_THAT(Take(store_->Counts(final_cut)), ElementsAre(Pair(TaskState::kPending, 1)));
  EXPECT_EQ(Take(store_->FindTask("fox")).priority, 5);
  EXPECT_EQ(ParseSpec(Take(store_->SpecOf(key))).value(), task.spec);
}

TEST_F(StorePlan, KeepsInputsOncePerContentWhateverTheirBytes) {
  const std::string bytes("\x89PNG\0\xff\n", 7);
  Take(store_->PutInput("aa", bytes, At(0)));
  Take(store_->PutInput("aa", bytes, At(1)));
  Take(store_->PutInput("bb", "", At(1)));
  EXPECT_EQ(Take(store_->Input("aa")), bytes);
  EXPECT_EQ(Take(store_->Input("bb")), "");
  EXPECT_THAT(store_->Input("cc"), FailsWith(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace aigc::store

// A manifest's tasks held against the state's: the table "Identity", row by row.
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Listed {
  std::string id, fingerprint;
};

class ComparisonTest : public MemoryStore {
 protected:
  // Tasks of the state, in order, each asking for its own fingerprint; sent and in `state`.
  std::int64_t Put(const std::string& id, const std::string& fingerprint,
                   TaskState state = TaskState::kPending) {
    NewTask task = MakeTask(id, ++position_);
    task.fingerprint = "f2:" + fingerprint;
    const std::int64_t key = Add(task);
    if (state != TaskState::kPending) {
      Submit(key, 1, "s" + std::to_string(key));
      Bring(key, state);
    }
    return key;
  }
  // Another generation of a task that has ended.
  std::int64_t PutAgain(std::int64_t old, const std::string& id, const std::string& fingerprint,
                        TaskState state = TaskState::kPending) {
    NewTask task = MakeTask(id, Take(store_->Load(old)).row.position);
    task.fingerprint = "f2:" + fingerprint;
    const std::int64_t key = Take(store_->AddGeneration(old, task, At(1)));
    if (state != TaskState::kPending) {
      Submit(key, 1, "s" + std::to_string(key));
      Bring(key, state);
    }
    return key;
  }

  // "new", "kept 3" … for each listed task.
  std::vector<std::string> Compare(const std::vector<Listed>& tasks) {
    const auto comparison = Take(store_->Compare());
    for (const Listed& task : tasks) {
      Take(comparison->Add({task.id, "f2:" + task.fingerprint, {}}));
    }
    counts_ = Take(comparison->Finish());
    std::vector<std::string> found;
    std::int64_t position = 0;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const Compared compared = Take(comparison->At(++position));
      found.push_back(std::string(Name(compared.match)));
      if (compared.key != 0) found.back() += " " + std::to_string(compared.key);
    }
    left_out_.clear();
    Take(comparison->ForEachLeftOut([&](const LeftOut& task) -> Status {
      left_out_.emplace_back(task.id);
      return {};
    }));
    EXPECT_EQ(static_cast<std::int64_t>(left_out_.size()), counts_.left_out);
    EXPECT_EQ(counts_.fresh + counts_.changed + counts_.kept + counts_.back + counts_.renamed,
              static_cast<std::int64_t>(tasks.size()));
    return found;
  }
  static std::string With(const std::string& what, std::int64_t key) {
    return what + " " + std::to_string(key);
  }

  std::int64_t position_ = 0;
  ComparisonCounts counts_;
  std::vector<std::string> left_out_;
};

TEST_F(ComparisonTest, OfAnEmptyStateFindsEverythingNew) {
  EXPECT_THAT(Compare({{"a", "A"}, {"b", "B"}}), ElementsAre("new", "new"));
}

TEST_F(ComparisonTest, KeepsWhatAsksForTheSame) {
  Put("a", "A", TaskState::kSucceeded);
  Put("b", "B", TaskState::kRunning);
  EXPECT_THAT(Compare({{"a", "A"}, {"b", "B"}}), ElementsAre("kept", "kept"));
  EXPECT_EQ(counts_.kept, 2);
  EXPECT_EQ(counts_.differing, 0);
  EXPECT_THAT(left_out_, IsEmpty());
}

TEST_F(ComparisonTest, TellsChangedFromMadeAgain) {
  const auto a = Put("a", "A");
  const auto b = Put("b", "B", TaskState::kSucceeded);
  EXPECT_THAT(Compare({{"a", "A2"}, {"b", "B2"}}),
              ElementsAre(With("changed", a), With("changed", b)));
  EXPECT_EQ(counts_.changed, 2);
  EXPECT_EQ(counts_.remade, 1);
}

TEST_F(ComparisonTest, FindsAnEarlierGenerationOfTheSameId) {
  const auto first = Put("a", "A", TaskState::kSucceeded);
  const auto second = PutAgain(first, "a", "A2", TaskState::kFailed);
  EXPECT_THAT(Compare({{"a", "A"}}), ElementsAre(With("back", first)));
  EXPECT_THAT(Compare({{"a", "A2"}}), ElementsAre("kept"));
  EXPECT_THAT(Compare({{"a", "A3"}}), ElementsAre(With("changed", second)));
}

TEST_F(ComparisonTest, FindsAResultUnderAnIdThatIsGone) {
  Put("a", "A", TaskState::kSucceeded);
  const auto b = Put("b", "B", TaskState::kSucceeded);
  EXPECT_THAT(Compare({{"a", "A"}, {"bee", "B"}}), ElementsAre("kept", With("renamed", b)));
  EXPECT_THAT(left_out_, IsEmpty());
}

TEST_F(ComparisonTest, DoesNotTakeTheResultOfATaskThatIsStillThere) {
  Put("a", "A", TaskState::kSucceeded);
  EXPECT_THAT(Compare({{"b", "A"}, {"a", "A"}}), ElementsAre("new", "kept 1"));
}

TEST_F(ComparisonTest, FollowsAChainOfIdsWhenARowIsInsertedAbove) {
  const auto one = Put("t-1", "A", TaskState::kSucceeded);
  const auto two = Put("t-2", "B", TaskState::kRunning);
  const auto three = Put("t-3", "C");
  EXPECT_THAT(
      Compare({{"t-1", "X"}, {"t-2", "A"}, {"t-3", "B"}, {"t-4", "C"}}),
      ElementsAre("new", With("renamed", one), With("renamed", two), With("renamed", three)));
  EXPECT_EQ(counts_.remade, 0);
  EXPECT_THAT(left_out_, IsEmpty());
}

TEST_F(ComparisonTest, FollowsAChainOfIdsWhenTheFirstRowIsTakenOut) {
  Put("t-1", "A", TaskState::kSucceeded);
  const auto two = Put("t-2", "B", TaskState::kSucceeded);
  const auto three = Put("t-3", "C", TaskState::kSucceeded);
  EXPECT_THAT(Compare({{"t-1", "B"}, {"t-2", "C"}}),
              ElementsAre(With("renamed", two), With("renamed", three)));
  EXPECT_EQ(counts_.left_out, 0) << "nothing is listed under t-1 as it was, but t-1 is there";
}

TEST_F(ComparisonTest, SwapsTwoTasks) {
  const auto a = Put("a", "A", TaskState::kSucceeded);
  const auto b = Put("b", "B", TaskState::kSucceeded);
  EXPECT_THAT(Compare({{"a", "B"}, {"b", "A"}}),
              ElementsAre(With("renamed", b), With("renamed", a)));
}

TEST_F(ComparisonTest, PairsEqualRequestsInOrder) {
  const auto a = Put("a", "S", TaskState::kSucceeded);
  const auto b = Put("b", "S", TaskState::kFailed);
  const auto c = Put("c", "S", TaskState::kSucceeded);
  EXPECT_THAT(Compare({{"x", "S"}, {"y", "S"}, {"z", "S"}, {"more", "S"}}),
              ElementsAre(With("renamed", a), With("renamed", b), With("renamed", c), "new"));
  EXPECT_THAT(Compare({{"x", "S"}, {"y", "S"}}),
              ElementsAre(With("renamed", a), With("renamed", c)))
      << "where there are more results than tasks, the best are taken";
  EXPECT_THAT(left_out_, ElementsAre("b"));
}

TEST_F(ComparisonTest, FindsAnEarlierGenerationOfAnIdThatIsGone) {
  const auto first = Put("a", "A", TaskState::kSucceeded);
  PutAgain(first, "a", "A2", TaskState::kSucceeded);
  EXPECT_THAT(Compare({{"b", "A"}}), ElementsAre(With("renamed", first)));
  EXPECT_THAT(left_out_, ElementsAre("a"));
}

TEST_F(ComparisonTest, TakesBackWhatWasLeftOut) {
  const auto a = Put("a", "A", TaskState::kSucceeded);
  Put("b", "B");
  Take(store_->LeaveOut(a));
  EXPECT_THAT(Compare({{"b", "B"}}), ElementsAre(With("kept", 2)));
  EXPECT_THAT(left_out_, ElementsAre("a"));
  EXPECT_THAT(Compare({{"b", "B"}, {"a", "A"}}), ElementsAre(With("kept", 2), With("kept", a)));
  EXPECT_EQ(counts_.left_out, 0);
}

TEST_F(ComparisonTest, LeavesOutWhatIsGone) {
  Put("a", "A", TaskState::kRunning);
  Put("b", "B");
  Put("c", "C");
  EXPECT_THAT(Compare({{"b", "B"}}), ElementsAre(With("kept", 2)));
  EXPECT_THAT(left_out_, ElementsAre("a", "c"));
}

TEST_F(ComparisonTest, LooksAtTagsAndNamesOnlyWhenGivenTheSpec) {
  Put("a", "A", TaskState::kSucceeded);
  const TaskSpec spec = MakeTask("a", 1).spec;
  TaskSpec tagged = spec;
  tagged.tags = {"new"};
  for (const auto& [json, differs] :
       {std::pair{SpecJson(spec), false}, {SpecJson(tagged), true}, {std::string(), false}}) {
    const auto comparison = Take(store_->Compare());
    const Compared compared = Take(comparison->Add({"a", "f2:A", json}));
    EXPECT_EQ(compared.match, Match::kKept);
    EXPECT_EQ(compared.spec_differs, differs) << json;
    Take(comparison->Finish());
  }
}

TEST_F(ComparisonTest, ComputesAFingerprintOfAnotherVersionAgain) {
  NewTask first = MakeTask("still", 1);
  first.fingerprint = "f0:0123";
  Add(first);
  NewTask second = MakeTask("fox", 2);
  second.spec.inputs = {
      {.source = {.type = SourceType::kTask, .text = "still"}, .usage = "FirstFrame"}};
  second.fingerprint = "f0:4567";
  const auto fox = Add(second);

  const std::string still_now = Fingerprint(first.spec);
  const std::string fox_now = Fingerprint(second.spec, {still_now});
  const auto comparison = Take(store_->Compare());
  const Compared still = Take(comparison->Add({"still", still_now, {}}));
  EXPECT_EQ(still.match, Match::kKept);
  EXPECT_TRUE(still.spec_differs) << "the new fingerprint is to be stored";
  Take(comparison->Add({"vixen", fox_now, {}}));
  const auto counts = Take(comparison->Finish());
  EXPECT_EQ(counts.kept, 1);
  EXPECT_EQ(counts.renamed, 1);
  EXPECT_EQ(Take(comparison->At(2)).key, fox);
}

TEST_F(ComparisonTest, RefusesATaskThatIsListedTwice) {
  Put("a", "A");
  const auto comparison = Take(store_->Compare());
  Take(comparison->Add({"a", "f2:A", {}}));
  EXPECT_THAT(comparison->Add({"a", "f2:A", {}}), FailsWith(ErrorCode::kInternal));
}

}  // namespace
}  // namespace aigc::store

// Planning and running together: what a plan says is what the run then does, and what was paid for
// once is not paid for again however the manifest is edited.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/random.h"
#include "support/world.h"

namespace aigc::testing {
namespace {

using pipeline::PlannedTask;
using pipeline::Planner;
using store::Match;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

WorldOptions Quick(std::uint64_t seed = 1) {
  WorldOptions options;
  options.seed = seed;
  options.limits.max_in_flight = 8;
  options.scenario.limits.video = std::nullopt;
  return options;
}

pipeline::Listing ListingOf(const std::vector<TaskSpec>& specs) {
  return [&specs](const std::function<Status(const pipeline::ListedTask&)>& visit) -> Status {
    for (const TaskSpec& spec : specs) AIGC_RETURN_IF_ERROR(visit({spec, Fingerprint(spec)}));
    return {};
  };
}

void MustBeOk(const Status& status) {
  if (!status.ok()) throw std::runtime_error(Describe(status.error()));
}

struct Line {
  std::string what, id, reason;
  std::int64_t key = 0;
  bool operator==(const Line&) const = default;
};

struct Told {
  pipeline::Plan plan;
  std::vector<Line> lines;
};

// What a plan of `specs` says; nothing is written.
Told Tell(store::StoreReader& reader, const std::vector<TaskSpec>& specs,
          bool for_writing = false) {
  Planner planner(&reader, ListingOf(specs), {});
  MustBeOk(planner.Compare(for_writing));
  Told told{planner.plan(), {}};
  MustBeOk(planner.ForEachListed([&](const PlannedTask& task) -> Status {
    AIGC_ASSIGN_OR_RETURN(std::string reason, planner.Reason(task));
    const bool kept = task.compared.match == Match::kKept;
    told.lines.push_back({std::string(Name(task.compared.match)), task.spec->id, std::move(reason),
                          kept ? 0 : task.compared.key});
    return {};
  }));
  MustBeOk(planner.ForEachLeftOut([&](const PlannedTask& task) -> Status {
    told.lines.push_back({"left_out", std::string(task.left_out.id), "", 0});
    return {};
  }));
  return told;
}

std::vector<std::string> Texts(const Told& told) {
  std::vector<std::string> texts;
  for (const Line& line : told.lines) {
    texts.push_back(line.what + " " + line.id);
    if (!line.reason.empty()) texts.back() += " (" + line.reason + ")";
  }
  return texts;
}

void RunToEnd(World& world) {
  auto result = world.Run();
  ASSERT_TRUE(result && result->ok());
}

std::size_t Paid(const World& world) { return world.service->ledger().tasks().size(); }

class PlanAndRun : public ::testing::Test {
 protected:
  PlanAndRun() : world_(Quick()) {
    specs_ = {World::Video("fox", "a fox"), World::Video("hare", "a hare"),
              World::Video("cat", "a cat")};
    Apply();
  }
  void Apply() {
    MustBeOk(world_.Plan(specs_));
    RunToEnd(world_);
    EXPECT_THAT(world_.BrokenPromises(), IsEmpty());
  }
  World world_;
  std::vector<TaskSpec> specs_;
};

TEST_F(PlanAndRun, PaysNothingForWhatIsKept) {
  EXPECT_THAT(Texts(Tell(*world_.store, specs_)), ElementsAre("kept fox", "kept hare", "kept cat"));
  Apply();
  EXPECT_EQ(Paid(world_), 3U);
}

TEST_F(PlanAndRun, TakesUpTagsPriorityAndNamesOfKeptTasksAndPaysNothing) {
  specs_[0].tags = {"draft"};
  specs_[1].priority = 5;
  specs_[2].output_filename = "${id}.${ext}";
  specs_[2].off_peak = true;
  EXPECT_THAT(Texts(Tell(*world_.store, specs_)), ElementsAre("kept fox", "kept hare", "kept cat"));
  Apply();
  EXPECT_EQ(Paid(world_), 3U);
  EXPECT_EQ(world_.store->FindTask("hare")->priority, 5);
  const auto fox = world_.store->FindTask("fox");
  EXPECT_EQ(ParseSpec(*world_.store->SpecOf(fox->key))->tags, specs_[0].tags);
}

TEST_F(PlanAndRun, MakesAChangedTaskAgainAndKeepsTheOldFile) {
  specs_[0].prompt = "a red fox";
  specs_[0].duration = 10;
  const Told told = Tell(*world_.store, specs_);
  EXPECT_THAT(Texts(told), ElementsAre("changed fox (prompt, duration)", "kept hare", "kept cat"));
  EXPECT_EQ(told.plan.counts.remade, 1);
  EXPECT_EQ(told.plan.work.submissions, 1);
  EXPECT_EQ(told.plan.work.seconds, 10);
  Apply();
  EXPECT_EQ(Paid(world_), 4U);
  EXPECT_EQ(world_.folder.finished().size(), 4U);
  EXPECT_EQ(world_.folder.finished().count("out/fox-1.g2.mp4"), 1U);
}

TEST_F(PlanAndRun, GoesBackToAnEarlierRequestForNothing) {
  const TaskSpec before = specs_[0];
  specs_[0].prompt = "a red fox";
  Apply();
  const TaskSpec red = specs_[0];
  specs_[0] = before;
  EXPECT_THAT(Texts(Tell(*world_.store, specs_)), ElementsAre("back fox", "kept hare", "kept cat"));
  Apply();
  EXPECT_EQ(world_.store->FindTask("fox")->generation, 1);
  specs_[0] = red;
  Apply();
  EXPECT_EQ(world_.store->FindTask("fox")->generation, 2);
  EXPECT_EQ(Paid(world_), 4U);
}

TEST_F(PlanAndRun, MovesAResultToItsNewIdAndLeavesTheFileWhereItIs) {
  specs_[1].id = "rabbit";
  EXPECT_THAT(Texts(Tell(*world_.store, specs_)),
              ElementsAre("kept fox", "renamed rabbit (hare)", "kept cat"));
  Apply();
  EXPECT_EQ(Paid(world_), 3U);
  const auto stories = world_.store->Story("rabbit");
  EXPECT_EQ(stories->at(0).artifacts.at(0).path, "out/hare-1.mp4");
  EXPECT_FALSE(world_.store->FindTask("hare").ok());
}

TEST_F(PlanAndRun, PaysOnlyForTheRowInsertedAboveNumberedIds) {
  World world(Quick());
  const auto numbered = [](int from) {
    std::vector<TaskSpec> specs;
    for (int i = 1; i <= 5 - from; ++i) {
      specs.push_back(World::Video(fmt::format("t-{}", i), fmt::format("shot {}", i + from)));
    }
    return specs;
  };
  const auto two_to_four = numbered(1), one_to_four = numbered(0);
  MustBeOk(world.Plan(two_to_four));
  RunToEnd(world);
  EXPECT_EQ(Paid(world), 4U);
  const Told told = Tell(*world.store, one_to_four);
  EXPECT_THAT(Texts(told), ElementsAre("new t-1", "renamed t-2 (t-1)", "renamed t-3 (t-2)",
                                       "renamed t-4 (t-3)", "renamed t-5 (t-4)"));
  EXPECT_EQ(told.plan.work.submissions, 1);
  MustBeOk(world.Plan(one_to_four));
  RunToEnd(world);
  EXPECT_EQ(Paid(world), 5U);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty()) << "no file may have been written over";
}

TEST_F(PlanAndRun, LeavesOutWhatIsGoneAndTakesItBackForNothing) {
  const auto all = specs_;
  specs_.erase(specs_.begin());
  EXPECT_THAT(Texts(Tell(*world_.store, specs_)),
              ElementsAre("kept hare", "kept cat", "left_out fox"));
  Apply();
  specs_ = all;
  EXPECT_THAT(Texts(Tell(*world_.store, specs_)), ElementsAre("kept fox", "kept hare", "kept cat"));
  Apply();
  EXPECT_EQ(Paid(world_), 3U);
}

TEST_F(PlanAndRun, ReplacesWhatWasNeverSentAndNeverWhatWas) {
  World world(Quick());
  std::vector<TaskSpec> specs = {World::Video("fox", "a fox"), World::Video("hare", "a hare")};
  MustBeOk(world.Plan(specs));
  specs[0].prompt = "a red fox";
  MustBeOk(world.Plan(specs));
  EXPECT_EQ(world.store->Story("fox")->size(), 1U) << "the row was replaced";
  // Dies in its first waits: what was recorded as sent may have been accepted.
  ASSERT_FALSE(world.Run(3).has_value());
  ASSERT_GT(world.store->FindTask("fox")->submissions, 0);
  specs[0].prompt = "a blue fox";
  MustBeOk(world.Plan(specs));
  const auto stories = world.store->Story("fox");
  ASSERT_EQ(stories->size(), 2U);
  EXPECT_THAT(stories->at(1).submissions.at(0).body, ::testing::HasSubstr("a red fox"));
  RunToEnd(world);
  EXPECT_THAT(world.BrokenPromises(), IsEmpty());
}

// The service took the request and its answer was lost: it is found again by what it was told.
TEST_F(PlanAndRun, FindsARenamedTaskWhoseAnswerWasLost) {
  int in_doubt = 0;
  for (std::uint64_t crash = 1; crash <= 8; ++crash) {
    SCOPED_TRACE(crash);
    WorldOptions options = Quick();
    simulator::FaultRule rule;
    rule.match.action = "create";
    rule.match.nth = {1};
    rule.fault.kind = simulator::FaultKind::kDropAfter;
    options.scenario.faults.push_back(rule);
    World world(options);
    std::vector<TaskSpec> specs = {World::Video("fox", "a fox")};
    MustBeOk(world.Plan(specs));
    if (world.Run(crash)) break;
    const bool taken = Paid(world) == 1;
    if (taken && world.store->FindTask("fox")->state == TaskState::kSubmitting) ++in_doubt;
    specs[0].id = "vixen";
    MustBeOk(world.Plan(specs));
    RunToEnd(world);
    const auto story = world.store->Story("vixen");
    EXPECT_EQ(story->at(0).row.state, TaskState::kSucceeded);
    if (taken) {
      EXPECT_EQ(story->at(0).submissions.at(0).sends, 1) << "it was found, not sent again";
    }
    EXPECT_EQ(Paid(world), 1U);
    EXPECT_THAT(world.BrokenPromises(), IsEmpty());
  }
  EXPECT_GT(in_doubt, 0);
}

TEST_F(PlanAndRun, ANewContentOfALocalFileChangesTheTask) {
  World world(Quick());
  std::vector<TaskSpec> specs = {World::Video("fox", "a fox")};
  const std::string content = "file content";  // what World reads
  specs[0].inputs = {{.source = {.type = SourceType::kLocalFile,
                                 .text = "images/a.png",
                                 .content_sha256 = Sha256Hex(content),
                                 .content_bytes = static_cast<std::int64_t>(content.size())},
                      .usage = "FirstFrame"}};
  MustBeOk(world.Plan(specs));
  EXPECT_EQ(world.store->Input(Sha256Hex(content)).value(), content);
  specs[0].inputs[0].source.content_sha256 = Sha256Hex("other content");
  EXPECT_THAT(Texts(Tell(*world.store, specs)),
              ElementsAre("changed fox (first_frame (content of images/a.png))"));
  const Status planned = world.Plan(specs);
  ASSERT_FALSE(planned.ok()) << "the file is not what the plan was made from";
  EXPECT_EQ(planned.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(planned.error().message, ::testing::HasSubstr("changed while the manifest was read"));
  EXPECT_EQ(world.store->Story("fox")->size(), 1U);
}

TEST_F(PlanAndRun, CountsTheWorkOfSelectedTasksOnly) {
  specs_.push_back(World::Video("new-1"));
  specs_.push_back(World::Video("new-2"));
  pipeline::PlanOptions options;
  options.selection.globs = {"*-2"};
  options.price = [](const TaskSpec&) { return std::optional<std::int64_t>(250'000); };
  Planner planner(world_.store.get(), ListingOf(specs_), options);
  MustBeOk(planner.Compare(false));
  EXPECT_EQ(planner.plan().counts.fresh, 2);
  EXPECT_EQ(planner.plan().work.submissions, 1);
  EXPECT_EQ(planner.plan().work.cost_micros, 250'000);
  EXPECT_EQ(planner.plan().work.unpriced, 0);
}

TEST_F(PlanAndRun, WritesNothingWhenTheListingFails) {
  specs_[0].prompt = "a red fox";
  specs_[1].id = "rabbit";
  specs_.push_back(World::Video("new"));
  int walks = 0;
  Planner planner(world_.store.get(),
                  [&](const std::function<Status(const pipeline::ListedTask&)>& visit) -> Status {
                    ++walks;
                    for (const TaskSpec& spec : specs_) {
                      if (walks > 2 && spec.id == "new")
                        return Error{ErrorCode::kManifest, "a row is gone"};
                      AIGC_RETURN_IF_ERROR(visit({spec, Fingerprint(spec)}));
                    }
                    return {};
                  },
                  {});
  MustBeOk(planner.Compare(true));
  const Status written = planner.Write(*world_.store, {}, world_.clock);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, ErrorCode::kManifest);
  EXPECT_TRUE(world_.store->FindTask("hare").ok());
  EXPECT_EQ(world_.store->FindTask("fox")->generation, 1);
  EXPECT_EQ(Tell(*world_.store, specs_).plan.counts.changed, 1);
}

// Random edits: prompts changed and changed back, ids renamed and numbered anew, rows inserted,
// taken out, moved and swapped.
class Edits {
 public:
  explicit Edits(std::uint64_t seed) : random_(seed) {}

  void Make(std::vector<TaskSpec>& specs) {
    for (std::uint64_t n = 1 + random_.Below(4); n > 0; --n) One(specs);
    if (numbered_) {
      for (std::size_t i = 0; i < specs.size(); ++i) specs[i].id = fmt::format("t-{}", i + 1);
    }
  }
  bool Chance(std::uint64_t one_in) { return random_.Below(one_in) == 0; }
  std::uint64_t Below(std::uint64_t bound) { return random_.Below(bound); }

 private:
  std::string Prompt() { return fmt::format("shot {}", random_.Below(12)); }  // some are equal
  void One(std::vector<TaskSpec>& specs) {
    const std::size_t at = specs.empty() ? 0 : random_.Below(specs.size());
    const auto place = specs.begin() + static_cast<std::ptrdiff_t>(at);
    switch (specs.size() < 2 ? 0 : random_.Below(8)) {
      case 0:
        specs.insert(place, World::Video(fmt::format("n-{}", ++made_), Prompt()));
        break;
      case 1:
        specs.erase(place);
        break;
      case 2:
        place->prompt = Prompt();
        break;
      case 3:
        place->id = fmt::format("n-{}", ++made_);
        break;
      case 4:
        std::swap(place->prompt, specs[random_.Below(specs.size())].prompt);
        break;
      case 5:
        std::iter_swap(place,
                       specs.begin() + static_cast<std::ptrdiff_t>(random_.Below(specs.size())));
        break;
      case 6:
        place->tags = {fmt::format("tag-{}", random_.Below(3))};
        break;
      default:
        numbered_ = !numbered_ && Chance(2);
        if (!numbered_) {
          for (TaskSpec& spec : specs) spec.id = fmt::format("n-{}", ++made_);
        }
    }
  }

  Random random_;
  int made_ = 0;
  bool numbered_ = false;
};

// Tasks of any generation that may have been sent or not.
std::int64_t InDoubt(store::Store& store) {
  store::Selection everything;
  everything.history = everything.left_out = true;
  const auto counts = store.Counts(everything);
  const auto found = counts->find(TaskState::kSubmitting);
  return found == counts->end() ? 0 : found->second;
}

class PlanProperty : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(PlanProperty, WhatThePlanSaysIsWhatTheRunDoes) {
  Edits edits(GetParam());
  World world(Quick(GetParam()));
  std::vector<TaskSpec> specs;
  for (int step = 0; step < 14; ++step) {
    SCOPED_TRACE(fmt::format("seed {}, step {}", GetParam(), step));
    edits.Make(specs);
    const Told told = Tell(*world.store, specs);
    const Told again = Tell(*world.store, specs, /*for_writing=*/true);
    EXPECT_EQ(told.lines, again.lines);
    const auto& counts = told.plan.counts;

    MustBeOk(world.Plan(specs));
    std::int64_t left_out = 0;
    for (const Line& line : told.lines) {
      const auto row = world.store->FindTask(line.id);
      if (line.what == "left_out") {
        ++left_out;
        ASSERT_TRUE(row.ok());
        EXPECT_FALSE(row->listed) << line.id;
        continue;
      }
      ASSERT_TRUE(row.ok()) << line.id;
      EXPECT_TRUE(row->listed);
      if (line.what == "new" || line.what == "changed") {
        EXPECT_EQ(row->state, TaskState::kPending) << line.id;
        EXPECT_EQ(row->submissions, 0);
      } else if (line.what != "kept") {
        EXPECT_EQ(row->key, line.key) << line.what << " " << line.id;
      }
    }
    EXPECT_EQ(left_out, counts.left_out);
    // The state is what the manifest says now, and nothing is left to be done.
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto row = world.store->FindTask(specs[i].id);
      EXPECT_EQ(row->fingerprint, Fingerprint(specs[i]));
      EXPECT_EQ(row->position, static_cast<std::int64_t>(i) + 1);
      EXPECT_EQ(ParseSpec(*world.store->SpecOf(row->key)).value(), specs[i]);
    }
    const Told after = Tell(*world.store, specs, /*for_writing=*/true);
    EXPECT_EQ(after.plan.counts.differing, 0);
    EXPECT_EQ(after.plan.counts.kept, static_cast<std::int64_t>(specs.size()));
    EXPECT_EQ(after.plan.work.submissions, told.plan.work.submissions);
    EXPECT_EQ(after.plan.work.seconds, told.plan.work.seconds);

    if (edits.Chance(3)) continue;  // edited again before it runs
    const std::size_t paid = Paid(world);
    const std::int64_t in_doubt = InDoubt(*world.store);
    if (edits.Chance(4)) {
      (void)world.Run(1 + edits.Below(20));  // dies on the way
      continue;
    }
    RunToEnd(world);
    const std::vector<std::string> broken = world.BrokenPromises();
    EXPECT_THAT(broken, IsEmpty());
    // What the plan said, and requests of a run that died on the way of which none had arrived:
    // they are repeated.
    const auto more = static_cast<std::int64_t>(Paid(world) - paid);
    EXPECT_GE(more, told.plan.work.submissions);
    EXPECT_LE(more, told.plan.work.submissions + in_doubt);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PlanProperty, ::testing::Range<std::uint64_t>(1, 41));

}  // namespace
}  // namespace aigc::testing

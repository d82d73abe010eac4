// The account state on disk: kept between runs, shared between two, safe when one dies.
#include <SQLiteCpp/Database.h>

#include "store/sqlite_account.h"
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

SteadyTime Tick(int seconds) { return SteadyTime{Seconds{seconds}}; }

constexpr char kBoot[] = "boot-1";
const std::string kId = AccountId("AKIDexample", "https://vod.tencentcloudapi.com");

class AccountTest : public ::testing::Test {
 protected:
  std::unique_ptr<Account> Open(const std::string& batch, const std::string& boot = kBoot) {
    return Take(OpenAccount(folder_.path(), kId, batch, boot));
  }
  // A run of that batch lives while this is there.
  std::unique_ptr<Store> Run(const std::string& batch) {
    return Take(OpenForRun(folder_.path(), batch));
  }
  static void Hold(Account& account, int tasks, SteadyTime now) {
    AccountView& view = *Take(account.Begin(now));
    view.own.held = {{Kind::kVideo, "Kling", "2.5", tasks}};
    view.own.wants_video = true;
    view.own.wanted_at = now;
    view.own.max_in_flight = 4;
    Take(account.Commit());
  }

  TempFolder folder_;
};

TEST_F(AccountTest, KeepsEverythingForTheNextRun) {
  const auto lock = Run("a");
  AccountView written;
  {
    const auto account = Open("a");
    AccountView& view = *Take(account->Begin(Tick(10)));
    view.creates = {Tick(11), {{Tick(9), 2}, {Tick(10), 1}}, "a",  8, 16, Tick(5),
                    Tick(6),  "too many a second",           At(1)};
    view.queries.next = Tick(12);
    view.rooms["video"] = {8, 8, 2, Tick(70), "maximum concurrency", At(2)};
    view.rooms["video Kling/2.5"].proved = 3;
    view.timings["video Kling/2.5 5s 720P"].counts = {{1100, 3}, {1101, 0.5}};
    view.own.submit_rate = 16;
    view.own.poll_rate = 50;
    view.own.busy_ms = 5;
    view.own.possible_ms = 6;
    written = view;
    Take(account->Commit());
  }
  const auto account = Open("a");
  const AccountView& view = *Take(account->Begin(Tick(20)));
  EXPECT_EQ(view.creates, written.creates);
  EXPECT_EQ(view.queries, written.queries);
  EXPECT_EQ(view.rooms, written.rooms);
  EXPECT_EQ(view.timings, written.timings);
  EXPECT_EQ(view.own.busy_ms, 5);
  EXPECT_THAT(view.others, IsEmpty());
}

TEST_F(AccountTest, AnotherBootForgetsTimesAndKeepsWhatWasLearnt) {
  const auto lock = Run("a");
  {
    const auto account = Open("a");
    AccountView& view = *Take(account->Begin(Tick(1000)));
    view.creates.next = Tick(1001);
    view.creates.starts = {{Tick(1000), 3}};
    view.rooms["video"] = {8, 8, 2, Tick(1070), "", {}};
    Take(account->Commit());
  }
  const auto account = Open("a", "boot-2");
  const AccountView& view = *Take(account->Begin(Tick(5)));
  EXPECT_EQ(view.creates.next, SteadyTime{});
  EXPECT_THAT(view.creates.starts, IsEmpty());
  EXPECT_EQ(view.rooms.at("video").proved, 8);
  EXPECT_EQ(view.rooms.at("video").probe_at, SteadyTime{});
}

TEST_F(AccountTest, RunsSeeEachOtherAtOnce) {
  const auto lock_a = Run("a"), lock_b = Run("b");
  const auto a = Open("a"), b = Open("b");
  Hold(*a, 3, Tick(1));
  const AccountView& view = *Take(b->Begin(Tick(2)));
  ASSERT_THAT(view.others, SizeIs(1));
  EXPECT_EQ(view.others[0].batch, "a");
  EXPECT_TRUE(view.others[0].live);
  EXPECT_TRUE(view.others[0].wants_video);
  EXPECT_EQ(view.others[0].max_in_flight, 4);
  EXPECT_THAT(view.others[0].held, ElementsAre(HeldRow{Kind::kVideo, "Kling", "2.5", 3}));
  Take(b->Commit());
  Hold(*a, 0, Tick(3));
  EXPECT_EQ(Take(b->Begin(Tick(4)))->others[0].held[0].tasks, 0);
}

// The view is one run's alone: the other waits, here until SQLite gives it up.
TEST_F(AccountTest, AViewIsOneRunsAtATime) {
  const auto lock_a = Run("a"), lock_b = Run("b");
  const auto a = Open("a"), b = Open("b");
  AccountView& view = *Take(a->Begin(Tick(1)));
  view.creates.next = Tick(2);
  Take(a->Commit());
  EXPECT_EQ(Take(b->Begin(Tick(1)))->creates.next, Tick(2));
}

TEST_F(AccountTest, ADeadRunsSlotsCountForAWhileAndItsWishesDoNot) {
  const auto lock_b = Run("b");
  {
    const auto lock_a = Run("a");
    Hold(*Open("a"), 3, Tick(100));
  }
  const auto b = Open("b");
  {
    const AccountView& view = *Take(b->Begin(Tick(101)));
    ASSERT_THAT(view.others, SizeIs(1));
    EXPECT_FALSE(view.others[0].live);
    EXPECT_FALSE(view.others[0].wants_video);
    EXPECT_EQ(view.others[0].held[0].tasks, 3);
    Take(b->Commit());
  }
  const auto later = Tick(101) + Micros{Account::kGhostLife};
  EXPECT_THAT(Take(b->Begin(later))->others, IsEmpty());
}

TEST_F(AccountTest, TheSameBatchAgainStartsWithoutTheSlotsOfItsDeadRun) {
  {
    const auto lock = Run("a");
    Hold(*Open("a"), 3, Tick(100));
  }
  const auto lock = Run("a");
  const auto a = Open("a");
  const AccountView& view = *Take(a->Begin(Tick(101)));
  EXPECT_THAT(view.own.held, IsEmpty());
  EXPECT_THAT(view.others, IsEmpty());
}

TEST_F(AccountTest, IsNoBatchAndTellsNeitherKeyNorAddress) {
  const auto lock = Run("a");
  const auto account = Open("a");
  EXPECT_THAT(Take(ListBatches(folder_.path())), SizeIs(1));
  EXPECT_TRUE(IsAccountName("account-" + kId));
  EXPECT_FALSE(IsAccountName("account-of-mine"));
  EXPECT_NE(kId, AccountId("AKIDother", "https://vod.tencentcloudapi.com"));
  EXPECT_NE(kId, AccountId("AKIDexample", "https://vod.intl.tencentcloudapi.com"));
  EXPECT_EQ(ReadAll(folder_ / ("account-" + kId + ".db")).find("AKID"), std::string::npos);
}

TEST_F(AccountTest, WhatIsNotOursIsLeftAlone) {
  WriteAll(folder_ / ("account-" + kId + ".db"), std::string(5000, 'x'));
  const auto opened = OpenAccount(folder_.path(), kId, "a", kBoot);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kStateDamaged);
  {
    SQLite::Database other(folder_ / "other.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("CREATE TABLE mine (x)");
  }
  std::rename((folder_ / "other.db").c_str(), (folder_ / ("account-" + kId + ".db")).c_str());
  const auto foreign = OpenAccount(folder_.path(), kId, "a", kBoot);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, ErrorCode::kStateDamaged);
}

TEST_F(AccountTest, AGlanceTellsOfTheBatchsAccount) {
  EXPECT_FALSE(GlanceAtAccount(folder_.path(), "a").has_value());
  const auto lock_a = Run("a"), lock_b = Run("b");
  const auto a = Open("a"), b = Open("b");
  Hold(*a, 3, Tick(1));
  Hold(*b, 1, Tick(1));
  const auto glance = GlanceAtAccount(folder_.path(), "a");
  ASSERT_TRUE(glance.has_value());
  EXPECT_EQ(glance->run.held[0].tasks, 3);
  EXPECT_EQ(glance->other_runs, 1);
  EXPECT_FALSE(GlanceAtAccount(folder_.path(), "c").has_value());
}

}  // namespace
}  // namespace aigc::store

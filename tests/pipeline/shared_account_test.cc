// Two runs on one account in one virtual world: two real loops, each in a thread of its own, of
// which only one moves at a time, the one whose next event comes first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "support/world.h"
#include "task/session.h"

namespace aigc::testing {
namespace {

using ::testing::IsEmpty;

// Hands the world's time from one run to the other.
class Baton {
 public:
  explicit Baton(int runs) {
    for (int i = 0; i < runs; ++i) next_[i] = {SteadyTime{}, turns_++};
  }
  // Blocks until nothing happens to any other run before `at`; until when that stays so.
  SteadyTime Wait(int me, SteadyTime at) {
    std::unique_lock lock(mutex_);
    next_[me] = {at, turns_++};  // of two at the same time, who waited longer
    changed_.notify_all();
    changed_.wait(lock, [&] { return First() == me; });
    SteadyTime horizon = SteadyTime::max();
    for (const auto& [run, next] : next_) {
      if (run != me) horizon = std::min(horizon, next.first);
    }
    return horizon;
  }
  void Leave(int me) {
    const std::lock_guard lock(mutex_);
    next_.erase(me);
    changed_.notify_all();
  }

 private:
  int First() const {
    return std::min_element(next_.begin(), next_.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, std::pair<SteadyTime, std::uint64_t>> next_;
  std::uint64_t turns_ = 0;
};

// A run's network, which lets the other run live in between.
class TakingTurns final : public api::Exchange {
 public:
  TakingTurns(SimulatedExchange& inner, VirtualClock& clock, Baton& baton, int me)
      : inner_(inner), clock_(clock), baton_(baton), me_(me) {}
  std::size_t Capacity(api::Lane lane) const override { return inner_.Capacity(lane); }
  api::Ticket Start(api::Request request) override { return inner_.Start(std::move(request)); }
  void Wake() override { inner_.Wake(); }
  std::vector<api::Completion> Wait(SteadyTime deadline) override {
    while (true) {
      const SteadyTime next = std::clamp(inner_.NextEvent(), clock_.Ticks(), deadline);
      const SteadyTime horizon = baton_.Wait(me_, std::max(next, clock_.Ticks()));
      auto done = inner_.Wait(std::min(deadline, std::max(horizon, next)));
      if (!done.empty() || clock_.Ticks() >= deadline) return done;
    }
  }

 private:
  SimulatedExchange& inner_;
  VirtualClock& clock_;
  Baton& baton_;
  int me_;
};

struct Batch {
  std::string name;
  int tasks = 40;
  int priority = 0;
  std::optional<int> max_in_flight = 4;
  std::uint64_t dies_after = 0;  // waits; 0: lives
};

class TwoRuns {
 public:
  explicit TwoRuns(std::optional<int> account_runs) : world_(Options(account_runs)) {}

  // The order in which tasks were accepted, by batch.
  std::vector<std::string> Run(const std::vector<Batch>& batches) {
    Baton baton(static_cast<int>(batches.size()));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < batches.size(); ++i) {
      stores_.push_back(Planned(batches[i], i));
    }
    for (std::size_t i = 0; i < batches.size(); ++i) {
      threads.emplace_back([&, i] {
        RunOne(batches[i], *stores_[i], baton, static_cast<int>(i));
        baton.Leave(static_cast<int>(i));
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::vector<std::string> order;
    for (const auto& task : world_.service->ledger().tasks()) {
      order.push_back(ParseSessionContext(task.session_context)->task_id.substr(0, 1));
    }
    return order;
  }
  const simulator::Ledger& ledger() const { return world_.service->ledger(); }
  std::int64_t Succeeded(std::size_t batch) {
    return stores_[batch]->Counts({})->at(TaskState::kSucceeded);
  }

 private:
  static WorldOptions Options(std::optional<int> account_runs) {
    WorldOptions options;
    options.download = false;
    options.scenario.limits.video = account_runs;
    options.network.latency_min = options.network.latency_max = Millis{20};
    return options;
  }

  std::unique_ptr<store::Store> Planned(const Batch& batch, std::size_t number) {
    WorldOptions options;
    options.seed = number + 2;
    World planning(options);
    std::vector<TaskSpec> specs;
    for (int i = 0; i < batch.tasks; ++i) {
      specs.push_back(World::Video(batch.name + "-" + std::to_string(i)));
      specs.back().priority = batch.priority;
    }
    EXPECT_TRUE(planning.Plan(specs).ok());
    return std::move(planning.store);
  }

  void RunOne(const Batch& batch, store::Store& store, Baton& baton, int number) {
    baton.Wait(number, SteadyTime{});
    NetworkOptions network = world_.options.network;
    const auto record = store.Batch();
    SimulatedExchange inner(*world_.service, world_.clock,
                            {"test-id", Secret("test-key"), Secret()}, record->sub_app_id,
                            static_cast<std::uint64_t>(number) + 7, network);
    if (batch.dies_after > 0) inner.CrashAfterWaits(batch.dies_after);
    TakingTurns exchange(inner, world_.clock, baton, number);
    RecordingObserver observer;
    Random random(static_cast<std::uint64_t>(number) + 1);
    const auto account = world_.account.Join(batch.name);
    pipeline::LoopOptions options;
    options.limits.max_in_flight = batch.max_in_flight;
    options.limits.submit_rate = 16;
    options.account = account.get();
    options.download = false;
    options.sub_app_id = record->sub_app_id;
    options.batch_uuid = record->uuid;
    options.batch_name = batch.name;
    options.output = {"out", pipeline::kDefaultFilename};
    MemoryFolder folder;
    try {
      pipeline::Loop loop(store, exchange, folder, world_.clock, random, observer, options);
      const auto result = loop.Run();
      EXPECT_TRUE(result.ok());
    } catch (const Crash&) {
      store.AbandonTurn();
    }
  }

  World world_;
  std::vector<std::unique_ptr<store::Store>> stores_;
};

// Tasks of `name` among the first `count`.
std::ptrdiff_t Among(const std::vector<std::string>& order, std::size_t count, const char* name) {
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  return std::count(order.begin(), end, name);
}

TEST(SharedAccount, TwoRunsShareSlotsAndPaceEvenly) {
  TwoRuns runs(4);
  const auto order = runs.Run({{"a"}, {"b"}});
  EXPECT_EQ(runs.Succeeded(0), 40);
  EXPECT_EQ(runs.Succeeded(1), 40);
  EXPECT_EQ(runs.ledger().counts("CreateAigcVideoTask").over_limit, 0u);
  EXPECT_EQ(runs.ledger().counts("CreateAigcVideoTask").throttled, 0u);
  EXPECT_LE(runs.ledger().BusiestSecond("CreateAigcVideoTask"), 16u);
  EXPECT_EQ(runs.ledger().peak(simulator::Kind::kVideo), 4);
  ASSERT_EQ(order.size(), 80u);
  EXPECT_NEAR(static_cast<double>(Among(order, 40, "a")), 20, 4);
}

TEST(SharedAccount, TogetherTheyKeepThePace) {
  TwoRuns runs(std::nullopt);
  runs.Run({{"a", 100, 0, 200}, {"b", 100, 0, 200}});
  EXPECT_LE(runs.ledger().BusiestSecond("CreateAigcVideoTask"), 16u);
  EXPECT_GE(runs.ledger().BusiestSecond("CreateAigcVideoTask"), 15u);
}

TEST(SharedAccount, TheHigherPriorityGoesFirst) {
  TwoRuns runs(4);
  const auto order = runs.Run({{"a"}, {"b", 40, 5}});
  ASSERT_EQ(order.size(), 80u);
  EXPECT_GE(Among(order, 48, "b"), 38);
}

TEST(SharedAccount, OneThatIsKilledLeavesItsSlotsToTheOther) {
  TwoRuns runs(4);
  const auto order = runs.Run({{"a", 40, 0, 4, 40}, {"b"}});
  EXPECT_EQ(runs.Succeeded(1), 40);
  // What the dead run had in flight went on at the service, and was not run into.
  EXPECT_LE(runs.ledger().counts("CreateAigcVideoTask").over_limit, 1u);
  EXPECT_EQ(runs.ledger().peak(simulator::Kind::kVideo), 4);
  // In the end all four are b's.
  const auto& tasks = runs.ledger().tasks();
  const WallTime late = tasks.back().accepted_at - Seconds{10};
  int at_once = 0;
  for (const auto& task : tasks) at_once += task.accepted_at <= late && *task.finished_at > late;
  EXPECT_GE(at_once, 3);
}

TEST(SharedAccount, WhatOneFindsOutTheOtherKnows) {
  TwoRuns runs(4);
  const auto order = runs.Run({{"a", 60, 0, std::nullopt}, {"b", 60, 0, std::nullopt}});
  EXPECT_EQ(runs.Succeeded(0), 60);
  EXPECT_EQ(runs.Succeeded(1), 60);
  EXPECT_EQ(runs.ledger().peak(simulator::Kind::kVideo), 4);
  // Of 120 tasks of some two minutes on four slots: an hour, with a try after 1, 2, 4, 8, 15, 15 …
  // minutes.
  EXPECT_LE(runs.ledger().counts("CreateAigcVideoTask").over_limit, 10u);
}

}  // namespace
}  // namespace aigc::testing

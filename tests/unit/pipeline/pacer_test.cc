#include "pipeline/pacer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/random.h"

namespace aigc::pipeline {
namespace {

SteadyTime At(double seconds) {
  return SteadyTime{Micros{static_cast<std::int64_t>(seconds * 1e6)}};
}

// The most starts within any window [t, t + 1 s).
std::size_t Busiest(const std::vector<SteadyTime>& starts) {
  std::size_t most = 0;
  for (std::size_t i = 0, j = 0; i < starts.size(); ++i) {
    while (j < starts.size() && starts[j] < starts[i] + Micros{1'000'000}) ++j;
    most = std::max(most, j - i);
  }
  return most;
}

TEST(Pacer, SpacesStartsEvenly) {
  Pacer pacer(4);
  SteadyTime now = At(100);
  std::vector<SteadyTime> starts;
  for (int i = 0; i < 9; ++i) {
    now = std::max(now, pacer.NextStart());
    pacer.Start(now);
    starts.push_back(now);
  }
  EXPECT_NEAR(static_cast<double>((starts.back() - starts.front()).count()) / 1e6, 2.0, 0.03);
  EXPECT_GE((starts[5] - starts[4]).count(), 240'000);
}

TEST(Pacer, NeverStartsMoreThanTheRateInAnySecondWhateverTheTurnsAre) {
  for (const double rate : {1.0, 3.0, 16.0, 20.0, 50.0}) {
    Random random(static_cast<std::uint64_t>(rate * 10));
    Pacer pacer(rate);
    SteadyTime now = At(5);
    std::vector<SteadyTime> starts;
    while (starts.size() < 400) {
      // Turns come late, early, and after long pauses.
      now += Micros{random.Below(random.Below(20) == 0 ? 3'000'000 : 90'000)};
      while (pacer.NextStart() <= now) {
        pacer.Start(now);
        starts.push_back(now);
      }
    }
    EXPECT_LE(Busiest(starts), static_cast<std::size_t>(rate)) << rate;
  }
}

TEST(Pacer, ReachesTheConfiguredRateWhenTurnsAreLate) {
  Pacer pacer(20);
  SteadyTime now = At(1);
  int started = 0;
  while (now < At(61)) {
    while (pacer.NextStart() <= now) {
      pacer.Start(now);
      ++started;
    }
    now += Micros{7'000};
  }
  EXPECT_GE(started, 1180);
  EXPECT_LE(started, 1200);
}

TEST(Pacer, KeepsRatesBelowOneASecond) {
  Pacer pacer(0.2);
  pacer.Start(At(10));
  EXPECT_GE(pacer.NextStart(), At(14.97));
  EXPECT_LE(pacer.NextStart(), At(15.02));
}

TEST(Pacer, FallsAtOnceAfterARefusalAndClimbsBack) {
  Pacer pacer(10);
  pacer.Start(At(1));
  EXPECT_TRUE(pacer.Slow(At(1), WallTime{}, "too many a second"));
  EXPECT_GE(pacer.NextStart(), At(2));
  EXPECT_DOUBLE_EQ(pacer.RateAt(At(2)), 5);
  EXPECT_FALSE(pacer.Slow(At(1.5), WallTime{}, ""));  // of the same burst
  EXPECT_DOUBLE_EQ(pacer.RateAt(At(2)), 5);
  EXPECT_NEAR(pacer.RateAt(At(4)), 7, 0.01);
  EXPECT_NEAR(pacer.RateAt(At(6)), 9, 0.01);  // up to here it was known to be too fast
  EXPECT_LT(pacer.RateAt(At(10)), 9.5);
  EXPECT_DOUBLE_EQ(pacer.RateAt(At(60)), 10);
  pacer.Start(At(60));
  EXPECT_FALSE(pacer.slowed(At(60)));
}

TEST(Pacer, TwoRunsThatHandItOnKeepTheRateTogether) {
  Random random(7);
  Pacer first(20), second(20);
  store::PaceRow account;
  std::vector<SteadyTime> starts;
  SteadyTime now = At(3);
  while (starts.size() < 400) {
    now += Micros{random.Below(40'000)};
    Pacer& turn = random.Below(2) == 0 ? first : second;
    turn.Load(account, now);
    while (turn.NextStart() <= now) {
      turn.Start(now);
      starts.push_back(now);
    }
    account = turn.state();
  }
  EXPECT_LE(Busiest(starts), 20u);
}

TEST(Pacer, ANewProcessGoesOnWhereTheOldOneStopped) {
  Pacer old(5);
  SteadyTime now = At(1);
  for (int i = 0; i < 5; ++i) {
    now = std::max(now, old.NextStart());
    old.Start(now);
  }
  Pacer anew(5);
  anew.Load(old.state(), now);
  EXPECT_GE(anew.NextStart(), At(2));
}

TEST(Pacer, WhatLeavesLateCountsFromThen) {
  Pacer pacer(4);
  SteadyTime now = At(1);
  std::vector<SteadyTime> left;
  for (int i = 0; i < 40; ++i) {
    now = std::max(now, pacer.NextStart());
    pacer.Start(now);
    // The third is held up by the disk.
    const SteadyTime leaves = i == 2 ? now + Micros{700'000} : now;
    if (leaves > now) pacer.Delay(1, leaves);
    left.push_back(leaves);
    now = leaves;
  }
  EXPECT_LE(Busiest(left), 4u);
}

TEST(Pacer, TimesOfAnotherMachineDoNotStopIt) {
  Pacer pacer(20);
  store::PaceRow far;
  far.next = far.hold_until = At(1e6);
  far.starts = {{At(1e6), 20}};
  pacer.Load(far, At(10));
  EXPECT_LE(pacer.NextStart(), At(11));
}

TEST(Pacer, TakesAnotherRateAtOnceAndKeepsEverySecondUnderIt) {
  Pacer pacer(0.1);  // one in ten seconds
  pacer.Start(SteadyTime{Seconds{100}});
  EXPECT_EQ(pacer.NextStart(), SteadyTime{Seconds{100}} + Pacer::Gap(0.1));
  pacer.SetRate(4);
  EXPECT_EQ(pacer.NextStart(), SteadyTime{Seconds{100}} + Pacer::Gap(4));
  for (int i = 0; i < 8; ++i) pacer.Start(pacer.NextStart());
  const SteadyTime last = pacer.NextStart() - Pacer::Gap(4);
  pacer.SetRate(2);
  EXPECT_GE(pacer.NextStart(), last + Micros{500'000});
  EXPECT_EQ(pacer.RateAt(last), 2);
}

TEST(Pacer, StaysSlowedWhenTheRateIsRaised) {
  Pacer pacer(10);
  pacer.Slow(SteadyTime{Seconds{1}}, WallTime{}, "");
  pacer.SetRate(100);
  EXPECT_LE(pacer.RateAt(SteadyTime{Seconds{1}}), 5);
}

}  // namespace
}  // namespace aigc::pipeline

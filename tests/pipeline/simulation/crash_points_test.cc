// A small batch that meets every kind of answer, stopped at every single operation of the disk, at
// every single request and in every single wait; the state's log cut at every frame and inside it,
// a part file cut at many bytes. Each time it is taken up again and must come to a good end.
#include <gtest/gtest.h>

#include <iostream>

#include "pipeline/simulation/simulation.h"

namespace aigc::testing {
namespace {

using simulator::FaultKind;
using simulator::FaultRule;

FaultRule Rule(FaultKind kind, std::string action, std::vector<std::uint64_t> nth) {
  FaultRule rule;
  rule.match.action = std::move(action);
  rule.match.nth = std::move(nth);
  rule.fault.kind = kind;
  return rule;
}

// Four tasks: one accepted at once, one whose answer is lost, one whose request is lost, one
// throttled; one of the results fails and is made again, one download is cut.
Case SmallBatch() {
  Case small;
  small.seed = 7;
  for (int i = 1; i <= 4; ++i) {
    TaskSpec spec;
    spec.id = "t" + std::to_string(i);
    spec.model = "Kling";
    spec.version = "2.5";
    spec.prompt = "A kite over the dunes, take " + std::to_string(i);
    spec.duration = 5;
    small.specs.push_back(std::move(spec));
  }
  small.lives = 0;
  small.limits.max_in_flight = 2;
  small.scenario.limits.video = std::nullopt;
  small.scenario.video_time = {Seconds{5}, Seconds{9}};
  FaultRule fails = Rule(FaultKind::kFail, "create", {3});
  fails.fault.err_code_ext = "FailedOperation";
  FaultRule cut = Rule(FaultKind::kFileCut, "file", {2});
  cut.fault.count = 5000;
  small.scenario.faults = {Rule(FaultKind::kDropAfter, "create", {2}),
                           Rule(FaultKind::kDropBefore, "create", {4}),
                           Rule(FaultKind::kThrottle, "create", {6}), fails, cut};
  return small;
}

Simulation::Extent Try(const Death& death) {
  Case small = SmallBatch();
  small.death = death;
  Tally tally;
  Simulation simulation(std::move(small), tally);
  for (const std::string& broken : simulation.Run()) ADD_FAILURE() << broken;
  return simulation.extent();
}

Simulation::Extent Whole() { return Try({}); }

class CrashPoints : public ::testing::TestWithParam<CrashDisk::Kept> {};

TEST_P(CrashPoints, EveryOperationOfTheDisk) {
  const std::uint64_t operations = Whole().operations;
  ASSERT_GT(operations, 100u);
  for (std::uint64_t at = 1; at <= operations && !HasFailure(); ++at) {
    SCOPED_TRACE(at);
    Death death;
    death.at_operation = at;
    death.kept = GetParam();
    Try(death);
  }
  std::cout << operations << " operations" << std::endl;
}

INSTANTIATE_TEST_SUITE_P(Keeping, CrashPoints,
                         ::testing::Values(CrashDisk::Kept::kAll, CrashDisk::Kept::kNone,
                                           CrashDisk::Kept::kSome));

TEST(CrashPoints, EveryRequestAndEveryWait) {
  const Simulation::Extent whole = Whole();
  ASSERT_GT(whole.requests, 20u);
  for (std::uint64_t at = 1; at <= whole.requests; ++at) {
    SCOPED_TRACE(at);
    Death death;
    death.at_request = at;
    death.kept = CrashDisk::Kept::kNone;
    Try(death);
  }
  for (std::uint64_t at = 1; at <= whole.waits; ++at) {
    SCOPED_TRACE(at);
    Death death;
    death.at_wait = at;
    death.kept = CrashDisk::Kept::kNone;
    Try(death);
  }
  std::cout << whole.requests << " requests, " << whole.waits << " waits" << std::endl;
}

// A disk that forgets what it said it had synced: the state is older than it was, as a restored
// backup is, and the service's de-duplication keeps every submission at one.
TEST(CrashPoints, TheStatesLogCutAnywhere) {
  Death death;
  death.at_wait = Whole().waits / 2;
  const std::uint64_t size = Try(death).log_bytes;
  constexpr std::uint64_t kHead = 32, kFrame = 4096 + 24;
  ASSERT_GT(size, kHead + 10 * kFrame);
  for (std::uint64_t frame = 0; kHead + frame * kFrame <= size; ++frame) {
    for (const std::uint64_t more : {std::uint64_t{0}, std::uint64_t{11}, kFrame / 2}) {
      SCOPED_TRACE(::testing::Message() << "frame " << frame << " and " << more << " bytes");
      death.log_bytes = std::min(size, kHead + frame * kFrame + more);
      Try(death);
    }
  }
  for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{31}}) {
    death.log_bytes = bytes;
    Try(death);
  }
  std::cout << (size - kHead) / kFrame << " frames" << std::endl;
}

TEST(CrashPoints, ThePartFileCutAnywhere) {
  Death death;
  std::uint64_t size = 0;
  const std::uint64_t waits = Whole().waits;
  for (death.at_wait = 1; death.at_wait <= waits && size == 0; ++death.at_wait) {
    size = Try(death).part_bytes;
  }
  --death.at_wait;
  ASSERT_EQ(size, 5000u);
  for (std::uint64_t bytes = 0; bytes <= size; bytes += 53) {
    SCOPED_TRACE(bytes);
    death.part_bytes = bytes;
    Try(death);
  }
}

}  // namespace
}  // namespace aigc::testing

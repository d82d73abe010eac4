// How close a run comes to what the limits allow, in virtual time: the whole loop against the
// simulator's core. Every figure is a ratio, or a count for each task, so it is the same on every
// machine.
//
//   limits_bench            the goals' sizes (a minute or two)
//   limits_bench --check    small ones; fails where a figure is worse than half its goal
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "support/world.h"
#include "task/session.h"

namespace {

using namespace aigc;           // NOLINT(google-build-using-namespace): a program of one file
using namespace aigc::testing;  // NOLINT(google-build-using-namespace)

bool check = false;
bool failed = false;

// `goal` and `value` as "so much too many": 0 is perfect. Half a goal is twice the excess.
void Judge(const char* what, double value, double excess, double goal_excess) {
  const bool bad = excess > 2 * goal_excess;
  std::printf("%-58s %9.4f   goal %s%s\n", what, value, excess <= goal_excess ? "met" : "missed",
              check && bad ? "  WORSE THAN HALF" : "");
  std::fflush(stdout);
  failed = failed || (check && bad);
}

double SecondsOf(Micros time) { return static_cast<double>(time.count()) / 1e6; }

struct Outcome {
  double makespan = 0;  // seconds, from begin to the last task's end at the service
  double least = 0;     // the draws' sum over the slots
  double slot_use = 0;  // as the program tells it
  double queries = 0;   // for each task
  double delay = 0;     // from a task's end to its being seen, mean seconds
  double wasted = 0;    // submissions beyond the limit, of all
  std::size_t tasks = 0;
};

TaskSpec Picture(int number) {
  TaskSpec spec;
  spec.id = "picture-" + std::to_string(number);
  spec.kind = Kind::kImage;
  spec.model = "OG";
  spec.version = "image2_low";
  spec.prompt = "A kite over the dunes";
  return spec;
}

// Runs what is planned; figures are of this run alone.
Outcome Run(World& world, int slots) {
  const auto& ledger = world.service->ledger();
  const std::size_t before = ledger.tasks().size();
  const auto queries = [&] {
    return ledger.counts("DescribeTaskDetail").seen + ledger.counts("DescribeTasks").seen;
  };
  const auto queries_before = queries();
  const auto over_before = ledger.counts("CreateAigcVideoTask").over_limit;
  std::map<std::string, WallTime, std::less<>> seen;
  world.observer.on_task = [&](const pipeline::TaskEvent& event) {
    if (event.from == TaskState::kRunning) seen[std::string(event.id)] = event.at;
  };
  const WallTime begin = world.clock.Now();
  const auto result = world.Run();
  if (!result || !result->ok() || (*result)->failed > 0) {
    std::fprintf(stderr, "the run did not end well\n");
    std::exit(1);
  }
  Outcome outcome;
  WallTime end = begin;
  double sum = 0, delays = 0;
  std::map<std::string, const simulator::LedgerTask*, std::less<>> newest;
  for (std::size_t i = before; i < ledger.tasks().size(); ++i) {
    const auto& task = ledger.tasks()[i];
    ++outcome.tasks;
    if (task.over_limit || !task.finished_at) continue;
    end = std::max(end, *task.finished_at);
    sum += SecondsOf(*task.finished_at - *task.began_at);
    newest[ParseSessionContext(task.session_context)->task_id] = &task;
  }
  for (const auto& [id, task] : newest) delays += SecondsOf(seen[id] - *task->finished_at);
  outcome.makespan = SecondsOf(end - begin);
  outcome.least = sum / slots;
  outcome.slot_use = SecondsOf((*result)->slots_busy) / SecondsOf((*result)->slots_possible);
  outcome.queries =
      static_cast<double>(queries() - queries_before) / static_cast<double>(newest.size());
  outcome.delay = delays / static_cast<double>(newest.size());
  outcome.wasted =
      static_cast<double>(ledger.counts("CreateAigcVideoTask").over_limit - over_before) /
      static_cast<double>(outcome.tasks);
  return outcome;
}

WorldOptions Options(int slots, Millis least, Millis most) {
  WorldOptions options;
  options.download = false;
  options.limits.submit_rate = 20;
  options.limits.poll_rate = 100;
  options.limits.max_in_flight = slots;
  options.scenario.limits.video = options.scenario.limits.image = std::nullopt;
  options.scenario.video_time = options.scenario.image_time = {least, most};
  options.network.creates = 16;
  options.network.queries = 64;
  return options;
}

void Must(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", Describe(status.error()).c_str());
  std::exit(1);
}

void ManySlots() {
  World world(Options(20, Seconds{60}, Seconds{180}));
  Must(world.Plan(World::Videos(check ? 1'500 : 10'000)));
  const Outcome outcome = Run(world, 20);
  const double ratio = outcome.makespan / outcome.least;
  // Few tasks leave a tail in which slots stand empty for want of tasks.
  const double tail = check ? 180.0 / outcome.least : 0;
  Judge("20 slots, tasks of 60-180 s: makespan / least", ratio, ratio - 1 - tail, 0.01);
  Judge("  slot use", outcome.slot_use, 1 - outcome.slot_use, 0.01);
  std::printf("  (%.1f queries a task, seen %.2f s after the end)\n", outcome.queries,
              outcome.delay);
}

void OneSlot() {
  World world(Options(1, Seconds{20}, Seconds{20}));
  std::vector<TaskSpec> specs;
  for (int i = 0; i < (check ? 120 : 500); ++i) specs.push_back(Picture(i));
  Must(world.Plan(specs));
  const Outcome outcome = Run(world, 1);
  const double ratio = outcome.makespan / outcome.least;
  Judge("1 slot, pictures of 20 s: makespan / least", ratio, ratio - 1, 0.05);
}

void Queries(bool listed) {
  const int slots = listed ? 500 : 20;
  WorldOptions options = Options(slots, Seconds{180}, Seconds{180});
  options.scenario.listing.aigc = listed;
  World world(options);
  auto specs = World::Videos(slots);
  Must(world.Plan(specs));
  Run(world, slots);  // learns
  specs = World::Videos(slots * (check ? 5 : 11));
  Must(world.Plan(specs));
  const Outcome outcome = Run(world, slots);
  const double goal = listed ? 1.3 : 6;
  Judge(listed ? "queries a task of 180 s, learnt, listed" : "queries a task of 180 s, learnt",
        outcome.queries, outcome.queries, goal);
  Judge("  mean seconds until its end is seen", outcome.delay, outcome.delay / 2, 1);
}

void Unknown(simulator::Excess excess, const char* name) {
  WorldOptions options = Options(8, Seconds{60}, Seconds{150});
  options.limits.max_in_flight.reset();
  options.scenario.limits.video = 8;
  options.scenario.limits.excess = excess;
  World world(options);
  Must(world.Plan(World::Videos(check ? 200 : 1'000)));
  const WallTime begin = world.clock.Now();
  if (std::getenv("NOTICES") != nullptr) {
    world.observer.on_notice = [&](std::string_view text) {
      std::printf("    %8.1f %.*s\n", SecondsOf(world.clock.Now() - begin),
                  static_cast<int>(text.size()), text.data());
    };
  }
  const Outcome outcome = Run(world, 8);
  int generating = 0;
  for (const auto& task : world.service->ledger().tasks()) {
    if (task.over_limit || !task.began_at) continue;
    const bool began = *task.began_at <= begin + Seconds{120};
    generating += began && (!task.finished_at || *task.finished_at > begin + Seconds{120}) ? 1 : 0;
  }
  const double share = generating / 8.0;
  Judge((std::string("limit unknown, 8 run, ") + name + ": slots after 2 min").c_str(), share,
        1 - share, 0.1);
  Judge("  submissions wasted", outcome.wasted, outcome.wasted, 0.03);
  const double ratio = outcome.makespan / outcome.least;
  std::printf("  (makespan / least %.3f)\n", ratio);
}

}  // namespace

int main(int argc, char** argv) {
  check = argc > 1 && std::string_view(argv[1]) == "--check";
  ManySlots();
  OneSlot();
  Queries(true);
  Queries(false);
  Unknown(simulator::Excess::kFail, "too many fail");
  Unknown(simulator::Excess::kRefuse, "too many refused");
  Unknown(simulator::Excess::kQueue, "too many wait");
  return failed ? 1 : 0;
}

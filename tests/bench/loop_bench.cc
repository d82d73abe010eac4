// The whole loop against the simulator's core in memory, with the durable store on disk: how many
// tasks a second, how much CPU a task, and how long the same batch would have taken in the world
// (virtual time).
//
//   loop_bench [TASKS] [FOLDER]
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "support/world.h"

namespace {

using namespace aigc;           // NOLINT(google-build-using-namespace): a program of one file
using namespace aigc::testing;  // NOLINT(google-build-using-namespace)

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int Measure(int tasks, const std::string& folder, bool download) {
  WorldOptions options;
  options.limits.max_in_flight = 200;
  options.limits.submit_rate = 1e6;
  options.limits.poll_rate = 1e6;
  options.limits.downloads = 64;
  options.download = download;
  options.network.creates = options.network.queries = options.network.downloads = 256;
  options.scenario.limits.create_rate = options.scenario.limits.query_rate = 1'000'000;
  options.scenario.limits.video = std::nullopt;
  World world(options);
  auto store = store::OpenForRun(folder, "bench", {});
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", Describe(store.error()).c_str());
    return 1;
  }
  world.UseStore(std::move(store).value());
  const SystemClock clock;
  const double plan_start = CpuSeconds();
  if (const Status planned = world.Plan(World::Videos(tasks)); !planned.ok()) {
    std::fprintf(stderr, "%s\n", Describe(planned.error()).c_str());
    return 1;
  }
  const double cpu_start = CpuSeconds();
  const SteadyTime start = clock.Ticks();
  const auto result = world.Run();
  const double seconds = static_cast<double>((clock.Ticks() - start).count()) / 1e6;
  const double cpu = CpuSeconds() - cpu_start;
  if (!result || !result->ok() ||
      (*result)->counts != store::StateCounts{{TaskState::kSucceeded, tasks}}) {
    std::fprintf(stderr, "the run did not end well\n");
    return 1;
  }
  std::printf("%-34s %8d tasks %9.0f tasks/s %8.3f ms CPU/task  (plan %.3f ms/task)\n",
              download ? "loop, memory simulator, downloads" : "loop, memory simulator", tasks,
              tasks / seconds, cpu * 1e3 / tasks, (cpu_start - plan_start) * 1e3 / tasks);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int tasks = argc > 1 ? std::atoi(argv[1]) : 5000;
  namespace fs = std::filesystem;
  const fs::path folder =
      argc > 2 ? fs::path(argv[2]) : fs::temp_directory_path() / "aigc-loop-bench";
  int failed = 0;
  for (const bool download : {false, true}) {
    fs::remove_all(folder);
    failed |= Measure(tasks, folder.string(), download);
  }
  fs::remove_all(folder);
  return failed;
}

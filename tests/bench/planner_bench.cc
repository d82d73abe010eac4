// Planning alone: a new state, the same again for `plan` and for `run`, and one row inserted above
// all others, with specs made on the fly in place of a manifest.
//
//   planner_bench [TASKS] [FOLDER]
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "base/clock.h"
#include "pipeline/plan.h"
#include "store/sqlite_store.h"

namespace {

using namespace aigc;  // NOLINT(google-build-using-namespace): a program of one file

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Stopwatch {
 public:
  double Seconds() const { return static_cast<double>((clock_.Ticks() - start_).count()) / 1e6; }
  double Cpu() const { return CpuSeconds() - cpu_start_; }

 private:
  SystemClock clock_;
  SteadyTime start_ = clock_.Ticks();
  double cpu_start_ = CpuSeconds();
};

long PeakMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

// `first` 0 puts a row above all others.
pipeline::Listing Rows(int first, int count, bool shuffled_ids) {
  return [=](const std::function<Status(const pipeline::ListedTask&)>& visit) -> Status {
    TaskSpec spec;
    spec.model = "Hailuo";
    spec.version = "2.3";
    spec.duration = 6;
    spec.resolution = "768P";
    for (int i = first; i <= count; ++i) {
      const unsigned mixed = static_cast<unsigned>(i) * 2654435761U;
      spec.id =
          "ad-" + std::to_string(shuffled_ids ? mixed : 10'000'000U + static_cast<unsigned>(i));
      spec.prompt =
          "A fox walks through fresh snow under tall pines, cinematic, soft light, take " +
          std::to_string(i);
      AIGC_RETURN_IF_ERROR(visit({spec, Fingerprint(spec)}));
    }
    return {};
  };
}

void Check(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", Describe(status.error()).c_str());
  std::exit(1);
}

void Report(const char* what, int tasks, const Stopwatch& watch) {
  std::printf("%-38s %8.2f us CPU/task %8.2f s CPU %8.2f s   peak %ld MB\n", what,
              watch.Cpu() * 1e6 / tasks, watch.Cpu(), watch.Seconds(), PeakMegabytes());
  std::fflush(stdout);
}

void Plan(store::Store& store, const pipeline::Listing& rows, int tasks, bool write,
          const char* what) {
  const Stopwatch watch;
  pipeline::Planner planner(&store, rows, {});
  Check(planner.Compare(write));
  if (write) Check(planner.Write(store, {}, SystemClock()));
  Report(what, tasks, watch);
}

void Measure(int tasks, const std::string& folder, bool shuffled_ids) {
  std::filesystem::remove_all(folder);
  auto store = store::OpenForRun(folder, "bench", {});
  if (!store.ok()) Check(store.error());
  const auto rows = Rows(1, tasks, shuffled_ids);
  std::printf("%d tasks, ids %s\n", tasks, shuffled_ids ? "in no order" : "ascending");
  {
    const Stopwatch watch;
    std::size_t bytes = 0;
    Check(rows([&](const pipeline::ListedTask& task) -> Status {
      bytes += SpecJson(task.spec).size();
      return {};
    }));
    Report("making specs, JSON and fingerprints", tasks, watch);
  }
  {
    const Stopwatch watch;
    pipeline::Planner planner(store->get(), rows, {});
    Check(planner.Write(**store, {}, SystemClock()));
    Report("run: writing a new state", tasks, watch);
  }
  Plan(**store, rows, tasks, false, "plan again, nothing changed");
  Plan(**store, rows, tasks, true, "run again, nothing changed");
  Plan(**store, Rows(0, tasks, shuffled_ids), tasks, true, "run with a row inserted above all");
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  const int tasks = argc > 1 ? std::atoi(argv[1]) : 200'000;
  const std::string folder =
      argc > 2 ? argv[2] : std::filesystem::temp_directory_path() / "aigc-planner-bench";
  for (const bool shuffled : {false, true}) Measure(tasks, folder, shuffled);
  return 0;
}

// The scheduler alone: the loop and the durable store, against an exchange in memory that has every
// answer at the next Wait. No network, no signing, no simulator: what is left is what a task costs
// the loop itself, whatever the size of the batch.
//
//   scheduler_bench [FOLDER] [--at-most GROWTH] TASKS [TASKS …]
//
// For each size, in a process of its own (so that the largest resident size is of this run): tasks
// a second, CPU a task, MB. With several sizes the growth: CPU a task at each over that at the
// first; with --at-most, one that stays above that after three tries is an error.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "pipeline/loop.h"
#include "pipeline/plan.h"
#include "store/sqlite_store.h"
#include "support/memory_folder.h"

namespace {

using namespace aigc;  // NOLINT(google-build-using-namespace): a program of one file

constexpr int kInFlight = 1000;

// Accepts every create, and finds every task finished that is looked at.
class InstantExchange final : public api::Exchange {
 public:
  std::size_t Capacity(api::Lane) const override { return kInFlight - done_.size(); }
  api::Ticket Start(api::Request request) override {
    api::Completion& completion = done_.emplace_back();
    completion.ticket = ++last_;
    if (std::holds_alternative<api::CreateRequest>(request)) {
      completion.answer = api::CreateAnswer{"1500000001-AigcVideo-" + std::to_string(last_)};
    } else {
      api::TaskDetail detail;
      detail.status = api::RemoteStatus::kFinished;
      detail.status_word = "FINISH";
      detail.has_task = true;
      detail.inner_status = "FINISH";
      api::OutputFile& file = detail.outputs.emplace_back();
      file.url = "https://example.invalid/" + std::to_string(last_) + ".mp4";
      file.file_type = "mp4";
      file.bytes = 1'000'000;
      completion.answer = std::move(detail);
    }
    return completion.ticket;
  }
  std::vector<api::Completion> Wait(SteadyTime) override { return std::exchange(done_, {}); }
  void Wake() override {}

 private:
  std::vector<api::Completion> done_;
  api::Ticket last_ = 0;
};

class Silent final : public pipeline::Observer {
 public:
  void OnTask(const pipeline::TaskEvent&) override {}
  void OnProgress(const pipeline::Progress&) override {}
  void OnNotice(WallTime, pipeline::Severity, std::string_view) override {}
};

struct Figures {
  double seconds = 0, cpu = 0, megabytes = 0;
  bool ok = false;
};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Status Plan(store::Store& store, int tasks) {
  store::BatchRecord batch;
  batch.uuid = "bench";
  batch.name = "bench";
  batch.endpoint = "https://127.0.0.1";
  batch.sub_app_id = 1500000001;
  AIGC_RETURN_IF_ERROR(store.BeginTurn());
  AIGC_RETURN_IF_ERROR(store.PutBatch(batch));
  AIGC_RETURN_IF_ERROR(store.CommitTurn());
  const pipeline::Listing listing =
      [tasks](const std::function<Status(const pipeline::ListedTask&)>& visit) -> Status {
    TaskSpec spec;
    spec.model = "Kling";
    spec.version = "2.5";
    spec.duration = 5;
    spec.resolution = "720P";
    for (int i = 0; i < tasks; ++i) {
      spec.id = "task-" + std::to_string(10'000'000 + i);
      spec.prompt = "A kite over the dunes, take " + std::to_string(i);
      AIGC_RETURN_IF_ERROR(visit({spec, Fingerprint(spec)}));
    }
    return {};
  };
  pipeline::Planner planner(&store, listing, {});
  return planner.Write(store, {}, SystemClock());
}

Status Drive(const std::string& folder, int tasks, Figures& figures) {
  AIGC_ASSIGN_OR_RETURN(const auto store, store::OpenForRun(folder, "bench", {.create = false}));
  InstantExchange exchange;
  aigc::testing::MemoryFolder files;
  const SystemClock clock;
  Random random(1);
  Silent observer;
  pipeline::LoopOptions options;
  options.limits.max_in_flight = kInFlight;
  options.limits.submit_rate = options.limits.poll_rate = 1e9;
  options.limits.first_look = options.limits.look_every = Millis{0};
  options.download = false;
  options.sub_app_id = 1500000001;
  options.batch_uuid = options.batch_name = "bench";
  pipeline::Loop loop(*store, exchange, files, clock, random, observer, std::move(options));
  const double cpu = CpuSeconds();
  const SteadyTime start = clock.Ticks();
  AIGC_ASSIGN_OR_RETURN(const pipeline::RunResult result, loop.Run());
  figures.seconds = static_cast<double>((clock.Ticks() - start).count()) / 1e6;
  figures.cpu = CpuSeconds() - cpu;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  figures.megabytes = static_cast<double>(usage.ru_maxrss) / 1024;
  figures.ok = result.counts == store::StateCounts{{TaskState::kSucceeded, tasks}};
  return {};
}

Status Prepare(const std::string& folder, int tasks) {
  AIGC_ASSIGN_OR_RETURN(const auto store, store::OpenForRun(folder, "bench", {}));
  return Plan(*store, tasks);
}

// Runs `body` in a process of its own; its figures come back through a pipe.
template <typename Body>
Figures Apart(const Body& body) {
  int ends[2];
  if (pipe(ends) != 0) std::exit(1);
  const pid_t child = fork();
  if (child == 0) {
    Figures figures;
    const Status done = body(figures);
    if (!done.ok()) {
      std::fprintf(stderr, "%s\n", Describe(done.error()).c_str());
      figures.ok = false;
    }
    const bool written = write(ends[1], &figures, sizeof figures) == sizeof figures;
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  Figures figures;
  if (read(ends[0], &figures, sizeof figures) != sizeof figures) figures.ok = false;
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return figures;
}

// A state of `tasks` tasks, and a run of them all.
Figures Measure(const std::string& folder, int tasks) {
  std::filesystem::remove_all(folder);
  Figures figures = Apart([&](Figures& made) {
    made.ok = true;
    return Prepare(folder, tasks);
  });
  if (figures.ok) figures = Apart([&](Figures& run) { return Drive(folder, tasks, run); });
  std::filesystem::remove_all(folder);
  if (!figures.ok) std::fprintf(stderr, "the run of %d tasks did not end well\n", tasks);
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  std::string folder = (fs::temp_directory_path() / "aigc-scheduler-bench-").string();
  folder += std::to_string(getpid());
  std::vector<int> sizes;
  double at_most = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--at-most" && i + 1 < argc) {
      at_most = std::atof(argv[++i]);
    } else if (const int size = std::atoi(argv[i]); size > 0) {
      sizes.push_back(size);
    } else {
      folder = argv[i];
    }
  }
  if (sizes.empty()) sizes = {1000, 10'000, 100'000};
  double first = 0;
  bool ok = true;
  for (const int tasks : sizes) {
    double growth = 0;
    // Other work on the machine makes a figure worse now and then, and never better.
    for (int attempt = 0; attempt < (at_most > 0 ? 3 : 1); ++attempt) {
      const Figures figures = Measure(folder, tasks);
      ok = ok && figures.ok;
      if (!figures.ok) break;
      const double each = figures.cpu * 1e3 / tasks;
      if (first == 0) first = each;
      growth = each / first;
      std::printf(
          "scheduler alone %9d tasks %9.0f tasks/s %8.4f ms CPU/task %5.0f MB  growth %.2f\n",
          tasks, tasks / figures.seconds, each, figures.megabytes, growth);
      std::fflush(stdout);
      if (growth <= at_most) break;
    }
    if (at_most > 0 && growth > at_most) {
      std::fprintf(stderr, "a task of %d costs %.2f times what one of %d does; %.2f is allowed\n",
                   tasks, growth, sizes.front(), at_most);
      ok = false;
    }
  }
  return ok ? 0 : 1;
}

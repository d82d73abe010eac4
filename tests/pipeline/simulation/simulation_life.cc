// One life of a process: what it meets, the run itself, and what it leaves on the disk.
#include <fmt/format.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "files/posix_output_folder.h"
#include "pipeline/simulation/checks.h"
#include "pipeline/simulation/simulation.h"

namespace aigc::testing {
namespace {

namespace fs = std::filesystem;

// With an inbox a run looks once a second: this is four days.
constexpr std::uint64_t kMostWaits = 400'000;

class Watch final : public pipeline::Observer {
 public:
  std::function<void(const pipeline::TaskEvent&)> on_task;
  std::function<void(const pipeline::Progress&)> on_progress;
  std::function<void(std::string_view)> on_notice;
  void OnTask(const pipeline::TaskEvent& event) override { on_task(event); }
  void OnProgress(const pipeline::Progress& progress) override { on_progress(progress); }
  void OnNotice(WallTime, pipeline::Severity, std::string_view text) override { on_notice(text); }
};

std::string Short(const api::Request& request) {
  if (const auto* create = std::get_if<api::CreateRequest>(&request)) {
    return "create " + SessionOf(*create).substr(0, 8);
  }
  if (const auto* detail = std::get_if<api::DetailRequest>(&request)) {
    return "detail " + detail->task_id.substr(0, 34);
  }
  if (const auto* list = std::get_if<api::ListRequest>(&request)) {
    return "list from " + FormatIso(list->after);
  }
  if (const auto* file = std::get_if<api::DownloadRequest>(&request)) return "get " + file->url;
  if (const auto* abort = std::get_if<api::AbortRequest>(&request))
    return "abort " + abort->task_id;
  if (const auto* put = std::get_if<api::PutObjectRequest>(&request)) {
    return fmt::format("put {} bytes", put->bytes);
  }
  return "request";
}

std::string Short(const api::Completion& completion) {
  if (const auto* failure = std::get_if<api::Failure>(&completion.answer)) {
    return fmt::format("{} {} {}", Name(failure->kind), failure->code, failure->message);
  }
  if (const auto* detail = std::get_if<api::TaskDetail>(&completion.answer)) {
    return fmt::format("{} {}", detail->status_word, detail->err_code_ext);
  }
  if (const auto* page = std::get_if<api::TaskPage>(&completion.answer)) {
    return fmt::format("{} tasks", page->tasks.size());
  }
  return "done";
}

class TextSource final : public BodySource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> Read(char* buffer, std::size_t size) override {
    const std::size_t count = text_.copy(buffer, size, at_);
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

// What a local file of the manifest holds, or one of our own results.
Result<std::unique_ptr<BodySource>> OpenInput(const fs::path& folder, const std::string& path) {
  if (path.starts_with(kInputFolder)) {
    return std::unique_ptr<BodySource>(std::make_unique<TextSource>(ContentOf(path)));
  }
  std::ifstream in(path.starts_with(folder.string()) ? fs::path(path) : folder / path,
                   std::ios::binary);
  if (!in) return Error{ErrorCode::kIo, "cannot read " + path};
  std::stringstream bytes;
  bytes << in.rdbuf();
  return std::unique_ptr<BodySource>(std::make_unique<TextSource>(bytes.str()));
}

}  // namespace

Result<std::unique_ptr<store::Store>> Simulation::Open(Site& site) {
  store::OpenOptions options;
  options.vfs = disk_.name();
  options.page_cache_kib = 512;
  return store::OpenForRun((site.folder / "state").string(), kBatch, options);
}

Simulation::End Simulation::Live(Site& site, bool calm, pipeline::Recovery recovery) {
  ++lives_;
  Tell(fmt::format("--- life {}{}", lives_, calm ? ", undisturbed" : ""));
  site.wire.Restart();
  Life life;
  life.calm = calm;
  life.recovery = recovery;
  if (recovery == pipeline::Recovery::kAdopt && !recovered_at_) {
    recovered_at_ = clock_.Undisturbed();
  }
  last_reason_.reset();
  site.inbox->keep = false;
  if (!calm) DrawTrouble(life);

  End end = End::kDied;
  {
    auto store = Open(site);
    Status planned = store.ok() ? Plan(**store) : Status{store.error()};
    if (planned.ok() && !calm && people_.Unit() < case_.command_share / 3) {
      CommandWithoutRun(site, **store);
    }
    if (planned.ok() && !disk_.is_cut()) {
      end = RunLoop(site, **store, life);
      if (!disk_.is_cut() && end == End::kDied) disk_.Cut();  // so that closing changes nothing
    } else if (!disk_.is_cut() && disk_.refused() == 0) {
      Break("the state cannot be used: " + Describe(planned.error()));
    }
  }
  if (!calm) extent_.operations = disk_.operations();
  AfterDeath(site, disk_.is_cut());
  return end;
}

void Simulation::DrawTrouble(Life& life) {
  if (case_.death) {
    if (case_.death->at_operation > 0) {
      disk_.FailAt(case_.death->at_operation, CrashDisk::Fault::kCut);
    }
    life.dies_at_wait = case_.death->at_wait;
    life.dies_at_request = case_.death->at_request;
  } else {
    const auto some_wait = [this] { return 1 + random_.Below(random_.Below(2) == 0 ? 12 : 120); };
    const double draw = random_.Unit();
    if (draw < case_.cut_share) {
      disk_.FailAt(1 + random_.Below(random_.Below(2) == 0 ? 60 : 600), CrashDisk::Fault::kCut);
    } else if (draw < case_.cut_share + case_.die_share) {
      life.dies_at_wait = some_wait();
    }
    if (random_.Unit() < case_.full_share) {
      const bool full = random_.Below(2) == 0;
      if (draw >= case_.cut_share) {
        disk_.FailAt(1 + random_.Below(300), full ? CrashDisk::Fault::kFull : CrashDisk::Fault::kIo,
                     1 + random_.Below(5));
      }
    }
    if (random_.Unit() < case_.stop_share) life.stops_at_wait = some_wait();
    if (random_.Unit() < case_.jump_share) {
      life.jumps_at_wait = some_wait();
      const Millis far = std::chrono::hours{1 + random_.Below(100)};
      // Without a Date header nothing tells how far the clock is off.
      const Millis near = Seconds{1 + random_.Below(200)};
      const Millis by = random_.Below(2) == 0 && case_.scenario.date_header ? far : near;
      life.jump = random_.Below(2) == 0 ? by : -by;
    }
    if (random_.Unit() < case_.sleep_share) {
      life.sleeps_at_wait = some_wait();
      life.sleep = std::chrono::minutes{(1 + random_.Below(600)) * (case_.long_sleeps ? 12 : 1)};
    }
    if (random_.Unit() < 0.1) life.rival_at_wait = 1 + random_.Below(10);
  }
  if (people_.Unit() < case_.command_share) {
    life.command_at_wait = 1 + people_.Below(40);
  }
}

// What the disk holds once the process is gone, and whether that is the truth.
void Simulation::AfterDeath(Site& site, bool died) {
  if (disk_.refused() > 0) ++tally_.full_disks;
  if (case_.death && died) {
    disk_.Settle(case_.death->kept, random_);
    BreakFiles(site, *case_.death);
    return;
  }
  auto kept = CrashDisk::Kept::kAll;
  if (died) {
    const double draw = random_.Unit();
    kept = draw < 0.3   ? CrashDisk::Kept::kAll
           : draw < 0.6 ? CrashDisk::Kept::kNone
                        : CrashDisk::Kept::kSome;
    ++(kept == CrashDisk::Kept::kAll ? tally_.killed : tally_.power_cuts);
    if (kept != CrashDisk::Kept::kAll) tally_.unsynced_lost += disk_.unsynced();
    // Part files end anywhere.
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator(site.folder / "out", ignored)) {
      if (entry.path().extension() != ".part" || !entry.is_regular_file()) continue;
      const auto size = entry.file_size();
      if (random_.Unit() < 0.5) fs::resize_file(entry.path(), random_.Below(size + 1), ignored);
    }
  }
  disk_.Settle(kept, random_);
  auto store = Open(site);
  if (!store.ok()) {
    Break("the state cannot be opened again: " + Describe(store.error()));
    return;
  }
  CheckSendsAreKnown(*this, site, **store);
}

void Simulation::BreakFiles(Site& site, const Death& death) {
  std::error_code ignored;
  const fs::path log = site.folder / "state" / fmt::format("{}.db-wal", kBatch);
  extent_.log_bytes = fs::exists(log) ? fs::file_size(log) : 0;
  if (death.log_bytes) {
    fs::resize_file(log, *death.log_bytes, ignored);
    site.wire = WireLog{};  // the state knows less than it did
  }
  for (const auto& entry : fs::recursive_directory_iterator(site.folder / "out", ignored)) {
    if (entry.path().extension() != ".part") continue;
    extent_.part_bytes = entry.file_size();
    if (death.part_bytes) fs::resize_file(entry.path(), *death.part_bytes, ignored);
  }
  auto store = Open(site);
  if (!store.ok()) return Break("the state cannot be opened again: " + Describe(store.error()));
  CheckSendsAreKnown(*this, site, **store);
}

void Simulation::MeetLife(const Life& life, std::uint64_t wait, pipeline::Loop& loop, Site& site) {
  if (wait == kMostWaits) Break("a run goes on and on");
  if (wait == life.dies_at_wait || wait == kMostWaits) throw Crash{};
  if (wait == life.stops_at_wait) {
    loop.RequestStop();
    ++tally_.interrupts;
  }
  if (wait == life.jumps_at_wait) {
    clock_.JumpWall(life.jump);
    ++tally_.jumps;
  }
  if (wait == life.sleeps_at_wait) {
    clock_.Suspend(life.sleep);
    ++tally_.sleeps;
  }
  if (wait == life.command_at_wait) GiveCommand(site);
  if (wait == life.rival_at_wait && !disk_.is_cut()) {
    const auto rival = Open(site);
    if (rival.ok() || rival.error().code != ErrorCode::kStateLocked) {
      Break("a second run was let in while one was going on");
    } else {
      ++tally_.locked_out;
    }
  }
}

Simulation::End Simulation::RunLoop(Site& site, store::Store& store, const Life& life) {
  const auto number = static_cast<std::size_t>(&site - sites_.data());
  NetworkOptions network = case_.network;
  if (life.calm) network.weather.clears_after = 0;
  SimulatedExchange exchange(*service_, clock_, TestCredentials(), kSubAppId,
                             case_.seed * 1000 + lives_, network);
  exchange.Leave(stragglers_);
  std::uint64_t requests = 0;
  exchange.on_start = [&](const api::Request& request) {
    if (++requests == life.dies_at_request) throw Crash{};
    site.wire.OnStart(request, clock_.Ticks(), case_.limits.submit_rate);
    if (const auto* abort = std::get_if<api::AbortRequest>(&request)) {
      aborts_asked_.insert(abort->task_id);
    }
    if (on_story) Tell("> " + Short(request));
  };
  exchange.on_answer = [&](const api::Request& request, const api::Completion& completion) {
    site.wire.OnAnswer(request, completion);
    if (on_story) Tell("< " + Short(request) + ": " + Short(completion));
  };
  Watch watch;
  watch.on_task = [&](const pipeline::TaskEvent& event) {
    if (event.to == TaskState::kLost) {
      lost_at_[fmt::format("{}/{}/{}", number, event.id, event.generation)] = clock_.Undisturbed();
    }
    if (event.error_code == "overdue") overdue_ = true;
    if (on_story) {
      Tell(fmt::format("{} {} → {}: {}", event.id, Name(event.from), Name(event.to), event.why));
    }
  };
  watch.on_notice = [&](std::string_view text) {
    std::uint64_t recovered = 0;
    if (std::sscanf(std::string(text).c_str(), "recovered %" SCNu64 " tasks", &recovered) == 1) {
      tally_.recovered += recovered;
    }
    Tell("notice: " + std::string(text));
  };
  const auto most = case_.limits.max_in_flight;
  // What is taken over from the service may be more than is allowed.
  const bool own = life.recovery == pipeline::Recovery::kOff;
  watch.on_progress = [&, most, own](const pipeline::Progress& progress) {
    if (most && own && progress.in_flight > static_cast<std::size_t>(*most)) {
      Break(fmt::format("{} in flight, {} are allowed", progress.in_flight, *most));
    }
    WatchMoney(store);
  };
  const auto batch = store.Batch();
  pipeline::LoopOptions options;
  options.limits = case_.limits;
  options.sub_app_id = kSubAppId;
  options.batch_uuid = batch->uuid;
  options.batch_name = batch->name;
  options.server_mark = batch->server_mark;
  options.recovery = life.recovery;
  if (case_.command_share > 0) options.inbox = site.inbox.get();
  options.open_input = [&site](const std::string& path) { return OpenInput(site.folder, path); };
  options.output = {"out", pipeline::kDefaultFilename};
  const auto account = site.account->Join(kBatch);
  options.account = account.get();
  const auto folder = files::MakePosixOutputFolder(site.folder.string());
  const std::set<std::string> must_abort = MustBeAborted(store);
  Random random(case_.seed * 7919 + lives_);
  End end = End::kDied;
  {
    pipeline::Loop loop(store, exchange, *folder, clock_, random, watch, options);
    exchange.on_wait = [&](std::uint64_t wait) { MeetLife(life, wait, loop, site); };
    try {
      const auto result = loop.Run();
      if (result.ok()) {
        last_reason_ = result->reason;
        if (result->reason == pipeline::StopReason::kBudget) ++tally_.budget_stops;
        end = result->reason == pipeline::StopReason::kFinished ? End::kFinished : End::kEnded;
      } else if (!disk_.is_cut()) {
        end = End::kEnded;
        if (disk_.refused() == 0) Break("the run failed: " + Describe(result.error()));
      }
    } catch (const Crash&) {
      store.AbandonTurn();
    }
    exchange.on_wait = nullptr;
  }
  if (!life.calm) {
    extent_.requests = requests;
    extent_.waits = exchange.waits();
  }
  if (end == End::kFinished && !std::includes(aborts_asked_.begin(), aborts_asked_.end(),
                                              must_abort.begin(), must_abort.end())) {
    Break("a cancelled task that waits at the service was not asked to be taken out");
  }
  exchange.Drain();
  for (std::string& finding : site.wire.TakeFindings()) Break(std::move(finding));
  return end;
}

}  // namespace aigc::testing

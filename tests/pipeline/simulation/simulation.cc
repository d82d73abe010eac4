#include "pipeline/simulation/simulation.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>

#include "api/codec.h"
#include "api/request_body.h"
#include "files/posix_output_folder.h"
#include "pipeline/plan.h"
#include "pipeline/simulation/checks.h"
#include "task/session.h"

namespace aigc::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSubAppId = 1500000001;
constexpr const char* kBatch = "batch";
// A run that has not come to an end after so many undisturbed lives never will: a fault that stops
// the run strikes 30 times at most (case.cc).
constexpr int kCalmLives = 40;
constexpr std::uint64_t kMostWaits = 40'000;

Credentials TestCredentials() { return {"test-id", Secret("test-key"), Secret()}; }

fs::path NewFolder() {
  static std::atomic<int> count{0};
  const fs::path memory = "/dev/shm";  // files without a disk's latency, where there are such
  std::error_code failed;
  const fs::path base = fs::is_directory(memory, failed) ? memory : fs::temp_directory_path();
  return base / fmt::format("aigc-simulation-{}-{}", ::getpid(), count++);
}

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

}  // namespace

std::vector<std::pair<std::string, std::uint64_t>> Tally::Lines() const {
  return {{"seeds", seeds},
          {"lives", lives},
          {"tasks", tasks},
          {"accepted", accepted},
          {"succeeded", succeeded},
          {"failed", failed},
          {"lost", lost},
          {"killed", killed},
          {"power_cuts", power_cuts},
          {"unsynced_lost", unsynced_lost},
          {"full_disks", full_disks},
          {"interrupts", interrupts},
          {"clock_jumps", jumps},
          {"suspends", sleeps},
          {"long_pauses", long_pauses},
          {"stragglers", stragglers},
          {"scripted_faults", scripted_faults},
          {"duplicates", duplicates},
          {"restored", restored},
          {"diverged", diverged},
          {"edits", edits},
          {"locked_out", locked_out}};
}

// What one process meets. 0: does not happen.
struct Simulation::Life {
  std::uint64_t dies_at_wait = 0, stops_at_wait = 0, jumps_at_wait = 0, sleeps_at_wait = 0;
  std::uint64_t rival_at_wait = 0, dies_at_request = 0;
  Millis jump{0}, sleep{0};
  bool calm = false;
};

Simulation::Simulation(Case drawn, Tally& tally)
    : case_(std::move(drawn)), tally_(tally), random_(case_.seed ^ 0x5eed), folder_(NewFolder()) {
  simulator::ServiceOptions options;
  options.credentials = TestCredentials();
  options.seed = case_.seed;
  options.scenario = case_.scenario;
  service_ = std::make_unique<simulator::Service>(std::move(options));
  fs::remove_all(folder_);
  Site site;
  site.folder = folder_ / "site-0";
  fs::create_directories(site.folder);
  sites_.push_back(std::move(site));
}

Simulation::~Simulation() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::vector<std::string> Simulation::Run() {
  AddForeignTasks();
  for (int life = 0; life < case_.lives; ++life) {
    if (life > 0) CopyState();
    if (life > 0 && case_.edits) EditManifest();
    Site& site = sites_[random_.Below(sites_.size())];
    Live(site, /*calm=*/false);
    Pause();
  }
  if (case_.death) DieAsTold();
  bool ended = true;
  for (Site& site : sites_) ended = ComeToAnEnd(site) && ended;
  // What is still on its way to the service arrives now or never.
  if (!stragglers_.empty()) stragglers_.Deliver(*service_, stragglers_.last());
  if (ended) {
    for (Site& site : sites_) OnceMore(site);
    std::vector<std::unique_ptr<store::Store>> stores;
    std::vector<OpenSite> open;
    for (Site& site : sites_) {
      auto store = Open(site);
      if (!store.ok()) {
        Break("the state cannot be opened: " + Describe(store.error()));
        return broken_;
      }
      open.push_back({&site, store->get()});
      if (const auto counts = (*store)->Counts({}); counts.ok()) Count(*counts);
      stores.push_back(std::move(*store));
    }
    CheckEnd(*this, open);
  }
  ++tally_.seeds;
  tally_.lives += lives_;
  tally_.tasks += case_.specs.size();
  tally_.accepted += ledger().tasks().size() - static_cast<std::size_t>(case_.foreign_tasks);
  tally_.stragglers += stragglers_.delivered();
  for (const auto& [action, counts] : ledger().all_counts()) {
    tally_.scripted_faults += counts.faults;
    tally_.duplicates += counts.duplicates;
  }
  return broken_;
}

void Simulation::Count(const store::StateCounts& counts) {
  const auto of = [&counts](TaskState state) {
    const auto found = counts.find(state);
    return found == counts.end() ? 0 : static_cast<std::uint64_t>(found->second);
  };
  tally_.succeeded += of(TaskState::kSucceeded);
  tally_.failed += of(TaskState::kFailed);
  tally_.lost += of(TaskState::kLost);
}

void Simulation::Tell(const std::string& text) {
  if (!on_story) return;
  on_story(fmt::format("{} {:>10.3f}s  {}", FormatIso(clock_.Undisturbed()),
                       std::chrono::duration<double>(clock_.Ticks().time_since_epoch()).count(),
                       text));
}

// One life that makes the plan, one that ends as the case says.
void Simulation::DieAsTold() {
  {
    auto store = Open(sites_[0]);
    const Status planned = store.ok() ? Plan(**store) : Status{store.error()};
    if (!planned.ok()) Break("the plan cannot be made: " + Describe(planned.error()));
  }
  Random unused(1);
  disk_.Settle(CrashDisk::Kept::kAll, unused);
  Live(sites_[0], /*calm=*/false);
}

// Others use the account too: another batch of the same name makes the very same tasks.
void Simulation::AddForeignTasks() {
  api::ApiSettings settings;
  settings.host = "127.0.0.1:443";
  settings.sub_app_id = kSubAppId;
  api::SigningKeyCache keys;
  const Credentials credentials = TestCredentials();
  for (int i = 0; i < case_.foreign_tasks; ++i) {
    const TaskSpec& spec = case_.specs[static_cast<std::size_t>(i) % case_.specs.size()];
    const SubmissionKey key{fmt::format("other-{}", i), kBatch, spec.id, 1, 1, Fingerprint(spec)};
    const auto body =
        api::EncodeCreate(spec, {kSubAppId, MakeSessionId(key), MakeSessionContext(key)});
    for (int turn = 0; turn < 50 && ledger().FindSession(MakeSessionId(key)) == nullptr; ++turn) {
      clock_.Advance(Micros{Seconds{1}});
      service_->Handle(MakeApiRequest(api::CreateRequest{spec.kind, *body}, settings, credentials,
                                      clock_.Undisturbed() + case_.scenario.clock_offset, keys),
                       clock_.Undisturbed());
    }
  }
  // Those that a fault swallowed are not there.
  case_.foreign_tasks = static_cast<int>(ledger().tasks().size());
}

void Simulation::EditManifest() {
  TaskSpec& spec = case_.specs[random_.Below(case_.specs.size())];
  spec.prompt += ", once more";
  ++tally_.edits;
}

void Simulation::CopyState() {
  if (case_.copies == Copies::kNone) return;
  const auto copy = [](const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive);
  };
  if (case_.copies == Copies::kDiverged && sites_.size() == 1 && random_.Unit() < 0.7) {
    Site site;
    site.folder = folder_ / "site-1";
    copy(sites_[0].folder, site.folder);
    sites_.push_back(std::move(site));
    ++tally_.diverged;
  }
  if (case_.copies == Copies::kRestored) {
    if (backup_.empty()) {
      backup_ = folder_ / "backup";
      copy(sites_[0].folder / "state", backup_);
    } else {
      copy(backup_, sites_[0].folder / "state");
      sites_[0].wire = WireLog{};
      ++tally_.restored;
    }
  }
}

void Simulation::Pause() {
  const double draw = random_.Unit();
  Millis pause = Seconds{1 + random_.Below(20)};
  if (draw < 0.5) pause = Seconds{1 + random_.Below(3600)};
  if (case_.long_pauses && draw < 0.35) {
    pause = std::chrono::hours{1 + random_.Below(170)};
    ++tally_.long_pauses;
  }
  clock_.Advance(Micros{pause});
  stragglers_.Deliver(*service_, clock_.Undisturbed());
}

Result<std::unique_ptr<store::Store>> Simulation::Open(Site& site) {
  store::OpenOptions options;
  options.vfs = disk_.name();
  options.page_cache_kib = 512;
  return store::OpenForRun((site.folder / "state").string(), kBatch, options);
}

Status Simulation::Plan(store::Store& store) {
  if (const auto known = store.Batch(); !known.ok()) {
    store::BatchRecord batch;
    batch.uuid = fmt::format("simulation-{}", case_.seed);
    batch.name = kBatch;
    batch.endpoint = "https://127.0.0.1";
    batch.sub_app_id = kSubAppId;
    batch.created_at = clock_.Now();
    AIGC_RETURN_IF_ERROR(store.BeginTurn());
    AIGC_RETURN_IF_ERROR(store.PutBatch(batch));
    AIGC_RETURN_IF_ERROR(store.CommitTurn());
  }
  pipeline::Planner planner(
      &store,
      [&](const std::function<Status(const pipeline::ListedTask&)>& visit) -> Status {
        for (const TaskSpec& spec : case_.specs) {
          AIGC_RETURN_IF_ERROR(visit({spec, Fingerprint(spec)}));
        }
        return {};
      },
      {});
  AIGC_RETURN_IF_ERROR(planner.Compare(/*for_writing=*/true));
  return planner.Write(
      store, [](const Source&) -> Result<std::string> { return std::string("file content"); },
      clock_);
}

Simulation::End Simulation::Live(Site& site, bool calm) {
  ++lives_;
  Tell(fmt::format("--- life {}{}", lives_, calm ? ", undisturbed" : ""));
  site.wire.Restart();
  Life life;
  life.calm = calm;
  if (!calm && case_.death) {
    if (case_.death->at_operation > 0) {
      disk_.FailAt(case_.death->at_operation, CrashDisk::Fault::kCut);
    }
    life.dies_at_wait = case_.death->at_wait;
    life.dies_at_request = case_.death->at_request;
  } else if (!calm) {
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
      life.sleep = std::chrono::minutes{1 + random_.Below(600)};
    }
    if (random_.Unit() < 0.1) life.rival_at_wait = 1 + random_.Below(10);
  }

  End end = End::kDied;
  {
    auto store = Open(site);
    Status planned = store.ok() ? Plan(**store) : Status{store.error()};
    if (planned.ok()) {
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
  watch.on_notice = [&](std::string_view text) { Tell("notice: " + std::string(text)); };
  const auto most = case_.limits.max_in_flight;
  watch.on_progress = [&, most](const pipeline::Progress& progress) {
    if (most && progress.in_flight > static_cast<std::size_t>(*most)) {
      Break(fmt::format("{} in flight, {} are allowed", progress.in_flight, *most));
    }
  };
  const auto batch = store.Batch();
  pipeline::LoopOptions options;
  options.limits = case_.limits;
  options.sub_app_id = kSubAppId;
  options.batch_uuid = batch->uuid;
  options.batch_name = batch->name;
  options.server_mark = batch->server_mark;
  options.output = {"out", pipeline::kDefaultFilename};
  const auto folder = files::MakePosixOutputFolder(site.folder.string());
  Random random(case_.seed * 7919 + lives_);
  End end = End::kDied;
  {
    pipeline::Loop loop(store, exchange, *folder, clock_, random, watch, options);
    exchange.on_wait = [&](std::uint64_t wait) { MeetLife(life, wait, loop, site); };
    try {
      const auto result = loop.Run();
      if (result.ok()) {
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
  exchange.Drain();
  for (std::string& finding : site.wire.TakeFindings()) Break(std::move(finding));
  return end;
}

bool Simulation::AllFinal(Site& site) {
  auto store = Open(site);
  if (!store.ok()) return false;
  bool final = true;
  const Status visited = (*store)->ForEachReportRow({}, [&](const store::ReportRow& row) -> Status {
    final = final && IsFinal(row.row.state);
    return {};
  });
  return visited.ok() && final;
}

bool Simulation::ComeToAnEnd(Site& site) {
  for (int life = 0; life < kCalmLives; ++life) {
    const End end = Live(site, /*calm=*/true);
    clock_.Advance(Micros{Seconds{30}});
    stragglers_.Deliver(*service_, clock_.Undisturbed());
    if (end == End::kFinished && AllFinal(site)) return true;
    if (!broken_.empty()) return false;
  }
  Break(fmt::format("not at its end after {} undisturbed runs", kCalmLives));
  return false;
}

// One more run finds everything done: nothing is made, nothing is fetched.
void Simulation::OnceMore(Site& site) {
  const auto accepted = ledger().tasks().size();
  const auto files = ledger().counts("file").seen;
  const auto creates =
      ledger().counts("CreateAigcVideoTask").seen + ledger().counts("CreateAigcImageTask").seen;
  if (Live(site, /*calm=*/true) != End::kFinished) Break("one more run does not end well");
  if (ledger().tasks().size() != accepted ||
      ledger().counts("CreateAigcVideoTask").seen + ledger().counts("CreateAigcImageTask").seen !=
          creates) {
    Break("one more run sent creates");
  }
  if (ledger().counts("file").seen != files && !overdue_) Break("one more run fetched files");
}

}  // namespace aigc::testing

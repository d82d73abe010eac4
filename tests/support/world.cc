#include "support/world.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/digest.h"
#include "task/session.h"

namespace aigc::testing {
namespace {

constexpr std::int64_t kSubAppId = 1500000001;

Credentials TestCredentials() { return {"test-id", Secret("test-key"), Secret()}; }

}  // namespace

namespace {

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

}  // namespace

void RecordingObserver::OnTask(const pipeline::TaskEvent& event) {
  lines.push_back(
      fmt::format("{}: {} → {}: {}", event.id, Name(event.from), Name(event.to), event.why));
  if (on_task) on_task(event);
}

void RecordingObserver::OnProgress(const pipeline::Progress& progress) {
  most_in_flight = std::max(most_in_flight, progress.in_flight);
}

void RecordingObserver::OnNotice(WallTime, pipeline::Severity, std::string_view text) {
  notices.emplace_back(text);
  if (on_notice) on_notice(text);
}

World::World(WorldOptions o) : options(std::move(o)) {
  simulator::ServiceOptions service_options;
  service_options.credentials = TestCredentials();
  service_options.seed = options.seed;
  service_options.scenario = options.scenario;
  service = std::make_unique<simulator::Service>(std::move(service_options));
  UseStore(std::move(store::OpenInMemory()).value());
}

void World::UseStore(std::unique_ptr<store::Store> other) {
  store = std::move(other);
  store::BatchRecord batch;
  batch.uuid = fmt::format("world-{}", options.seed);
  batch.name = "world";
  batch.endpoint = "https://127.0.0.1";
  batch.sub_app_id = kSubAppId;
  batch.created_at = clock.Now();
  if (!store->BeginTurn().ok() || !store->PutBatch(batch).ok() || !store->CommitTurn().ok()) {
    throw std::runtime_error("the state cannot be made");
  }
}

TaskSpec World::Video(std::string id, std::string prompt) {
  TaskSpec spec;
  spec.id = std::move(id);
  spec.model = "Kling";
  spec.version = "2.5";
  spec.prompt = std::move(prompt);
  spec.duration = 5;
  spec.resolution = "720P";
  return spec;
}

TaskSpec World::VideoFrom(std::string id, const std::string& path, const std::string& content) {
  TaskSpec spec = Video(std::move(id));
  local_files[path] = content;
  Input input;
  input.usage = "FirstFrame";
  Source& source = input.source;
  source.type = SourceType::kLocalFile;
  source.text = path;
  source.content_sha256 = Sha256Hex(content);
  source.content_bytes = static_cast<std::int64_t>(content.size());
  source.upload_path = path;
  source.upload_type = "png";
  spec.inputs.push_back(std::move(input));
  return spec;
}

std::vector<TaskSpec> World::Videos(int count) {
  std::vector<TaskSpec> specs;
  for (int i = 1; i <= count; ++i) specs.push_back(Video(fmt::format("task-{:04}", i)));
  return specs;
}

Status World::Plan(const std::vector<TaskSpec>& specs) {
  std::map<std::string, const TaskSpec*> by_id;
  for (const TaskSpec& spec : specs) by_id.emplace(spec.id, &spec);
  std::map<std::string, std::string> known;
  const std::function<std::string(const TaskSpec&)> fingerprint = [&](const TaskSpec& spec) {
    if (const auto found = known.find(spec.id); found != known.end()) return found->second;
    std::vector<std::string> inputs;
    for (const std::string& id : TasksRead(spec)) inputs.push_back(fingerprint(*by_id.at(id)));
    return known[spec.id] = Fingerprint(spec, inputs);
  };
  pipeline::Planner planner(
      store.get(),
      [&](const std::function<Status(const pipeline::ListedTask&)>& visit) -> Status {
        for (const TaskSpec& spec : specs) {
          AIGC_RETURN_IF_ERROR(visit({spec, fingerprint(spec)}));
        }
        return {};
      },
      {});
  AIGC_RETURN_IF_ERROR(planner.Compare(/*for_writing=*/true));
  return planner.Write(
      *store, [](const Source&) -> Result<std::string> { return std::string("file content"); },
      clock);
}

std::optional<Result<pipeline::RunResult>> World::Run(std::uint64_t crash_after) {
  ++lives;
  exchange = std::make_unique<SimulatedExchange>(*service, clock, TestCredentials(), kSubAppId,
                                                 options.seed * 1000 + lives, options.network);
  if (crash_after > 0) exchange->CrashAfterWaits(crash_after);
  Random random(options.seed * 7919 + lives);
  const auto batch = store->Batch();
  pipeline::LoopOptions loop_options;
  loop_options.limits = options.limits;
  loop_options.selection = options.selection;
  loop_options.download = options.download;
  loop_options.fetch_only = options.fetch_only;
  loop_options.recovery = options.recovery;
  loop_options.inbox = options.inbox;
  loop_options.intake = options.intake;
  loop_options.fixed = options.fixed;
  loop_options.budget_micros = options.budget_micros;
  loop_options.sub_app_id = kSubAppId;
  loop_options.batch_uuid = batch->uuid;
  loop_options.batch_name = batch->name;
  loop_options.open_input = [this](const std::string& path) -> Result<std::unique_ptr<BodySource>> {
    const auto found = local_files.find(path);
    if (found == local_files.end()) {
      const auto made = folder.finished().find(path.substr(1));
      if (made == folder.finished().end()) return Error{ErrorCode::kIo, "cannot read " + path};
      return std::unique_ptr<BodySource>(std::make_unique<TextSource>(made->second));
    }
    return std::unique_ptr<BodySource>(std::make_unique<TextSource>(found->second));
  };
  loop_options.server_mark = batch->server_mark;
  loop_options.output = {"out", pipeline::kDefaultFilename};
  const auto access = account.Join(batch->name);
  loop_options.account = access.get();
  try {
    pipeline::Loop loop(*store, *exchange, folder, clock, random, observer, loop_options);
    if (on_loop) on_loop(loop);
    return loop.Run();
  } catch (const Crash&) {
    store->AbandonTurn();
    exchange->Drain();
    return std::nullopt;
  }
}

namespace {

// All of the state, whatever ids and generations their tasks have by now.
std::set<std::string> KnownSessions(store::Store& store, std::vector<std::string>& broken) {
  store::Selection everything;
  everything.history = everything.left_out = true;
  std::set<std::string> ids, sessions;
  const Status visited = store.ForEachReportRow(everything, [&](const store::ReportRow& row) {
    ids.insert(row.row.id);
    return Status{};
  });
  if (!visited.ok()) broken.push_back(Describe(visited.error()));
  for (const std::string& id : ids) {
    const auto stories = store.Story(id);
    if (!stories.ok()) continue;
    for (const auto& story : *stories) {
      for (const auto& submission : story.submissions) sessions.insert(submission.session_id);
    }
  }
  return sessions;
}

}  // namespace

std::vector<std::string> World::BrokenPromises() {
  std::vector<std::string> broken;
  const simulator::Ledger& ledger = service->ledger();
  std::map<std::string, int> accepted;  // by SessionId
  const std::set<std::string> sessions = KnownSessions(*store, broken);
  for (const auto& task : ledger.tasks()) {
    if (++accepted[task.session_id] > 1) {
      broken.push_back("one submission was accepted twice: " + task.session_context);
    }
    const auto key = ParseSessionContext(task.session_context);
    if (!key) {
      broken.push_back("an accepted task has no readable context");
      continue;
    }
    const bool known = sessions.contains(task.session_id);
    if (!known) broken.push_back("an accepted task is unknown to the state: " + task.task_id);
  }
  for (const char* action : {"CreateAigcVideoTask", "CreateAigcImageTask"}) {
    const auto busiest = ledger.BusiestSecond(action);
    // The network may squeeze the distance of two requests by the spread of its latency.
    const double spread =
        std::chrono::duration<double>(options.network.latency_max - options.network.latency_min)
            .count();
    const double most = options.limits.submit_rate * (1 + spread) + 1;
    if (static_cast<double>(busiest) > most) {
      broken.push_back(fmt::format("{} creates in one second", busiest));
    }
  }
  const Status visited =
      store->ForEachReportRow(store::Selection{}, [&](const store::ReportRow& row) -> Status {
        if (row.row.state != TaskState::kSucceeded || !options.download) return {};
        const auto* task = ledger.Find(row.task_id);
        if (task == nullptr) {
          broken.push_back("a succeeded task is not in the ledger: " + row.row.id);
          return {};
        }
        if (task->files.size() != row.artifacts.size()) {
          broken.push_back("a succeeded task has another number of files: " + row.row.id);
          return {};
        }
        for (std::size_t i = 0; i < task->files.size(); ++i) {
          const auto file = folder.finished().find(row.artifacts[i].path);
          if (file == folder.finished().end() || Sha256Hex(file->second) != task->files[i].sha256 ||
              row.artifacts[i].sha256 != task->files[i].sha256) {
            broken.push_back("a file is not what the service made: " + row.artifacts[i].path);
          }
        }
        return {};
      });
  if (!visited.ok()) broken.push_back(Describe(visited.error()));
  return broken;
}

}  // namespace aigc::testing

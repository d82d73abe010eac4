#include "unit/store/state_fixture.h"

#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace aigc::store {

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "aigc-store-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void WriteAll(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

WallTime At(int seconds) { return FromUnixMillis(1787212800000 + std::int64_t{seconds} * 1000); }

NewTask MakeTask(const std::string& id, std::int64_t position) {
  NewTask task;
  task.spec.id = id;
  task.spec.model = "Hailuo";
  task.spec.version = "2.3";
  task.spec.prompt = "a red fox in the snow";
  task.fingerprint = "f2:" + id;
  task.position = position;
  return task;
}

BatchRecord MakeBatch() {
  BatchRecord batch;
  batch.uuid = "0123456789abcdef0123456789abcdef";
  batch.name = "autumn";
  batch.endpoint = "https://vod.tencentcloudapi.com";
  batch.sub_app_id = 1500000001;
  batch.machine = "m1";
  batch.manifest_path = "/srv/a/autumn.yaml";
  batch.folder = "/srv/a";
  batch.manifest_text = "manifest: 1\nname: autumn\n";
  batch.output_dir = "out";
  batch.created_at = At(0);
  batch.server_mark = At(1);
  return batch;
}

TaskChange Change(std::int64_t task, TaskState from, TaskState to, int at_seconds,
                  std::string why) {
  TaskChange change;
  change.task = task;
  change.from = from;
  change.to = to;
  change.at = At(at_seconds);
  change.why = std::move(why);
  return change;
}

void MemoryStore::SetUp() {
  store_ = Take(OpenInMemory());
  Take(store_->BeginTurn());
}

std::int64_t MemoryStore::Add(const std::string& id, std::int64_t position) {
  return Add(MakeTask(id, position));
}

void MemoryStore::Bring(std::int64_t task, TaskState to, int at_seconds) {
  using enum TaskState;
  std::vector<TaskState> way = {kPending};
  if (to == kSkipped || to == kBlocked) {
    way.push_back(to);
  } else {
    way.push_back(kSubmitting);
    if (to == kWaitingRetry || to == kRunning || to == kFailed) way.push_back(to);
    if (to == kDownloading) way.insert(way.end(), {kRunning, kDownloading});
    if (to == kSucceeded) way.insert(way.end(), {kRunning, kDownloading, kSucceeded});
  }
  for (std::size_t i = 1; i < way.size(); ++i) {
    TaskChange change = Change(task, way[i - 1], way[i], at_seconds);
    change.due = At(at_seconds);
    Take(store_->Apply(change));
  }
}

SubmissionRow MemoryStore::Submit(std::int64_t task, int number, const std::string& session) {
  SubmissionRow row;
  row.task = task;
  row.number = number;
  row.attempt = number;
  row.session_id = session;
  row.body = "{\"SessionId\":\"" + session + "\"}";
  row.created_at = At(10 * number);
  return Take(store_->AddSubmission(row));
}

}  // namespace aigc::store

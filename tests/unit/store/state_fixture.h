// What the tests of the store share: a folder of their own, times, tasks, and calls that must work.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/sqlite_store.h"
#include "store/store.h"

namespace aigc::store {

// A folder that is removed with everything in it.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string ReadAll(const std::string& path);
void WriteAll(const std::string& path, const std::string& bytes);
std::vector<std::string> NamesIn(const std::string& folder);  // sorted

// `seconds` after a fixed day in 2026.
WallTime At(int seconds);

NewTask MakeTask(const std::string& id, std::int64_t position);
BatchRecord MakeBatch();

// The value, or a failed test and an exception that ends it.
template <typename T>
T Take(Result<T> result) {
  if (!result.ok()) throw std::runtime_error("unexpected error: " + Describe(result.error()));
  return std::move(result).value();
}
inline void Take(Status status) {
  if (!status.ok()) throw std::runtime_error("unexpected error: " + Describe(status.error()));
}

MATCHER_P(FailsWith, code, "fails with " + std::string(Name(code))) {
  if (arg.ok()) {
    *result_listener << "succeeded";
    return false;
  }
  *result_listener << "failed with " << Name(arg.error().code) << ": " << Describe(arg.error());
  return arg.error().code == code;
}
MATCHER(IsOk, "is ok") {
  if (!arg.ok()) *result_listener << Describe(arg.error());
  return arg.ok();
}

// A task in one step of its life and the next.
TaskChange Change(std::int64_t task, TaskState from, TaskState to, int at_seconds = 0,
                  std::string why = "because");

// Tests on a state in memory, with a turn open: what they write is seen by what they read.
class MemoryStore : public testing::Test {
 protected:
  void SetUp() override;
  std::int64_t Add(const std::string& id, std::int64_t position);
  std::int64_t Add(const NewTask& task) { return Take(store_->AddTask(task, At(0))); }
  // Moves a pending task to `to` on the way that is allowed.
  void Bring(std::int64_t task, TaskState to, int at_seconds = 0);
  SubmissionRow Submit(std::int64_t task, int number, const std::string& session);

  std::unique_ptr<Store> store_;
};

}  // namespace aigc::store

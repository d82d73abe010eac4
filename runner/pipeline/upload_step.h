// Every decision about one upload, as a pure function: (upload, answer, now) → what next. Like
// step.h for tasks; the loop (loop_upload.cc) acts on it.
//
// Nothing here costs anything and everything may be repeated (reference 9.3), so the rule is plain:
// what may pass is tried again with back-off, keys that are over are replaced by applying anew, and
// only what no repeat can cure fails the tasks that wait for the file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/exchange.h"
#include "pipeline/step.h"
#include "store/store.h"

namespace aigc::pipeline {

// Uploaded files are wanted for the batch and not for ever: the service deletes them after this.
inline constexpr Millis kUploadLife = std::chrono::hours{30 * 24};
// A file id that ends sooner than this is not used: the task may wait in queues before it is read.
inline constexpr Millis kUploadMargin = std::chrono::hours{3 * 24};
// A place whose keys end sooner than this is not written to.
inline constexpr Millis kKeyMargin = Seconds{60};

// Whether tasks may name its file id at `now`.
bool IsUsable(const store::UploadRow& file, WallTime now);

enum class UploadPhase {
  kApply,   // ask for a place
  kPut,     // write the content there
  kCommit,  // make it a file
};

struct Upload {
  store::UploadRow file;
  UploadPhase phase = UploadPhase::kApply;
  api::UploadPlace place;
  WallTime asked_at{};                   // for the place, by our clock
  WallTime delete_at{};                  // asked for together with the place
  std::optional<WallTime> keys_until{};  // of the place, by our clock
  int places = 0;                        // asked for and given
  int failures = 0;                      // of any step, since the upload was begun
  std::optional<WallTime> failing_since{};
};

struct UploadTransition {
  Upload next;
  Millis wait{0};             // before next.phase acts
  std::string file_id;        // not empty: done
  bool failed = false;        // for good: the tasks that wait for it fail
  std::string code, message;  // of the failure; once `failed`, for the tasks
  std::string why;            // for the log; empty when nothing is worth telling
  std::string request_id;
  std::string_view advice{};
  Effect effect = Effect::kNone;
  bool answered = true;  // false: nothing came from the service itself, as in Transition
  bool api = true;       // false: an answer of the storage, which says nothing about the service
};

UploadTransition AfterUpload(Upload upload, const api::Completion& completion,
                             const StepContext& context);
// Whether the keys to its place end too soon to begin a PUT now.
bool KeysAreOver(const Upload& upload, WallTime now);
// The file cannot be opened.
UploadTransition CannotRead(Upload upload, const Error& error);

}  // namespace aigc::pipeline

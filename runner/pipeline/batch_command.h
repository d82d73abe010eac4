// What a person asks of a batch, as a value and as the text of a command file. The file is read by
// the run that holds the batch's lock, which may be of another version of this program: what it
// does not know it refuses, because a narrowing that is left out would do more than was asked.
//
//   aigc-batch command 1
//   id 1787212800000-4711-9f3c
//   given 2026-08-20T08:00:00Z
//   action retry
//   ended failed
//   task clip-*
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/times.h"

namespace aigc::pipeline {

struct BatchCommand {
  enum class Action { kCancel, kRetry, kSet, kPause, kResume };
  // A limit by its name under `limits`, and its new value; "default" takes it back (steering.h).
  struct Setting {
    std::string name, value;
    bool operator==(const Setting&) const = default;
  };
  Action action = Action::kCancel;
  std::string id;                  // unique; what was carried out is known by it
  WallTime given{};                // whole seconds
  std::vector<std::string> tasks;  // globs over task ids; empty: every task
  // kRetry: which ended tasks.
  bool failed = false;              // but for overdue ones, which may still finish
  bool lost = false;                // lost and overdue ones: maybe paid for twice
  bool again = false;               // succeeded ones: paid for again
  bool cancelled = false;           // taken out by a person
  std::vector<Setting> settings;    // kSet
  std::vector<std::string> models;  // kPause, kResume: NAME or NAME/VERSION; empty: the batch
  std::string why{};  // for the journal, in place of "by a person"; not part of the text
};
std::string_view Name(BatchCommand::Action action);  // "retry"

std::string RenderCommand(const BatchCommand& command);
// kInvalid with what is wrong, for everything RenderCommand() does not write.
Result<BatchCommand> ParseCommand(std::string_view text);

}  // namespace aigc::pipeline

// Work that comes in while the loop runs: new tasks, commands and questions from the same process.
// `serve` is what uses it; a batch of a manifest has none.
//
// Rule: a task is sent only after the turn that added it is committed, as any other.
// Threads: the loop's, for every function here; Loop::Wake() tells it from any thread that Take()
// has something to give.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/exchange.h"
#include "base/result.h"
#include "pipeline/batch_command.h"
#include "pipeline/control.h"
#include "store/store.h"

namespace aigc::pipeline {

class Intake {
 public:
  // The details of any task, asked of the service within the pace of all queries.
  struct Question {
    std::uint64_t number = 0;  // told back by Answered()
    std::string task_id;       // the service's
  };
  struct Work {
    std::vector<store::NewTask> tasks;   // ids that the state does not know
    std::vector<BatchCommand> commands;  // carried out after the tasks were added
    std::vector<Question> questions;
  };

  virtual ~Intake() = default;
  // While it is, the loop does not end for want of work.
  virtual bool Open() const = 0;
  // What came in since the last call. Within a turn; `store` as of that turn.
  virtual Work Take(store::StoreReader& store) = 0;
  // After the commit of the turn that carried the command out.
  virtual void CarriedOut(const std::string& command, const CommandOutcome& outcome) = 0;
  virtual void Answered(std::uint64_t number, const api::Completion& completion) = 0;
  // The budget has no room for this task, which was next. The loop waits for a command that takes
  // it out, or for money that comes back.
  virtual void NoRoom(std::string_view id) = 0;
};

}  // namespace aigc::pipeline

// What the loop keeps of each thing that is under way. Private to this room, as turns.h is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/flight.h"
#include "pipeline/observer.h"
#include "pipeline/remote_list.h"
#include "pipeline/upload_step.h"
#include "pipeline/window.h"

namespace aigc::pipeline {

using Key = std::int64_t;  // TaskRow::key

// A flight with what the loop itself keeps about it.
struct Slot {
  Flight flight;
  SteadyTime wake{};  // when flight.phase acts; matches one entry of timers_
  bool timed = false;
  bool on_wire = false;  // a request of it is out
  Tenant tenant;         // as the window sees it
  bool found = false;    // the list says that it ended
};

enum class Purpose {
  kCreate,
  kLook,
  kSweep,
  kFetch,
  kFreshLink,
  kUpload,
  kAbort,
  kRecover,
  kFinished,
  kAsk
};
struct Errand {  // what a ticket was for
  Purpose purpose = Purpose::kLook;
  Key task = 0;
  std::size_t artifact = 0;
  std::string file{};          // kUpload: its hash
  std::uint64_t question = 0;  // kAsk: its number
  bool slept = false;          // the clock jumped while it was out: the answer's date may be old
};
struct UploadSlot {
  Upload upload;
  SteadyTime wake{};  // when upload.phase acts
  bool on_wire = false;
};
struct Prepared {  // recorded in this turn, started after its commit
  Errand errand;
  api::Request request;
};
struct PendingEvent {  // told to the observer after the commit
  std::string id, why, code, message, request_id;
  std::string_view advice;
  int generation = 1;
  TaskState from = TaskState::kPending, to = TaskState::kPending;
};

// Whether all outputs of other tasks that a task takes can be handed to the service.
enum class Readiness {
  kReady,
  kWaits,  // for a fresh link or an upload: the task is blocked again
  kFails,  // and never will be
};
struct Sourcing {
  Readiness readiness = Readiness::kReady;
  std::string code, message;  // kFails: why
};
struct FreshLink {  // asked for, of a task that others need
  std::string id, task_id;
  SteadyTime at{};  // not before
  int failures = 0;
  bool on_wire = false;
};

struct Recovering {
  RemoteList list;
  api::Request next;                 // a page, or the detail of `asked`
  RemoteTask* asked = nullptr;       // in `list`
  std::vector<std::string> tasks{};  // ids still to be looked at, once the list is whole
  std::int64_t adopted = 0;
  bool due_now = true;  // `next` is to be sent
  int failures = 0;
  SteadyTime due{};
  SteadyTime told{};  // since when a person was not told that it goes on
};

struct PendingNotice {
  Severity severity;
  std::string text;
};

}  // namespace aigc::pipeline

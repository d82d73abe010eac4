// Where calls that came over HTTP meet the loop of the batch `serve`: takes tasks and questions
// from any thread, hands them to the loop in its turns (pipeline/intake.h), and tells each caller
// what came of it.
//
// Promises: every call is answered once. One that runs out of time is taken out of the queue first;
// only then is it told that nothing was sent. Two calls with the same key are one task.
//
// Threads: Create, Ask, Tick, Close and Fail from any; Attach before the loop runs; the functions
// of Intake and Observer from the loop's. Answers are given on any of these threads, and must not
// call the desk.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "pipeline/intake.h"
#include "pipeline/observer.h"
#include "store/store.h"

namespace aigc::serve {

struct CreateOutcome {
  enum class Kind {
    kAccepted,  // task_id
    kRefused,   // by the service, for good: code, message
    kUnsent,    // out of time; taken out of the queue, nothing was sent
    kUnknown,   // out of time; sent, and it may be made
    kNoBudget,  // taken out of the queue, nothing was sent
    kStopped,   // the account or the machine cannot go on: cause; nothing was sent
    kConflict,  // the key was used for something else
    kBusy,      // too many wait already
  };
  Kind kind = Kind::kBusy;
  std::string id{};  // of the task in the batch
  std::string task_id{}, request_id{}, code{}, message{};
  Error cause{};
};

struct AskOutcome {
  std::optional<api::Completion> completion;  // none: out of time, or `cause`
  std::optional<Error> cause;
};

class Desk final : public pipeline::Intake, public pipeline::Observer {
 public:
  using CreateDone = std::function<void(const CreateOutcome&)>;
  using AskDone = std::function<void(const AskOutcome&)>;

  explicit Desk(const Clock& clock, std::size_t most_waiting = 1000);

  // --- from the calls ---
  // `key` empty: a task of its own. `spec.id` is set here.
  void Create(TaskSpec spec, std::string_view key, std::optional<std::int64_t> estimate_micros,
              Micros patience, CreateDone done);
  void Ask(std::string task_id, Micros patience, AskDone done);
  // Looks for calls that ran out of time; some four times a second.
  void Tick();
  std::size_t waiting() const;

  // --- from whoever runs the loop ---
  // `wake` is called, from any thread, when there is something to take. Before any call.
  void OnWork(std::function<void()> wake);
  // The state that tasks go into; outlives the loop.
  void Attach(store::Store& store);
  bool HasWork() const;  // that no loop has taken
  // The loop is to end; what comes later is answered with kStopped.
  void Close(Error cause);
  // The loop has ended: takes what was not sent out of the queue, and tells all callers why. On the
  // thread that owns the store.
  Status Fail(const Error& cause);

  // --- pipeline::Intake ---
  bool Open() const override { return open_; }
  Work Take(store::StoreReader& store) override;
  void CarriedOut(const std::string& command, const pipeline::CommandOutcome& outcome) override;
  void Answered(std::uint64_t number, const api::Completion& completion) override;
  void NoRoom(std::string_view id) override;

  // --- pipeline::Observer ---
  void OnTask(const pipeline::TaskEvent& event) override;
  void OnProgress(const pipeline::Progress&) override {}
  void OnNotice(WallTime, pipeline::Severity, std::string_view) override {}

 private:
  struct Entry {
    TaskSpec spec;
    std::string fingerprint;
    std::uint64_t arrival = 0;  // who came first is served first
    bool keyed = false;
    bool in_store = false;
    std::optional<std::int64_t> estimate;
    SteadyTime deadline{};
    bool give_up = false;    // out of time, or no room
    bool no_budget = false;  // the latter
    std::string command{};   // that takes it out
    std::vector<CreateDone> done;
  };
  struct Question {
    std::string task_id;
    bool taken = false;
    SteadyTime deadline{};
    AskDone done;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;  // by task id

  void Answer(Entries::iterator entry, CreateOutcome outcome);
  bool Settle(Entries::iterator entry, const store::TaskRow& row);
  std::string NewId();
  void Wake();

  const Clock& clock_;
  const std::size_t most_waiting_;
  std::atomic<bool> open_{true};

  mutable std::mutex mutex_;  // guards the rest
  store::Store* store_ = nullptr;
  std::function<void()> wake_;
  Entries entries_;
  std::map<std::uint64_t, Question> questions_;
  std::map<std::string, std::string> commands_;  // id of a command → of its task
  std::vector<std::string> homeless_;            // no room, and nobody waits for them
  std::optional<Error> closed_;
  std::int64_t next_position_ = 1;
  std::uint64_t next_arrival_ = 1;
  std::uint64_t next_question_ = 1;
};

}  // namespace aigc::serve

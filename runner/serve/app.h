// What the server answers: which address means what, and the replies. Knows no sockets.
//
//   /, /assets, /docs, /redoc, /openapi.json   pages           (site.h)
//   /healthz, /metrics                         for machines
//   /api/v1/…                                  the JSON API    (batch_calls.cc)
//   /aigc/create, /aigc/task                   the two calls of the service before (aigc_calls.cc)
//
// Handle() only sorts: what reads a state or waits for a run is done by workers, the quick apart
// from the slow, and each queue is bounded (503 when it is full).
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "pipeline/control.h"
#include "serve/desk.h"
#include "serve/guard.h"
#include "serve/message.h"
#include "serve/state_view.h"
#include "serve/workers.h"

namespace aigc::serve {

// Commands to batches, as the command line gives them (cli/ has the real one). Any thread; may take
// ten seconds.
class BatchControl {
 public:
  virtual ~BatchControl() = default;
  struct Given {
    pipeline::CommandOutcome outcome;
    bool by_run = false;   // a run that goes on took it up
    bool waiting = false;  // it lies in the inbox; the outcome is not known yet
  };
  // kNotFound; kInvalid for a model that the batch has not; errors of the state. `confirmed`: what
  // may be paid for again is meant; else such a command is kUsage, with what it would do.
  virtual Result<Given> Give(const std::string& batch, pipeline::BatchCommand command,
                             bool confirmed) = 0;
};

struct AppOptions {
  std::string version;
  // The batch of /aigc/create; null: there is none, because of `no_desk`.
  Desk* desk = nullptr;
  Error no_desk{};
  std::function<std::optional<std::int64_t>(const TaskSpec&)> price{};
  Micros patience = Seconds{60};  // of /aigc calls
};

class App {
 public:
  // All references outlive the app.
  App(StateView& view, BatchControl& control, const Guard& guard, const catalog::Catalog& catalog,
      const Clock& clock, AppOptions options);
  ~App();

  // On the server's thread.
  void Handle(Request request, Respond respond);
  // Everything that Handle() leads to, at once and on this thread.
  void Answer(const Request& request, const Respond& respond);
  // What the pages that watch are to be sent now; empty when nothing changed and none is owed a
  // sign of life. Once a second.
  std::string NextEvent();
  void Stop();

  // For /metrics.
  std::function<std::size_t()> connections{};

 private:
  struct Route;
  static const std::vector<Route>& Routes();
  const Route* Find(const Request& request, std::string& allowed) const;
  void Count(const Route* route, int status);

  Reply Health(const Request& request);
  Reply Metrics(const Request& request);
  Reply SignIn(const Request& request);
  Reply Page(const Request& request);
  Reply ListBatches(const Request& request);
  Reply ShowBatch(const Request& request);
  Reply ListTasks(const Request& request);
  Reply ShowTask(const Request& request);
  Reply ShowOutput(const Request& request);
  Reply Watch(const Request& request);
  Reply Retry(const Request& request);
  Reply Cancel(const Request& request);
  Reply Pause(const Request& request);
  Reply Resume(const Request& request);
  Reply GiveTasks(const Request& request, pipeline::BatchCommand command, class JsonBody& body);
  Reply GiveModels(const Request& request, pipeline::BatchCommand::Action action);
  Reply Give(const Request& request, const pipeline::BatchCommand& command,
             const class JsonBody& body, bool confirmed);
  void AigcCreate(const Request& request, const Respond& respond);
  void AigcTask(const Request& request, const Respond& respond);

  StateView& view_;
  BatchControl& control_;
  const Guard& guard_;
  const catalog::Catalog& catalog_;
  const Clock& clock_;
  const AppOptions options_;
  Workers quick_{2, 1024}, slow_{4, 256}, commands_{2, 32};

  std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::uint64_t> answered_;  // guarded by mutex_
  std::string last_event_;                                         // NextEvent()'s thread only
  int quiet_ = 0;
};

// The reply to an error of ours, for /api.
Reply ErrorReply(const Error& error);

}  // namespace aigc::serve

#include "pipeline/simulation/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/digest.h"
#include "simulator/chance.h"
#include "task/session.h"

namespace aigc::testing {
namespace {

using simulator::LedgerTask;
using store::SubmissionOutcome;

constexpr Millis kVisibility = std::chrono::hours{72};
// What the program may be off by when it weighs a window: margins and clocks.
constexpr Millis kSlack = std::chrono::minutes{20};

// Every submission of a state, with the generation it belongs to.
struct Known {
  const Site* site = nullptr;
  store::TaskRow task;
  store::SubmissionRow submission;
  std::vector<store::SendRow> sends;
};

bool IsForeign(const Simulation& simulation, const LedgerTask& task) {
  return task.number <= static_cast<std::uint64_t>(simulation.drawn().foreign_tasks);
}

bool IsHidden(const Simulation& simulation, const LedgerTask& task) {
  const simulator::Listing& listing = simulation.drawn().scenario.listing;
  if (!listing.aigc) return true;
  const auto draw = simulator::Mix(simulation.drawn().seed, simulator::kForListing, task.number);
  return simulator::Unit(draw) < listing.omit_share;
}

bool EndedWell(const LedgerTask& task) {
  return task.outcome.ok() && !task.outcome.empty_output && !task.aborted_at;
}

void ForEachStory(store::Store& store, const Simulation& simulation,
                  const std::function<void(const store::TaskStory&)>& visit) {
  for (const TaskSpec& spec : simulation.drawn().specs) {
    const auto stories = store.Story(spec.id);
    if (!stories.ok()) continue;  // the state may be younger than the task
    for (const store::TaskStory& story : *stories) visit(story);
  }
}

class EndCheck {
 public:
  EndCheck(Simulation& simulation, const std::vector<OpenSite>& sites)
      : simulation_(simulation), ledger_(simulation.ledger()), sites_(sites) {}

  void Run() {
    for (const OpenSite& open : sites_) {
      ForEachStory(*open.store, simulation_, [&](const store::TaskStory& story) {
        for (const store::SubmissionRow& submission : story.submissions) {
          Known known{open.site, story.row, submission, {}};
          for (const store::SendRow& send : story.sends) {
            if (send.submission == submission.number) known.sends.push_back(send);
          }
          known_[submission.session_id].push_back(std::move(known));
        }
      });
    }
    AcceptedOncePerSubmission();
    AcceptedIsKnown();
    AdoptedIsOurs();
    NoSecondSubmissionTooEarly();
    AttemptsWithinTheLimit();
    InFlightWithinTheWindow();
    for (const OpenSite& open : sites_) {
      RowsAgree(open);
      TotalsAgree(open);
    }
  }

 private:
  template <typename... Args>
  void Break(fmt::format_string<Args...> format, Args&&... args) {
    simulation_.Break(fmt::format(format, std::forward<Args>(args)...));
  }

  void AcceptedOncePerSubmission() {
    std::map<std::string, int> accepted;
    for (const LedgerTask& task : ledger_.tasks()) {
      if (++accepted[task.session_id] == 2) {
        Break("paid twice: one submission was accepted twice: {}", task.session_context);
      }
    }
  }

  void AcceptedIsKnown() {
    for (const LedgerTask& task : ledger_.tasks()) {
      if (IsForeign(simulation_, task)) continue;
      const auto found = known_.find(task.session_id);
      if (found == known_.end()) {
        Break("an accepted task is unknown to the state: {}", task.session_context);
        continue;
      }
      const bool right =
          std::any_of(found->second.begin(), found->second.end(), [&](const Known& k) {
            return k.submission.task_id == task.task_id ||
                   k.submission.outcome == SubmissionOutcome::kLost;
          });
      if (!right) {
        Break("an accepted task is taken for {}: {}", Name(found->second[0].submission.outcome),
              task.session_context);
      }
    }
  }

  void AdoptedIsOurs() {
    for (const auto& [session, copies] : known_) {
      for (const Known& known : copies) {
        if (known.submission.task_id.empty()) continue;
        const LedgerTask* task = ledger_.Find(known.submission.task_id);
        if (task == nullptr || task->session_id != session) {
          Break("task {} holds the result of another request", known.task.id);
        }
      }
    }
  }

  // Before the next submission of a generation leaves, the one before is refused or ended.
  void NoSecondSubmissionTooEarly() {
    for (const auto& [session, copies] : known_) {
      const LedgerTask* first = ledger_.FindSession(session);
      if (first == nullptr) continue;
      for (const Known& known : copies) {
        const LedgerTask* second = nullptr;
        for (const auto& [other, rows] : known_) {
          const auto& next = rows.front();
          if (next.task.id == known.task.id && next.task.generation == known.task.generation &&
              next.submission.number == known.submission.number + 1) {
            second = ledger_.FindSession(other);
          }
        }
        if (second == nullptr) continue;
        const bool ended = first->finished_at && *first->finished_at <= second->accepted_at;
        if (!ended || EndedWell(*first)) {
          Break("paid twice: {} has a second submission before its first had failed",
                known.task.id);
        }
      }
    }
  }

  void AttemptsWithinTheLimit() {
    std::map<std::pair<std::string, int>, int> attempts;
    for (const LedgerTask& task : ledger_.tasks()) {
      const auto key = ParseSessionContext(task.session_context);
      if (IsForeign(simulation_, task) || !key) continue;
      if (task.outcome.err_code_ext == "RequestLimitExceeded") continue;
      if (++attempts[{key->task_id, key->generation}] == simulation_.drawn().limits.attempts + 1) {
        Break("{} was made more than {} times", key->task_id, simulation_.drawn().limits.attempts);
      }
    }
  }

  // The most accepted and unfinished tasks at once among those that `counts` takes.
  int MostAtOnce(const std::function<bool(const LedgerTask&)>& counts) const {
    std::vector<std::pair<WallTime, int>> changes;
    for (const LedgerTask& task : ledger_.tasks()) {
      if (IsForeign(simulation_, task) || !counts(task)) continue;
      changes.emplace_back(task.accepted_at, 1);
      changes.emplace_back(task.finished_at.value_or(WallTime::max()), -1);
    }
    std::sort(changes.begin(), changes.end());  // an end before a begin at the same time
    int now = 0, most = 0;
    for (const auto& [at, change] : changes) most = std::max(most, now += change);
    return most;
  }

  void InFlightWithinTheWindow() {
    // A task that was given up may go on at the service, and two copies have two windows.
    const bool exact = simulation_.lost_at().empty() && !simulation_.given_up_overdue() &&
                       simulation_.drawn().copies == Copies::kNone;
    if (!exact) return;
    const pipeline::Limits& limits = simulation_.drawn().limits;
    if (limits.max_in_flight) {
      const int most = MostAtOnce([](const LedgerTask&) { return true; });
      if (most > *limits.max_in_flight) {
        Break("{} tasks were on their way at once, {} are allowed", most, *limits.max_in_flight);
      }
    }
    for (const auto& limit : limits.per_model) {
      const int most =
          MostAtOnce([&](const LedgerTask& task) { return task.model == limit.first; });
      if (most > limit.second) Break("{} tasks of {} were on their way at once", most, limit.first);
    }
  }

  void RowsAgree(const OpenSite& open) {
    ForEachStory(*open.store, simulation_, [&](const store::TaskStory& story) {
      const store::TaskRow& row = story.row;
      if (!IsFinal(row.state)) {
        // An edit replaces what was not sent; an older generation is followed to its end.
        Break("{} is left in state {}", row.id, Name(row.state));
        return;
      }
      if (story.submissions.empty()) {
        Break("{} is {} without a submission", row.id, Name(row.state));
        return;
      }
      const store::SubmissionRow& newest = story.submissions.back();
      const LedgerTask* task = ledger_.FindSession(newest.session_id);
      if (row.state == TaskState::kSucceeded) Succeeded(*open.site, story, task);
      if (row.state == TaskState::kFailed) Failed(story, task);
      if (row.state == TaskState::kLost) Lost(*open.site, story, newest, task);
    });
  }

  void Succeeded(const Site& site, const store::TaskStory& story, const LedgerTask* task) {
    const std::string& id = story.row.id;
    if (task == nullptr || !EndedWell(*task)) {
      Break("{} counts as succeeded, the service says otherwise", id);
      return;
    }
    if (task->files.size() != story.artifacts.size()) {
      Break("{} has {} files, the service made {}", id, story.artifacts.size(), task->files.size());
      return;
    }
    for (std::size_t i = 0; i < task->files.size(); ++i) {
      const store::ArtifactRow& artifact = story.artifacts[i];
      std::ifstream in(site.folder / artifact.path, std::ios::binary);
      std::stringstream bytes;
      bytes << in.rdbuf();
      if (!in || Sha256Hex(bytes.str()) != task->files[i].sha256) {
        Break("a file is not what the service made: {}", artifact.path);
      }
      if (artifact.sha256 != task->files[i].sha256) {
        Break("the hash of {} is not that of what the service made", artifact.path);
      }
    }
  }

  void Failed(const store::TaskStory& story, const LedgerTask* task) {
    const store::TaskRow& row = story.row;
    if (task == nullptr || !EndedWell(*task)) return;
    // A result that is paid for may only be missing for these reasons.
    if (row.error_code == "overdue" || row.error_code == "expired") return;
    const bool refused = story.submissions.back().outcome == SubmissionOutcome::kRefused;
    // The service refused it to one copy and took it from the other.
    if (refused && simulation_.drawn().copies != Copies::kNone) return;
    Break("{} counts as failed ({}), the service made it", row.id, row.error_code);
  }

  // Giving up is only right where the service cannot tell any more.
  void Lost(const Site& site, const store::TaskStory& story, const store::SubmissionRow& newest,
            const LedgerTask* task) {
    const auto number = static_cast<std::size_t>(&site - simulation_.sites().data());
    const auto place = simulation_.lost_at().find(
        fmt::format("{}/{}/{}", number, story.row.id, story.row.generation));
    if (place == simulation_.lost_at().end()) return;  // its process died before it could tell
    const WallTime at = place->second + simulation_.drawn().scenario.clock_offset;
    if (task != nullptr) {
      const bool old = at - task->accepted_at > kVisibility - kSlack;
      const bool later = task->accepted_at > at;  // from the other copy
      if (!old && !later && !IsHidden(simulation_, *task)) {
        Break("{} was given up as lost, and the service lists it", story.row.id);
      }
      return;
    }
    const simulator::Dedup& dedup = simulation_.drawn().scenario.dedup;
    if (dedup.throttled_uses_up_session || dedup.refused_uses_up_session) return;
    if (newest.unknown_sends >= 10) return;
    // Refused for good: another try of the same would bring nothing.
    if (!story.sends.empty() && story.sends.back().outcome == store::SendOutcome::kRefused) return;
    WallTime first = at;
    for (const store::SendRow& send : story.sends) {
      if (send.submission == newest.number && send.outcome != store::SendOutcome::kRefused) {
        first = std::min(first, send.sent_at);
      }
    }
    if (simulation_.drawn().jump_share > 0) return;  // its times are not true ones
    if (at - first > std::chrono::hours{60} - kSlack) return;
    Break("{} was given up as lost after {}, and nothing was ever accepted", story.row.id,
          FormatDuration(at - first));
  }

  void TotalsAgree(const OpenSite& open) {
    const auto counts = open.store->Counts({});
    if (!counts.ok()) return Break("the state cannot be counted");
    std::map<TaskState, std::int64_t> seen;
    std::int64_t files = 0;
    const Status visited =
        open.store->ForEachReportRow({}, [&](const store::ReportRow& row) -> Status {
          ++seen[row.row.state];
          if (row.row.state != TaskState::kSucceeded) return {};
          const LedgerTask* task = ledger_.Find(row.task_id);
          if (task != nullptr) files += static_cast<std::int64_t>(task->files.size());
          files -= static_cast<std::int64_t>(row.artifacts.size());
          return {};
        });
    if (!visited.ok()) return Break("the report cannot be read");
    if (seen != *counts) Break("the report's totals are not the state's");
    if (files != 0) Break("the report names another number of files than the service made");
    std::int64_t total = 0;
    for (const auto& [state, count] : *counts) total += count;
    if (total != static_cast<std::int64_t>(simulation_.drawn().specs.size()) &&
        simulation_.drawn().copies == Copies::kNone) {
      Break("{} tasks in the report, {} in the manifest", total, simulation_.drawn().specs.size());
    }
    // Everything that was paid for is in the books: accepted submissions, and those that are lost.
    if (simulation_.drawn().copies != Copies::kNone) return;
    std::int64_t paid = 0;
    for (const auto& [session, copies] : known_) {
      // What the state does not know to be accepted is judged by AcceptedIsKnown.
      if (copies.front().submission.outcome == SubmissionOutcome::kAccepted ||
          ledger_.FindSession(session) != nullptr) {
        ++paid;
      }
    }
    const auto made =
        static_cast<std::int64_t>(ledger_.tasks().size()) - simulation_.drawn().foreign_tasks;
    if (paid != made) Break("{} tasks are on the bill, {} in the books", made, paid);
  }

  Simulation& simulation_;
  const simulator::Ledger& ledger_;
  const std::vector<OpenSite>& sites_;
  std::map<std::string, std::vector<Known>> known_;  // by SessionId
};

}  // namespace

void CheckSendsAreKnown(Simulation& simulation, const Site& site, store::Store& store) {
  std::map<std::string, int> known;
  ForEachStory(store, simulation, [&](const store::TaskStory& story) {
    for (const store::SubmissionRow& submission : story.submissions) {
      known[submission.session_id] = submission.sends;
    }
  });
  for (const auto& [session, count] : site.wire.sends()) {
    if (known[session] < count) {
      simulation.Break(fmt::format("{} requests of a submission left, and its state knows of {}",
                                   count, known[session]));
    }
  }
}

void CheckEnd(Simulation& simulation, const std::vector<OpenSite>& sites) {
  EndCheck(simulation, sites).Run();
}

}  // namespace aigc::testing

#include "pipeline/simulation/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <set>
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
    NeededFirst();
    InputsAreTheirs();
    CommandsOnce();
    RecoveredNotRepeated();
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
      if (IsForeign(simulation_, task) || BeforeRecovery(task)) continue;
      const auto found = known_.find(task.session_id);
      if (found == known_.end()) {
        if (MadeAfterBackup(task)) continue;
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

  // Made by the state that a backup was put in the place of, after a submission that the backup has
  // too and gave up: it cannot get as far as this one.
  bool MadeAfterBackup(const LedgerTask& task) const {
    if (simulation_.drawn().copies != Copies::kRestored) return false;
    const auto key = ParseSessionContext(task.session_context);
    return key && std::any_of(known_.begin(), known_.end(), [&](const auto& entry) {
             const Known& known = entry.second.front();
             return known.task.id == key->task_id && known.task.generation == key->generation &&
                    known.submission.number < key->submission &&
                    known.submission.outcome == SubmissionOutcome::kLost;
           });
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
      if (IsForeign(simulation_, task) || !key || simulation_.forgotten_at()) continue;
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
      const WallTime aborted = task.aborted_at.value_or(WallTime::max());
      changes.emplace_back(std::min(aborted, task.finished_at.value_or(WallTime::max())), -1);
    }
    std::sort(changes.begin(), changes.end());  // an end before a begin at the same time
    int now = 0, most = 0;
    for (const auto& [at, change] : changes) most = std::max(most, now += change);
    return most;
  }

  void InFlightWithinTheWindow() {
    // A task that was given up may go on at the service, and two copies have two windows.
    const bool exact = simulation_.lost_at().empty() && !simulation_.given_up_overdue() &&
                       simulation_.drawn().copies == Copies::kNone && !simulation_.forgotten_at();
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
      if (row.state == TaskState::kSkipped) return Skipped(*open.store, row);
      if (story.submissions.empty()) {
        if (row.state == TaskState::kCancelled && simulation_.drawn().command_share > 0) return;
        if (row.state == TaskState::kCancelled && !row.current) return;
        // Its file cannot be uploaded, or what it takes from another task is not there.
        const TaskSpec& spec = SpecOf(row.id);
        if (row.state == TaskState::kFailed && !spec.inputs.empty()) return;
        Break("{} is {} without a submission", row.id, Name(row.state));
        return;
      }
      const store::SubmissionRow& newest = story.submissions.back();
      const LedgerTask* task = ledger_.FindSession(newest.session_id);
      if (row.state == TaskState::kSucceeded) Succeeded(*open.site, story, task);
      if (row.state == TaskState::kFailed) Failed(story, task);
      if (row.state == TaskState::kCancelled && task != nullptr && EndedWell(*task)) {
        Break("{} counts as cancelled, the service made it", row.id);
      }
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
    if (simulation_.drawn().command_share > 0) return;  // what is cancelled is not sent again
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

  const TaskSpec& SpecOf(std::string_view id) const {
    return *std::find_if(simulation_.drawn().specs.begin(), simulation_.drawn().specs.end(),
                         [id](const TaskSpec& spec) { return spec.id == id; });
  }

  static std::set<std::string> NeedsOf(const TaskSpec& spec) {
    const auto read = TasksRead(spec);
    std::set<std::string> needs(read.begin(), read.end());
    needs.insert(spec.depends_on.begin(), spec.depends_on.end());
    return needs;
  }

  // Only for a task that ended otherwise than well.
  void Skipped(store::Store& store, const store::TaskRow& row) {
    if (!row.current) return;
    for (const std::string& id : NeedsOf(SpecOf(row.id))) {
      const auto needed = store.FindTask(id);
      if (needed.ok() && needed->state != TaskState::kSucceeded) return;
    }
    Break("{} is skipped, and all it waits for succeeded", row.id);
  }

  // What a task waits for had ended well at the service before the task was sent.
  void NeededFirst() {
    for (const LedgerTask& task : ledger_.tasks()) {
      const auto key = ParseSessionContext(task.session_context);
      if (IsForeign(simulation_, task) || !key) continue;
      for (const std::string& id : NeedsOf(SpecOf(key->task_id))) {
        const bool made =
            std::any_of(ledger_.tasks().begin(), ledger_.tasks().end(), [&](const auto& other) {
              const auto needed = ParseSessionContext(other.session_context);
              return needed && needed->task_id == id && !IsForeign(simulation_, other) &&
                     EndedWell(other) && other.finished_at &&
                     *other.finished_at <= task.accepted_at;
            });
        if (!made) Break("{} was sent before {} had ended well", key->task_id, id);
      }
    }
  }

  // A task that takes a local file was made from that file, as the service got it.
  void InputsAreTheirs() {
    for (const LedgerTask& task : ledger_.tasks()) {
      const auto key = ParseSessionContext(task.session_context);
      if (IsForeign(simulation_, task) || !key) continue;
      for (const Input& input : SpecOf(key->task_id).inputs) {
        if (input.source.type != SourceType::kLocalFile) continue;
        const auto& uploads = ledger_.uploads();
        const bool whole = std::any_of(uploads.begin(), uploads.end(), [&](const auto& upload) {
          return !upload.file_id.empty() && upload.sha256 == input.source.content_sha256 &&
                 task.input_json.find(upload.file_id) != std::string::npos;
        });
        if (!whole) Break("{} was not made from its file", key->task_id);
      }
    }
  }

  // A command that comes twice is carried out once: each makes a task anew once at most.
  void CommandsOnce() {
    if (simulation_.drawn().copies != Copies::kNone) return;
    const int most = 1 + simulation_.retries() + simulation_.edits();
    for (const auto& [session, copies] : known_) {
      const store::TaskRow& row = copies.front().task;
      if (row.generation > most) {
        Break("{} has generation {}, and people asked for {}", row.id, row.generation, most);
        return;
      }
    }
  }

  // Sent by the state that was lost.
  bool BeforeRecovery(const LedgerTask& task) const {
    return simulation_.forgotten_at() &&
           !simulation_.sites()[0].wire.sends().contains(task.session_id);
  }

  // What the service listed when a lost state was begun anew is not made again, unless it failed.
  void RecoveredNotRepeated() {
    if (!simulation_.forgotten_at()) return;
    const auto fingerprints = simulation_.Fingerprints();
    std::map<std::string, std::pair<SubmissionKey, const LedgerTask*>> newest;  // by task id
    for (const LedgerTask& task : ledger_.tasks()) {
      const auto key = ParseSessionContext(task.session_context);
      if (!key || !simulation_.Recoverable(task) ||
          key->fingerprint != fingerprints.at(key->task_id)) {
        continue;
      }
      const auto [place, added] = newest.try_emplace(key->task_id, *key, &task);
      if (!added && key->submission > place->second.first.submission) {
        place->second = {*key, &task};
      }
    }
    for (const LedgerTask& task : ledger_.tasks()) {
      const auto key = ParseSessionContext(task.session_context);
      if (!key || BeforeRecovery(task)) continue;
      const auto found = newest.find(key->task_id);
      if (found == newest.end()) continue;
      const LedgerTask& first = *found->second.second;
      const bool failed =
          !EndedWell(first) && first.finished_at && *first.finished_at <= task.accepted_at;
      if (!failed) Break("paid twice: {} was made again although it was listed", key->task_id);
    }
  }

  // What the service charges for is spent or reserved.
  void MoneyAgrees(const OpenSite& open) {
    if (!simulation_.drawn().budget_share) return;
    const auto money = open.store->Money();
    if (!money.ok()) return Break("the money cannot be read");
    std::int64_t charged = 0;
    for (const LedgerTask& task : ledger_.tasks()) {
      const auto key = ParseSessionContext(task.session_context);
      if (IsForeign(simulation_, task) || !key || task.aborted_at) continue;
      if (task.outcome.err_code_ext == "RequestLimitExceeded") continue;
      if (!EndedWell(task) && simulation_.drawn().limits.failed_cost_free) continue;
      charged += PriceOf(key->task_id);
    }
    if (charged > money->spent_micros + money->reserved_micros) {
      Break("the service charges {}, the books say {} spent and {} reserved", charged,
            money->spent_micros, money->reserved_micros);
    }
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
    if (simulation_.drawn().copies != Copies::kNone || simulation_.forgotten_at()) return;
    MoneyAgrees(open);
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

// Windows that close. The service forgets a task 72 hours after it was accepted, and deletes a
// temporary result after days: what goes first is asked for and fetched first, and a person is told
// before it is too late.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pipeline/stages.h"
#include "pipeline/turns.h"

namespace aigc::pipeline {
namespace {

constexpr Micros kWindowsEvery = std::chrono::minutes{10};
// Older tasks are looked at before all others.
constexpr Millis kUrgentAge = std::chrono::hours{48};
// How long a task of a class takes that is not learnt.
constexpr Millis kUsualTime = Seconds{60};
// How much time is left when a person is told, and told again.
constexpr std::array<Millis, 3> kResultWarnings = {std::chrono::hours{24}, std::chrono::hours{3},
                                                   std::chrono::minutes{30}};
constexpr std::array<Millis, 2> kTaskWarnings = {std::chrono::hours{6}, std::chrono::hours{1}};
// Flights held at once while files are fetched again.
constexpr std::size_t kMostFetching = 1000;

// The smallest of `steps` that `left` has fallen below; none when it is above them all.
template <std::size_t N>
std::optional<Millis> StepBelow(const std::array<Millis, N>& steps, Millis left) {
  std::optional<Millis> found;
  for (const Millis step : steps) {
    if (left < step) found = step;
  }
  return found;
}

// By what the service will forget it; a send without an answer counts from its own time.
WallTime WindowStart(const Flight& flight) {
  return flight.submission.accepted_at > WallTime{} ? flight.submission.accepted_at
                                                    : flight.submission.first_send_server;
}

}  // namespace

void Loop::Turns::LookSoon(const Flight& flight) {
  const WallTime accepted = flight.submission.accepted_at;
  const bool urgent = ServerNow() - accepted > kUrgentAge;
  const auto& slot = slots_.at(flight.row.key);
  // What the list shows as ended holds a slot for nothing; else what is nearest its end.
  const Millis usual = flight.expected ? flight.expected->half : kUsualTime;
  const WallTime end = slot.found ? ServerNow() - kUrgentAge / 2 : accepted + usual;
  looks_due_.emplace(urgent ? accepted : end, looks_queued_++, flight.row.key);
}

Status Loop::Turns::WarnOfExpiry() {
  const SteadyTime ticks = clock_.Ticks();
  if (ticks < expiry_due_) return {};
  expiry_due_ = ticks + kWindowsEvery;
  const WallTime now = ServerNow();

  AIGC_ASSIGN_OR_RETURN(const auto expiring,
                        store_.FindExpiring(now, now + kResultWarnings.front()));
  const Millis result_left = expiring.first - now;
  const auto result_step = StepBelow(kResultWarnings, result_left);
  if (expiring.results > 0 && result_step && *result_step < results_warned_) {
    results_warned_ = *result_step;
    Notice(Severity::kWarning,
           fmt::format("{} results are not on disk and expire within a day, the first in {}{}",
                       expiring.results, FormatDuration(result_left),
                       options_.download ? "" : "; `download` fetches them"));
  }

  std::int64_t leaving = 0;
  Millis first_left = Millis::max();
  for (const auto& [key, slot] : slots_) {
    const Flight& flight = slot.flight;
    if (!HoldsSlot(flight.row.state)) continue;
    const Millis left = WindowStart(flight) + kVisibility - now;
    if (left >= kTaskWarnings.front() || left <= Millis{0}) continue;
    ++leaving;
    first_left = std::min(first_left, left);
  }
  const auto step = StepBelow(kTaskWarnings, first_left);
  if (leaving > 0 && step && *step < tasks_warned_) {
    tasks_warned_ = *step;
    Notice(Severity::kWarning,
           fmt::format("{} tasks leave the 72 h in which the service can be asked about them, the "
                       "first in {}: keep this run going",
                       leaving, FormatDuration(first_left)));
  }
  return {};
}

// Its file is not on disk and the service has deleted it: it stays a success, and says so.
Status Loop::Turns::GiveUpFile(const store::TaskRow& row) {
  constexpr std::size_t kTold = 5;
  ++unfetched_;
  ++out_of_reach_count_;
  if (out_of_reach_.size() < kTold) out_of_reach_.push_back(row.id);
  if (row.error_code == kExpired) return {};  // said before
  store::TaskRow fetching = row;
  fetching.state = TaskState::kDownloading;
  fetching.error_code = kFileMissing;
  AIGC_RETURN_IF_ERROR(RecordChange(row, fetching, "its files are not on disk"));
  store::TaskRow after = row;
  after.error_code = kExpired;
  after.error_message = "its files are not on disk, and the service has deleted them";
  return RecordChange(fetching, after, "the service has deleted its files; it stays a success");
}

void Loop::Turns::TellOutOfReach() {
  if (out_of_reach_count_ == 0) return;
  const auto told = static_cast<std::int64_t>(out_of_reach_.size());
  observer_.OnNotice(
      clock_.Now(), Severity::kWarning,
      fmt::format(
          "{} {} not on disk, and the service has deleted {} ({}{}): it keeps results for "
          "about a week. Each stays a success; retry --again --task ID makes and pays for it anew",
          out_of_reach_count_, out_of_reach_count_ == 1 ? "result is" : "results are",
          out_of_reach_count_ == 1 ? "it" : "them", fmt::join(out_of_reach_, ", "),
          told < out_of_reach_count_ ? ", …" : ""));
}

Status Loop::Turns::FindMissingFiles() {
  AIGC_ASSIGN_OR_RETURN(const auto marks,
                        store_.FindTasks(options_.selection, {TaskState::kSucceeded}));
  missing_.assign(marks.begin(), marks.end());
  return {};
}

// Takes succeeded tasks up whose files are not on disk as they should be, while there is room.
Status Loop::Turns::FetchMissingFiles() {
  if (aborting_) missing_.clear();
  while (!missing_.empty() && slots_.size() < kMostFetching) {
    AIGC_ASSIGN_OR_RETURN(store::ActiveTask task, store_.Load(missing_.front().key));
    missing_.pop_front();
    std::vector<std::size_t> gone;
    bool in_reach = true;
    for (std::size_t i = 0; i < task.artifacts.size(); ++i) {
      const store::ArtifactRow& artifact = task.artifacts[i];
      const bool fetchable = !artifact.url.empty() || !artifact.content.empty();
      const bool whole = !artifact.path.empty() &&
                         files_.Holds(artifact.path, static_cast<std::uint64_t>(artifact.bytes));
      if (whole || !fetchable) continue;
      gone.push_back(i);
      // A link that is past its time, of a task that the service has forgotten, brings nothing.
      const bool expired = artifact.expires > WallTime{} && artifact.expires < ServerNow();
      if (expired && artifact.content.empty()) in_reach = false;
    }
    if (gone.empty()) continue;
    const store::TaskRow before = task.row;
    for (const std::size_t i : gone) {
      task.artifacts[i].path.clear();
      AIGC_RETURN_IF_ERROR(store_.PutArtifact(task.artifacts[i]));
    }
    if (!in_reach) {
      AIGC_RETURN_IF_ERROR(GiveUpFile(before));
      continue;
    }
    Slot& slot = slots_[before.key];
    slot.flight.row = task.row;
    slot.flight.row.state = TaskState::kDownloading;
    slot.flight.submission = task.submission.value_or(store::SubmissionRow{});
    slot.flight.artifacts = std::move(task.artifacts);
    slot.flight.phase = Phase::kFetch;
    slot.flight.row.error_code = kFileMissing;
    slot.flight.row.error_message = "its files are not on disk";
    AIGC_RETURN_IF_ERROR(RecordChange(before, slot.flight.row, "its files are not on disk"));
    Schedule(slot, Millis{0});
  }
  return {};
}

}  // namespace aigc::pipeline

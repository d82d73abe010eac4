#include "pipeline/finish_sweep.h"

#include <algorithm>
#include <utility>

namespace aigc::pipeline {
namespace {

// What is read again before the watermark, each time and now and then (design: 2 min).
constexpr Millis kOverlap = Seconds{5};
constexpr Millis kMargin = std::chrono::minutes{2};
constexpr Micros kMarginEvery = Seconds{30};
constexpr int kPages = 5;  // of one sweep
// Trials in which none of ours is seen until the list counts as not showing them, and for how long.
constexpr int kTrials = 3;
constexpr Micros kBetweenTrials = Seconds{10};
constexpr Micros kDistrust = std::chrono::minutes{10};
constexpr std::size_t kRemembered = 50;
// So many of those that ended may be missing.
constexpr double kMissedShare = 0.1;
constexpr double kMissedLeast = 3;

}  // namespace

bool FinishSweep::Ended(const std::string& task_id, WallTime finished, bool found, SteadyTime now) {
  if (trust_ == Trust::kYes) {
    // Only what a finished sweep should have shown is missing.
    const bool missed = !found && finished + kMargin < watermark_;
    (missed ? missed_ : found_) += 1;
    if (found_ + missed_ > 200) {
      found_ /= 2;
      missed_ /= 2;
    }
    if (missed_ >= kMissedLeast && missed_ > kMissedShare * (found_ + missed_)) {
      Doubt(now);
      return true;
    }
    return false;
  }
  ended_.emplace_back(task_id, finished);
  if (ended_.size() > kRemembered) ended_.pop_front();
  return false;
}

Millis FinishSweep::Every(std::size_t running, Millis look_every) {
  const Millis by_load{static_cast<std::int64_t>(40 * running)};
  return std::min(look_every, std::max(Millis{Seconds{1}}, by_load));
}

void FinishSweep::Doubt(SteadyTime now) {
  trust_ = Trust::kNo;
  due_ = now + kDistrust;
  trials_ = 0;
  ended_.clear();
}

std::optional<SteadyTime> FinishSweep::Due(std::size_t running) const {
  if (on_the_way_) return std::nullopt;
  if (more_) return SteadyTime{};
  if (running < (trust_ == Trust::kYes ? kBulk / 2 : kBulk)) return std::nullopt;
  if (trust_ != Trust::kYes && ended_.empty()) return std::nullopt;
  return due_;
}

api::ListRequest FinishSweep::Begin(Millis every, WallTime server_now, SteadyTime now) {
  every_ = every;
  if (!more_) {
    if (trust_ == Trust::kNo) trust_ = Trust::kUnknown;
    last_begin_ = now;
    saw_ours_ = false;
    pages_ = 0;
    token_.clear();
    tokens_.clear();
    if (trust_ == Trust::kUnknown) {
      watermark_ = ended_.back().second;
    }
  }
  api::ListRequest request;
  request.field = api::ListRequest::Field::kFinishTime;
  request.status = "FINISH";
  if (pages_ == 0) {
    margin_ = trust_ == Trust::kYes && now >= margin_due_;
    if (margin_) margin_due_ = now + kMarginEvery;
    after_ = watermark_ - (margin_ ? kMargin : kOverlap);
  }
  request.after = after_;
  request.before = server_now + kMargin;
  request.scroll_token = token_;
  on_the_way_ = true;
  more_ = false;
  return request;
}

std::vector<std::string> FinishSweep::Take(const api::TaskPage& page,
                                           const std::function<bool(const std::string&)>& is_ours,
                                           SteadyTime now) {
  on_the_way_ = false;
  ++pages_;
  std::vector<std::string> ended;
  for (const api::TaskSummary& task : page.tasks) {
    if (task.finished) watermark_ = std::max(watermark_, *task.finished);
    const bool ours = is_ours(task.task_id);
    const bool remembered = std::any_of(ended_.begin(), ended_.end(), [&](const auto& known) {
      return known.first == task.task_id;
    });
    saw_ours_ = saw_ours_ || ours || remembered;
    if (ours) ended.push_back(task.task_id);
  }
  const bool read_all =
      page.tasks.empty() || page.scroll_token.empty() || !tokens_.insert(page.scroll_token).second;
  const bool last = read_all || pages_ >= kPages;
  if (saw_ours_ && trust_ != Trust::kYes) {
    trust_ = Trust::kYes;
    found_ = missed_ = 0;
    trials_ = 0;
    ended_.clear();
  }
  if (last && !read_all && !margin_ && watermark_ - kOverlap <= after_) {
    // More ends within the overlap than a sweep reads: the next would read the same again and
    // never come to what is new. Single looks do.
    more_ = false;
    Doubt(now);
  } else if (last) {
    End(now);
  } else {
    token_ = page.scroll_token;
    more_ = true;
  }
  return ended;
}

void FinishSweep::End(SteadyTime now) {
  more_ = false;
  due_ = last_begin_ + Micros{every_};
  if (trust_ == Trust::kYes) return;
  due_ = now + kBetweenTrials;
  ended_.clear();  // the next trial waits for one that ends afterwards
  if (++trials_ >= kTrials) Doubt(now);
}

void FinishSweep::Fail(SteadyTime now) {
  on_the_way_ = more_ = false;
  due_ = now + std::max(Micros{every_}, Micros{Seconds{2}});
}

}  // namespace aigc::pipeline

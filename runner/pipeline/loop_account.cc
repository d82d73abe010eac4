// What this run shares with others on the account: the pace, the slots, what was learnt.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/turns.h"

namespace aigc::pipeline {
namespace {

// A run that waits says so again this often.
constexpr Micros kBetweenWishes = Seconds{1};
constexpr Micros kBetweenPeeks = Millis{500};
constexpr Micros kBetweenLessons = Seconds{2};
// Requests that leave so much later than they were decided are put down as leaving then.
constexpr Micros kLate = Millis{2};

}  // namespace

void Loop::Turns::BeginShared() {
  const SteadyTime now = clock_.Ticks();
  if (options_.account == nullptr || account_lost_) return;
  auto view = options_.account->Begin(now);
  if (!view.ok()) {
    account_lost_ = true;
    Notice(Severity::kWarning,
           "what runs on this account share cannot be used, this run goes on by itself: " +
               view.error().message);
    return;
  }
  shared_ = *view;
  const Limits& limits = options_.limits;
  double submit_rate = limits.submit_rate, poll_rate = limits.poll_rate;
  has_rivals_ = !shared_->others.empty();
  yields_pace_ = false;
  for (const store::RunRow& run : shared_->others) {
    if (!run.live) continue;
    submit_rate = std::max(submit_rate, run.submit_rate);
    poll_rate = std::max(poll_rate, run.poll_rate);
    const bool waits = run.waits_pace && now - run.wanted_at < Micros{store::Account::kWishLife};
    const int own = next_tenant_ ? next_tenant_->priority : 0;
    yields_pace_ = yields_pace_ || (waits && run.priority >= own &&
                                    shared_->creates.last_batch == options_.batch_name);
  }
  create_pacer_.SetRate(submit_rate);
  query_pacer_.SetRate(poll_rate);
  create_pacer_.Load(shared_->creates, now);
  query_pacer_.Load(shared_->queries, now);
  window_.Share(shared_->others, shared_->rooms);
  if (joined_) return;
  joined_ = true;
  timings_ = shared_->timings;
  busy_before_ms_ = shared_->own.busy_ms;
  possible_before_ms_ = shared_->own.possible_ms;
}

void Loop::Turns::EndShared() {
  if (shared_ == nullptr) return;
  store::AccountView& view = *std::exchange(shared_, nullptr);
  const SteadyTime now = clock_.Ticks();
  view.creates = create_pacer_.state();
  view.queries = query_pacer_.state();
  view.rooms = window_.rooms();
  view.own.max_in_flight = options_.limits.max_in_flight;
  view.own.submit_rate = options_.limits.submit_rate;
  view.own.poll_rate = options_.limits.poll_rate;
  const auto held = window_.held();
  const bool moved = held != view.own.held;
  view.own.held = held;
  if (now >= learnt_due_ || moved) {
    // Not in every turn: nobody needs them to the moment.
    const auto total = [](std::int64_t before, Micros now_too) {
      return before + std::chrono::duration_cast<Millis>(now_too).count();
    };
    view.own.busy_ms = total(busy_before_ms_, busy_);
    view.own.possible_ms = total(possible_before_ms_, possible_);
  }
  if (now >= learnt_due_) {
    learnt_due_ = now + kBetweenLessons;
    for (const auto& [name, took] : learnt_) Learn(view.timings[name], took);
    if (!learnt_.empty()) timings_ = view.timings;
    learnt_.clear();
  }
  const Status committed = options_.account->Commit();
  if (committed.ok()) return;
  account_lost_ = true;
  Notice(Severity::kWarning,
         "what runs on this account share cannot be kept, this run goes on by itself: " +
             committed.error().message);
}

// Tells other runs what this one waits for, so that each gets its part.
Status Loop::Turns::SayWishes() {
  const SteadyTime now = clock_.Ticks();
  if (shared_ == nullptr) return {};
  const bool waits = waits_ == Waits::kSlot || waits_ == Waits::kPace;
  if (waits && has_rivals_ && now >= wishes_due_) {
    wishes_due_ = now + kBetweenPeeks;
    AIGC_ASSIGN_OR_RETURN(const auto next, store_.NextReady(std::max(clock_.Now(), ready_until_), 1,
                                                            queue_selection_, {}));
    next_tenant_.reset();
    if (!next.empty()) {
      const store::TaskRow& row = next.front().row;
      next_tenant_ = Tenant{row.kind, row.model, row.version, row.priority};
    }
  }
  store::RunRow& own = shared_->own;
  const bool slot = waits_ == Waits::kSlot && next_tenant_.has_value();
  const bool pace = waits_ == Waits::kPace;
  const bool video = slot && next_tenant_->kind == Kind::kVideo;
  const bool image = slot && next_tenant_->kind == Kind::kImage;
  const int priority = next_tenant_ ? next_tenant_->priority : 0;
  const bool wishes = video || image || pace;
  const bool same = own.wants_video == video && own.wants_image == image &&
                    own.waits_pace == pace && own.priority == priority;
  if (same && (!wishes || now - own.wanted_at < kBetweenWishes)) return {};
  own.wants_video = video;
  own.wants_image = image;
  own.waits_pace = pace;
  own.priority = priority;
  own.wanted_at = now;
  return {};
}

// The commit took its time: the requests of this turn leave only now, and the ones after them keep
// their distance from that.
void Loop::Turns::LeaveLate(SteadyTime decided) {
  const SteadyTime now = clock_.Ticks();
  const int creates = std::exchange(creates_left_, 0), queries = std::exchange(queries_left_, 0);
  if (creates + queries == 0 || now - decided < kLate) return;
  BeginShared();
  create_pacer_.Delay(creates, now);
  query_pacer_.Delay(queries, now);
  own_creates_.Delay(creates, now);
  own_queries_.Delay(queries, now);
  EndShared();
}

void Loop::Turns::StartCreate() {
  create_pacer_.Start(clock_.Ticks());
  own_creates_.Start(clock_.Ticks());
  ++creates_left_;
  if (shared_ != nullptr) create_pacer_.SetLast(options_.batch_name);
}

void Loop::Turns::StartQuery() {
  query_pacer_.Start(clock_.Ticks());
  own_queries_.Start(clock_.Ticks());
  ++queries_left_;
}

SteadyTime Loop::Turns::NextCreate() const {
  const SteadyTime next = std::max(create_pacer_.NextStart(), own_creates_.NextStart());
  return yields_pace_ ? next + Pacer::Gap(create_pacer_.rate()) / 2 : next;
}

SteadyTime Loop::Turns::NextQuery() const {
  return std::max(query_pacer_.NextStart(), own_queries_.NextStart());
}

}  // namespace aigc::pipeline

#include "pipeline/window.h"

#include <algorithm>

#include "pipeline/backoff.h"

namespace aigc::pipeline {
namespace {

constexpr Millis kFirstProbe = Seconds{60};
constexpr Millis kLastProbe = std::chrono::minutes{15};

}  // namespace

Window::Window(const Limits& limits) { SetLimits(limits); }

void Window::SetLimits(const Limits& limits) {
  fixed_.reset();
  if (limits.max_in_flight) fixed_ = static_cast<std::size_t>(std::max(1, *limits.max_in_flight));
  for (auto& [name, share] : shares_) share.limit.reset();
  for (const auto& [name, limit] : limits.per_model) shares_[name].limit = std::max(1, limit);
}

std::size_t Window::limit(SteadyTime now) const {
  if (fixed_) {
    // Even a fixed number waits after a refusal with nothing of ours in flight: others use the
    // account.
    return held_ && now < probe_at_ ? in_flight_ : *fixed_;
  }
  const std::size_t proved = std::max<std::size_t>(1, proved_most_);
  if (held_ && now < probe_at_) return in_flight_ == 0 && proved_most_ == 0 ? 0 : proved;
  return proved_most_ + 1;
}

bool Window::HasRoom(SteadyTime now) const { return in_flight_ < limit(now); }

bool Window::HasRoom(std::string_view model, std::string_view version, SteadyTime now) const {
  if (!HasRoom(now)) return false;
  const auto full = [this](std::string_view name) {
    const auto share = shares_.find(name);
    return share != shares_.end() && share->second.full();
  };
  return !full(model) && !full(std::string(model) + "/" + std::string(version));
}

void Window::Enter(std::string_view model, std::string_view version) {
  ++in_flight_;
  for (const std::string& name :
       {std::string(model), std::string(model) + "/" + std::string(version)}) {
    ++shares_[name].used;
  }
}

void Window::Leave(std::string_view model, std::string_view version, bool proved) {
  if (in_flight_ > 0) --in_flight_;
  if (fixed_) held_ = false;  // a slot of ours is free: no need to wait out the pause
  if (proved && proved_now_ > 0) --proved_now_;
  for (const std::string& name :
       {std::string(model), std::string(model) + "/" + std::string(version)}) {
    if (const auto share = shares_.find(name); share != shares_.end() && share->second.used > 0) {
      --share->second.used;
    }
  }
}

void Window::Prove() {
  ++proved_now_;
  if (proved_now_ > proved_most_) {
    proved_most_ = proved_now_;
    refusals_ = 0;
  }
}

void Window::Refuse(SteadyTime now) {
  if (held_ && now < probe_at_) return;  // the same burst
  held_ = true;
  if (fixed_) {
    // The user's number stands; only the next try waits (reference 6.2: 30 s or until one
    // finishes).
    probe_at_ = now + Micros{Seconds{30}};
    return;
  }
  proved_most_ = std::max<std::size_t>(1, std::min(proved_most_, proved_now_));
  probe_at_ = now + Micros{Doubling(refusals_++, kFirstProbe, kLastProbe)};
}

std::optional<SteadyTime> Window::NextOpening(SteadyTime now) const {
  if (held_ && now < probe_at_) return probe_at_;
  return std::nullopt;
}

std::vector<std::string> Window::FullModels() const {
  std::vector<std::string> full;
  for (const auto& [name, share] : shares_) {
    if (share.full()) full.push_back(name);
  }
  return full;
}

}  // namespace aigc::pipeline

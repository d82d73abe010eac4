#include "pipeline/window.h"

#include <algorithm>
#include <set>
#include <utility>

#include "pipeline/backoff.h"

namespace aigc::pipeline {
namespace {

constexpr Millis kFirstProbe = Seconds{60};
constexpr Millis kLastProbe = std::chrono::minutes{15};
// The user's number stands after a refusal; only the next try waits (reference 6.2: 30 s or until
// one finishes).
constexpr Millis kFixedHold = Seconds{30};

bool Wants(const store::RunRow& run, Kind kind, SteadyTime now) {
  const bool wants = kind == Kind::kVideo ? run.wants_video : run.wants_image;
  return run.live && wants && now - run.wanted_at < Micros{store::Account::kWishLife};
}

int HeldBy(const store::RunRow& run, std::optional<Kind> kind) {
  int held = 0;
  for (const store::HeldRow& row : run.held) {
    if (!kind || row.kind == *kind) held += row.tasks;
  }
  return held;
}

}  // namespace

Window::Window(const Limits& limits) { SetLimits(limits); }

void Window::SetLimits(const Limits& limits) {
  fixed_.reset();
  if (limits.max_in_flight) fixed_ = std::max(1, *limits.max_in_flight);
  model_limits_.clear();
  for (const auto& [name, limit] : limits.per_model) model_limits_[name] = std::max(1, limit);
}

std::string Window::Scope(Kind kind) { return std::string(Name(kind)); }

std::string Window::Scope(Kind kind, std::string_view model, std::string_view version) {
  std::string scope = Scope(kind) + " ";
  scope.append(model).append("/").append(version);
  return scope;
}

void Window::Know(Kind kind, std::string_view model, std::string_view version) {
  models_.try_emplace({kind, std::string(model), std::string(version)}, 0);
}

void Window::Share(const std::vector<store::RunRow>& others,
                   const std::map<std::string, store::RoomRow>& rooms) {
  others_ = others;
  rooms_ = rooms;
}

std::vector<store::HeldRow> Window::held() const {
  std::vector<store::HeldRow> held;
  for (const auto& [model, used] : models_) {
    if (used > 0) {
      held.push_back({std::get<0>(model), std::get<1>(model), std::get<2>(model), used});
    }
  }
  return held;
}

int Window::Own(Kind kind) const {
  int own = 0;
  for (const auto& [model, used] : models_) {
    if (std::get<0>(model) == kind) own += used;
  }
  return own;
}

int Window::Others(Kind kind) const {
  int held = 0;
  for (const store::RunRow& run : others_) held += HeldBy(run, kind);
  return held;
}

int Window::UsedOf(std::string_view name) const {
  const auto fits = [name](const std::string& model, const std::string& version) {
    return name == model || name == model + "/" + version;
  };
  int used = 0;
  for (const auto& [model, count] : models_) {
    if (fits(std::get<1>(model), std::get<2>(model))) used += count;
  }
  for (const store::RunRow& run : others_) {
    for (const store::HeldRow& row : run.held) {
      if (fits(row.model, row.version)) used += row.tasks;
    }
  }
  return used;
}

const store::RoomRow& Window::RoomOf(const std::string& scope) const {
  static const store::RoomRow kUnknown;
  const auto room = rooms_.find(scope);
  return room == rooms_.end() ? kUnknown : room->second;
}

int Window::LimitOf(const store::RoomRow& room, int in_flight, SteadyTime now) const {
  if (now >= room.probe_at) return room.proved + 1;
  // Refused with nothing of ours in process: others have all of it.
  return room.proved == 0 ? std::min(in_flight, 1) : room.proved;
}

// What the account is believed to run at once: of a kind, or of all where a number is fixed.
int Window::Capacity(Kind kind, SteadyTime now) const {
  const store::RoomRow& room = RoomOf(Scope(kind));
  if (!fixed_) return LimitOf(room, Own(kind) + Others(kind), now);
  int capacity = *fixed_;
  for (const store::RunRow& run : others_) {
    if (!run.live) continue;
    capacity = std::max(capacity, run.max_in_flight.value_or(room.proved + 1));
  }
  return capacity;
}

bool Window::IsFull(Kind kind, const std::string& model, const std::string& version,
                    SteadyTime now) const {
  const auto over = [this](const std::string& name) {
    const auto limit = model_limits_.find(name);
    return limit != model_limits_.end() && UsedOf(name) >= limit->second;
  };
  if (!model_limits_.empty() && (over(model) || over(model + "/" + version))) return true;
  if (fixed_) return static_cast<int>(in_flight_) + OthersInAll() >= Capacity(kind, now);
  if (Own(kind) + Others(kind) >= Capacity(kind, now)) return true;
  const store::RoomRow& room = RoomOf(Scope(kind, model, version));
  if (now >= room.probe_at) return false;
  const int used = UsedOf(model + "/" + version);
  return used >= LimitOf(room, used, now);
}

bool Window::HasRoom(SteadyTime now) const {
  if (fixed_) {
    // Even a fixed number waits after a refusal with nothing of ours in flight: others use the
    // account.
    if (now < fixed_hold_) return false;
    if (static_cast<int>(in_flight_) >= *fixed_) return false;
    return static_cast<int>(in_flight_) + OthersInAll() < Capacity(Kind::kVideo, now);
  }
  if (models_.empty()) return true;
  std::set<Kind> kinds;
  for (const auto& [model, used] : models_) kinds.insert(std::get<0>(model));
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](Kind kind) { return Own(kind) + Others(kind) < Capacity(kind, now); });
}

bool Window::HasRoom(const Tenant& task, SteadyTime now) const {
  if (fixed_ && (now < fixed_hold_ || static_cast<int>(in_flight_) >= *fixed_)) return false;
  if (IsFull(task.kind, task.model, task.version, now)) return false;
  return others_.empty() || MayTakeShare(task, Capacity(task.kind, now), now);
}

// REQUIRES: there is a free slot.
bool Window::MayTakeShare(const Tenant& task, int capacity, SteadyTime now) const {
  const std::optional<Kind> kind = fixed_ ? std::nullopt : std::optional<Kind>(task.kind);
  std::vector<const store::RunRow*> rivals;
  for (const store::RunRow& run : others_) {
    if (!Wants(run, task.kind, now)) continue;
    const bool may = !run.max_in_flight || HeldBy(run, std::nullopt) < *run.max_in_flight;
    if (!may || run.priority < task.priority) continue;
    if (run.priority > task.priority) return false;
    rivals.push_back(&run);
  }
  if (rivals.empty()) return true;
  const int part = std::max(1, capacity / static_cast<int>(rivals.size() + 1));
  const int own = kind ? Own(*kind) : static_cast<int>(in_flight_);
  if (own < part) return true;
  int used = own;
  for (const store::RunRow& run : others_) used += HeldBy(run, kind);
  int kept = 0;  // for those who have less than their part
  for (const store::RunRow* run : rivals) {
    const int theirs = std::min(part, run->max_in_flight.value_or(part));
    kept += std::max(0, theirs - HeldBy(*run, kind));
  }
  return used + kept < capacity;
}

void Window::Enter(Tenant& task) {
  if (task.inside) return;
  const int before = Own(task.kind) + Others(task.kind);
  const store::RoomRow& model = RoomOf(Scope(task.kind, task.model, task.version));
  const bool beyond_model =
      model.refusals > 0 && UsedOf(task.model + "/" + task.version) >= model.proved;
  task.probe = !fixed_ && (before >= RoomOf(Scope(task.kind)).proved || beyond_model);
  task.inside = true;
  ++in_flight_;
  ++models_[{task.kind, task.model, task.version}];
}

void Window::Leave(Tenant& task) {
  if (!std::exchange(task.inside, false)) return;
  --in_flight_;
  --models_[{task.kind, task.model, task.version}];
  fixed_hold_ = {};  // a slot of ours is free: no need to wait out the pause
  task.probe = task.proved = task.waiting = false;
}

void Window::Prove(Tenant& task, const InProcess& in_process, SteadyTime now) {
  task.proved = true;
  task.waiting = false;
  if (fixed_) return;
  const auto raise = [&](store::RoomRow& room, int count) {
    if (count <= room.proved) return;
    room.proved = count;
    // Up to what was refused it was in process all along, and is seen only now; beyond that the
    // account has more. Another run may not have seen yet that one of its own ended.
    const int doubt = others_.empty() ? 0 : 1;
    if (count > room.refused + doubt && now >= room.probe_at) room.refusals = 0;
  };
  raise(rooms_[Scope(task.kind)], in_process.of_kind + Others(task.kind));
  const auto model = rooms_.find(Scope(task.kind, task.model, task.version));
  if (model != rooms_.end()) raise(model->second, in_process.of_model);
  task.probe = false;
}

// The limit becomes what is in process, for a while that doubles.
bool Window::Hold(store::RoomRow& room, int least, int in_process, SteadyTime now, WallTime wall,
                  const std::string& reason) {
  const store::RoomRow before = room;
  room.refused = std::max(room.proved, in_process);
  room.proved = std::min(std::max(least, room.proved), std::max(least, in_process));
  if (now >= room.probe_at) {  // else it is of the same burst
    room.probe_at = now + Micros{Doubling(room.refusals++, kFirstProbe, kLastProbe)};
    room.reason = reason;
    room.reason_at = wall;
  }
  return room.probe_at != before.probe_at || room.proved != before.proved;
}

bool Window::Refuse(const Tenant& task, const InProcess& in_process, SteadyTime now, WallTime wall,
                    std::string reason) {
  if (fixed_) {
    const bool first = now >= fixed_hold_;
    if (first) fixed_hold_ = now + Micros{kFixedHold};
    return first;
  }
  const std::string own_scope = Scope(task.kind, task.model, task.version);
  int models = 0;
  bool other_is_held = false;
  for (const auto& [model, used] : models_) {
    if (std::get<0>(model) != task.kind) continue;
    ++models;
    const std::string scope = Scope(task.kind, std::get<1>(model), std::get<2>(model));
    other_is_held = other_is_held || (scope != own_scope && now < RoomOf(scope).probe_at);
  }
  store::RoomRow& kind = rooms_[Scope(task.kind)];
  const int of_kind = in_process.of_kind + Others(task.kind);
  const bool kind_is_held = now < kind.probe_at;
  if (models > 1 && !other_is_held && !kind_is_held && of_kind > 0) {
    return Hold(rooms_[own_scope], 0, in_process.of_model, now, wall, reason);
  }
  if (!kind_is_held) {
    // It is the kind that is full: its models need no limits of their own.
    for (auto& [scope, room] : rooms_) {
      if (scope.starts_with(Scope(task.kind) + " ")) room.probe_at = {};
    }
  }
  return Hold(kind, of_kind > 0 ? 1 : 0, of_kind, now, wall, reason);
}

std::optional<SteadyTime> Window::NextOpening(SteadyTime now) const {
  std::optional<SteadyTime> opening;
  const auto consider = [&](SteadyTime at) {
    if (at > now) opening = opening ? std::min(*opening, at) : at;
  };
  if (fixed_) {
    consider(fixed_hold_);
    return opening;
  }
  for (const auto& [model, used] : models_) {
    const auto& [kind, name, version] = model;
    consider(RoomOf(Scope(kind)).probe_at);
    consider(RoomOf(Scope(kind, name, version)).probe_at);
  }
  return opening;
}

std::size_t Window::limit(SteadyTime now) const {
  if (fixed_) return now < fixed_hold_ ? in_flight_ : static_cast<std::size_t>(*fixed_);
  std::set<Kind> kinds;
  for (const auto& [model, used] : models_) kinds.insert(std::get<0>(model));
  int limit = 0;
  for (const Kind kind : kinds) {
    limit += std::max(Own(kind), Capacity(kind, now) - Others(kind));
  }
  return static_cast<std::size_t>(std::max(0, limit));
}

std::vector<std::string> Window::FullModels(SteadyTime now) const {
  std::vector<std::string> full;
  for (const auto& [name, limit] : model_limits_) {
    if (UsedOf(name) >= limit) full.push_back(name);
  }
  if (fixed_) return full;
  for (const auto& [model, used] : models_) {
    const auto& [kind, name, version] = model;
    if (IsFull(kind, name, version, now)) full.push_back(name + "/" + version);
  }
  return full;
}

}  // namespace aigc::pipeline

#include "report/account_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace aigc::report {
namespace {

constexpr std::size_t kReasonWidth = 120;
// A pace that was slowed longer ago has come back (pipeline/pacer.h: a hundredth a second).
constexpr Micros kSlowedFor = std::chrono::minutes{2};

bool IsSlowed(const store::PaceRow& pace, SteadyTime now) {
  return pace.slowed_rate > 0 && now - pace.slowed_at < kSlowedFor;
}

double Use(const store::RunRow& run) {
  if (run.possible_ms <= 0) return 0;
  return std::clamp(static_cast<double>(run.busy_ms) / static_cast<double>(run.possible_ms), 0.0,
                    1.0);
}

std::string Wait(SteadyTime until, SteadyTime now) {
  return FormatDuration(std::max(Seconds{1}, std::chrono::ceil<Seconds>(until - now)));
}

std::string RoomLine(const std::string& scope, const store::RoomRow& room, SteadyTime now) {
  std::string line = fmt::format("  {}: {} at once", Excerpt(scope, 80), std::max(room.proved, 1));
  if (room.refusals == 0) return line + ", no more was refused so far\n";
  line += now < room.probe_at ? ", more is tried in " + Wait(room.probe_at, now)
                              : std::string(", more is being tried");
  return line + fmt::format("; refused at {}: {}\n", FormatIso(room.reason_at),
                            Excerpt(room.reason, kReasonWidth));
}

std::string PaceLine(const char* what, const store::PaceRow& pace, double rate, SteadyTime now) {
  if (!IsSlowed(pace, now)) return "";
  return fmt::format("pace: {} fell to {:.1f} of {:.1f} a second at {} and climbs back: {}\n", what,
                     pace.slowed_rate, rate, FormatIso(pace.reason_at),
                     Excerpt(pace.reason, kReasonWidth));
}

void PutPace(JsonWriter& json, const char* name, const store::PaceRow& pace, double rate,
             SteadyTime now) {
  json.Key(name).BeginObject().Key("rate").Raw(fmt::format("{:.3f}", rate));
  if (!pace.reason.empty()) {
    json.Key("slowed").Bool(IsSlowed(pace, now));
    json.Key("fell_to").Raw(fmt::format("{:.3f}", pace.slowed_rate));
    json.Key("at").String(FormatIso(pace.reason_at)).Key("reason").String(pace.reason);
  }
  json.EndObject();
}

}  // namespace

std::string AccountText(const store::AccountGlance& account, SteadyTime now) {
  std::string text;
  const store::RunRow& run = account.run;
  if (run.possible_ms > 0) text += fmt::format("slots: {:.1f} % used", 100 * Use(run));
  if (account.other_runs > 0) {
    text += fmt::format("{}{} other run{} on the account", text.empty() ? "slots: " : ", ",
                        account.other_runs, account.other_runs == 1 ? "" : "s");
  }
  if (!text.empty()) text += "\n";
  if (!run.max_in_flight) {
    for (const auto& [scope, room] : account.rooms) {
      // A model's own room counts while it is held only.
      const bool of_model = scope.find(' ') != std::string::npos;
      if (!of_model || now < room.probe_at) text += RoomLine(scope, room, now);
    }
  }
  text += PaceLine("creates", account.creates, run.submit_rate, now);
  text += PaceLine("queries", account.queries, run.poll_rate, now);
  return text;
}

void PutAccount(JsonWriter& json, const store::AccountGlance& account, SteadyTime now) {
  const store::RunRow& run = account.run;
  json.Key("slots").BeginObject();
  if (run.possible_ms > 0) json.Key("use").Raw(fmt::format("{:.4f}", Use(run)));
  json.Key("busy_seconds").Int(run.busy_ms / 1000);
  json.Key("possible_seconds").Int(run.possible_ms / 1000);
  json.Key("other_runs").Int(account.other_runs).EndObject();
  json.Key("rooms").BeginArray();
  for (const auto& [scope, room] : account.rooms) {
    json.BeginObject().Key("scope").String(scope).Key("proved").Int(room.proved);
    json.Key("refusals").Int(room.refusals);
    if (now < room.probe_at) {
      json.Key("next_try_seconds").Int(std::chrono::ceil<Seconds>(room.probe_at - now).count());
    }
    if (!room.reason.empty()) {
      json.Key("refused_at").String(FormatIso(room.reason_at)).Key("reason").String(room.reason);
    }
    json.EndObject();
  }
  json.EndArray();
  json.Key("pace").BeginObject();
  PutPace(json, "create", account.creates, run.submit_rate, now);
  PutPace(json, "query", account.queries, run.poll_rate, now);
  json.EndObject();
}

}  // namespace aigc::report

#include "cli/events.h"

#include "base/money.h"
#include "embedded_eventsschema.h"

namespace aigc::cli {
namespace {

constexpr Micros kProgressEvery = Seconds{10};

double SecondsOf(Millis time) { return static_cast<double>(time.count()) / 1000; }

void Write(Console& console, JsonWriter& json) {
  // A reader that went away stops the lines, not the run.
  (void)console.Out(json.EndObject().Take() + "\n").ok();
}

void PutEta(JsonWriter& json, const LiveView& view) {
  if (!view.eta.known) return;
  json.Key("left").BeginObject();
  json.Key("at_least_seconds").Double(SecondsOf(view.eta.low));
  json.Key("at_most_seconds").Double(SecondsOf(view.eta.high)).EndObject();
}

void PutCost(JsonWriter& json, const store::MoneyState& money) {
  if (money.terms.currency.empty()) return;
  json.Key("cost").BeginObject().Key("currency").String(money.terms.currency);
  json.Key("spent").Raw(AmountText(money.spent_micros));
  json.Key("reserved").Raw(AmountText(money.reserved_micros));
  if (money.terms.budget_micros) json.Key("budget").Raw(AmountText(*money.terms.budget_micros));
  json.EndObject();
}

}  // namespace

std::string_view EventSchemaText() { return embedded::EventsSchema()[0].text; }

JsonWriter BeginEvent(std::string_view name, WallTime at) {
  JsonWriter json;
  json.BeginObject().Key("event").String(name).Key("version").Int(kEventVersion);
  json.Key("at").String(FormatIsoMillis(at));
  return json;
}

void JsonEvents::OnTask(const pipeline::TaskEvent& event) {
  JsonWriter json = BeginEvent("task", event.at);
  json.Key("id").String(event.id).Key("generation").Int(event.generation);
  json.Key("from").String(Name(event.from)).Key("to").String(Name(event.to));
  const auto add = [&](const char* key, std::string_view text) {
    if (!text.empty()) json.Key(key).String(text);
  };
  add("why", event.why);
  add("error_code", event.error_code);
  add("error_message", event.error_message);
  add("advice", event.advice);
  add("request_id", event.request_id);
  Write(console_, json);
}

void JsonEvents::OnProgress(const pipeline::Progress& progress) {
  if (shown_ && progress.ticks - *shown_ < kProgressEvery) return;
  shown_ = progress.ticks;
  if (!read_(progress.at, view_).ok()) return;
  view_.now = progress.at;
  TakeProgress(progress, view_);
  (void)console_.Out(ProgressEvent(view_, progress.downloads) + "\n").ok();
}

std::string ProgressEvent(const LiveView& view, std::size_t downloads) {
  JsonWriter json = BeginEvent("progress", view.now);
  json.Key("counts").BeginObject();
  for (const auto& [state, count] : view.counts) json.Key(Name(state)).Int(count);
  json.EndObject().Key("in_flight").Int(static_cast<std::int64_t>(view.slots_used));
  if (view.slots) json.Key("window").Int(static_cast<std::int64_t>(*view.slots));
  json.Key("downloads").Int(static_cast<std::int64_t>(downloads));
  if (view.submit_rate > 0) json.Key("submit_rate").Double(view.submit_rate);
  PutEta(json, view);
  PutCost(json, view.money);
  return json.EndObject().Take();
}

std::string_view Name(pipeline::StopReason reason) {
  switch (reason) {
    case pipeline::StopReason::kFinished:
      return "finished";
    case pipeline::StopReason::kInterrupted:
      return "interrupted";
    case pipeline::StopReason::kCredentials:
      return "credentials";
    case pipeline::StopReason::kAccount:
      return "account";
    case pipeline::StopReason::kStopAfter:
      return "stop_after";
    case pipeline::StopReason::kBudget:
      return "budget";
    case pipeline::StopReason::kCanary:
      return "canary";
    case pipeline::StopReason::kUnreachable:
      return "unreachable";
    case pipeline::StopReason::kUntrusted:
      return "untrusted";
    case pipeline::StopReason::kLocal:
      return "local";
    case pipeline::StopReason::kPaused:
      return "paused";
    case pipeline::StopReason::kListed:
      return "listed";
  }
  return "error";
}

void JsonEvents::OnNotice(WallTime at, pipeline::Severity severity, std::string_view text) {
  if (severity == pipeline::Severity::kDetail && !console_.verbose()) return;
  JsonWriter json = BeginEvent("notice", at);
  json.Key("severity").String(severity == pipeline::Severity::kWarning ? "warning" : "info");
  json.Key("text").String(text);
  Write(console_, json);
}

}  // namespace aigc::cli

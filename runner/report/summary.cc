#include "report/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/json_writer.h"
#include "base/money.h"
#include "base/text.h"
#include "report/account_text.h"
#include "report/table.h"

namespace aigc::report {
namespace {

constexpr std::size_t kMessageWidth = 160;

std::int64_t CountOf(const store::StateCounts& counts, TaskState state) {
  const auto at = counts.find(state);
  return at == counts.end() ? 0 : at->second;
}

std::int64_t Total(const store::StateCounts& counts) {
  std::int64_t total = 0;
  for (const auto& [state, count] : counts) total += count;
  return total;
}

// The states of `counts` in the order of the life of a task.
std::vector<TaskState> StatesOf(const store::StateCounts& counts) {
  std::vector<TaskState> states;
  for (const TaskState state : kAllTaskStates) {
    if (CountOf(counts, state) > 0) states.push_back(state);
  }
  return states;
}

// Tasks of one code that need different advice are told apart.
std::vector<store::FailureGroup> ByAdvice(std::vector<store::FailureGroup> groups,
                                          const Advice& advice) {
  std::map<std::tuple<TaskState, std::string, std::string>, std::size_t> places;
  std::vector<store::FailureGroup> sorted;
  for (store::FailureGroup& group : groups) {
    const std::string reason = advice ? advice(group.code, group.message) : std::string();
    const auto [place, added] =
        places.try_emplace({group.state, group.code, reason}, sorted.size());
    if (added) {
      sorted.push_back(std::move(group));
    } else {
      sorted[place->second].count += group.count;
    }
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  return sorted;
}

// How long its tasks usually generate.
std::optional<Millis> UsualTime(const Summary& summary, const store::ModelCounts& model) {
  for (const store::GenerationTime& time : summary.times) {
    if (time.model == model.model && time.version == model.version) return time.median;
  }
  return std::nullopt;
}

// Without fractions that nobody needs.
std::string RoundedText(Millis time) {
  return FormatDuration(time < Seconds{10} ? time / 100 * 100 : time / 1000 * 1000);
}

// "running (pid 17): 8 of 10 generating, 9 sent and 8 done in the last minute, 12m to 15m left"
std::string RunningLine(const RunningNow& run) {
  std::string line = fmt::format("running (pid {}): {}", run.pid, run.in_flight);
  if (run.window) line += fmt::format(" of {}", *run.window);
  line += fmt::format(" generating, {} sent and {} done in the last minute", run.sent, run.ended);
  if (!run.left.empty()) line += fmt::format(", {} left", run.left);
  return line + "\n";
}

void PutRunning(JsonWriter& json, const RunningNow& run) {
  json.Key("run").BeginObject().Key("pid").Int(run.pid).Key("in_flight").Int(run.in_flight);
  if (run.window) json.Key("window").Int(*run.window);
  json.Key("sent_last_minute").Int(run.sent).Key("ended_last_minute").Int(run.ended);
  if (run.least_and_most) {
    const auto seconds = [](Millis time) { return static_cast<double>(time.count()) / 1000; };
    json.Key("left").BeginObject();
    json.Key("at_least_seconds").Double(seconds(run.least_and_most->first));
    json.Key("at_most_seconds").Double(seconds(run.least_and_most->second)).EndObject();
  }
  json.EndObject();
}

std::string ModelTable(const Summary& summary) {
  const std::vector<TaskState> states = StatesOf(summary.counts);
  std::vector<Align> columns{Align::kLeft, Align::kRight};
  columns.resize(3 + states.size(), Align::kRight);
  Table table(std::move(columns));
  std::vector<std::string> head{"model", "tasks"};
  for (const TaskState state : states) head.emplace_back(Name(state));
  head.emplace_back(summary.times.empty() ? "" : "usually");
  table.AddRow(std::move(head));
  for (const store::ModelCounts& model : summary.models) {
    std::vector<std::string> cells{Excerpt(model.model + "/" + model.version, 40) +
                                       (model.kind == Kind::kImage ? " (image)" : ""),
                                   std::to_string(Total(model.counts))};
    for (const TaskState state : states) {
      const std::int64_t count = CountOf(model.counts, state);
      cells.push_back(count == 0 ? "-" : std::to_string(count));
    }
    const auto usual = UsualTime(summary, model);
    cells.push_back(usual ? RoundedText(*usual) : summary.times.empty() ? "" : "-");
    table.AddRow(std::move(cells));
  }
  return table.Render(2);
}

std::string FailureText(const store::FailureGroup& group, const Advice& advice) {
  std::string text =
      fmt::format("  {} {} with {}\n", group.count, Name(group.state),
                  group.code.empty() ? "no code" : "code " + Excerpt(group.code, 80));
  text +=
      fmt::format("    {}: {}\n", Excerpt(group.task_id, 64),
                  group.message.empty() ? "(no message)" : Excerpt(group.message, kMessageWidth));
  if (!group.request_id.empty()) {
    text += "    request id: " + Excerpt(group.request_id, 64) + "\n";
  }
  const std::string hint = advice && !group.code.empty() ? advice(group.code, group.message) : "";
  if (!hint.empty()) text += "    hint: " + hint + "\n";
  return text;
}

// "cost: CNY 3.96 spent, CNY 1.98 reserved of a budget of CNY 10.00 (estimated, unverified prices)"
std::string MoneyLine(const store::MoneyState& money) {
  const auto text = [&](std::int64_t micros) { return MoneyText({micros, money.terms.currency}); };
  const bool charged = money.spent_micros + money.reserved_micros > 0;
  if (!charged && !money.terms.budget_micros && money.unpriced == 0) return "";
  std::string line = "cost: " + text(money.spent_micros) + " spent";
  if (money.reserved_micros > 0) line += ", " + text(money.reserved_micros) + " reserved";
  if (money.terms.budget_micros) line += " of a budget of " + text(*money.terms.budget_micros);
  line += money.terms.verified ? " (estimated)" : " (estimated, unverified prices)";
  if (money.unpriced > 0) {
    line += fmt::format(", and {} submission{} without a known price", money.unpriced,
                        money.unpriced == 1 ? "" : "s");
  }
  return line + "\n";
}

// "paused since …: `resume` ends it" and "set: max_in_flight 4, submit_rate 5"
std::string SteeringLines(const store::Steering& steering) {
  std::string text;
  for (const store::PauseRow& pause : steering.pauses) {
    text += fmt::format("{}paused since {}: nothing more is submitted until `resume`\n",
                        pause.model.empty() ? "" : Excerpt(pause.model, 60) + " is ",
                        FormatIso(pause.since));
  }
  std::string set;
  for (const store::SettingRow& setting : steering.settings) {
    set += fmt::format("{}{} {}", set.empty() ? "set: " : ", ", Excerpt(setting.name, 60),
                       Excerpt(setting.value, 60));
  }
  return set.empty() ? text : text + set + "\n";
}

void PutSteering(JsonWriter& json, const store::Steering& steering) {
  if (!steering.pauses.empty()) {
    json.Key("paused").BeginArray();
    for (const store::PauseRow& pause : steering.pauses) {
      json.BeginObject();
      if (!pause.model.empty()) json.Key("model").String(pause.model);
      json.Key("since").String(FormatIso(pause.since)).EndObject();
    }
    json.EndArray();
  }
  if (!steering.settings.empty()) {
    json.Key("set").BeginObject();
    for (const store::SettingRow& setting : steering.settings) {
      json.Key(setting.name).String(setting.value);
    }
    json.EndObject();
  }
}

void PutMoney(JsonWriter& json, const store::MoneyState& money) {
  if (money.terms.currency.empty() && money.unpriced == 0) return;
  json.Key("cost").BeginObject().Key("currency").String(money.terms.currency);
  json.Key("verified").Bool(money.terms.verified);
  json.Key("spent").Raw(AmountText(money.spent_micros));
  json.Key("reserved").Raw(AmountText(money.reserved_micros));
  if (money.terms.budget_micros) json.Key("budget").Raw(AmountText(*money.terms.budget_micros));
  json.Key("unpriced_submissions").Int(money.unpriced).EndObject();
}

void PutCounts(JsonWriter& json, const store::StateCounts& counts) {
  json.Key("counts").BeginObject();
  for (const TaskState state : StatesOf(counts)) {
    json.Key(Name(state)).Int(CountOf(counts, state));
  }
  json.EndObject();
}

}  // namespace

Result<Summary> Summarise(store::StoreReader& store, const store::Selection& selection,
                          const Advice& advice) {
  Summary summary;
  AIGC_ASSIGN_OR_RETURN(const store::BatchRecord batch, store.Batch());
  summary.batch = batch.name;
  summary.output_dir = batch.output_dir;
  AIGC_ASSIGN_OR_RETURN(summary.counts, store.Counts(selection));
  summary.total = Total(summary.counts);
  AIGC_ASSIGN_OR_RETURN(summary.models, store.CountsByModel(selection));
  AIGC_ASSIGN_OR_RETURN(summary.money, store.Money());
  AIGC_ASSIGN_OR_RETURN(summary.times, store.GenerationTimes());
  AIGC_ASSIGN_OR_RETURN(summary.steering, store.ReadSteering());
  if (CountOf(summary.counts, TaskState::kFailed) + CountOf(summary.counts, TaskState::kLost) > 0) {
    AIGC_ASSIGN_OR_RETURN(auto failures, store.Failures(selection));
    summary.failures = ByAdvice(std::move(failures), advice);
  }
  return summary;
}

std::string RenderSummary(const Summary& summary, const Advice& advice) {
  std::string text =
      fmt::format("{}: {} task{}", summary.batch, summary.total, summary.total == 1 ? "" : "s");
  if (summary.took) text += " in " + RoundedText(*summary.took);
  for (const TaskState state : StatesOf(summary.counts)) {
    text += fmt::format(", {} {}", CountOf(summary.counts, state), Name(state));
  }
  text += "\n";
  if (summary.running) text += RunningLine(*summary.running);
  if (summary.models.size() > 1) text += ModelTable(summary);
  if (summary.models.size() == 1) {
    const auto usual = UsualTime(summary, summary.models.front());
    if (usual) text += "time: usually " + RoundedText(*usual) + " to generate one\n";
  }
  text += SteeringLines(summary.steering);
  text += MoneyLine(summary.money);
  if (summary.account) text += AccountText(*summary.account, summary.account_at);
  if (!summary.failures.empty()) text += "failures:\n";
  for (const store::FailureGroup& group : summary.failures) text += FailureText(group, advice);
  return text;
}

std::string SummaryJson(const Summary& summary, const Advice& advice) {
  JsonWriter json;
  json.BeginObject().Key("batch").String(summary.batch);
  if (!summary.output_dir.empty()) json.Key("output_dir").String(summary.output_dir);
  json.Key("tasks").Int(summary.total);
  PutCounts(json, summary.counts);
  json.Key("models").BeginArray();
  for (const store::ModelCounts& model : summary.models) {
    json.BeginObject().Key("kind").String(Name(model.kind));
    json.Key("model").String(model.model).Key("version").String(model.version);
    PutCounts(json, model.counts);
    if (const auto usual = UsualTime(summary, model)) {
      json.Key("usual_seconds").Double(static_cast<double>(usual->count()) / 1000);
    }
    json.EndObject();
  }
  json.EndArray();
  if (summary.running) PutRunning(json, *summary.running);
  PutSteering(json, summary.steering);
  PutMoney(json, summary.money);
  if (summary.account) PutAccount(json, *summary.account, summary.account_at);
  json.Key("failures").BeginArray();
  for (const store::FailureGroup& group : summary.failures) {
    json.BeginObject().Key("state").String(Name(group.state));
    json.Key("code").String(group.code).Key("count").Int(group.count);
    json.Key("task").String(group.task_id).Key("message").String(group.message);
    if (!group.request_id.empty()) json.Key("request_id").String(group.request_id);
    const std::string hint = advice && !group.code.empty() ? advice(group.code, group.message) : "";
    if (!hint.empty()) json.Key("hint").String(hint);
    json.EndObject();
  }
  json.EndArray().EndObject();
  return json.Take();
}

}  // namespace aigc::report

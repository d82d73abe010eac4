#include "serve/metrics.h"

#include <fmt/format.h>

#include <string_view>

#include "base/money.h"

namespace aigc::serve {
namespace {

// A label's value (a batch's name may hold no quotes, but a text is a text).
std::string Label(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

void Family(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void Amounts(std::string& out, const std::vector<BatchState>& batches, std::string_view name,
             std::string_view help,
             std::optional<std::int64_t> (*amount)(const store::MoneyState&)) {
  Family(out, name, "gauge", help);
  for (const BatchState& batch : batches) {
    if (batch.money.terms.currency.empty()) continue;
    const auto micros = amount(batch.money);
    if (!micros) continue;
    out += fmt::format("{}{{batch=\"{}\",currency=\"{}\"}} {}\n", name, Label(batch.name.name),
                       Label(batch.money.terms.currency), AmountText(*micros));
  }
}

}  // namespace

std::string MetricsText(const std::vector<BatchState>& batches, const MetricsInput& input) {
  std::string out;
  Family(out, "aigc_batch_build_info", "gauge", "The program that serves this; always 1.");
  out += fmt::format("aigc_batch_build_info{{version=\"{}\"}} 1\n", Label(input.version));
  Family(out, "aigc_batch_tasks", "gauge", "Tasks of a batch by state.");
  for (const BatchState& batch : batches) {
    if (!batch.problem.empty()) continue;
    for (const TaskState state : kAllTaskStates) {
      const auto at = batch.counts.find(state);
      out +=
          fmt::format("aigc_batch_tasks{{batch=\"{}\",state=\"{}\"}} {}\n", Label(batch.name.name),
                      Name(state), at == batch.counts.end() ? 0 : at->second);
    }
  }
  Family(out, "aigc_batch_running", "gauge", "1 while a run of the batch goes on.");
  for (const BatchState& batch : batches) {
    out += fmt::format("aigc_batch_running{{batch=\"{}\"}} {}\n", Label(batch.name.name),
                       batch.name.running ? 1 : 0);
  }
  Family(out, "aigc_batch_readable", "gauge", "0 when the state of the batch cannot be read.");
  for (const BatchState& batch : batches) {
    out += fmt::format("aigc_batch_readable{{batch=\"{}\"}} {}\n", Label(batch.name.name),
                       batch.problem.empty() ? 1 : 0);
  }
  Amounts(out, batches, "aigc_batch_cost_spent", "Estimated cost of what was generated.",
          [](const store::MoneyState& money) { return std::optional(money.spent_micros); });
  Amounts(out, batches, "aigc_batch_cost_reserved", "Estimated cost of what is on its way.",
          [](const store::MoneyState& money) { return std::optional(money.reserved_micros); });
  Amounts(out, batches, "aigc_batch_cost_budget", "The budget, of batches that have one.",
          [](const store::MoneyState& money) { return money.terms.budget_micros; });
  Family(out, "aigc_batch_http_requests_total", "counter",
         "Requests answered, by route and status.");
  for (const auto& [key, count] : input.answered) {
    out += fmt::format("aigc_batch_http_requests_total{{route=\"{}\",status=\"{}\"}} {}\n",
                       Label(key.first), key.second, count);
  }
  Family(out, "aigc_batch_http_connections", "gauge", "Open connections.");
  out += fmt::format("aigc_batch_http_connections {}\n", input.connections);
  Family(out, "aigc_batch_calls_waiting", "gauge",
         "Calls of /aigc/create that wait for an answer.");
  out += fmt::format("aigc_batch_calls_waiting {}\n", input.waiting);
  return out;
}

}  // namespace aigc::serve

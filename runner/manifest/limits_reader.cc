// The map `limits` of a manifest.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/money.h"
#include "base/text.h"
#include "manifest/keys.h"
#include "manifest/scalar.h"
#include "manifest/settings_reader.h"

namespace aigc::manifest {
namespace {

constexpr std::array kFailedCosts =
    std::to_array<Choice>({{"counted", "counted"}, {"free", "free"}});

class LimitsReader {
 public:
  explicit LimitsReader(ProblemList& problems) : problems_(problems), values_(problems) {}

  Limits Read(const Node& map) {
    CheckKeys(map, kLimitKeys, "limits", problems_);
    map_ = &map;
    Limits limits;
    limits.submit_rate = Rate("submit_rate", kServiceSubmitRate);
    limits.poll_rate = Rate("poll_rate", kServicePollRate);
    limits.first_look = Duration("first_look");
    limits.look_every = Duration("look_every");
    if (const Node* node = Find("max_in_flight")) {
      limits.max_in_flight = InFlight(*node, "limits.max_in_flight");
    }
    if (const Node* node = FindMap("per_model")) ReadModels(*node, limits);
    limits.downloads = Count("downloads");
    if (const Node* node = FindMap("stop_when")) limits.stop_when = ReadStopWhen(*node);
    if (const Node* node = Find("tasks")) {
      limits.tasks = values_.Integer(Written(*node), "limits.tasks", 1, INT64_MAX);
    }
    limits.attempts = Count("attempts");
    limits.task_timeout = Duration("task_timeout");
    limits.give_up_after = Duration("give_up_after");
    if (const Node* node = Find("budget")) limits.budget_micros = Budget(*node);
    if (const Node* node = Find("failed_cost")) {
      const auto choice = values_.OneOf(Written(*node), "limits.failed_cost", kFailedCosts);
      if (choice) limits.failed_cost_free = *choice == "free";
    }
    return limits;
  }

 private:
  const Node* Find(std::string_view key) const {
    const Node* node = map_->Find(key);
    return node == nullptr || node->is_null() ? nullptr : node;
  }

  const Node* FindMap(std::string_view key) {
    const Node* node = Find(key);
    if (node == nullptr || node->is_map()) return node;
    ReportType(Written(*node), fmt::format("limits.{}", key), "a map", "", problems_);
    return nullptr;
  }

  std::optional<double> Rate(std::string_view key, double service) {
    const Node* node = Find(key);
    if (node == nullptr) return std::nullopt;
    const auto rate = values_.Positive(Written(*node), fmt::format("limits.{}", key));
    if (rate && *rate > service) {
      problems_.Warning(
          node->offset,
          fmt::format("limits.{} is above what the service allows, {} a second", key, service),
          "requests beyond it are refused and sent again later");
    }
    return rate;
  }

  std::optional<Millis> Duration(std::string_view key) {
    const Node* node = Find(key);
    if (node == nullptr) return std::nullopt;
    return values_.Duration(Written(*node), fmt::format("limits.{}", key));
  }

  std::optional<int> Count(std::string_view key) {
    const Node* node = Find(key);
    if (node == nullptr) return std::nullopt;
    return AsInt(values_.Integer(Written(*node), fmt::format("limits.{}", key), 1, INT32_MAX));
  }

  static std::optional<int> AsInt(std::optional<std::int64_t> value) {
    if (!value) return std::nullopt;
    return static_cast<int>(*value);
  }

  // Read as the digits that were written, since sums of money are exact.
  std::optional<std::int64_t> Budget(const Node& node) {
    if (!values_.Positive(Written(node), "limits.budget")) return std::nullopt;
    const auto micros = ParseAmount(node.text);
    if (micros && *micros > 0) return micros;
    problems_.Error(
        node.offset,
        fmt::format("limits.budget must be a plain amount, not {}", Excerpt(node.text, 60)),
        "write it as 500 or 12.50: digits, at most six decimals");
    return std::nullopt;
  }

  // A number, or auto, which 0 means too.
  std::optional<int> InFlight(const Node& node, std::string_view field) {
    if (node.is_scalar() && (node.text == "auto" || node.text == "0")) return std::nullopt;
    if (!node.is_scalar() || !ParseInteger(node.text)) {
      ReportType(Written(node), field, "a whole number or auto", "", problems_);
      return std::nullopt;
    }
    return AsInt(values_.Integer(Written(node), field, 0, INT32_MAX));
  }

  void ReadModels(const Node& map, Limits& limits) {
    for (const Member& member : map.members) {
      const std::string& model = member.key->text;
      const std::string field = fmt::format("limits.per_model.{}", Excerpt(model, 60));
      if (model.empty() || model.front() == '/' || model.back() == '/') {
        problems_.Error(member.key->offset,
                        fmt::format("\"{}\" is not a model", Excerpt(model, 60)),
                        "write NAME or NAME/VERSION");
        continue;
      }
      if (!member.value->is_map()) {
        ReportType(Written(*member.value), field, "a map", "write {max_in_flight: 2}", problems_);
        continue;
      }
      CheckKeys(*member.value, kModelLimitKeys, field, problems_);
      const Node* node = member.value->Find("max_in_flight");
      if (node == nullptr || node->is_null()) continue;
      if (const auto count = InFlight(*node, field + ".max_in_flight")) {
        limits.per_model[model] = *count;
      }
    }
  }

  std::optional<StopWhen> ReadStopWhen(const Node& map) {
    CheckKeys(map, kStopWhenKeys, "limits.stop_when", problems_);
    const Node* failed = map.Find("failed");
    if (failed == nullptr) {
      problems_.Error(map.offset, "limits.stop_when needs \"failed\"",
                      "write {failed: 20%, after: 10}");
      return std::nullopt;
    }
    StopWhen stop;
    const auto share = Share(*failed);
    if (!share) return std::nullopt;
    stop.failed_share = *share;
    if (const Node* after = map.Find("after"); after != nullptr && !after->is_null()) {
      const auto count =
          AsInt(values_.Integer(Written(*after), "limits.stop_when.after", 1, INT32_MAX));
      if (!count) return std::nullopt;
      stop.after = *count;
    }
    return stop;
  }

  // "20%" or 0.2.
  std::optional<double> Share(const Node& node) {
    if (node.is_scalar()) {
      std::string_view text = node.text;
      const bool percent = !text.empty() && text.back() == '%';
      if (percent) text = Trim(text.substr(0, text.size() - 1));
      if (const auto number = ParseNumber(text)) {
        const double share = percent ? *number / 100 : *number;
        if (share > 0 && share <= 1) return share;
      }
    }
    ReportType(Written(node), "limits.stop_when.failed", "a share above 0% and up to 100%",
               "write 20%, or 0.2", problems_);
    return std::nullopt;
  }

  ProblemList& problems_;
  ValueReader values_;
  const Node* map_ = nullptr;
};

}  // namespace

Limits ReadLimits(const Node& map, ProblemList& problems) {
  return LimitsReader(problems).Read(map);
}

}  // namespace aigc::manifest

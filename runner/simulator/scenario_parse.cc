// The only file that knows yaml-cpp. Each mapping of the file has a table of keys, each with what
// to do with its value; findings are collected, so that one run shows them all.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "simulator/scenario.h"

namespace aigc::simulator {
namespace {

constexpr std::size_t kMaxFile = 1'000'000;

using Node = YAML::Node;
using Setter = std::function<void(const Node&)>;
using Keys = std::vector<std::pair<std::string_view, Setter>>;

class Parser {
 public:
  explicit Parser(std::string_view file_name) : file_name_(file_name) {}

  void Parse(const Node& root, Scenario& scenario);
  void Fail(const YAML::Mark& mark, const std::string& text);
  const std::string& findings() const { return findings_; }

 private:
  void Fail(const Node& node, const std::string& text) { Fail(node.Mark(), text); }
  void Mapping(const Node& node, const Keys& keys);

  std::optional<std::string> Scalar(const Node& node, const char* wanted);
  std::int64_t Int(const Node& node, std::int64_t min, std::int64_t max);
  double Number(const Node& node, double min, double max);
  bool Bool(const Node& node);
  std::string Text(const Node& node);
  Millis Duration(const Node& node);
  Millis SignedDuration(const Node& node);
  Span TimeSpan(const Node& node);
  // The position of the word in `words`.
  std::size_t Word(const Node& node, const std::vector<std::string_view>& words);

  void ReadLimits(const Node& node, Limits& limits);
  void ReadTimes(const Node& node, Scenario& scenario);
  void ReadListing(const Node& node, Listing& listing);
  void ReadDedup(const Node& node, Dedup& dedup);
  void ReadOutputs(const Node& node, Scenario& scenario);
  void ReadFaults(const Node& node, std::vector<FaultRule>& rules);
  void ReadMatch(const Node& node, Match& match);
  // The keys of a rule that say what happens; `kinds` counts how many of them it has.
  Keys RequestFaultKeys(Fault& fault, int& kinds);
  Keys TaskFaultKeys(Fault& fault, int& kinds);
  Keys FileFaultKeys(Fault& fault, int& kinds);
  static void Choose(Fault& fault, int& kinds, FaultKind kind) {
    ++kinds;
    fault.kind = kind;
  }
  Setter Plain(Fault& fault, int& kinds, FaultKind kind);  // `key: true`
  Setter Timed(Fault& fault, int& kinds, FaultKind kind);
  Setter Counted(Fault& fault, int& kinds, FaultKind kind, std::int64_t max);

  // Setters for one value each.
  Setter Set(int& to, std::int64_t min, std::int64_t max) {
    return [=, this, &to](const Node& n) { to = static_cast<int>(Int(n, min, max)); };
  }
  Setter Set(bool& to) {
    return [this, &to](const Node& n) { to = Bool(n); };
  }
  Setter Set(std::string& to) {
    return [this, &to](const Node& n) { to = Text(n); };
  }
  Setter Set(Millis& to) {
    return [this, &to](const Node& n) { to = Duration(n); };
  }
  Setter Limit(std::optional<int>& to);

  std::string file_name_;
  std::string findings_;
};

void Parser::Fail(const YAML::Mark& mark, const std::string& text) {
  if (!findings_.empty()) findings_.push_back('\n');
  findings_ += file_name_;
  if (!mark.is_null()) {
    findings_ += ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
  }
  findings_ += ": " + text;
}

void Parser::Mapping(const Node& node, const Keys& keys) {
  if (!node.IsMap()) return Fail(node, "a mapping is expected here");
  std::vector<std::string_view> names;
  for (const auto& [name, setter] : keys) names.push_back(name);
  std::vector<std::string> seen;
  for (const auto& entry : node) {
    std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
    auto key =
        std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.first == name; });
    if (key == keys.end()) {
      auto nearest = Nearest(name, names);
      Fail(entry.first, "unknown key '" + Excerpt(name, 60) + "'" +
                            (nearest ? ", did you mean '" + std::string(*nearest) + "'?" : ""));
    } else if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      Fail(entry.first, "the key '" + name + "' is there twice");
    } else {
      seen.push_back(name);
      key->second(entry.second);
    }
  }
}

std::optional<std::string> Parser::Scalar(const Node& node, const char* wanted) {
  if (node.IsScalar() && !node.Scalar().empty()) return node.Scalar();
  Fail(node, std::string(wanted) + " is expected here");
  return std::nullopt;
}

std::int64_t Parser::Int(const Node& node, std::int64_t min, std::int64_t max) {
  std::int64_t value = 0;
  if (node.IsScalar() && YAML::convert<std::int64_t>::decode(node, value) && value >= min &&
      value <= max) {
    return value;
  }
  Fail(node, "a whole number from " + std::to_string(min) + " to " + std::to_string(max) +
                 " is expected here");
  return min;
}

double Parser::Number(const Node& node, double min, double max) {
  double value = 0;
  if (node.IsScalar() && YAML::convert<double>::decode(node, value) && value >= min &&
      value <= max) {
    return value;
  }
  std::ostringstream text;
  text << "a number from " << min << " to " << max << " is expected here";
  Fail(node, text.str());
  return min;
}

bool Parser::Bool(const Node& node) {
  if (node.IsScalar() && (node.Scalar() == "true" || node.Scalar() == "false")) {
    return node.Scalar() == "true";
  }
  Fail(node, "true or false is expected here");
  return false;
}

std::string Parser::Text(const Node& node) { return Scalar(node, "a text").value_or(""); }

Millis Parser::Duration(const Node& node) {
  auto text = Scalar(node, "a time such as 30s");
  if (!text) return {};
  if (auto duration = ParseDuration(*text)) return *duration;
  Fail(node, "'" + Excerpt(*text, 60) + "' is not a time such as 30s, 5m or 2h");
  return {};
}

Millis Parser::SignedDuration(const Node& node) {
  auto text = Scalar(node, "a time such as -10m");
  if (!text) return {};
  bool is_negative = text->front() == '-';
  if (auto duration = ParseDuration(std::string_view(*text).substr(is_negative ? 1 : 0))) {
    return is_negative ? -*duration : *duration;
  }
  Fail(node, "'" + Excerpt(*text, 60) + "' is not a time such as 30s or -10m");
  return {};
}

// "5s" or "60s..150s".
Span Parser::TimeSpan(const Node& node) {
  auto text = Scalar(node, "a time or a span such as 60s..150s");
  if (!text) return {};
  std::size_t dots = text->find("..");
  std::string_view all = *text;
  auto min = ParseDuration(all.substr(0, dots));
  auto max = dots == std::string::npos ? min : ParseDuration(all.substr(dots + 2));
  if (min && max && *min <= *max) return {*min, *max};
  Fail(node, "'" + Excerpt(*text, 60) + "' is not a time or a span such as 60s..150s");
  return {};
}

std::size_t Parser::Word(const Node& node, const std::vector<std::string_view>& words) {
  std::string text = node.IsScalar() ? node.Scalar() : "";
  std::string all;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == text) return i;
    all.append(i == 0 ? "" : ", ").append(words[i]);
  }
  Fail(node, "'" + Excerpt(text, 60) + "' is not one of " + all);
  return 0;
}

Setter Parser::Limit(std::optional<int>& to) {
  return [this, &to](const Node& n) {
    to.reset();
    if (!n.IsScalar() || n.Scalar() != "unlimited") to = static_cast<int>(Int(n, 1, 1'000'000));
  };
}

void Parser::ReadLimits(const Node& node, Limits& limits) {
  Mapping(node, {{"create_rate", Set(limits.create_rate, 1, 1'000'000)},
                 {"query_rate", Set(limits.query_rate, 1, 1'000'000)},
                 {"manage_rate", Set(limits.manage_rate, 1, 1'000'000)},
                 {"video", Limit(limits.video)},
                 {"image", Limit(limits.image)},
                 {"excess",
                  [&](const Node& n) {
                    limits.excess = static_cast<Excess>(Word(n, {"fail", "refuse", "queue"}));
                  }},
                 {"fail_after", Set(limits.fail_after)}});
}

void Parser::ReadTimes(const Node& node, Scenario& scenario) {
  Mapping(node, {{"video", [&](const Node& n) { scenario.video_time = TimeSpan(n); }},
                 {"image", [&](const Node& n) { scenario.image_time = TimeSpan(n); }},
                 {"speed", [&](const Node& n) { scenario.speed = Number(n, 0.001, 1e6); }},
                 {"models", [&](const Node& n) {
                    if (!n.IsMap()) return Fail(n, "a mapping of models to times is expected here");
                    for (const auto& entry : n) {
                      scenario.model_times.push_back({Text(entry.first), TimeSpan(entry.second)});
                    }
                  }}});
}

void Parser::ReadListing(const Node& node, Listing& listing) {
  Mapping(node, {{"aigc", Set(listing.aigc)},
                 {"lag", Set(listing.lag)},
                 {"omit_share", [&](const Node& n) { listing.omit_share = Number(n, 0, 1); }},
                 {"extra_token", Set(listing.extra_token)},
                 {"lower_case_type", Set(listing.lower_case_type)}});
}

void Parser::ReadDedup(const Node& node, Dedup& dedup) {
  Mapping(node, {{"window", Set(dedup.window)},
                 {"code",
                  [&](const Node& n) {
                    dedup.code = static_cast<DuplicateCode>(
                        Word(n, {"session_id", "failed_operation", "message_only"}));
                  }},
                 {"throttled_uses_up_session", Set(dedup.throttled_uses_up_session)},
                 {"refused_uses_up_session", Set(dedup.refused_uses_up_session)}});
}

void Parser::ReadOutputs(const Node& node, Scenario& scenario) {
  Mapping(node, {{"video", Set(scenario.video_outputs, 1, 9)},
                 {"image", [&](const Node& n) {
                    scenario.image_outputs.reset();
                    if (n.IsScalar() && n.Scalar() == "request") return;
                    scenario.image_outputs = static_cast<int>(Int(n, 1, 9));
                  }}});
}

void Parser::ReadMatch(const Node& node, Match& match) {
  static const std::vector<std::string_view> kActions = {"create",
                                                         "CreateAigcVideoTask",
                                                         "CreateAigcImageTask",
                                                         "DescribeTaskDetail",
                                                         "DescribeTasks",
                                                         "ManageTask",
                                                         "ApplyUpload",
                                                         "CommitUpload",
                                                         "PutObject",
                                                         "file"};
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  auto count = [=, this](const Node& n) { return static_cast<std::uint64_t>(Int(n, 1, kMost)); };
  Mapping(node, {{"action", [&](const Node& n) { match.action = kActions[Word(n, kActions)]; }},
                 {"nth",
                  [&](const Node& n) {
                    if (!n.IsSequence()) return match.nth.push_back(count(n));
                    for (const Node& item : n) match.nth.push_back(count(item));
                  }},
                 {"every", [&](const Node& n) { match.every = count(n); }},
                 {"first", [&](const Node& n) { match.first = count(n); }},
                 {"probability", [&](const Node& n) { match.probability = Number(n, 0, 1); }},
                 {"model", Set(match.model)},
                 {"prompt", Set(match.prompt)},
                 {"session_id", Set(match.session_id)}});
}

Setter Parser::Plain(Fault& fault, int& kinds, FaultKind kind) {
  return [this, &fault, &kinds, kind](const Node& n) {
    Choose(fault, kinds, kind);
    if (!Bool(n)) Fail(n, "leave the key out instead");
  };
}

Setter Parser::Timed(Fault& fault, int& kinds, FaultKind kind) {
  return [this, &fault, &kinds, kind](const Node& n) {
    Choose(fault, kinds, kind);
    fault.delay = Duration(n);
  };
}

Setter Parser::Counted(Fault& fault, int& kinds, FaultKind kind, std::int64_t max) {
  return [this, &fault, &kinds, kind, max](const Node& n) {
    Choose(fault, kinds, kind);
    fault.count = static_cast<std::uint64_t>(Int(n, 0, max));
  };
}

Keys Parser::RequestFaultKeys(Fault& fault, int& kinds) {
  Setter refuse = [this, &fault, &kinds](const Node& n) {
    Choose(fault, kinds, FaultKind::kRefuse);
    Mapping(n, {{"code", Set(fault.code)}, {"message", Set(fault.message)}});
    if (fault.code.empty()) Fail(n, "'refuse' needs a 'code'");
  };
  Setter http = [this, &fault, &kinds](const Node& n) {
    Choose(fault, kinds, FaultKind::kHttp);
    Mapping(n, {{"status", Set(fault.status, 200, 599)},
                {"body", Set(fault.body)},
                {"after", Set(fault.after)}});
  };
  Setter garbage_kind = [this, &fault](const Node& n) {
    fault.garbage = static_cast<Garbage>(
        Word(n, {"html", "truncated_json", "deep_json", "huge", "empty", "no_task_id"}));
  };
  Setter garbage = [=, this, &fault, &kinds](const Node& n) {
    Choose(fault, kinds, FaultKind::kGarbage);
    if (n.IsScalar()) return garbage_kind(n);
    Mapping(n, {{"kind", garbage_kind}, {"after", Set(fault.after)}});
  };
  return {{"throttle", Plain(fault, kinds, FaultKind::kThrottle)},
          {"refuse", refuse},
          {"drop_before", Plain(fault, kinds, FaultKind::kDropBefore)},
          {"drop_after", Plain(fault, kinds, FaultKind::kDropAfter)},
          {"http", http},
          {"garbage", garbage},
          {"slow", Timed(fault, kinds, FaultKind::kSlow)}};
}

Keys Parser::TaskFaultKeys(Fault& fault, int& kinds) {
  Setter fail = [this, &fault, &kinds](const Node& n) {
    Choose(fault, kinds, FaultKind::kFail);
    Mapping(n, {{"err_code", Set(fault.err_code, 0, 1'000'000)},
                {"err_code_ext", Set(fault.err_code_ext)},
                {"message", Set(fault.message)}});
  };
  Setter content_refusal = [this, &fault, &kinds](const Node& n) {
    Choose(fault, kinds, FaultKind::kFail);
    bool is_input = Word(n, {"input", "output"}) == 0;
    fault.err_code_ext = is_input ? "InvalidParameter.VoilationContent" : "ContentModerationFailed";
    fault.message = is_input ? "the input prompt violates the content security policy"
                             : "the generated content did not pass moderation";
  };
  Setter polls = [this, &fault, &kinds](const Node& n) {
    Choose(fault, kinds, FaultKind::kPolls);
    Mapping(n, {{"waiting", Set(fault.waiting_polls, 0, 1'000'000)},
                {"processing", Set(fault.processing_polls, 0, 1'000'000)}});
    if (fault.waiting_polls + fault.processing_polls == 0) {
      Fail(n, "'polls' needs a number above 0");
    }
  };
  return {{"fail", fail},
          {"content_refusal", content_refusal},
          {"empty_output", Plain(fault, kinds, FaultKind::kEmptyOutput)},
          {"inner_fail", Plain(fault, kinds, FaultKind::kInnerFail)},
          {"never_finish", Plain(fault, kinds, FaultKind::kNeverFinish)},
          {"waiting", Timed(fault, kinds, FaultKind::kWaiting)},
          {"takes", Timed(fault, kinds, FaultKind::kTakes)},
          {"polls", polls},
          {"null_task", Counted(fault, kinds, FaultKind::kNullTask, 1'000'000)},
          {"over_limit", Plain(fault, kinds, FaultKind::kOverLimit)}};
}

Keys Parser::FileFaultKeys(Fault& fault, int& kinds) {
  Setter file_status = [this, &fault, &kinds](const Node& n) {
    Choose(fault, kinds, FaultKind::kFileStatus);
    fault.status = static_cast<int>(Int(n, 400, 599));
  };
  return {{"file_length", Plain(fault, kinds, FaultKind::kFileLength)},
          {"file_cut", Counted(fault, kinds, FaultKind::kFileCut, 1'000'000'000)},
          {"file_status", file_status},
          {"file_expired", Plain(fault, kinds, FaultKind::kFileExpired)},
          {"file_slow", Timed(fault, kinds, FaultKind::kFileSlow)},
          {"file_no_range", Plain(fault, kinds, FaultKind::kFileNoRange)},
          {"file_new_etag", Plain(fault, kinds, FaultKind::kFileNewETag)}};
}

void Parser::ReadFaults(const Node& node, std::vector<FaultRule>& rules) {
  if (!node.IsSequence()) return Fail(node, "a list of rules is expected here");
  for (const Node& item : node) {
    FaultRule rule;
    int kinds = 0;
    Keys keys = RequestFaultKeys(rule.fault, kinds);
    for (const auto& more : {TaskFaultKeys(rule.fault, kinds), FileFaultKeys(rule.fault, kinds)}) {
      keys.insert(keys.end(), more.begin(), more.end());
    }
    keys.emplace_back("match", [&](const Node& n) { ReadMatch(n, rule.match); });
    std::size_t before = findings_.size();
    Mapping(item, keys);
    bool is_file = rule.fault.kind >= FaultKind::kFileLength;
    if (findings_.size() != before) continue;
    if (kinds != 1) {
      Fail(item,
           "a rule needs exactly one thing that happens, this one has " + std::to_string(kinds));
    } else if (!rule.match.action.empty() && is_file != (rule.match.action == "file")) {
      Fail(item, "the action '" + rule.match.action + "' does not go with what happens");
    }
    rules.push_back(std::move(rule));
  }
}

void Parser::Parse(const Node& root, Scenario& scenario) {
  if (root.IsNull()) return;  // an empty file: a healthy service
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  Mapping(root,
          {{"limits", [&](const Node& n) { ReadLimits(n, scenario.limits); }},
           {"times", [&](const Node& n) { ReadTimes(n, scenario); }},
           {"listing", [&](const Node& n) { ReadListing(n, scenario.listing); }},
           {"dedup", [&](const Node& n) { ReadDedup(n, scenario.dedup); }},
           {"uploads",
            [&](const Node& n) {
              Mapping(n, {{"key_life", Set(scenario.uploads.key_life)},
                          {"own_keys", Set(scenario.uploads.own_keys)},
                          {"strict_ids", Set(scenario.uploads.strict_ids)}});
            }},
           {"visibility", Set(scenario.visibility)},
           {"url_life", Set(scenario.url_life)},
           {"missing_task_code", Set(scenario.missing_task_code)},
           {"sub_app_id", [&](const Node& n) { scenario.sub_app_id = Int(n, 1, kMost); }},
           {"outputs", [&](const Node& n) { ReadOutputs(n, scenario); }},
           {"unknown_members", Set(scenario.unknown_members)},
           {"echo_base64", Set(scenario.echo_base64)},
           {"clock_offset", [&](const Node& n) { scenario.clock_offset = SignedDuration(n); }},
           {"date_header", Set(scenario.date_header)},
           {"faults", [&](const Node& n) { ReadFaults(n, scenario.faults); }}});
}

}  // namespace

Result<Scenario> ParseScenario(std::string_view yaml, std::string_view file_name) {
  Parser parser(file_name);
  Scenario scenario;
  try {
    if (yaml.size() > kMaxFile) {
      parser.Fail(YAML::Mark::null_mark(), "larger than 1 MB");
    } else {
      parser.Parse(YAML::Load(std::string(yaml)), scenario);
    }
  } catch (const YAML::Exception& e) {
    parser.Fail(e.mark, e.msg);
  } catch (const std::exception& e) {
    parser.Fail(YAML::Mark::null_mark(), e.what());
  }
  if (!parser.findings().empty()) return Error{ErrorCode::kInvalid, parser.findings()};
  return scenario;
}

}  // namespace aigc::simulator

#include "pipeline/simulation/case.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/digest.h"

namespace aigc::testing {
namespace {

using simulator::Fault;
using simulator::FaultKind;
using simulator::FaultRule;

template <typename T>
T OneOf(Random& random, std::initializer_list<T> values) {
  return *(values.begin() + random.Below(values.size()));
}

bool Chance(Random& random, double share) { return random.Unit() < share; }

TaskSpec DrawSpec(Random& random, int number) {
  TaskSpec spec;
  spec.id = fmt::format("t{:03}", number);
  spec.prompt = fmt::format("A kite over the dunes, take {}", number);
  switch (random.Below(4)) {
    case 0:
      spec.kind = Kind::kImage;
      spec.model = "OG";
      spec.version = "image2_low";
      spec.count = static_cast<int>(1 + random.Below(3));
      break;
    case 1:
      spec.model = "Hailuo";
      spec.version = "2.3";
      spec.duration = 6;
      break;
    default:
      spec.model = "Kling";
      spec.version = "2.5";
      spec.duration = 5;
      spec.resolution = "720P";
  }
  if (Chance(random, 0.2)) spec.priority = static_cast<int>(random.Below(5));
  return spec;
}

FaultRule Rule(Random& random, std::string action, FaultKind kind) {
  FaultRule rule;
  rule.match.action = std::move(action);
  rule.match.first = OneOf<std::uint64_t>(random, {3, 10, 30});
  rule.match.probability = OneOf(random, {0.05, 0.15, 0.4, 1.0});
  rule.fault.kind = kind;
  return rule;
}

void DrawCreateFaults(Random& random, std::vector<FaultRule>& rules) {
  const std::string create = "create";
  if (Chance(random, 0.35)) rules.push_back(Rule(random, create, FaultKind::kDropAfter));
  if (Chance(random, 0.25)) rules.push_back(Rule(random, create, FaultKind::kDropBefore));
  if (Chance(random, 0.25)) rules.push_back(Rule(random, create, FaultKind::kThrottle));
  if (Chance(random, 0.25)) {
    FaultRule rule = Rule(random, create, FaultKind::kHttp);
    rule.fault.status = OneOf(random, {502, 503, 500, 429, 408});
    rule.fault.after = Chance(random, 0.5);
    rules.push_back(rule);
  }
  if (Chance(random, 0.2)) {
    FaultRule rule = Rule(random, create, FaultKind::kGarbage);
    rule.fault.garbage =
        OneOf(random, {simulator::Garbage::kHtml, simulator::Garbage::kTruncatedJson,
                       simulator::Garbage::kEmpty, simulator::Garbage::kNoTaskId});
    rule.fault.after = Chance(random, 0.5);
    rules.push_back(rule);
  }
  if (Chance(random, 0.2)) {
    FaultRule rule = Rule(random, create, FaultKind::kSlow);
    rule.fault.delay = OneOf<Millis>(random, {Seconds{5}, Seconds{90}});
    rules.push_back(rule);
  }
  if (Chance(random, 0.3)) {
    FaultRule rule = Rule(random, create, FaultKind::kRefuse);
    rule.fault.code = OneOf<const char*>(
        random, {"InvalidParameterValue", "InvalidParameter.ViolationContent", "InternalError",
                 "FailedOperation", "ServiceUnavailable", "ResourceInsufficient",
                 "LimitExceeded.Quota", "AuthFailure.SecretIdNotFound", "RequestLimitExceeded"});
    rules.push_back(rule);
  }
}

void DrawQueryFaults(Random& random, std::vector<FaultRule>& rules) {
  for (const char* action : {"DescribeTaskDetail", "DescribeTasks"}) {
    if (!Chance(random, 0.4)) continue;
    FaultRule rule =
        Rule(random, action,
             OneOf(random, {FaultKind::kThrottle, FaultKind::kHttp, FaultKind::kGarbage,
                            FaultKind::kDropBefore, FaultKind::kDropAfter, FaultKind::kSlow,
                            FaultKind::kRefuse}));
    rule.fault.code = "InternalError";
    rule.fault.delay = OneOf<Millis>(random, {Seconds{3}, Seconds{90}});
    rules.push_back(rule);
  }
}

void DrawTaskFaults(Random& random, std::vector<FaultRule>& rules) {
  const int count = static_cast<int>(random.Below(3));
  for (int i = 0; i < count; ++i) {
    FaultRule rule = Rule(
        random, "create",
        OneOf(random, {FaultKind::kFail, FaultKind::kFail, FaultKind::kFail, FaultKind::kOverLimit,
                       FaultKind::kEmptyOutput, FaultKind::kInnerFail, FaultKind::kNeverFinish,
                       FaultKind::kWaiting, FaultKind::kNullTask, FaultKind::kTakes}));
    rule.fault.err_code_ext =
        OneOf<const char*>(random, {"FailedOperation", "InternalError", "ModelGenerateFailed",
                                    "InvalidParameter", "ContentModerationFailed", "TaskTimeout"});
    rule.fault.message = "simulated";
    rule.fault.delay = OneOf<Millis>(random, {Seconds{30}, std::chrono::minutes{20}});
    rule.fault.count = 1 + random.Below(3);
    rules.push_back(rule);
  }
}

void DrawFileFaults(Random& random, std::vector<FaultRule>& rules) {
  if (!Chance(random, 0.4)) return;
  FaultRule rule =
      Rule(random, "file",
           OneOf(random, {FaultKind::kFileCut, FaultKind::kFileCut, FaultKind::kFileStatus,
                          FaultKind::kFileExpired, FaultKind::kFileNewETag, FaultKind::kFileNoRange,
                          FaultKind::kFileLength}));
  if (rule.fault.kind == FaultKind::kFileLength) {
    // A length that is wrong three times over counts as the true one (loop: kLengthMismatches), and
    // of pictures the service tells none.
    rule.match.first = 2;
    rule.match.model = "Kling";
  }
  rule.fault.count = 1 + random.Below(600);
  rule.fault.status = OneOf(random, {503, 403, 404});
  rules.push_back(rule);
}

simulator::Scenario DrawScenario(Random& random) {
  simulator::Scenario scenario;
  scenario.limits.create_rate = OneOf(random, {20, 20, 5, 2});
  scenario.limits.video = OneOf<std::optional<int>>(random, {std::nullopt, 1, 2, 4});
  scenario.limits.image = OneOf<std::optional<int>>(random, {std::nullopt, 1, 4});
  scenario.limits.excess = OneOf(
      random, {simulator::Excess::kFail, simulator::Excess::kRefuse, simulator::Excess::kQueue});
  if (Chance(random, 0.3)) scenario.video_time = {Seconds{5}, Seconds{20}};
  if (Chance(random, 0.1)) scenario.video_time = {std::chrono::minutes{10}, std::chrono::hours{1}};
  scenario.listing.aigc = !Chance(random, 0.12);
  scenario.listing.lag = OneOf<Millis>(
      random, {Millis{0}, Millis{0}, Seconds{5}, Seconds{30}, std::chrono::minutes{2}});
  scenario.listing.omit_share = OneOf(random, {0.0, 0.0, 0.0, 0.3});
  scenario.listing.extra_token = Chance(random, 0.3);
  scenario.listing.lower_case_type = Chance(random, 0.3);
  scenario.dedup.window = OneOf<Millis>(random, {std::chrono::hours{72}, std::chrono::hours{168}});
  scenario.dedup.code = OneOf(
      random, {simulator::DuplicateCode::kSessionId, simulator::DuplicateCode::kFailedOperation,
               simulator::DuplicateCode::kMessageOnly});
  scenario.dedup.throttled_uses_up_session = Chance(random, 0.12);
  scenario.dedup.refused_uses_up_session = Chance(random, 0.08);
  scenario.missing_task_code =
      OneOf<const char*>(random, {"InvalidParameterValue.TaskId", "ResourceNotFound"});
  scenario.video_outputs = OneOf(random, {1, 1, 2});
  scenario.unknown_members = Chance(random, 0.3);
  scenario.date_header = !Chance(random, 0.1);
  scenario.clock_offset = OneOf<Millis>(random, {Millis{0}, Millis{0}, Seconds{90}, Seconds{-90}});
  if (scenario.date_header && Chance(random, 0.1)) scenario.clock_offset = std::chrono::minutes{20};
  DrawCreateFaults(random, scenario.faults);
  DrawQueryFaults(random, scenario.faults);
  DrawTaskFaults(random, scenario.faults);
  DrawFileFaults(random, scenario.faults);
  for (const FaultRule& rule : scenario.faults) {
    // One that never ends would hold its place in the account for good.
    if (rule.fault.kind != FaultKind::kNeverFinish) continue;
    scenario.limits.video = scenario.limits.image = std::nullopt;
  }
  return scenario;
}

pipeline::Limits DrawLimits(Random& random) {
  pipeline::Limits limits;
  limits.submit_rate = OneOf(random, {16.0, 16.0, 4.0, 1.0, 0.3});
  if (Chance(random, 0.7)) limits.max_in_flight = static_cast<int>(1 + random.Below(6));
  if (Chance(random, 0.2)) limits.per_model["Kling"] = static_cast<int>(1 + random.Below(2));
  limits.downloads = static_cast<int>(1 + random.Below(3));
  limits.attempts = static_cast<int>(1 + random.Below(3));
  return limits;
}

// Tasks that take the output of an earlier one, or wait for it.
void DrawNeeds(Random& random, std::vector<TaskSpec>& specs) {
  for (std::size_t i = 1; i < specs.size(); ++i) {
    TaskSpec& spec = specs[i];
    const TaskSpec& earlier = specs[random.Below(i)];
    if (Chance(random, 0.3)) {
      spec.depends_on = {earlier.id};
    } else if (spec.model == "Kling" && Chance(random, 0.7)) {
      Input& input = spec.inputs.emplace_back();
      input.source.type = SourceType::kTask;
      input.source.text = earlier.id;
      const bool still = earlier.kind == Kind::kImage;
      input.usage = still ? "FirstFrame" : "Reference";
      input.category = still ? Category::kImage : Category::kVideo;
    }
  }
}

void DrawUploads(Random& random, Case& drawn) {
  for (TaskSpec& spec : drawn.specs) {
    if (spec.model != "Kling" || !spec.inputs.empty() || !Chance(random, 0.7)) continue;
    Input& input = spec.inputs.emplace_back();
    input.usage = "FirstFrame";
    Source& source = input.source;
    source.type = SourceType::kLocalFile;
    source.text = source.upload_path = fmt::format("{}{}.png", kInputFolder, 1 + random.Below(3));
    source.upload_type = "png";
    const std::string content = ContentOf(source.upload_path);
    source.content_sha256 = Sha256Hex(content);
    source.content_bytes = static_cast<std::int64_t>(content.size());
  }
  for (const char* action : {"ApplyUpload", "PutObject", "CommitUpload"}) {
    if (!Chance(random, 0.3)) continue;
    FaultRule rule =
        Rule(random, action,
             OneOf(random, {FaultKind::kThrottle, FaultKind::kHttp, FaultKind::kDropBefore,
                            FaultKind::kDropAfter, FaultKind::kSlow, FaultKind::kRefuse}));
    rule.fault.code = OneOf<const char*>(random, {"InternalError", "FailedOperation"});
    rule.fault.delay = OneOf<Millis>(random, {Seconds{3}, Seconds{90}});
    rule.fault.status = OneOf(random, {500, 502, 503});
    rule.fault.after = Chance(random, 0.5);
    drawn.scenario.faults.push_back(rule);
  }
}

// What people do, and batches of more than one stage: drawn from numbers of their own, so that the
// seeds from before these were drawn keep the rest of their meaning.
void DrawMore(Random& random, Case& drawn) {
  if (Chance(random, 0.2)) DrawNeeds(random, drawn.specs);
  if (Chance(random, 0.15)) DrawUploads(random, drawn);
  drawn.long_sleeps = drawn.long_pauses && Chance(random, 0.5);
  if (drawn.long_sleeps) {  // most interesting between a lost answer and its repeat
    drawn.sleep_share = 0.6;
    drawn.scenario.faults.insert(drawn.scenario.faults.begin(),
                                 {Rule(random, "create", FaultKind::kDropAfter),
                                  Rule(random, "create", FaultKind::kThrottle)});
    if (Chance(random, 0.5)) drawn.scenario.listing.aigc = false;
  }
  drawn.limits.failed_cost_free = Chance(random, 0.3);
  if (Chance(random, 0.2)) drawn.budget_share = OneOf(random, {0.3, 0.6, 1.0});
  if (drawn.copies == Copies::kNone && Chance(random, 0.2)) {
    drawn.command_share = 0.7;
    drawn.lives = std::max(drawn.lives, 2);
    if (Chance(random, 0.5)) {  // what waits there can be taken out again
      FaultRule rule = Rule(random, "create", FaultKind::kWaiting);
      rule.fault.delay = std::chrono::minutes{20};
      drawn.scenario.faults.push_back(rule);
    }
  } else if (drawn.copies == Copies::kNone && !drawn.edits && Chance(random, 0.12)) {
    // What the service does not list cannot be taken over, and others' tasks would be.
    drawn.lives = std::max(drawn.lives, 1);
    drawn.forgets_after_life =
        static_cast<int>(1 + random.Below(static_cast<std::uint64_t>(drawn.lives)));
    drawn.scenario.listing.aigc = true;
    drawn.scenario.listing.omit_share = 0;
    drawn.foreign_tasks = 0;
    drawn.long_pauses = drawn.long_sleeps = false;
    drawn.budget_share.reset();
  }
}

Weather DrawWeather(Random& random) {
  Weather weather;
  weather.clears_after = OneOf<std::uint64_t>(random, {10, 40, 150});
  if (Chance(random, 0.3)) weather.not_sent = OneOf(random, {0.05, 0.3});
  if (Chance(random, 0.3)) weather.lost = OneOf(random, {0.05, 0.3});
  if (Chance(random, 0.3)) weather.answer_lost = OneOf(random, {0.05, 0.3});
  if (Chance(random, 0.3)) weather.late = OneOf(random, {0.05, 0.3});
  return weather;
}

}  // namespace

Case DrawCase(std::uint64_t seed) {
  Random random(seed);
  Case drawn;
  drawn.seed = seed;
  const auto count = Chance(random, 0.04) ? 20 + random.Below(30) : 1 + random.Below(9);
  for (std::uint64_t i = 1; i <= count; ++i) {
    drawn.specs.push_back(DrawSpec(random, static_cast<int>(i)));
  }
  drawn.limits = DrawLimits(random);
  drawn.scenario = DrawScenario(random);
  drawn.network.weather = DrawWeather(random);
  if (Chance(random, 0.2)) drawn.network.latency_max = Seconds{4};
  if (Chance(random, 0.15)) {
    drawn.copies = Chance(random, 0.5) ? Copies::kRestored : Copies::kDiverged;
  }
  // A copy that another manifest was run with holds what this one never asked for.
  drawn.edits = drawn.copies == Copies::kNone && Chance(random, 0.15);
  if (Chance(random, 0.1)) drawn.foreign_tasks = OneOf(random, {1, 5, 110});
  drawn.lives = static_cast<int>(random.Below(5));
  drawn.cut_share = OneOf(random, {0.0, 0.3, 0.6});
  drawn.die_share = OneOf(random, {0.0, 0.4});
  drawn.full_share = OneOf(random, {0.0, 0.0, 0.3});
  drawn.stop_share = OneOf(random, {0.0, 0.2});
  drawn.jump_share = OneOf(random, {0.0, 0.0, 0.3});
  drawn.sleep_share = OneOf(random, {0.0, 0.0, 0.3});
  // Copies are protected by the service's de-duplication, within its window.
  drawn.long_pauses = drawn.copies == Copies::kNone && Chance(random, 0.3);
  Random more(seed ^ 0x6d6f7265);
  DrawMore(more, drawn);
  return drawn;
}

}  // namespace aigc::testing

#include "cli/plan_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_writer.h"
#include "base/money.h"
#include "base/text.h"

namespace aigc::cli {
namespace {

using pipeline::PlannedTask;
using pipeline::Workload;
using store::Match;

// How many of each kind are shown without --detailed.
constexpr std::size_t kShown = 5;

std::string Plural(std::int64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string Amount(const Workload& work) {
  std::string text = Plural(work.submissions, "task", "tasks");
  if (work.seconds > 0) text += fmt::format(", {:g} s of video", work.seconds);
  if (work.pictures > 0) text += ", " + Plural(work.pictures, "picture", "pictures");
  return text;
}

std::string TaskTraits(const TaskSpec& spec) {
  std::string text = fmt::format("{}/{}", spec.model, spec.version);
  if (spec.kind == Kind::kVideo) {
    return spec.duration ? text + fmt::format("  {:g} s", *spec.duration) : text;
  }
  return text + "  " + Plural(spec.count.value_or(1), "picture", "pictures");
}

std::string_view MarkOf(const PlannedTask& task) {
  if (task.spec == nullptr) return "-";
  switch (task.compared.match) {
    case Match::kNew:
      return "+";
    case Match::kChanged:
      return "~";
    case Match::kKept:
      return "=";
    case Match::kBack:
      return "<-";
    case Match::kRenamed:
      return "->";
  }
  return "=";
}

std::string_view LeftOutTraits(const store::LeftOut& task) {
  const bool runs = HoldsSlot(task.state) || task.state == TaskState::kDownloading;
  return runs ? "followed to its end" : Name(task.state);
}

Result<std::string> Line(const PlanView& view, const PlannedTask& task) {
  if (task.spec == nullptr) {
    return fmt::format("-  {}  ({})\n", task.left_out.id, LeftOutTraits(task.left_out));
  }
  const TaskSpec& spec = *task.spec;
  AIGC_ASSIGN_OR_RETURN(const std::string reason, view.planner.Reason(task));
  switch (task.compared.match) {
    case Match::kNew:
      return fmt::format("+  {}  {}\n", spec.id, TaskTraits(spec));
    case Match::kChanged:
      return fmt::format(
          "~  {}  {}  ({}{})\n", spec.id, TaskTraits(spec), reason,
          task.compared.state == TaskState::kSucceeded ? "; made and paid again" : "");
    case Match::kKept:
      return fmt::format("=  {}\n", spec.id);
    case Match::kBack:
      return fmt::format("<- {}  {}  (an earlier generation, {})\n", spec.id, TaskTraits(spec),
                         Name(task.compared.state));
    case Match::kRenamed:
      return fmt::format("-> {} → {}  ({})\n", reason, spec.id, Name(task.compared.state));
  }
  return std::string();
}

// One group of the short form.
struct Group {
  std::string_view mark;
  std::int64_t count = 0;
  std::string what;
  std::vector<std::string> lines{};
  std::size_t wanted() const {
    return std::min<std::size_t>(kShown, static_cast<std::size_t>(count));
  }
  bool full() const { return lines.size() >= wanted(); }
};

std::array<Group, 6> GroupsOf(const store::ComparisonCounts& counts) {
  std::string changed = "changed";
  if (counts.remade > 0) {
    changed +=
        fmt::format(", {} of which had succeeded and would be made and paid again", counts.remade);
  }
  return {Group{"+", counts.fresh, "new"},
          Group{"~", counts.changed, std::move(changed)},
          Group{"<-", counts.back, "back at an earlier request, whose result counts again"},
          Group{"->", counts.renamed, "renamed, the result moves along"},
          Group{"-", counts.left_out, "left out: in the state, no longer in the manifest"},
          Group{"=", counts.kept, "kept"}};
}

// The first few of each kind but the kept ones; walks no further than it takes to find them.
Status FillGroups(const PlanView& view, std::array<Group, 6>& groups) {
  const auto all_full = [&](bool of_listed) {
    return std::all_of(groups.begin(), groups.end(), [&](const Group& group) {
      return group.mark == "=" || (of_listed && group.mark == "-") || group.full();
    });
  };
  const auto take = [&](const PlannedTask& task) -> Status {
    for (Group& group : groups) {
      if (group.mark == "=" || group.mark != MarkOf(task) || group.full()) continue;
      AIGC_ASSIGN_OR_RETURN(std::string line, Line(view, task));
      group.lines.push_back(std::move(line));
    }
    return {};
  };
  bool enough = all_full(true);
  if (!enough) {
    const Status walked = view.planner.ForEachListed([&](const PlannedTask& task) -> Status {
      AIGC_RETURN_IF_ERROR(take(task));
      enough = all_full(true);
      return enough ? Status{Error{ErrorCode::kInterrupted, "enough"}} : Status{};
    });
    if (!walked.ok() && !enough) return walked;
  }
  enough = all_full(false);
  if (enough) return {};
  const Status walked = view.planner.ForEachLeftOut([&](const PlannedTask& task) -> Status {
    AIGC_RETURN_IF_ERROR(take(task));
    enough = all_full(false);
    return enough ? Status{Error{ErrorCode::kInterrupted, "enough"}} : Status{};
  });
  return walked.ok() || enough ? Status{} : walked;
}

std::string Totals(const PlanView& view) {
  const pipeline::Plan& plan = view.planner.plan();
  if (plan.work.tasks == 0) return "nothing to do\n";
  std::string text;
  if (plan.work.submissions == 0) {
    text += "to submit  nothing\n";
  } else {
    text += fmt::format("to submit  {}\n", Amount(plan.work));
    std::size_t width = 0;
    for (const auto& model : plan.models) {
      width = std::max(width, model.model.size() + model.version.size() + 1);
    }
    for (const auto& model : plan.models) {
      if (model.work.submissions == 0) continue;
      text += fmt::format("             {:<{}}  {}\n", model.model + "/" + model.version, width,
                          Amount(model.work));
    }
  }
  const std::int64_t running = plan.work.tasks - plan.work.submissions;
  if (running > 0) {
    text += fmt::format("to follow  {}, submitted before\n", Plural(running, "task", "tasks"));
  }
  if (plan.work.submissions == 0) return text;
  text += fmt::format("cost       {}\n", view.cost);
  if (!view.budget_note.empty()) text += fmt::format("           {}\n", view.budget_note);
  const std::string least = view.least.time < Seconds{1}
                                ? std::string()
                                : fmt::format("at least {}: ", FormatDuration(view.least.time));
  return text + fmt::format("time       {}{}\n", least, view.least.basis);
}

void PutWork(JsonWriter& json, const PlanView& view, const Workload& work) {
  json.Key("to_run").Int(work.tasks).Key("to_submit").Int(work.submissions);
  json.Key("video_seconds").Double(work.seconds).Key("pictures").Int(work.pictures);
  json.Key("cost").BeginObject().Key("amount");
  const bool known = !view.currency.empty() && work.unpriced == 0;
  // Null is "unknown", and never 0.
  if (known) {
    json.Raw(AmountText(work.cost_micros));
  } else {
    json.Null();
  }
  json.Key("currency");
  if (view.currency.empty()) {
    json.Null();
  } else {
    json.String(view.currency);
  }
  json.Key("verified").Bool(view.prices_verified);
  json.Key("unpriced").Int(view.currency.empty() ? work.submissions : work.unpriced).EndObject();
}

Result<std::string> TaskJson(const PlanView& view, const PlannedTask& task) {
  JsonWriter json;
  json.BeginObject();
  if (task.spec == nullptr) {
    json.Key("id").String(task.left_out.id).Key("what").String("left_out");
    json.Key("model").String(fmt::format("{}/{}", task.left_out.model, task.left_out.version));
    json.Key("state").String(Name(task.left_out.state));
    return json.EndObject().Take();
  }
  const TaskSpec& spec = *task.spec;
  AIGC_ASSIGN_OR_RETURN(const std::string reason, view.planner.Reason(task));
  json.Key("id").String(spec.id).Key("what").String(Name(task.compared.match));
  json.Key("kind").String(Name(spec.kind));
  json.Key("model").String(fmt::format("{}/{}", spec.model, spec.version));
  switch (task.compared.match) {
    case Match::kChanged:
      json.Key("changed").String(reason).Key("state").String(Name(task.compared.state));
      break;
    case Match::kRenamed:
      json.Key("from").String(reason).Key("state").String(Name(task.compared.state));
      break;
    case Match::kBack:
      json.Key("state").String(Name(task.compared.state));
      break;
    case Match::kNew:
    case Match::kKept:
      break;
  }
  return json.EndObject().Take();
}

}  // namespace

Status WritePlanText(const PlanView& view, bool detailed, const Sink& sink) {
  const store::ComparisonCounts& counts = view.planner.plan().counts;
  AIGC_RETURN_IF_ERROR(sink(fmt::format("batch {}\n\n", view.batch)));
  if (detailed) {
    const auto print = [&](const PlannedTask& task) -> Status {
      AIGC_ASSIGN_OR_RETURN(const std::string line, Line(view, task));
      return sink(Printable("  " + line));
    };
    AIGC_RETURN_IF_ERROR(view.planner.ForEachListed(print));
    AIGC_RETURN_IF_ERROR(view.planner.ForEachLeftOut(print));
    AIGC_RETURN_IF_ERROR(sink("\n"));
  }
  auto groups = GroupsOf(counts);
  if (!detailed) AIGC_RETURN_IF_ERROR(FillGroups(view, groups));
  std::string text;
  for (const Group& group : groups) {
    if (group.count == 0) continue;
    text += fmt::format("{:<2} {} {}\n", group.mark, group.count, group.what);
    for (const std::string& line : group.lines) text += Printable("     " + line);
    const auto more = group.count - static_cast<std::int64_t>(group.lines.size());
    if (!group.lines.empty() && more > 0) {
      text += fmt::format("     … {} more (--detailed lists all)\n", more);
    }
  }
  text += "\n";
  if (view.recovery != nullptr) text += RecoveryText(*view.recovery, detailed);
  return sink(text + Totals(view));
}

Status WritePlanJson(const PlanView& view, bool detailed, const Sink& sink) {
  const pipeline::Plan& plan = view.planner.plan();
  const store::ComparisonCounts& counts = plan.counts;
  JsonWriter json;
  json.BeginObject().Key("plan").Int(1).Key("batch").String(view.batch);
  json.Key("new").Int(counts.fresh).Key("changed").Int(counts.changed);
  json.Key("remade").Int(counts.remade).Key("kept").Int(counts.kept);
  json.Key("back").Int(counts.back).Key("renamed").Int(counts.renamed);
  json.Key("left_out").Int(counts.left_out);
  PutWork(json, view, plan.work);
  json.Key("models").BeginArray();
  for (const auto& model : plan.models) {
    json.BeginObject().Key("kind").String(Name(model.kind));
    json.Key("model").String(fmt::format("{}/{}", model.model, model.version));
    PutWork(json, view, model.work);
    json.EndObject();
  }
  json.EndArray().Key("time").BeginObject();
  json.Key("at_least_seconds").Double(static_cast<double>(view.least.time.count()) / 1000);
  json.Key("generations_known").Bool(view.least.generations_known);
  json.Key("basis").String(view.least.basis).EndObject();
  if (view.recovery != nullptr) json.Key("recover").Raw(RecoveryJson(*view.recovery));
  json.Key("warnings").BeginArray();
  for (const std::string& warning : view.warnings) json.String(warning);
  json.EndArray();
  if (detailed) {
    AIGC_RETURN_IF_ERROR(sink(json.Take() + ",\"tasks\":["));
    bool first = true;
    const auto print = [&](const PlannedTask& task) -> Status {
      AIGC_ASSIGN_OR_RETURN(const std::string line, TaskJson(view, task));
      AIGC_RETURN_IF_ERROR(sink((first ? "\n" : ",\n") + line));
      first = false;
      return {};
    };
    AIGC_RETURN_IF_ERROR(view.planner.ForEachListed(print));
    AIGC_RETURN_IF_ERROR(view.planner.ForEachLeftOut(print));
    return sink("]}\n");
  }
  return sink(json.EndObject().Take() + "\n");
}

}  // namespace aigc::cli

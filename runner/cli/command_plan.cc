// aigc-batch plan MANIFEST, and the plan inside `run`.
#include "cli/command_plan.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "cli/exit_code.h"
#include "cli/machine.h"
#include "cli/plan_recovery.h"
#include "cli/plan_view.h"
#include "cli/pricing.h"
#include "cli/settle.h"
#include "cli/steer.h"
#include "manifest/problem.h"
#include "pipeline/plan.h"
#include "store/sqlite_store.h"

namespace aigc::cli {
namespace {

pipeline::Listing ListingOf(const manifest::Manifest& manifest) {
  return [&manifest](const std::function<Status(const pipeline::ListedTask&)>& visit) {
    return manifest.ForEachTask([&](const manifest::ExpandedTask& task) {
      return visit({task.spec, task.fingerprint});
    });
  };
}

// `pricer` outlives what it is for.
pipeline::PlanOptions PlanOptionsOf(const Context& context, PlanPricer& pricer) {
  pipeline::PlanOptions options;
  options.selection.globs = context.options.tasks;
  options.selection.tags = context.options.tags;
  options.price = [&pricer](const TaskSpec& spec) -> std::optional<std::int64_t> {
    const auto cost = pricer(spec);
    return cost ? std::optional(cost->micros) : std::nullopt;
  };
  return options;
}

Result<PlanView> ViewOf(const LoadedManifest& loaded, pipeline::Planner& planner,
                        const pipeline::Limits& limits, store::StoreReader* reader,
                        const PlanPricer& pricer, const store::MoneyTerms& terms) {
  std::vector<store::GenerationTime> times;
  store::MoneyState money;
  if (reader != nullptr) {
    AIGC_ASSIGN_OR_RETURN(times, reader->GenerationTimes());
    AIGC_ASSIGN_OR_RETURN(money, reader->Money());
  }
  PlanView view{loaded.manifest->settings().name, planner,
                pipeline::ComputeLeastTime(planner.plan(), limits, times)};
  const pipeline::Workload& work = planner.plan().work;
  view.cost = pricer.CostText(work);
  view.budget_note = BudgetNote(work, terms, money);
  view.currency = terms.currency;
  view.prices_verified = terms.verified;
  for (const manifest::Problem& problem : loaded.problems) {
    if (problem.severity == manifest::Severity::kError) continue;
    view.warnings.push_back(fmt::format("{}:{}:{}: {}", problem.file, problem.place.line,
                                        problem.place.column, problem.message));
  }
  return view;
}

// Collects what is written into pieces worth a system call.
class Buffered {
 public:
  explicit Buffered(Sink sink) : sink_(std::move(sink)) {}
  Status Write(std::string_view text) {
    text_ += text;
    return text_.size() < kPiece ? Status{} : Flush();
  }
  Status Flush() {
    const std::string piece = std::exchange(text_, {});
    return piece.empty() ? Status{} : sink_(piece);
  }

 private:
  static constexpr std::size_t kPiece = 64 * 1024;
  Sink sink_;
  std::string text_;
};

// A run against this state would be refused: a plan says so and goes on.
Status WarnOfForeignState(const Context& context, const Settings& settings,
                          const LoadedManifest& loaded, store::StoreReader& reader) {
  const auto record = reader.Batch();
  if (!record.ok()) {
    return record.error().code == ErrorCode::kNotFound ? Status{} : Status{record.error()};
  }
  const auto sub_app_id = settings.SubAppId(loaded.manifest->settings().sub_app_id);
  const pipeline::BatchIdentity identity{
      record->name, BatchEndpoint(context, settings),
      context.options.sim || !sub_app_id.ok() ? record->sub_app_id : *sub_app_id,
      context.options.take_over ? record->machine : MachineMark()};
  const Status same = pipeline::CheckIdentity(*record, identity);
  if (!same.ok()) context.console.ShowWarning("a run would be refused: " + Describe(same.error()));
  return {};
}

Status Show(const Context& context, const PlanView& view) {
  Buffered out([&](std::string_view text) { return context.console.Out(text); });
  const auto sink = [&](std::string_view text) { return out.Write(text); };
  AIGC_RETURN_IF_ERROR(context.options.json ? WritePlanJson(view, context.options.detailed, sink)
                                            : WritePlanText(view, context.options.detailed, sink));
  return out.Flush();
}

Result<std::string> ShortText(const PlanView& view) {
  std::string text;
  AIGC_RETURN_IF_ERROR(WritePlanText(view, /*detailed=*/false, [&](std::string_view piece) {
    text += piece;
    return Status{};
  }));
  return text;
}

Result<bool> HoldsNothing(store::Store& store) {
  store::Selection everything;
  everything.left_out = everything.history = true;
  AIGC_ASSIGN_OR_RETURN(const store::StateCounts counts, store.Counts(everything));
  for (const auto& [state, count] : counts) {
    if (count > 0) return false;
  }
  return true;
}

// The one question before a run, if there is one. kUsage when the answer is no, or when it would be
// needed and nobody is there.
Status AskBeforeRun(const Context& context, const PlanView& view) {
  const pipeline::Plan& plan = view.planner.plan();
  const bool spends = plan.work.submissions > 0 && !context.options.sim;
  if (context.options.yes || (plan.counts.remade == 0 && !spends)) return {};
  const std::string again = fmt::format(
      "{} task(s) that succeeded before have changed and would be made and paid for "
      "again",
      plan.counts.remade);
  if (context.console.may_ask()) {
    AIGC_ASSIGN_OR_RETURN(const std::string text, ShortText(view));
    context.console.Error(text);
  }
  const auto answer =
      context.console.Confirm(plan.counts.remade > 0 ? again + ". Go on?" : "Go on?");
  if (answer.value_or(plan.counts.remade == 0)) return {};
  return Error{ErrorCode::kUsage, answer ? "stopped; nothing was sent" : again, view.batch,
               "--yes goes on without asking, --dry-run shows what would be done"};
}

}  // namespace

Status PlanForRun(const Context& context, const LoadedManifest& loaded, const BatchRun& run,
                  const store::MoneyTerms& terms) {
  const manifest::Manifest& manifest = *loaded.manifest;
  PlanPricer pricer(*run.prices);
  pipeline::Planner planner(run.store.get(), ListingOf(manifest), PlanOptionsOf(context, pricer));
  AIGC_ASSIGN_OR_RETURN(const bool fresh, HoldsNothing(*run.store));
  const bool asks = context.console.may_ask() && !context.options.yes;
  const bool shows = context.console.verbose() && !context.console.quiet();
  if (!fresh || asks || shows) {
    AIGC_RETURN_IF_ERROR(planner.Compare(/*for_writing=*/true));
    AIGC_ASSIGN_OR_RETURN(const store::Steering steering, run.store->ReadSteering());
    pipeline::Limits limits = run.limits;
    store::MoneyTerms settled = terms;
    UseSteering(steering, context.options, limits, settled);
    AIGC_ASSIGN_OR_RETURN(const PlanView view,
                          ViewOf(loaded, planner, limits, run.store.get(), pricer, settled));
    AIGC_RETURN_IF_ERROR(AskBeforeRun(context, view));
    if (shows) {
      AIGC_ASSIGN_OR_RETURN(const std::string text, ShortText(view));
      context.console.Info(text);
    }
  }
  return planner.Write(
      *run.store, [&](const Source& source) { return manifest.ReadInput(source.content_sha256); },
      SystemClock(),
      [&]() -> Status {
        AIGC_RETURN_IF_ERROR(run.store->PutBatch(run.record));
        return RecordMoney(*run.store, terms, &*run.prices);
      });
}

Result<int> PlanCommand(const Context& context) {
  AIGC_RETURN_IF_ERROR(CheckFlags(context.options));
  AIGC_ASSIGN_OR_RETURN(Settings settings, LoadSettings(context));
  AIGC_ASSIGN_OR_RETURN(const LoadedManifest loaded, LoadManifest(context));
  const std::string& name = loaded.manifest->settings().name;
  AIGC_ASSIGN_OR_RETURN(pipeline::Limits limits,
                        SettleLimits(loaded.manifest->settings().limits, context.options));
  AIGC_ASSIGN_OR_RETURN(
      const Pricing pricing,
      LoadPricing(context, *loaded.catalog, loaded.manifest->settings(), loaded.folder));
  AIGC_ASSIGN_OR_RETURN(store::MoneyTerms terms,
                        SettleMoney(loaded.manifest->settings(), context.options, pricing));
  auto opened = store::OpenForReading(settings.state_folder(), name);
  if (!opened.ok() && opened.error().code != ErrorCode::kNotFound) return opened.error();
  store::StoreReader* const reader = opened.ok() ? opened->get() : nullptr;
  if (reader != nullptr) {
    AIGC_RETURN_IF_ERROR(WarnOfForeignState(context, settings, loaded, *reader));
    AIGC_ASSIGN_OR_RETURN(const store::Steering steering, reader->ReadSteering());
    UseSteering(steering, context.options, limits, terms);
  }
  PlanPricer pricer(pricing.prices);
  pipeline::Planner planner(reader, ListingOf(*loaded.manifest), PlanOptionsOf(context, pricer));
  AIGC_RETURN_IF_ERROR(planner.Compare(/*for_writing=*/false));
  std::optional<RecoveryView> recovery;
  if (context.options.recover) {
    AIGC_ASSIGN_OR_RETURN(recovery,
                          FindAdoptions(context, settings, loaded, reader, limits, planner));
  }
  AIGC_ASSIGN_OR_RETURN(PlanView view, ViewOf(loaded, planner, limits, reader, pricer, terms));
  if (recovery) view.recovery = &*recovery;
  AIGC_RETURN_IF_ERROR(Show(context, view));
  return kExitDone;
}

}  // namespace aigc::cli

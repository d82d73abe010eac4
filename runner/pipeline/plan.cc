#include "pipeline/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "pipeline/plan_reason.h"

namespace aigc::pipeline {
namespace {

bool IsSelected(const store::Selection& selection, const TaskSpec& spec) {
  const auto matches = [&](const std::string& glob) { return GlobMatch(glob, spec.id); };
  const auto has = [&](const std::string& tag) {
    return std::find(spec.tags.begin(), spec.tags.end(), tag) != spec.tags.end();
  };
  return (selection.globs.empty() ||
          std::any_of(selection.globs.begin(), selection.globs.end(), matches)) &&
         (selection.tags.empty() || std::any_of(selection.tags.begin(), selection.tags.end(), has));
}

bool SendsLocalFile(const TaskSpec& spec) {
  return std::any_of(spec.inputs.begin(), spec.inputs.end(), [](const Input& input) {
    return input.source.type == SourceType::kLocalFile && input.source.upload_path.empty();
  });
}

// Whether a task in this state is yet to be submitted.
bool IsToSubmit(TaskState state) {
  return state == TaskState::kPending || state == TaskState::kBlocked ||
         state == TaskState::kWaitingRetry;
}

void Add(Workload& work, const TaskSpec& spec, bool submits,
         const std::optional<std::int64_t>& price) {
  ++work.tasks;
  if (!submits) return;
  ++work.submissions;
  if (spec.kind == Kind::kVideo) work.seconds += spec.duration.value_or(0);
  if (spec.kind == Kind::kImage) work.pictures += spec.count.value_or(1);
  if (price) {
    work.cost_micros += *price;
  } else {
    ++work.unpriced;
  }
}

void Add(Workload& work, const Workload& more) {
  work.tasks += more.tasks;
  work.submissions += more.submissions;
  work.seconds += more.seconds;
  work.pictures += more.pictures;
  work.cost_micros += more.cost_micros;
  work.unpriced += more.unpriced;
}

void Subtract(Workload& work, const Workload& less) {
  work.tasks -= less.tasks;
  work.submissions -= less.submissions;
  work.seconds -= less.seconds;
  work.pictures -= less.pictures;
  work.cost_micros -= less.cost_micros;
  work.unpriced -= less.unpriced;
}

void Merge(Plan& plan, const Plan& more) {
  Add(plan.work, more.work);
  for (const ModelWork& model : more.models) {
    const auto same =
        std::find_if(plan.models.begin(), plan.models.end(), [&](const ModelWork& other) {
          return other.kind == model.kind && other.model == model.model &&
                 other.version == model.version;
        });
    if (same == plan.models.end()) {
      plan.models.push_back(model);
    } else {
      Add(same->work, model.work);
    }
  }
}

}  // namespace

bool IsMadeAnew(store::Match match) {
  return match == store::Match::kNew || match == store::Match::kChanged;
}

Planner::Planner(store::StoreReader* reader, Listing listing, PlanOptions options)
    : reader_(reader), listing_(std::move(listing)), options_(std::move(options)) {}

Planner::~Planner() = default;

std::optional<std::int64_t> Planner::PriceOf(const TaskSpec& spec) const {
  return options_.price ? options_.price(spec) : std::nullopt;
}

void Planner::Count(Plan& plan, const TaskSpec& spec, const store::Compared& compared,
                    const std::optional<std::int64_t>* price) {
  const bool anew = IsMadeAnew(compared.match);
  if (anew && SendsLocalFile(spec)) has_inputs_ = true;
  if ((!anew && IsFinal(compared.state)) || !IsSelected(options_.selection, spec)) return;
  const bool submits = anew || IsToSubmit(compared.state);
  std::optional<std::int64_t> cost;
  if (submits) cost = price != nullptr ? *price : PriceOf(spec);
  Add(plan.work, spec, submits, cost);
  // Most tasks have the model of the one before.
  const auto is_of = [&](const ModelWork& work) {
    return work.kind == spec.kind && work.model == spec.model && work.version == spec.version;
  };
  auto& models = plan.models;
  if (last_model_ >= models.size() || !is_of(models[last_model_])) {
    const auto found = std::find_if(models.begin(), models.end(), is_of);
    last_model_ = static_cast<std::size_t>(found - models.begin());
    if (found == models.end()) models.push_back({spec.kind, spec.model, spec.version, {}});
  }
  Add(models[last_model_].work, spec, submits, cost);
}

void Planner::CountAdopted(const TaskSpec& spec, TaskState state) {
  if (!IsSelected(options_.selection, spec)) return;
  const auto model =
      std::find_if(plan_.models.begin(), plan_.models.end(), [&](const ModelWork& work) {
        return work.kind == spec.kind && work.model == spec.model && work.version == spec.version;
      });
  if (IsFinal(state)) {  // lost: nothing was to be done for it
    ++plan_.work.tasks;
    if (model != plan_.models.end()) ++model->work.tasks;
    return;
  }
  Workload one;
  const auto price = options_.price ? options_.price(spec) : std::nullopt;
  Add(one, spec, /*submits=*/true, price);
  one.tasks = 0;  // it is still to be followed
  Subtract(plan_.work, one);
  if (model != plan_.models.end()) Subtract(model->work, one);
}

Status Planner::Compare(bool for_writing) {
  if (reader_ != nullptr) {
    AIGC_ASSIGN_OR_RETURN(comparison_, reader_->Compare());
  }
  Plan unsettled;  // what may turn out to have a result already
  AIGC_RETURN_IF_ERROR(listing_([&](const ListedTask& listed) -> Status {
    store::Compared compared;
    if (comparison_) {
      const std::string json = for_writing ? SpecJson(listed.spec) : std::string();
      AIGC_ASSIGN_OR_RETURN(compared, comparison_->Add({listed.spec.id, listed.fingerprint, json}));
    } else {
      ++plan_.counts.fresh;
      ++plan_.counts.differing;
    }
    Count(IsMadeAnew(compared.match) ? unsettled : plan_, listed.spec, compared);
    return {};
  }));
  if (comparison_) {
    AIGC_ASSIGN_OR_RETURN(plan_.counts, comparison_->Finish());
  }
  if (plan_.counts.renamed == 0) {
    Merge(plan_, unsettled);
  } else {
    has_inputs_ = false;
    std::int64_t position = 0;
    comparison_->Rewind();
    AIGC_RETURN_IF_ERROR(listing_([&](const ListedTask& listed) -> Status {
      AIGC_ASSIGN_OR_RETURN(const store::Compared compared, comparison_->At(++position));
      if (IsMadeAnew(compared.match) || compared.match == store::Match::kRenamed) {
        Count(plan_, listed.spec, compared);
      }
      return {};
    }));
  }
  std::sort(plan_.models.begin(), plan_.models.end(), [](const ModelWork& a, const ModelWork& b) {
    return std::tie(a.kind, a.model, a.version) < std::tie(b.kind, b.model, b.version);
  });
  return {};
}

Status Planner::ForEachListed(const std::function<Status(const PlannedTask&)>& visit) {
  std::int64_t position = 0;
  if (comparison_) comparison_->Rewind();
  return listing_([&](const ListedTask& listed) -> Status {
    PlannedTask planned;
    planned.spec = &listed.spec;
    planned.fingerprint = listed.fingerprint;
    if (comparison_) {
      AIGC_ASSIGN_OR_RETURN(planned.compared, comparison_->At(++position));
    }
    return visit(planned);
  });
}

Status Planner::ForEachLeftOut(const std::function<Status(const PlannedTask&)>& visit) {
  if (!comparison_) return {};
  return comparison_->ForEachLeftOut([&](const store::LeftOut& left_out) {
    PlannedTask planned;
    planned.left_out = left_out;
    return visit(planned);
  });
}

Result<std::string> Planner::Reason(const PlannedTask& task) {
  if (task.spec == nullptr || reader_ == nullptr) return std::string();
  if (task.compared.match == store::Match::kRenamed) {
    AIGC_ASSIGN_OR_RETURN(store::TaskRow row, reader_->RowOf(task.compared.key));
    return std::move(row.id);
  }
  if (task.compared.match != store::Match::kChanged) return std::string();
  AIGC_ASSIGN_OR_RETURN(const std::string json, reader_->SpecOf(task.compared.key));
  AIGC_ASSIGN_OR_RETURN(const TaskSpec before, ParseSpec(json));
  return fmt::format("{}", fmt::join(ChangedFields(before, *task.spec), ", "));
}

Status CheckIdentity(const store::BatchRecord& batch, const BatchIdentity& identity) {
  const auto foreign = [&](std::string message, std::string hint) {
    return Error{ErrorCode::kStateForeign, std::move(message),
                 fmt::format("state of batch {}", batch.name), std::move(hint)};
  };
  if (batch.endpoint != identity.endpoint) {
    return foreign(fmt::format("it belongs to the endpoint {}, and this run uses {}",
                               batch.endpoint, identity.endpoint),
                   "use the same --endpoint, or another name or --state folder for a new batch");
  }
  if (batch.sub_app_id != identity.sub_app_id) {
    return foreign(
        fmt::format("it belongs to SubAppId {}, and this run uses {}", batch.sub_app_id,
                    identity.sub_app_id),
        "set sub_app_id or TENCENTCLOUD_VOD_SUB_APP_ID back, or give the batch another name");
  }
  if (batch.machine != identity.machine) {
    return foreign("it was made on another machine, where a run may still be going on",
                   "make sure that nothing runs there, then pass --take-over");
  }
  return {};
}

}  // namespace aigc::pipeline

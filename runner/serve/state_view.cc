#include "serve/state_view.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/json_writer.h"
#include "base/money.h"
#include "base/text.h"
#include "report/json_lines.h"
#include "report/report_line.h"
#include "report/story.h"

namespace aigc::serve {
namespace {

constexpr Micros kFresh{500'000};
// What took so long to find out is not looked for again before so many times as long.
constexpr int kRest = 20;
// A state may have been moved away and another put in its place.
constexpr Micros kReopenAfter = Seconds{30};

void PutMoney(JsonWriter& json, const store::MoneyState& money) {
  if (money.terms.currency.empty()) return;
  json.Key("cost").BeginObject().Key("currency").String(money.terms.currency);
  json.Key("spent").Raw(AmountText(money.spent_micros));
  json.Key("reserved").Raw(AmountText(money.reserved_micros));
  if (money.terms.budget_micros) json.Key("budget").Raw(AmountText(*money.terms.budget_micros));
  json.Key("verified").Bool(money.terms.verified).EndObject();
}

std::string ListJson(const std::vector<BatchState>& batches) {
  JsonWriter json;
  json.BeginObject().Key("batches").BeginArray();
  for (const BatchState& batch : batches) {
    json.BeginObject().Key("name").String(batch.name.name);
    json.Key("running").Bool(batch.name.running);
    if (!batch.problem.empty()) {
      json.Key("problem").String(batch.problem).EndObject();
      continue;
    }
    std::int64_t tasks = 0;
    for (const auto& [state, count] : batch.counts) tasks += count;
    json.Key("tasks").Int(tasks).Key("counts").BeginObject();
    for (const TaskState state : kAllTaskStates) {
      const auto at = batch.counts.find(state);
      if (at != batch.counts.end() && at->second > 0) json.Key(Name(state)).Int(at->second);
    }
    json.EndObject();
    PutMoney(json, batch.money);
    json.Key("created_at").String(FormatIso(batch.created_at)).EndObject();
  }
  return json.EndArray().EndObject().Take();
}

}  // namespace

// A reader with the lock that makes it one thread's at a time.
struct StateView::Reader {
  std::mutex mutex;
  std::unique_ptr<store::StoreReader> store;
  SteadyTime reopen{};
};

// Lists and long walks have readers of their own, so that the quick ones never wait for the slow.
struct StateView::View {
  Reader quick, slow;
  std::mutex mutex;  // guards the rest
  SteadyTime until{};
  Text summary;
};

StateView::StateView(States& states, report::Advice advice, const Clock& clock)
    : states_(states), advice_(std::move(advice)), clock_(clock) {}

StateView::~StateView() = default;

std::shared_ptr<StateView::View> StateView::ViewOf(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& view = views_[name];
  if (!view) view = std::make_shared<View>();
  return view;
}

template <typename Answer>
auto StateView::Ask(Reader& reader, const std::string& name, const Answer& look)
    -> decltype(look(std::declval<store::StoreReader&>())) {
  const std::lock_guard lock(reader.mutex);
  if (reader.store == nullptr || clock_.Ticks() >= reader.reopen) {
    reader.store.reset();
    auto opened = states_.Open(name);
    if (!opened.ok()) return std::move(opened).error();
    reader.store = *std::move(opened);
    reader.reopen = clock_.Ticks() + kReopenAfter;
  }
  auto answer = look(*reader.store);
  if (!answer.ok() && answer.error().code != ErrorCode::kNotFound) reader.store.reset();
  return answer;
}

BatchState StateView::Look(const BatchName& name) {
  BatchState state;
  state.name = name;
  const auto looked =
      Ask(ViewOf(name.name)->quick, name.name, [&](store::StoreReader& store) -> Status {
        AIGC_ASSIGN_OR_RETURN(const store::BatchRecord batch, store.Batch());
        state.created_at = batch.created_at;
        AIGC_ASSIGN_OR_RETURN(state.counts, store.Counts({}));
        AIGC_ASSIGN_OR_RETURN(state.money, store.Money());
        return {};
      });
  if (!looked.ok()) state.problem = looked.error().message;
  return state;
}

Result<std::shared_ptr<const std::vector<BatchState>>> StateView::Batches() {
  const std::lock_guard lock(list_mutex_);
  const SteadyTime begin = clock_.Ticks();
  if (list_ && begin < list_until_) return list_;
  AIGC_ASSIGN_OR_RETURN(const std::vector<BatchName> names, states_.List());
  std::vector<BatchState> batches;
  for (const BatchName& name : names) batches.push_back(Look(name));
  {
    const std::lock_guard views(mutex_);
    std::erase_if(views_, [&](const auto& view) {
      return std::none_of(names.begin(), names.end(),
                          [&](const BatchName& name) { return name.name == view.first; });
    });
  }
  list_json_ = std::make_shared<const std::string>(ListJson(batches));
  list_ = std::make_shared<const std::vector<BatchState>>(std::move(batches));
  const SteadyTime end = clock_.Ticks();
  list_until_ = end + std::max(kFresh, kRest * (end - begin));
  return list_;
}

Result<StateView::Text> StateView::BatchesJson() {
  AIGC_ASSIGN_OR_RETURN(const auto batches, Batches());
  const std::lock_guard lock(list_mutex_);
  return list_json_;
}

// So that a name from outside is never part of a path.
Status StateView::CheckListed(const std::string& name) {
  AIGC_ASSIGN_OR_RETURN(const auto batches, Batches());
  std::vector<std::string_view> names;
  for (const BatchState& batch : *batches) {
    if (batch.name.name == name) return {};
    names.push_back(batch.name.name);
  }
  const auto nearest = Nearest(name, names);
  return Error{ErrorCode::kNotFound, "there is no batch " + Excerpt(name, 80), "",
               nearest ? "did you mean " + std::string(*nearest) + "?" : ""};
}

void StateView::Forget(const std::string& name) {
  const auto view = ViewOf(name);
  const std::lock_guard lock(view->mutex);
  view->summary.reset();
}

Result<StateView::Text> StateView::BatchJson(const std::string& name) {
  AIGC_RETURN_IF_ERROR(CheckListed(name));
  const auto view = ViewOf(name);
  const std::lock_guard lock(view->mutex);
  const SteadyTime begin = clock_.Ticks();
  if (view->summary && begin < view->until) return view->summary;
  AIGC_ASSIGN_OR_RETURN(const auto batches, Batches());
  bool running = false;
  for (const BatchState& batch : *batches)
    running = running || (batch.name.name == name && batch.name.running);
  auto text = Ask(view->quick, name, [&](store::StoreReader& store) -> Result<std::string> {
    AIGC_ASSIGN_OR_RETURN(const report::Summary summary, report::Summarise(store, {}, advice_));
    std::string json = report::SummaryJson(summary, advice_);
    json.insert(1, running ? "\"running\":true," : "\"running\":false,");
    return json;
  });
  if (!text.ok()) return std::move(text).error();
  view->summary = std::make_shared<const std::string>(*std::move(text));
  const SteadyTime end = clock_.Ticks();
  view->until = end + std::max(kFresh, kRest * (end - begin));
  return view->summary;
}

Result<std::string> StateView::TasksJson(const std::string& name,
                                         const store::PageRequest& request) {
  AIGC_RETURN_IF_ERROR(CheckListed(name));
  return Ask(ViewOf(name)->slow, name, [&](store::StoreReader& store) -> Result<std::string> {
    AIGC_ASSIGN_OR_RETURN(const store::MoneyState money, store.Money());
    AIGC_ASSIGN_OR_RETURN(const std::vector<store::ReportRow> rows, store.Page(request));
    JsonWriter json;
    json.BeginObject().Key("tasks").BeginArray();
    for (const store::ReportRow& row : rows) {
      AIGC_ASSIGN_OR_RETURN(const report::ReportLine line,
                            report::MakeReportLine(row, money.terms.currency));
      json.Raw(report::LineJson(line));
    }
    json.EndArray().Key("next");
    if (rows.size() < request.limit) {
      json.Null();
    } else {
      json.Int(rows.back().row.position);
    }
    return json.EndObject().Take();
  });
}

Result<std::string> StateView::TaskJson(const std::string& name, const std::string& task) {
  AIGC_RETURN_IF_ERROR(CheckListed(name));
  return Ask(ViewOf(name)->slow, name, [&](store::StoreReader& store) -> Result<std::string> {
    AIGC_ASSIGN_OR_RETURN(const auto stories, store.Story(task));
    AIGC_ASSIGN_OR_RETURN(const store::MoneyState money, store.Money());
    return report::StoryJson(stories, money.terms.currency);
  });
}

Result<StateView::Output> StateView::OpenOutput(const std::string& name, const std::string& task,
                                                int number) {
  AIGC_RETURN_IF_ERROR(CheckListed(name));
  store::BatchRecord batch;
  std::string own_dir;
  Output output;
  const Status found = Ask(ViewOf(name)->slow, name, [&](store::StoreReader& store) -> Status {
    AIGC_ASSIGN_OR_RETURN(batch, store.Batch());
    AIGC_ASSIGN_OR_RETURN(const auto stories, store.Story(task));
    for (const store::TaskStory& story : stories) {
      if (!story.row.current) continue;
      AIGC_ASSIGN_OR_RETURN(const TaskSpec spec, ParseSpec(story.spec_json));
      own_dir = spec.output_dir;
      for (const store::ArtifactRow& artifact : story.artifacts) {
        if (artifact.number != number) continue;
        output.path = artifact.path;
        output.sha256 = artifact.sha256;
      }
    }
    return {};
  });
  if (!found.ok()) return found.error();
  const std::string& dir = own_dir.empty() ? batch.output_dir : own_dir;
  AIGC_ASSIGN_OR_RETURN(output.media, OpenMedia(batch.folder, dir, output.path));
  return output;
}

}  // namespace aigc::serve

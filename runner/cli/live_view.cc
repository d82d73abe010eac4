// The block is a list of rows with a weight each; the lightest go until the rest fits.
#include "cli/live_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/display_text.h"
#include "base/money.h"
#include "base/text.h"
#include "cli/live_tally.h"
#include "cli/styled_line.h"

namespace aigc::cli {
namespace {

// Below this a block would say less than one good line.
constexpr std::size_t kLeastColumns = 40, kLeastRows = 8;
// Left to the log above the block, and to the cursor below.
constexpr std::size_t kLogRows = 5;
constexpr std::size_t kMostBar = 100;  // cells; a longer one is hard to read
constexpr std::size_t kMostFailures = 5;
constexpr std::size_t kLabel = 10;  // cells of "failed    "
constexpr std::size_t kLeastModelName = 12, kMostModelName = 32;

// What goes when there is no room, lightest first.
enum Weight : int {
  kGap = 0,
  kMoreFailures = 10,
  kRates = 30,
  kModels = 40,
  kExpiry = 50,
  kSlots = 60,
  kLastFailure = 70,
  kCost = 80,
  kEta = 90,
  kNote = 95,
  kTitle = 97,
  kBar = 98,
  kCounts = 99,
};

struct Row {
  int weight;
  std::string text;
};

std::string ModelName(const store::ModelCounts& model) {
  return model.model + "/" + model.version + (model.kind == Kind::kImage ? " (image)" : "");
}

std::string Ago(Millis time) {
  const Millis whole = std::max(Millis{0}, time / Seconds{1} * Millis{Seconds{1}});
  return whole < Seconds{1} ? "now" : FormatDuration(whole) + " ago";
}

// "6d 23h", "3h20m": what is far off needs no minutes.
std::string In(Millis time) {
  using std::chrono::hours;
  const auto whole = std::chrono::duration_cast<hours>(std::max(time, Millis{0})).count();
  if (whole >= 48) return fmt::format("{}d {}h", whole / 24, whole % 24);
  const Millis step =
      time > Millis{hours{1}} ? Millis{std::chrono::minutes{1}} : Millis{Seconds{1}};
  return FormatDuration(std::max(time / step * step, step));
}

std::string Rate(double rate) { return fmt::format("{:.3g}/s", rate); }

class Block {
 public:
  Block(const LiveView& view, const LiveStyle& style)
      : view_(view), style_(style), tally_(TallyOf(view.counts)), columns_(style.columns - 1) {}

  std::vector<std::string> Lines() {
    Gap();  // apart from the log above
    AddHead();
    Gap();
    const std::size_t table = rows_.size();
    Gap();
    AddFacts();
    AddFailures();
    // The table gets what the other rows leave, and at least a line for the busiest model.
    std::size_t others = 0;
    for (const Row& row : rows_) others += row.weight > kModels ? 1 : 0;
    const std::size_t most =
        std::min(style_.rows - 1,
                 std::max<std::size_t>(kLeastRows, style_.rows - std::min(style_.rows, kLogRows)));
    const std::size_t room = most > others ? most - others : 0;
    std::vector<Row> models = ModelRows(room);
    rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(table),
                 std::make_move_iterator(models.begin()), std::make_move_iterator(models.end()));
    return Fitting(most);
  }

 private:
  StyledLine Line() const { return {columns_, style_.color}; }
  void Put(int weight, StyledLine line) { rows_.push_back({weight, line.Take()}); }
  void Gap() { rows_.push_back({kGap, ""}); }
  StyledLine Labelled(std::string_view label) const {
    StyledLine line = Line();
    line.Add(" ").Add(label, Look::kDim).To(kLabel + 1);
    return line;
  }

  std::vector<std::string> Fitting(std::size_t most) {
    while (rows_.size() > most) {
      // Of equals the last goes: the oldest failure, the gap that is furthest down.
      const auto lightest =
          std::min_element(rows_.rbegin(), rows_.rend(),
                           [](const Row& a, const Row& b) { return a.weight < b.weight; });
      rows_.erase(std::next(lightest).base());
    }
    std::vector<std::string> lines;
    for (Row& row : rows_) {
      const bool second_gap = row.text.empty() && !lines.empty() && lines.back().empty();
      if (!second_gap) lines.push_back(std::move(row.text));
    }
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
  }

  void AddHead() {
    StyledLine title = Line();
    const std::string elapsed = view_.elapsed ? In(*view_.elapsed) : "";
    const std::size_t name_room = columns_ - std::min(columns_, elapsed.size() + 2);
    title.Add(" ").Add(FitCells(view_.batch, name_room - 1), Look::kBold);
    if (!elapsed.empty()) title.AddRight(elapsed, std::min(columns_, kMostBar + 7), Look::kDim);
    Put(kTitle, std::move(title));
    Put(kBar, Bar());
    StyledLine counts = Line();
    counts.Add(fmt::format(" {} of {} done", tally_.ended, tally_.total), Look::kBold);
    const auto add = [&](std::int64_t count, const char* what, Look look) {
      if (count > 0) counts.Add("   ").Add(fmt::format("{} {}", count, what), look);
    };
    add(tally_.failed, "failed", Look::kBad);
    add(tally_.lost, "lost", Look::kBad);
    add(tally_.skipped, "skipped", Look::kWarn);
    add(tally_.cancelled, "cancelled", Look::kWarn);
    add(tally_.running, "running", Look::kBusy);
    add(tally_.fetching, "fetching", Look::kBusy);
    add(tally_.waiting, "waiting", Look::kPlain);
    Put(kCounts, std::move(counts));
    if (!view_.note.empty()) {
      StyledLine note = Line();
      note.Add(" ").Add(view_.note, Look::kWarn);
      Put(kNote, std::move(note));
    }
  }

  StyledLine Bar() const {
    struct Part {
      std::int64_t tasks;
      std::string_view line, ascii;
      Look look;
    };
    const std::int64_t bad = tally_.ended - tally_.succeeded;
    const std::int64_t busy = tally_.running + tally_.fetching;
    const std::array<Part, 4> parts = {
        Part{tally_.succeeded, "━", "#", Look::kGood}, Part{bad, "┅", "x", Look::kBad},
        Part{busy, "╍", "=", Look::kBusy},
        Part{tally_.total - tally_.ended - busy, "─", "-", Look::kDim}};
    const std::size_t width = std::min(columns_ - 7, kMostBar);
    StyledLine line = Line();
    line.Add(" ");
    std::int64_t before = 0;
    std::size_t drawn = 0;
    const std::int64_t total = std::max<std::int64_t>(tally_.total, 1);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      before += part.tasks;
      const double share = static_cast<double>(before) / static_cast<double>(total);
      auto until = static_cast<std::size_t>(share * static_cast<double>(width) + 0.5);
      // A single failure of ten thousand shows too, and a single task that is left.
      if (part.tasks > 0) until = std::max(until, drawn + 1);
      for (std::size_t later = i + 1; later < parts.size(); ++later) {
        if (parts[later].tasks > 0) until = std::min(until, width - (parts.size() - later));
      }
      std::string cells;
      for (; drawn < until; ++drawn) cells += style_.ascii ? part.ascii : part.line;
      line.Add(cells, part.look);
    }
    // 100 % only when it is.
    const std::int64_t percent = tally_.ended * 100 / total;
    line.AddRight(fmt::format("{}%", percent), width + 6, Look::kBold);
    return line;
  }

  std::optional<Millis> Usual(const store::ModelCounts& model) const {
    for (const auto& time : view_.learnt) {
      if (time.model == model.model && time.version == model.version) return time.median;
    }
    return std::nullopt;
  }

  // A head, the models, and how many more there are; at most `room` rows, none when a table would
  // not be one.
  std::vector<Row> ModelRows(std::size_t room) const {
    if (view_.models.empty() || room < 2) return {};
    std::vector<const store::ModelCounts*> models;
    models.reserve(view_.models.size());
    for (const auto& model : view_.models) models.push_back(&model);
    std::size_t shown = models.size();
    if (shown + 1 > room) {
      shown = std::max<std::size_t>(room - 2, 1);
      // Those with the most left to do.
      std::stable_sort(models.begin(), models.end(), [](const auto* a, const auto* b) {
        const LiveTally one = TallyOf(a->counts), other = TallyOf(b->counts);
        return one.total - one.ended > other.total - other.ended;
      });
    }
    constexpr std::array<const char*, 5> kHeads = {"succeeded", "failed", "running", "waiting",
                                                   "usually"};
    const auto column = [](std::size_t name, std::size_t i) { return 4 + name + 9 * (i + 1); };
    const std::size_t numbers = column(0, kHeads.size() - 1);
    const std::size_t most =
        std::clamp(columns_ - std::min(columns_, numbers), kLeastModelName, kMostModelName);
    std::size_t name = 5;
    for (std::size_t i = 0; i < shown; ++i) {
      name = std::max(name, DisplayWidth(FitCells(ModelName(*models[i]), most)));
    }
    std::vector<Row> rows;
    StyledLine head = Line();
    head.Add(" model", Look::kDim);
    for (std::size_t i = 0; i < kHeads.size(); ++i) {
      if (column(name, i) <= columns_) head.AddRight(kHeads[i], column(name, i), Look::kDim);
    }
    rows.push_back({kModels, head.Take()});
    for (std::size_t i = 0; i < shown; ++i) {
      const LiveTally tally = TallyOf(models[i]->counts);
      StyledLine line = Line();
      line.Add(" ").Add(FitCells(ModelName(*models[i]), most));
      const auto number = [&](std::size_t at, std::int64_t count, Look look) {
        if (column(name, at) > columns_) return;
        line.AddRight(std::to_string(count), column(name, at), count == 0 ? Look::kDim : look);
      };
      const std::int64_t bad = tally.failed + tally.lost + tally.skipped + tally.cancelled;
      number(0, tally.succeeded, Look::kGood);
      number(1, bad, Look::kBad);
      number(2, tally.running + tally.fetching, Look::kBusy);
      number(3, tally.waiting, Look::kPlain);
      const auto usual = Usual(*models[i]);
      if (column(name, 4) <= columns_) {
        line.AddRight(usual ? In(*usual) : "-", column(name, 4), Look::kDim);
      }
      rows.push_back({kModels, line.Take()});
    }
    if (shown < models.size() && room > shown + 1) {
      StyledLine more = Line();
      more.Add(fmt::format(" and {} more", models.size() - shown), Look::kDim);
      rows.push_back({kModels, more.Take()});
    }
    return rows;
  }

  void AddFacts() {
    AddEta();
    if (view_.submits) AddSlots();
    if (view_.submits) AddRates();
    AddCost();
    AddExpiry();
  }

  void AddSlots() {
    StyledLine slots = Labelled("slots");
    if (view_.slots) {
      slots.Add(fmt::format("{} of {} in use", view_.slots_used, *view_.slots));
      if (view_.slots_found_out) slots.Add("  found out as the run goes on", Look::kDim);
    } else {
      slots.Add(fmt::format("{} in use", view_.slots_used));
    }
    Put(kSlots, std::move(slots));
  }

  void AddEta() {
    if (tally_.total == tally_.ended) return;
    StyledLine line = Labelled("left");
    const std::string text = pipeline::EtaText(view_.eta);
    if (text.empty() && view_.eta.unlearnt.empty()) return;
    line.Add(text, Look::kBold);
    if (!view_.eta.unlearnt.empty()) {
      line.Add(
          text.empty()
              ? fmt::format("known once a task of {} has finished", view_.eta.unlearnt)
              : fmt::format(", without {}, of which none has finished yet", view_.eta.unlearnt),
          Look::kDim);
    }
    Put(kEta, std::move(line));
  }

  void AddRates() {
    StyledLine line = Labelled("pace");
    line.Add(fmt::format("{} sent and {} done in the last minute", view_.sent, view_.ended));
    if (view_.submit_rate_limit > 0) {
      const bool slowed =
          view_.submit_rate > 0 && view_.submit_rate < view_.submit_rate_limit * 0.999;
      if (slowed) {
        line.Add(", ").Add(fmt::format("slowed to {} of {}", Rate(view_.submit_rate),
                                       Rate(view_.submit_rate_limit)),
                           Look::kWarn);
      } else {
        line.Add(fmt::format(", at most {}", Rate(view_.submit_rate_limit)), Look::kDim);
      }
    }
    Put(kRates, std::move(line));
  }

  void AddCost() {
    const store::MoneyState& money = view_.money;
    const bool charged = money.spent_micros + money.reserved_micros > 0;
    if (!charged && !money.terms.budget_micros && money.unpriced == 0) return;
    StyledLine line = Labelled("cost");
    line.Add(MoneyText({money.spent_micros, money.terms.currency})).Add(" spent");
    if (money.reserved_micros > 0) line.Add(", " + AmountText(money.reserved_micros) + " reserved");
    if (money.terms.budget_micros) {
      const std::int64_t used = money.spent_micros + money.reserved_micros;
      const bool tight = used * 10 >= *money.terms.budget_micros * 9;
      line.Add(" of ").Add(AmountText(*money.terms.budget_micros),
                           tight ? Look::kWarn : Look::kPlain);
    }
    if (money.unpriced > 0) {
      line.Add(fmt::format(", {} without a price", money.unpriced), Look::kWarn);
    }
    line.Add(money.terms.verified ? "  estimated" : "  estimated, unverified prices", Look::kDim);
    Put(kCost, std::move(line));
  }

  void AddExpiry() {
    using std::chrono::hours;
    if (view_.result_expires_in) {
      StyledLine line = Labelled("expiry");
      const bool soon = *view_.result_expires_in < hours{24};
      line.Add(fmt::format("{} not on disk, the first goes in {}",
                           view_.expiring_results == 1
                               ? std::string("1 result")
                               : fmt::format("{} results", view_.expiring_results),
                           In(*view_.result_expires_in)),
               soon ? Look::kWarn : Look::kPlain);
      Put(kExpiry, std::move(line));
    }
    if (view_.task_leaves_in && *view_.task_leaves_in > Millis{0}) {
      StyledLine line = Labelled(view_.result_expires_in ? "" : "expiry");
      const bool soon = *view_.task_leaves_in < hours{6};
      line.Add("the service forgets the oldest task in " + In(*view_.task_leaves_in),
               soon ? Look::kWarn : Look::kPlain);
      Put(soon ? kExpiry : kRates, std::move(line));
    }
  }

  void AddFailures() {
    bool first = true;
    std::size_t shown = 0;
    for (const LiveFailure& failure : view_.failures) {
      if (shown++ == kMostFailures) break;
      StyledLine line = Labelled(first ? "failures" : "");
      line.Add(FitCells(failure.id, 24), Look::kBad).Add("  ");
      line.Add(Ago(view_.now - failure.at), Look::kDim).Add("  ");
      std::string why = failure.code.empty() ? failure.what : failure.code;
      if (!failure.message.empty()) why += ": " + failure.message;
      line.Add(why);
      Put(first ? kLastFailure : kMoreFailures, std::move(line));
      first = false;
    }
  }

  const LiveView& view_;
  const LiveStyle& style_;
  const LiveTally tally_;
  const std::size_t columns_;  // that may be used
  std::vector<Row> rows_;
};

}  // namespace

std::vector<std::string> RenderLive(const LiveView& view, const LiveStyle& style) {
  if (style.columns < 2 || style.rows < 2) return {};
  if (style.columns < kLeastColumns || style.rows < kLeastRows) {
    return {FitCells(ProgressText(view), style.columns - 1)};
  }
  return Block(view, style).Lines();
}

std::string ProgressText(const LiveView& view) {
  const LiveTally tally = TallyOf(view.counts);
  std::string text = fmt::format("{}/{} done", tally.ended, tally.total);
  const auto add = [&](std::int64_t count, const char* what) {
    if (count > 0) text += fmt::format(", {} {}", count, what);
  };
  add(tally.failed, "failed");
  add(tally.lost, "lost");
  add(tally.skipped, "skipped");
  add(tally.cancelled, "cancelled");
  if (view.slots) {
    text += fmt::format(", {} of {} generating", view.slots_used, *view.slots);
  } else {
    add(static_cast<std::int64_t>(view.slots_used), "generating");
  }
  add(tally.fetching, "downloading");
  add(tally.waiting, "waiting");
  if (view.elapsed)
    text += fmt::format(" ({})", *view.elapsed < Seconds{1} ? "0s" : In(*view.elapsed));
  const std::string left = pipeline::EtaText(view.eta);
  if (tally.ended < tally.total && !left.empty()) text += fmt::format(", {} left", left);
  const store::MoneyState& money = view.money;
  if (money.spent_micros > 0) {
    text += fmt::format(", {} spent", MoneyText({money.spent_micros, money.terms.currency}));
  }
  return text;
}

}  // namespace aigc::cli

// SqliteStore: estimates, the budget, and what was reserved of it.
#include <fmt/format.h>

#include <utility>

#include "base/money.h"
#include "store/sqlite_query.h"
#include "store/sqlite_rows.h"
#include "store/sqlite_store_impl.h"

namespace aigc::store {
namespace {

#define AIGC_SQL_UNFINISHED     \
  " current = 1 AND listed = 1" \
  " AND state NOT IN ('succeeded', 'failed', 'skipped', 'cancelled', 'lost') "

std::optional<std::int64_t> OptionalInt64(const Query& query, int column) {
  if (query.Null(column)) return std::nullopt;
  return query.Int64(column);
}

}  // namespace

Result<MoneyState> SqliteStore::Money() {
  return database_->Read([&]() -> Result<MoneyState> {
    MoneyState money;
    Query query(*database_,
                "SELECT currency, verified, budget_micros, allow_unpriced, spent_micros,"
                " reserved_micros, unpriced, source FROM money");
    if (!query.Next()) return money;
    money.terms.currency = query.Text(0);
    money.terms.verified = query.Bool(1);
    money.terms.budget_micros = OptionalInt64(query, 2);
    money.terms.allow_unpriced = query.Bool(3);
    money.spent_micros = query.Int64(4);
    money.reserved_micros = query.Int64(5);
    money.unpriced = query.Int64(6);
    money.terms.source = query.Text(7);
    return money;
  });
}

Result<std::vector<UnpricedModel>> SqliteStore::Unpriced(const Selection& selection) {
  return database_->Read([&]() -> Result<std::vector<UnpricedModel>> {
    std::vector<UnpricedModel> models;
    // The bare column `id` is of the row that has the least position.
    Query query(*database_,
                "SELECT kind, model, version, count(*), min(position), id FROM task"
                " WHERE estimate_micros IS NULL AND" AIGC_SQL_UNFINISHED "AND" AIGC_SQL_SELECTED
                "GROUP BY kind, model, version ORDER BY min(position)");
    query.AddSelected(selection);
    while (query.Next()) {
      UnpricedModel& model = models.emplace_back();
      AIGC_ASSIGN_OR_RETURN(model.kind, KindFrom(query.Text(0)));
      model.model = query.Text(1);
      model.version = query.Text(2);
      model.tasks = query.Int64(3);
      model.first = query.Text(5);
    }
    return models;
  });
}

Status SqliteStore::SetMoneyTerms(const MoneyTerms& terms) {
  AIGC_ASSIGN_OR_RETURN(const MoneyState before, Money());
  const bool charged = before.spent_micros + before.reserved_micros > 0;
  const bool other = !terms.currency.empty() && !before.terms.currency.empty() &&
                     terms.currency != before.terms.currency;
  if (other && charged) {
    return Error{
        ErrorCode::kUsage,
        fmt::format(
            "the prices are in {}, and {} of this batch is spent or reserved already",
            terms.currency,
            MoneyText({before.spent_micros + before.reserved_micros, before.terms.currency})),
        database_->file(),
        fmt::format("use a price list in {}, or give the batch another name",
                    before.terms.currency)};
  }
  return database_->Write([&]() -> Status {
    if (other) {
      Query(*database_, "UPDATE task SET estimate_micros = NULL WHERE estimate_micros IS NOT NULL")
          .Run();
    }
    Query(*database_,
          "UPDATE money SET currency = iif(?1 = '', currency, ?1), verified = ?2,"
          " budget_micros = ?3, allow_unpriced = ?4, source = ?5")
        .Add(terms.currency)
        .Add(terms.verified && (!charged || before.terms.verified))
        .Add(terms.budget_micros)
        .Add(terms.allow_unpriced)
        .Add(terms.source)
        .Run();
    return {};
  });
}

Status SqliteStore::SetEstimate(std::int64_t task, std::optional<std::int64_t> micros) {
  return database_->Write([&]() -> Status {
    Query(*database_,
          "UPDATE task SET estimate_micros = ?2 WHERE key = ?1 AND estimate_micros IS NOT ?2"
          " AND state <> 'succeeded'")
        .Add(task)
        .Add(micros)
        .Run();
    return {};
  });
}

Status SqliteStore::ForEachUnfinished(
    const std::function<Status(const TaskRow&, const std::string& spec_json)>& visit) {
  return database_->Read([&]() -> Status {
    Query query(*database_, "SELECT" AIGC_SQL_TASK_COLUMNS
                            ", spec.json FROM task JOIN spec ON spec.task = task.key"
                            " WHERE current = 1 AND state <> 'succeeded' ORDER BY task.position");
    while (query.Next()) {
      AIGC_ASSIGN_OR_RETURN(const TaskRow row, ReadTask(query));
      AIGC_RETURN_IF_ERROR(visit(row, query.Text(kTaskColumnCount)));
    }
    return {};
  });
}

Affordable SqliteStore::Room(std::optional<std::int64_t> micros) {
  Query query(*database_,
              "SELECT budget_micros, allow_unpriced, spent_micros + reserved_micros FROM money");
  if (!query.Next() || query.Null(0)) return Affordable::kYes;
  if (!micros) return query.Bool(1) ? Affordable::kYes : Affordable::kUnpriced;
  // Written so that it cannot overflow; what is taken may be above a budget that was lowered.
  return *micros <= query.Int64(0) - query.Int64(2) ? Affordable::kYes : Affordable::kOverBudget;
}

Result<Affordable> SqliteStore::Affords(std::int64_t task) {
  return database_->Read([&]() -> Result<Affordable> {
    Query budget(*database_, "SELECT 1 FROM money WHERE budget_micros IS NOT NULL");
    if (!budget.Next()) return Affordable::kYes;
    Query query(*database_,
                "SELECT task.estimate_micros, EXISTS (SELECT 1 FROM submission s"
                "   JOIN charge ON charge.submission = s.key WHERE s.task = task.key"
                "   AND s.outcome = 'open' AND charge.status = 'reserved')"
                " FROM task WHERE key = ?1");
    query.Add(task);
    if (!query.Next() || query.Bool(1)) return Affordable::kYes;
    return Room(OptionalInt64(query, 0));
  });
}

Status SqliteStore::Reserve(std::int64_t submission) {
  Query query(*database_,
              "SELECT task.id, task.estimate_micros, coalesce(charge.status = 'reserved', 0)"
              " FROM submission s JOIN task ON task.key = s.task"
              " LEFT JOIN charge ON charge.submission = s.key WHERE s.key = ?1");
  if (!query.Add(submission).Next()) {
    return Error{ErrorCode::kInternal,
                 fmt::format("a send of submission {}, which is not there", submission)};
  }
  if (query.Bool(2)) return {};
  const auto micros = OptionalInt64(query, 1);
  if (Room(micros) != Affordable::kYes) {
    return Error{ErrorCode::kBudget, "the budget leaves no room for this task, it was not sent",
                 "task " + query.Text(0), "raise limits.budget or --budget"};
  }
  Query(*database_,
        "INSERT INTO charge (submission, micros, status) VALUES (?1, ?2, 'reserved')"
        " ON CONFLICT DO UPDATE SET micros = ?2, status = 'reserved'")
      .Add(submission)
      .Add(micros)
      .Run();
  return {};
}

}  // namespace aigc::store

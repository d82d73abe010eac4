// A million tasks must stay quick: the statements of every turn go by index and read no text of
// specs. Judged by SQLite's query plan on a state of many tasks, not by a clock.
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include "store/ready_queue.h"
#include "store/sqlite_database.h"
#include "store/sqlite_query.h"
#include "unit/store/state_fixture.h"

namespace aigc::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class QueryPlan : public testing::Test {
 protected:
  static constexpr int kTasks = 100000;

  static void SetUpTestSuite() {
    folder_ = new TempFolder;
    const auto store = Take(OpenForRun(folder_->path(), "b"));
    Take(store->BeginTurn());
    for (int i = 0; i < kTasks; ++i) {
      NewTask task = MakeTask("task-" + std::to_string(i), i);
      task.spec.model = i % 2 == 0 ? "Kling" : "Vidu";
      Take(store->AddTask(task, At(0)));
    }
    Take(store->CommitTurn());
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static std::string PlanOf(std::string_view sql) {
    const auto database = Take(Database::Open(*folder_ / "b.db", Database::Access::kRead));
    RegisterFunctions(*database);
    std::string plan;
    SQLite::Statement statement(database->connection(), "EXPLAIN QUERY PLAN " + std::string(sql));
    while (statement.executeStep()) plan += statement.getColumn(3).getString() + "\n";
    return plan;
  }

  static TempFolder* folder_;
};
TempFolder* QueryPlan::folder_ = nullptr;

TEST_F(QueryPlan, OfTheReadyQueueIsItsIndexInOrder) {
  for (const std::string_view sql : {kReady, kReadyHereSelected, kReadyBelowSelected}) {
    EXPECT_THAT(PlanOf(sql), AllOf(HasSubstr("SEARCH task USING INDEX task_ready"),
                                   Not(HasSubstr("TEMP B-TREE FOR")), Not(HasSubstr("SCAN"))))
        << sql;
  }
}

TEST_F(QueryPlan, OfDueRetriesIsTheIndexOnStateAndDueTime) {
  EXPECT_THAT(PlanOf(kDueRetries),
              AllOf(HasSubstr("SEARCH task USING INDEX task_state_due (state=? AND due_ms<?)"),
                    Not(HasSubstr("SCAN"))));
}

TEST_F(QueryPlan, OfWhatIsNotPendingIsTheIndexOnState) {
  for (const std::string where :
       {"state IN ('submitting', 'running', 'downloading') ORDER BY key", "state = 'blocked'",
        "state = 'succeeded' ORDER BY due_ms DESC, key DESC LIMIT 1000"}) {
    EXPECT_THAT(PlanOf("SELECT * FROM task WHERE" AIGC_SQL_NOT_PENDING + where),
                HasSubstr("SEARCH task USING INDEX task_state_due (state=?"))
        << where;
  }
}

TEST_F(QueryPlan, OfReportsFollowsTheManifestWithoutSorting) {
  EXPECT_THAT(PlanOf("SELECT key FROM task WHERE (current = 1 OR ?6) AND (listed = 1 OR ?7)"
                     " ORDER BY listed DESC, position, key"),
              AllOf(HasSubstr("USING INDEX task_order"), Not(HasSubstr("TEMP B-TREE"))));
}

TEST_F(QueryPlan, CountsAndPicksRightlyAmongManyTasks) {
  const auto store = Take(OpenForRun(folder_->path(), "b"));
  const auto ready = Take(store->NextReady(At(0), 5, {}, {"Vidu"}));
  ASSERT_EQ(ready.size(), 5U);
  EXPECT_EQ(ready[0].row.id, "task-0");
  EXPECT_EQ(ready[1].row.id, "task-2") << "the full model is left out, the other goes on";
  EXPECT_EQ(Take(store->Counts({})).at(TaskState::kPending), kTasks);
}

}  // namespace
}  // namespace aigc::store

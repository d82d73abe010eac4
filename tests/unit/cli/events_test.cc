#include "cli/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/captured_console.h"

namespace aigc::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kNow = 1787212805123;

TEST(JsonEvents, AreOneObjectALineWithTheirVersion) {
  CapturedConsole captured;
  JsonEvents events(captured.console(), [](WallTime, LiveView& view) {
    view.counts = {{TaskState::kRunning, 2}};
    return Status{};
  });
  pipeline::TaskEvent event;
  event.at = FromUnixMillis(kNow);
  event.id = "a";
  event.from = TaskState::kSubmitting;
  event.to = TaskState::kRunning;
  event.why = "accepted";
  events.OnTask(event);
  events.OnNotice(event.at, pipeline::Severity::kWarning, "slow\ndown");
  pipeline::Progress progress;
  progress.at = event.at;
  progress.in_flight = 2;
  progress.window = 4;
  progress.downloads = 1;
  const pipeline::Limits limits;
  progress.limits = &limits;
  events.OnProgress(progress);
  progress.ticks += Seconds{9};
  events.OnProgress(progress);
  const std::string head = R"("version":1,"at":"2026-08-20T08:00:05.123Z",)";
  EXPECT_EQ(captured.out(),
            R"({"event":"task",)" + head +
                R"("id":"a","generation":1,"from":"submitting","to":"running","why":"accepted"})"
                "\n"
                R"({"event":"notice",)" +
                head +
                R"("severity":"warning","text":"slow\ndown"})"
                "\n"
                R"({"event":"progress",)" +
                head +
                R"("counts":{"running":2},"in_flight":2,"window":4,"downloads":1,)"
                R"("left":{"at_least_seconds":0,"at_most_seconds":0}})"
                "\n");
  progress.ticks += Seconds{1};
  events.OnProgress(progress);
  const std::string lines = captured.out();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 4);
}

TEST(ProgressEvent, TellsWhatIsLeftAndWhatItCosts) {
  LiveView view;
  view.eta.unlearnt = "Kling/2.1";
  EXPECT_THAT(ProgressEvent(view, 0), Not(HasSubstr("left")));
  EXPECT_THAT(ProgressEvent(view, 0), Not(HasSubstr("cost")));
  view.eta = {true, Seconds{90}, Millis{120'500}, {}};
  view.submit_rate = 8;
  view.money.terms.currency = "CNY";
  view.money.terms.budget_micros = 10'000'000;
  view.money.spent_micros = 3'960'000;
  const std::string line = ProgressEvent(view, 0);
  EXPECT_THAT(line, HasSubstr(R"("submit_rate":8,)"));
  EXPECT_THAT(line, HasSubstr(R"("left":{"at_least_seconds":90,"at_most_seconds":120.5})"));
  EXPECT_THAT(
      line, HasSubstr(R"("cost":{"currency":"CNY","spent":3.96,"reserved":0.00,"budget":10.00})"));
}

TEST(EventSchema, NamesEveryReasonARunCanEndFor) {
  for (int reason = 0; reason <= static_cast<int>(pipeline::StopReason::kListed); ++reason) {
    const auto name = Name(static_cast<pipeline::StopReason>(reason));
    EXPECT_THAT(std::string(EventSchemaText()), HasSubstr("\"" + std::string(name) + "\""));
  }
}

}  // namespace
}  // namespace aigc::cli

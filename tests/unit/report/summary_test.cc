#include "report/summary.h"

#include <gtest/gtest.h>

#include "report/table.h"
#include "unit/report/rows_reader.h"

namespace aigc::report {
namespace {

store::ReportRow& Failed(RowsReader& reader, const std::string& id, const std::string& code,
                         const std::string& message) {
  store::ReportRow& row = reader.Add(id);
  row.row.state = TaskState::kFailed;
  row.row.error_code = code;
  row.row.error_message = message;
  return row;
}

TEST(Summary, GroupsFailuresByCodeMostFrequentFirst) {
  RowsReader reader;
  reader.Add("ok").row.state = TaskState::kSucceeded;
  Failed(reader, "a", "rare", "once");
  Failed(reader, "b", "often", "first of them").row.request_id = "r-b";
  Failed(reader, "c", "often", "second");
  reader.Add("d").row.state = TaskState::kLost;
  const auto summary = Summarise(reader, {});
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(summary->total, 5);
  ASSERT_EQ(summary->failures.size(), 3U);
  EXPECT_EQ(summary->failures[0].code, "often");
  EXPECT_EQ(summary->failures[0].count, 2);
  EXPECT_EQ(summary->failures[0].task_id, "b");
  EXPECT_EQ(summary->failures[0].message, "first of them");
  EXPECT_EQ(summary->failures[0].request_id, "r-b");
  EXPECT_EQ(summary->failures[2].state, TaskState::kLost);
}

TEST(Summary, TellsApartWhatNeedsDifferentAdvice) {
  RowsReader reader;
  Failed(reader, "a", "InternalError", "");
  Failed(reader, "b", "InternalError", "blocked by moderation");
  Failed(reader, "c", "InternalError", "blocked by moderation");
  const auto summary = Summarise(reader, {}, [](std::string_view, std::string_view message) {
    return std::string(message.empty() ? "try again" : "change the prompt");
  });
  ASSERT_EQ(summary->failures.size(), 2U);
  EXPECT_EQ(summary->failures[0].count, 2);
  EXPECT_EQ(summary->failures[0].task_id, "b");
  EXPECT_EQ(Summarise(reader, {})->failures.size(), 1U);
}

TEST(Summary, SaysHowLongItTook) {
  RowsReader reader;
  reader.Add("a").row.state = TaskState::kSucceeded;
  reader.times = {{"Kling", "2.1", Millis{70'250}, 3}};
  auto summary = *Summarise(reader, {});
  summary.took = Millis{754'321};
  EXPECT_EQ(RenderSummary(summary, {}),
            "spring: 1 task in 12m34s, 1 succeeded\ntime: usually 1m10s to generate one\n");
  reader.Add("b").row.version = "3.0";
  EXPECT_NE(RenderSummary(*Summarise(reader, {}), {})
                .find("  Kling/2.1      1        -          1    1m10s\n"
                      "  Kling/3.0      1        1          -        -\n"),
            std::string::npos);
}

TEST(Summary, TellsOfARunThatGoesOn) {
  RowsReader reader;
  reader.Add("a").row.state = TaskState::kRunning;
  auto summary = *Summarise(reader, {});
  summary.running = RunningNow{17, 1, {}, 3, 2, "", {}};
  EXPECT_EQ(RenderSummary(summary, {}),
            "spring: 1 task, 1 running\n"
            "running (pid 17): 1 generating, 3 sent and 2 done in the last minute\n");
  summary.running = RunningNow{17, 1, 4, 3, 2, "12m to 15m", {{Seconds{720}, Seconds{900}}}};
  EXPECT_NE(RenderSummary(summary, {})
                .find("1 of 4 generating, 3 sent and 2 done in the last "
                      "minute, 12m to 15m left\n"),
            std::string::npos);
  EXPECT_NE(
      SummaryJson(summary, {})
          .find(R"("run":{"pid":17,"in_flight":1,"window":4,"sent_last_minute":3,)"
                R"("ended_last_minute":2,"left":{"at_least_seconds":720,"at_most_seconds":900}})"),
      std::string::npos);
}

TEST(Summary, ReadsNoRowsWhenNothingFailed) {
  RowsReader reader;
  reader.Add("a").row.state = TaskState::kSucceeded;
  ASSERT_TRUE(Summarise(reader, {}).ok());
  EXPECT_EQ(reader.passes, 0);
}

TEST(Summary, SaysWhatItCostAndHowSureThatIs) {
  RowsReader reader;
  reader.Add("a").row.state = TaskState::kSucceeded;
  const auto line = [&] {
    const std::string text = RenderSummary(*Summarise(reader, {}), {});
    return text.substr(text.find('\n') + 1);
  };
  EXPECT_EQ(line(), "");
  reader.money.terms.currency = "CNY";
  reader.money.spent_micros = 3'960'000;
  EXPECT_EQ(line(), "cost: CNY 3.96 spent (estimated, unverified prices)\n");
  reader.money.terms.verified = true;
  reader.money.reserved_micros = 1'980'000;
  reader.money.terms.budget_micros = 10'000'000;
  reader.money.unpriced = 2;
  EXPECT_EQ(line(),
            "cost: CNY 3.96 spent, CNY 1.98 reserved of a budget of CNY 10.00 (estimated), and 2 "
            "submissions without a known price\n");
  EXPECT_NE(SummaryJson(*Summarise(reader, {}), {})
                .find("\"cost\":{\"currency\":\"CNY\",\"verified\":true,\"spent\":3.96,"
                      "\"reserved\":1.98,\"budget\":10.00,\"unpriced_submissions\":2}"),
            std::string::npos);
}

TEST(Summary, RendersCountsModelsAndFailures) {
  RowsReader reader;
  reader.Add("a").row.state = TaskState::kSucceeded;
  TaskSpec image;
  image.kind = Kind::kImage;
  image.model = "GG";
  image.version = "3.0";
  reader.Add("b", image);
  Failed(reader, "hero", "ContentRefused", "not allowed\x1b[31m\nat all").row.request_id = "r-1";
  const auto summary = Summarise(reader, {});
  ASSERT_TRUE(summary.ok());
  const Advice advice = [](std::string_view code, std::string_view) {
    return code == "ContentRefused" ? std::string("change the prompt") : std::string();
  };
  EXPECT_EQ(RenderSummary(*summary, advice),
            "spring: 3 tasks, 1 pending, 1 succeeded, 1 failed\n"
            "  model           tasks  pending  succeeded  failed\n"
            "  Kling/2.1           2        -          1       1\n"
            "  GG/3.0 (image)      1        1          -       -\n"
            "failures:\n"
            "  1 failed with code ContentRefused\n"
            "    hero: not allowed [31m at all\n"
            "    request id: r-1\n"
            "    hint: change the prompt\n");
  EXPECT_EQ(SummaryJson(*summary, advice),
            "{\"batch\":\"spring\",\"output_dir\":\"out/spring\",\"tasks\":3,"
            "\"counts\":{\"pending\":1,\"succeeded\":1,\"failed\":1},\"models\":["
            "{\"kind\":\"video\",\"model\":\"Kling\",\"version\":\"2.1\","
            "\"counts\":{\"succeeded\":1,\"failed\":1}},"
            "{\"kind\":\"image\",\"model\":\"GG\",\"version\":\"3.0\",\"counts\":{\"pending\":1}}],"
            "\"failures\":[{\"state\":\"failed\",\"code\":\"ContentRefused\",\"count\":1,"
            "\"task\":\"hero\",\"message\":\"not allowed\\u001b[31m\\nat all\","
            "\"request_id\":\"r-1\",\"hint\":\"change the prompt\"}]}");
}

TEST(Summary, NeedsNoTableForOneModel) {
  RowsReader reader;
  reader.Add("a");
  EXPECT_EQ(RenderSummary(*Summarise(reader, {}), nullptr), "spring: 1 task, 1 pending\n");
}

TEST(Table, AlignsWideCharacters) {
  Table table({Align::kLeft, Align::kRight, Align::kLeft});
  table.AddRow({"小男孩", "1", "x"});
  table.AddRow({"abc", "100", ""});
  table.AddRow({"🦊e\u0301", "22", "y"});
  EXPECT_EQ(table.Render(1),
            " 小男孩    1  x\n"
            " abc     100\n"
            " 🦊e\u0301      22  y\n");
}

}  // namespace
}  // namespace aigc::report

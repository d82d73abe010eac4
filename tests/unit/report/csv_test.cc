#include "report/csv.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "report/report_line.h"
#include "unit/report/rows_reader.h"

namespace aigc::report {
namespace {

std::string Csv(RowsReader& reader, const CsvOptions& options = {}) {
  std::string text;
  const Status status = WriteCsv(reader, {}, options, [&](std::string_view part) {
    text += part;
    return Status();
  });
  EXPECT_TRUE(status.ok()) << Describe(status.error());
  return text;
}

store::ArtifactRow Artifact(int number, const std::string& path, std::int64_t bytes) {
  store::ArtifactRow artifact;
  artifact.number = number;
  artifact.url = "http://h/" + std::to_string(number) + ".mp4?a=1;b=2";
  artifact.path = path;
  artifact.bytes = bytes;
  if (!path.empty()) artifact.sha256 = "hash" + std::to_string(number);
  return artifact;
}

constexpr char kHead[] =
    "id,state,kind,model,version,prompt,duration,resolution,aspect_ratio,tags,task_id,files,urls,"
    "file_ids,bytes,sha256,error_code,error_message,attempts,estimated_cost,currency,created_at,"
    "submitted_at,started_at,finished_at,downloaded_at,queue_seconds,generation_seconds,"
    "request_id,session_id,generation,waits_for\r\n";

TEST(Csv, BeginsWithThePromisedColumnsEvenWithoutTasks) {
  RowsReader reader;
  EXPECT_EQ(Csv(reader), kHead);
}

TEST(Csv, SaysWhatABlockedTaskWaitsFor) {
  RowsReader reader;
  store::ReportRow& row = reader.Add("fox");
  row.row.state = TaskState::kBlocked;
  row.waits_for = {"still", "sky"};
  CsvOptions options;
  options.columns = {"state", "waits_for"};
  EXPECT_EQ(Csv(reader, options), "state,waits_for\r\nblocked,still;sky\r\n");
}

TEST(Csv, ShowsEverythingThatIsKnownOfATask) {
  RowsReader reader;
  TaskSpec spec;
  spec.prompt = "一个小男孩, \"running\"\nfast";
  spec.duration = 5;
  spec.resolution = "720P";
  spec.aspect_ratio = "16:9";
  spec.tags = {"ads", "spring"};
  store::ReportRow& row = reader.Add("hero", spec);
  row.row.state = TaskState::kSucceeded;
  row.row.attempts = 2;
  row.row.estimate_micros = 1'980'000;
  reader.money.terms.currency = "CNY";
  row.row.request_id = "r-1";
  row.session_id = "s-1";
  row.task_id = "t-1";
  row.row.created_at = *ParseIso("2026-08-20T08:00:00Z");
  row.row.submitted_at = *ParseIso("2026-08-20T08:00:05.250Z");
  row.row.started_at = *ParseIso("2026-08-20T08:00:07.750Z");
  row.row.finished_at = *ParseIso("2026-08-20T08:01:37.750Z");
  row.row.downloaded_at = *ParseIso("2026-08-20T08:01:40Z");
  row.artifacts = {Artifact(2, "out/hero-2.mp4", 20), Artifact(1, "out/hero-1.mp4", 10)};
  EXPECT_EQ(Csv(reader),
            std::string(kHead) +
                "hero,succeeded,video,Kling,2.1,\"一个小男孩, \"\"running\"\"\nfast\",5,720P,16:9,"
                "ads;spring,t-1,out/hero-1.mp4;out/hero-2.mp4,"
                "http://h/1.mp4?a=1%3Bb=2;http://h/2.mp4?a=1%3Bb=2,,10;20,hash1;hash2,,,2,1.98,CNY,"
                "2026-08-20T08:00:00Z,2026-08-20T08:00:05Z,2026-08-20T08:00:07Z,"
                "2026-08-20T08:01:37Z,2026-08-20T08:01:40Z,2.5,90,r-1,s-1,1,\r\n");
}

TEST(Csv, LeavesCellsEmptyForWhatIsNotKnown) {
  RowsReader reader;
  reader.Add("a");
  EXPECT_EQ(Csv(reader), std::string(kHead) + "a,pending,video,Kling,2.1" + std::string(13, ',') +
                             ",0" + std::string(12, ',') + "1,\r\n");
}

// An unknown cost is not a cost of nothing.
TEST(Csv, TellsAnUnknownCostFromNone) {
  RowsReader reader;
  reader.money.terms.currency = "CNY";
  reader.Add("unknown");
  reader.Add("free").row.estimate_micros = 0;
  CsvOptions options;
  options.columns = {"id", "estimated_cost", "currency"};
  std::string text;
  ASSERT_TRUE(WriteCsv(reader, {}, options, [&](std::string_view part) -> Status {
                text += part;
                return {};
              }).ok());
  EXPECT_EQ(text, "id,estimated_cost,currency\r\nunknown,,\r\nfree,0.00,CNY\r\n");
}

TEST(Csv, KeepsOutputsAlignedWhenOneIsMissing) {
  RowsReader reader;
  store::ReportRow& row = reader.Add("a");
  row.artifacts = {Artifact(1, "", 0), Artifact(2, "out/a-2.mp4", 20), Artifact(3, "", 0)};
  CsvOptions options;
  options.columns = {"files", "bytes", "sha256", "file_ids"};
  EXPECT_EQ(Csv(reader, options), "files,bytes,sha256,file_ids\r\n;out/a-2.mp4;,;20;,;hash2;,\r\n");
}

TEST(Csv, CountsAClockThatRunsBehindAsNoTime) {
  RowsReader reader;
  store::ReportRow& row = reader.Add("a");
  row.row.submitted_at = *ParseIso("2026-08-20T08:00:05Z");
  row.row.started_at = *ParseIso("2026-08-20T08:00:03Z");
  CsvOptions options;
  options.columns = {"queue_seconds", "generation_seconds"};
  EXPECT_EQ(Csv(reader, options), "queue_seconds,generation_seconds\r\n0,\r\n");
}

TEST(Csv, RefusesAnUnknownColumnBeforeAnythingIsWritten) {
  RowsReader reader;
  CsvOptions options;
  options.columns = {"id", "promt"};
  bool written = false;
  const Status status = WriteCsv(reader, {}, options, [&](std::string_view) {
    written = true;
    return Status();
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUsage);
  EXPECT_EQ(status.error().hint, "did you mean prompt?");
  EXPECT_FALSE(written);
}

TEST(Csv, GuardsSpreadsheetsFromFormulas) {
  RowsReader reader;
  for (const char* prompt : {"=1+1", "+1", "-1", "@x", "\tx", "\rx", "plain = text"}) {
    TaskSpec spec;
    spec.prompt = prompt;
    reader.Add("a", spec);
  }
  CsvOptions options;
  options.columns = {"prompt"};
  EXPECT_EQ(Csv(reader, options).substr(0, 15), "prompt\r\n=1+1\r\n+");
  options.excel = true;
  EXPECT_EQ(Csv(reader, options),
            "\uFEFFprompt\r\n'=1+1\r\n'+1\r\n'-1\r\n'@x\r\n'\tx\r\n\"'\rx\"\r\nplain = text\r\n");
}

TEST(Csv, IsAlwaysWellFormedUtf8) {
  RowsReader reader;
  reader.Add("a").row.error_message = "caf\xE9 \xF0\x9F\xA6";
  const std::string text = Csv(reader);
  EXPECT_FALSE(FindBadUtf8(text));
  EXPECT_NE(text.find("caf\uFFFD \uFFFD"), std::string::npos);
}

TEST(Csv, HandsOnTheErrorOfItsSink) {
  RowsReader reader;
  // Small rows are handed on together; each of these is a piece.
  for (int i = 0; i < 10; ++i) reader.Add("a").row.error_message = std::string(70'000, 'x');
  int pieces = 0;
  const Status status = WriteCsv(reader, {}, {}, [&](std::string_view) -> Status {
    if (++pieces == 3) return Error{ErrorCode::kDiskFull, "full"};
    return {};
  });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kDiskFull);
  EXPECT_EQ(pieces, 3);
}

TEST(Csv, NamesTheTaskWhoseSpecIsDamaged) {
  RowsReader reader;
  reader.Add("hero").spec_json = "{";
  const Status status = WriteCsv(reader, {}, {}, [](std::string_view) { return Status(); });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kStateDamaged);
  EXPECT_EQ(status.error().context, "task hero");
}

TEST(NumberCell, IsTheShortestFormWithThreeDecimals) {
  EXPECT_EQ(NumberCell(6), "6");
  EXPECT_EQ(NumberCell(12.5), "12.5");
  EXPECT_EQ(NumberCell(0.0004), "0");
  EXPECT_EQ(NumberCell(100), "100");
  EXPECT_EQ(NumberCell(1.2346), "1.235");
}

TEST(Csv, ShowsOnlyWhatTheFilterTakes) {
  RowsReader reader;
  reader.Add("a").row.state = TaskState::kFailed;
  reader.Add("b");
  CsvOptions options;
  options.columns = {"id"};
  options.filter = *RowFilter::Parse({"state=failed"});
  EXPECT_EQ(Csv(reader, options), "id\r\na\r\n");
}

}  // namespace
}  // namespace aigc::report

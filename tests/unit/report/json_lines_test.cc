#include "report/json_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/report/rows_reader.h"

namespace aigc::report {
namespace {

using testing::HasSubstr;

std::string Lines(RowsReader& reader, const JsonLinesOptions& options = {}) {
  std::string text;
  const Status status = WriteJsonLines(reader, {}, options, [&](std::string_view part) -> Status {
    text += part;
    return {};
  });
  EXPECT_TRUE(status.ok()) << Describe(status.error());
  return text;
}

RowsReader OneOfEach() {
  RowsReader reader;
  TaskSpec spec;
  spec.prompt = "line\nbreak";
  spec.duration = 5;
  spec.tags = {"x"};
  store::ReportRow& row = reader.Add("a", spec);
  row.row.state = TaskState::kSucceeded;
  store::ArtifactRow artifact;
  artifact.url = "http://h/1.mp4?a=1;b=2";
  artifact.path = "out/a.mp4";
  artifact.bytes = 10;
  artifact.sha256 = "hash1";
  row.artifacts = {artifact};
  reader.Add("b").row.state = TaskState::kBlocked;
  reader.rows.back().waits_for = {"still", "sky"};
  return reader;
}

TEST(JsonLines, WritesOneObjectPerTaskWithoutAbsentMembers) {
  RowsReader reader = OneOfEach();
  JsonLinesOptions options;
  for (const std::string_view name : JsonLinesColumns()) {
    if (name != "story" && name != "spec") options.columns.emplace_back(name);
  }
  EXPECT_EQ(Lines(reader, options),
            "{\"id\":\"a\",\"state\":\"succeeded\",\"kind\":\"video\",\"model\":\"Kling\","
            "\"version\":\"2.1\",\"prompt\":\"line\\nbreak\",\"duration\":5,\"tags\":[\"x\"],"
            "\"outputs\":[{\"file\":\"out/a.mp4\",\"url\":\"http://h/1.mp4?a=1;b=2\",\"bytes\":10,"
            "\"sha256\":\"hash1\"}],\"attempts\":0,\"generation\":1}\n"
            "{\"id\":\"b\",\"state\":\"blocked\",\"kind\":\"video\",\"model\":\"Kling\","
            "\"version\":\"2.1\",\"attempts\":0,\"generation\":1,"
            "\"waits_for\":[\"still\",\"sky\"]}\n");
}

TEST(JsonLines, HoldsTheSpecAndTheStoryUnlessTheyAreLeftOut) {
  RowsReader reader = OneOfEach();
  const std::string text = Lines(reader);
  EXPECT_THAT(text, HasSubstr("\"spec\":{\"id\":\"a\",\"kind\":\"video\""));
  EXPECT_THAT(text, HasSubstr("\"story\":[{\"generation\":1,\"current\":true"));
  EXPECT_EQ(Lines(reader, {{"state", "id"}, {}}),
            "{\"state\":\"succeeded\",\"id\":\"a\"}\n{\"state\":\"blocked\",\"id\":\"b\"}\n");
}

TEST(JsonLines, ATaskThatIsGoneHasNoStory) {
  RowsReader reader;
  reader.Add("gone");
  EXPECT_EQ(Lines(reader, {{"id", "story"}, {}}), "{\"id\":\"gone\"}\n");
}

TEST(JsonLines, ShowsOnlyWhatTheFilterTakes) {
  RowsReader reader = OneOfEach();
  EXPECT_EQ(Lines(reader, {{"id"}, *RowFilter::Parse({"state=blocked"})}), "{\"id\":\"b\"}\n");
}

TEST(JsonLines, RefusesAnUnknownMemberBeforeAnythingIsWritten) {
  RowsReader reader = OneOfEach();
  bool written = false;
  const Status status =
      WriteJsonLines(reader, {}, {{"stroy"}, {}}, [&](std::string_view) -> Status {
        written = true;
        return {};
      });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUsage);
  EXPECT_EQ(status.error().hint, "did you mean story?");
  EXPECT_FALSE(written);
}

}  // namespace
}  // namespace aigc::report

#include "report/html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "report/html_data.h"
#include "unit/report/rows_reader.h"

namespace aigc::report {
namespace {

using testing::HasSubstr;
using testing::Not;

Status Write(RowsReader& reader, HtmlOptions options, std::string& text) {
  options.locate = [](std::string_view path) { return std::string(path); };
  return WriteHtml(reader, {}, options, [&](std::string_view part) -> Status {
    text += part;
    return {};
  });
}

std::string Page(RowsReader& reader, const HtmlOptions& options = {}) {
  std::string text;
  const Status status = Write(reader, options, text);
  EXPECT_TRUE(status.ok()) << Describe(status.error());
  return text;
}

// Of an element without attributes, the last one.
std::string Inside(const std::string& page, const std::string& name) {
  const std::size_t begin = page.rfind("<" + name + ">") + name.size() + 2;
  return page.substr(begin, page.find("</" + name + ">", begin) - begin);
}

TEST(Html, AllowsItsOwnScriptAndStyleAndNothingElse) {
  RowsReader reader;
  reader.Add("a");
  const std::string page = Page(reader);
  for (const char* name : {"script", "style"}) {
    const std::string text = Inside(page, name);
    EXPECT_GT(text.size(), 1000U);
    EXPECT_THAT(
        page, HasSubstr(std::string(name) + "-src 'sha256-" + Base64(AsText(Sha256(text))) + "'"));
  }
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("unsafe")));
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  EXPECT_THAT(Inside(page, "script"), Not(HasSubstr("innerHTML")));
}

TEST(Html, NothingForeignIsMarkup) {
  RowsReader reader;
  TaskSpec spec;
  spec.prompt = std::string("</script><script>alert(1)</script><!-- \0 \u2028", 44);
  spec.tags = {"</script>"};
  store::ReportRow& row = reader.Add("</script>", spec);
  row.row.error_code = "</script>";
  row.row.error_message = "<img onerror=x>";
  store::ArtifactRow artifact;
  artifact.path = "out/</script>\".mp4";
  artifact.url = "</script>";
  row.artifacts = {artifact};
  HtmlOptions options;
  options.selection = "</script>";
  options.advice = [](std::string_view, std::string_view) { return "</script>"; };
  options.embed = [](std::string_view) { return std::string("bytes"); };
  const std::string page = Page(reader, options);
  std::size_t closed = 0;
  for (std::size_t at = 0; (at = page.find("</script>", at)) != std::string::npos; ++at) ++closed;
  EXPECT_EQ(closed, 6U) << "batch, tasks, advice, stories, one embedded file, the script";
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, HasSubstr("\\u003c/script>"));
  EXPECT_THAT(page,
              HasSubstr("data-of=\"out/%3C/script%3E%22.mp4\">data:video/mp4;base64,Ynl0ZXM="));
}

TEST(Html, RefusesMoreTasksThanABrowserTakesBeforeItWritesAnything) {
  RowsReader reader;
  reader.Add("kept").row.state = TaskState::kFailed;
  while (static_cast<std::int64_t>(reader.rows.size()) <= kMostHtmlTasks) reader.Add("many");
  std::string text;
  const Status status = Write(reader, {}, text);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kUsage);
  EXPECT_THAT(status.error().message, HasSubstr("10001 tasks"));
  EXPECT_THAT(status.error().hint, HasSubstr("--filter state=failed"));
  EXPECT_EQ(text, "");
  HtmlOptions options;
  options.filter = *RowFilter::Parse({"state=failed"});
  EXPECT_TRUE(Write(reader, options, text).ok());
}

TEST(Html, LargeFilesStayOutsideThePage) {
  RowsReader reader;
  store::ArtifactRow artifact;
  artifact.path = "out/a.mp4";
  artifact.bytes = kMostEmbeddedFile + 1;
  reader.Add("a").artifacts = {artifact};
  artifact.path = "out/b.txt";
  artifact.bytes = 1;
  reader.Add("b").artifacts = {artifact};
  HtmlOptions options;
  int asked = 0;
  options.embed = [&](std::string_view) -> std::optional<std::string> {
    ++asked;
    return "x";
  };
  EXPECT_THAT(Page(reader, options), Not(HasSubstr("<script type=\"text/plain\"")));
  EXPECT_EQ(asked, 0);
}

TEST(FileAddress, IsOneWhateverTheName) {
  EXPECT_EQ(FileAddress("out/a b/1.png"), "out/a%20b/1.png");
  EXPECT_EQ(FileAddress("javascript:x"), "javascript%3Ax");
  EXPECT_EQ(FileAddress("/data/a#1?.png"), "file:///data/a%231%3F.png");
  EXPECT_EQ(FileAddress("雪.png"), "%E9%9B%AA.png");
}

}  // namespace
}  // namespace aigc::report

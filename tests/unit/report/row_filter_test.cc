#include "report/row_filter.h"

#include <gtest/gtest.h>

#include "unit/report/rows_reader.h"

namespace aigc::report {
namespace {

store::TaskRow Row(const std::string& id, TaskState state, const std::string& code = "") {
  RowsReader reader;
  store::TaskRow row = reader.Add(id).row;
  row.state = state;
  row.error_code = code;
  return row;
}

bool Takes(const std::vector<std::string>& texts, const store::TaskRow& row) {
  const auto filter = RowFilter::Parse(texts);
  EXPECT_TRUE(filter.ok()) << Describe(filter.error());
  return filter.ok() && filter->Takes(row);
}

TEST(RowFilter, TakesEverythingWithoutAText) {
  EXPECT_TRUE(RowFilter().Takes(Row("a", TaskState::kPending)));
  EXPECT_TRUE(RowFilter().empty());
}

TEST(RowFilter, LooksAtEachKey) {
  const store::TaskRow row = Row("hero-1", TaskState::kFailed, "overdue");
  EXPECT_TRUE(Takes({"state=failed"}, row));
  EXPECT_TRUE(Takes({"state=lost, failed"}, row));
  EXPECT_FALSE(Takes({"state=succeeded"}, row));
  EXPECT_TRUE(Takes({"kind=video"}, row));
  EXPECT_FALSE(Takes({"kind=image"}, row));
  EXPECT_TRUE(Takes({"model=kling"}, row));
  EXPECT_TRUE(Takes({"model=Kling/2.1"}, row));
  EXPECT_FALSE(Takes({"model=Kling/2"}, row));
  EXPECT_FALSE(Takes({"model=Klin"}, row));
  EXPECT_TRUE(Takes({"code=overdue"}, row));
  EXPECT_FALSE(Takes({"code=over"}, row));
  EXPECT_TRUE(Takes({"id=hero-*"}, row));
  EXPECT_FALSE(Takes({"id=hero"}, row));
}

TEST(RowFilter, WantsEveryText) {
  const store::TaskRow row = Row("a", TaskState::kFailed);
  EXPECT_TRUE(Takes({"state=failed", "model=Kling"}, row));
  EXPECT_FALSE(Takes({"state=failed", "model=Vidu"}, row));
  auto filter = *RowFilter::Parse({"model=Kling"});
  filter.KeepOnly({TaskState::kLost});
  EXPECT_FALSE(filter.Takes(row));
}

TEST(RowFilter, NamesTheNearestOfWhatItDoesNotKnow) {
  const auto hint = [](const std::string& text) {
    const auto filter = RowFilter::Parse({text});
    EXPECT_FALSE(filter.ok()) << text;
    return filter.ok() ? "" : filter.error().hint;
  };
  EXPECT_EQ(hint("state=faild"), "did you mean failed?");
  EXPECT_EQ(hint("stat=failed"), "did you mean state?");
  EXPECT_EQ(hint("kind=picture"), "there are video, image");
  EXPECT_EQ(hint("failed"), "there are state, kind, model, code, id");
  EXPECT_EQ(hint("tag=x"), "--tag TAG does that");
}

}  // namespace
}  // namespace aigc::report

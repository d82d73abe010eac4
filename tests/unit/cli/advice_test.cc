#include "cli/advice.h"

#include <gtest/gtest.h>

namespace aigc::cli {
namespace {

TEST(Advice, IsThereForCodesOfTheApiOfTasksAndOfOurOwn) {
  EXPECT_FALSE(AdviceFor("InvalidParameterValue.SubAppId").empty());
  EXPECT_FALSE(AdviceFor("AuthFailure.SignatureFailure").empty());
  EXPECT_FALSE(AdviceFor("RequestLimitExceeded").empty());
  EXPECT_FALSE(AdviceFor("overdue").empty());
}

TEST(Advice, DiffersByCode) {
  EXPECT_NE(AdviceFor("InvalidParameterValue.SubAppId"), AdviceFor("AuthFailure.SignatureFailure"));
}

TEST(Advice, KnowsWhatWasRefusedForItsContent) {
  EXPECT_TRUE(IsRefusedForContent("ContentModerationFailed", ""));
  EXPECT_TRUE(IsRefusedForContent("InvalidParameter.VoilationContent", ""));
  EXPECT_FALSE(IsRefusedForContent("InternalError", "the renderer stopped"));
  EXPECT_FALSE(IsRefusedForContent("overdue", ""));
  EXPECT_FALSE(IsRefusedForContent("", ""));
}

TEST(Advice, IsEmptyWhenThereIsNoCode) { EXPECT_EQ(AdviceFor(""), ""); }

}  // namespace
}  // namespace aigc::cli

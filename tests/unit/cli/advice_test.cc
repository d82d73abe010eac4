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
  EXPECT_TRUE(IsContentRefusal("ContentModerationFailed", ""));
  EXPECT_TRUE(IsContentRefusal("InvalidParameter.VoilationContent", ""));
  EXPECT_FALSE(IsContentRefusal("InternalError", "the renderer stopped"));
  EXPECT_FALSE(IsContentRefusal("overdue", ""));
  EXPECT_FALSE(IsContentRefusal("", ""));
}

TEST(Advice, LooksAtTheMessageWhereTheCodeSaysLittle) {
  EXPECT_NE(AdviceFor("InternalError", "blocked by our moderation system"),
            AdviceFor("InternalError"));
  EXPECT_TRUE(IsContentRefusal("InternalError", "blocked by our moderation system"));
  EXPECT_FALSE(IsContentRefusal("InvalidParameterValue.SubAppId", "no"));
}

TEST(Advice, IsEmptyWhenThereIsNoCode) { EXPECT_EQ(AdviceFor(""), ""); }

}  // namespace
}  // namespace aigc::cli

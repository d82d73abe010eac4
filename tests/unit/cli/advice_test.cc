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

TEST(Advice, LooksAtTheMessageWhereTheCodeSaysLittle) {
  EXPECT_NE(AdviceFor("InternalError", "blocked by our moderation system"),
            AdviceFor("InternalError"));
  EXPECT_TRUE(IsContentRefusal("InternalError", "blocked by our moderation system"));
  EXPECT_FALSE(IsContentRefusal("InternalError", "out of order"));
  EXPECT_FALSE(IsContentRefusal("InvalidParameterValue.SubAppId", "no"));
  EXPECT_FALSE(IsContentRefusal("", ""));
}

TEST(Advice, IsEmptyWhenThereIsNoCode) { EXPECT_EQ(AdviceFor(""), ""); }

}  // namespace
}  // namespace aigc::cli

#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "base/secret.h"

namespace aigc {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return Error{ErrorCode::kInvalid, "odd"};
  return value / 2;
}

Result<int> Quarter(int value) {
  AIGC_ASSIGN_OR_RETURN(const int half, Half(value));
  AIGC_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

Status Check(int value, int* calls) {
  if (value < 0) return Error{ErrorCode::kUsage, "negative"};
  ++*calls;
  return {};
}

Status CheckBoth(int a, int b, int* calls) {
  AIGC_RETURN_IF_ERROR(Check(a, calls));
  AIGC_RETURN_IF_ERROR(Check(b, calls));
  return {};
}

TEST(Result, HandsErrorsOnAndStopsThere) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().message, "odd");
  int calls = 0;
  EXPECT_EQ(CheckBoth(-1, 1, &calls).error().code, ErrorCode::kUsage);
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(CheckBoth(1, -1, &calls).error().message, "negative");
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(CheckBoth(1, 1, &calls).ok());
}

TEST(Result, HoldsTypesThatOnlyMove) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  ASSERT_TRUE(result.ok());
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 7);
}

TEST(Result, TellsAnErrorFromAValueOfTheSameShape) {
  const Result<std::string> value = std::string("text");
  const Result<std::string> error = Error{ErrorCode::kNotFound, "text"};
  EXPECT_TRUE(value);
  EXPECT_FALSE(error);
  EXPECT_EQ(value->size(), 4U);
}

TEST(Result, DescribesWhereWhatAndWhatToDo) {
  EXPECT_EQ(Describe({ErrorCode::kIo, "cannot write"}), "cannot write");
  EXPECT_EQ(Describe({ErrorCode::kManifest, "unknown key", "a.yaml:3:5", "did you mean model?"}),
            "a.yaml:3:5: unknown key\n  hint: did you mean model?");
}

TEST(Result, EveryCodeHasItsOwnName) {
  std::set<std::string_view> names;
  const int last = static_cast<int>(ErrorCode::kInternal);
  for (int code = 0; code <= last; ++code) names.insert(Name(static_cast<ErrorCode>(code)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(last) + 1);
  EXPECT_TRUE(names.count("state_locked"));
}

TEST(Secret, TellsOnlyWhetherThereIsOneUntilRevealed) {
  EXPECT_TRUE(Secret().empty());
  const Secret secret("key");
  EXPECT_FALSE(secret.empty());
  EXPECT_EQ(secret.Reveal(), "key");
}

}  // namespace
}  // namespace aigc

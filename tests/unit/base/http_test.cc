#include "base/http.h"

#include <gtest/gtest.h>

namespace aigc {
namespace {

TEST(HttpHeaders, AreFoundWithoutCaseFirstOneFirst) {
  HttpHeaders headers;
  headers.Add("X-TC-Action", "first");
  headers.Add("x-tc-action", "second");
  headers.Add("Empty", "");
  EXPECT_EQ(headers.Get("x-Tc-aCTION"), "first");
  EXPECT_EQ(headers.Get("X-TC-Act"), "");
  EXPECT_TRUE(headers.Has("EMPTY"));
  EXPECT_FALSE(headers.Has("absent"));
  EXPECT_EQ(headers.all().size(), 3U);
}

}  // namespace
}  // namespace aigc

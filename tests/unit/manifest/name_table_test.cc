#include "manifest/name_table.h"

#include <gtest/gtest.h>

#include <string>

namespace aigc::manifest {
namespace {

TEST(NameTable, GivesTheFirstThatTookAName) {
  NameTable names;
  EXPECT_FALSE(names.Find("a").has_value());
  EXPECT_FALSE(names.Take("a", {3, 7}).has_value());
  const auto first = names.Take("a", {4, 8});
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->entry, 3U);
  EXPECT_EQ(first->line, 7U);
  EXPECT_FALSE(names.Take("A", {5, 9}).has_value());
  EXPECT_EQ(names.Find("a")->line, 7U);
}

TEST(NameTable, KeepsEveryNameWhileItGrows) {
  NameTable names;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    ASSERT_FALSE(names.Take("task-" + std::to_string(i), {i, i + 1}).has_value()) << i;
  }
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const auto found = names.Find("task-" + std::to_string(i));
    ASSERT_TRUE(found.has_value()) << i;
    ASSERT_EQ(found->entry, i);
    ASSERT_EQ(found->line, i + 1);
  }
  EXPECT_FALSE(names.Find("task-20000").has_value());
}

}  // namespace
}  // namespace aigc::manifest

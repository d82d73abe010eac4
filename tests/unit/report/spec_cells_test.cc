// The quick reader gives what the whole one gives.
#include "report/spec_cells.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "unit/task/spec_builder.h"

namespace aigc::report {
namespace {

TaskSpec CellsOf(const TaskSpec& spec) {
  TaskSpec cells;
  cells.id = spec.id;
  cells.kind = spec.kind;
  cells.model = spec.model;
  cells.version = spec.version;
  cells.prompt = spec.prompt;
  cells.negative_prompt = spec.negative_prompt;
  cells.duration = spec.duration;
  cells.resolution = spec.resolution;
  cells.aspect_ratio = spec.aspect_ratio;
  cells.count = spec.count;
  cells.tags = spec.tags;
  cells.depends_on = spec.depends_on;
  return cells;
}

TEST(SpecCells, AreThoseOfTheWholeSpec) {
  Random chance(7);
  EXPECT_EQ(CellsOf(*ParseSpecCells(SpecJson(FullSpec()))), CellsOf(FullSpec()));
  EXPECT_EQ(*ParseSpecCells(SpecJson(TaskSpec{})), TaskSpec{});
  for (int i = 0; i < 2000; ++i) {
    const TaskSpec spec = RandomSpec(chance);
    const auto cells = ParseSpecCells(SpecJson(spec));
    ASSERT_TRUE(cells.ok()) << SpecJson(spec);
    ASSERT_EQ(CellsOf(*cells), CellsOf(spec)) << SpecJson(spec);
  }
}

// None of the quick reader's own work is needed here, and it must not stop in the middle.
TEST(SpecCells, WhatAnotherWriterWroteIsReadToo) {
  const auto cells =
      ParseSpecCells("{ \"id\": \"a\", \"prompt\" : \"\\u00e9\", \"new\": [1, {}] }");
  ASSERT_TRUE(cells.ok());
  EXPECT_EQ(cells->id, "a");
  EXPECT_EQ(cells->prompt, "é");
}

TEST(SpecCells, DamageIsToldAtEveryByte) {
  const std::string json = SpecJson(FullSpec());
  for (std::size_t length = 0; length < json.size(); ++length) {
    const auto cells = ParseSpecCells(std::string_view(json).substr(0, length));
    ASSERT_FALSE(cells.ok()) << length;
    ASSERT_EQ(cells.error().code, ErrorCode::kStateDamaged);
  }
  EXPECT_FALSE(ParseSpecCells(json + "}").ok());
}

}  // namespace
}  // namespace aigc::report

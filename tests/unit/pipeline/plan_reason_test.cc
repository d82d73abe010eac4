#include "pipeline/plan_reason.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aigc::pipeline {
namespace {

using testing::ElementsAre;

Input FileInput(const std::string& path, const std::string& sha256, const std::string& usage) {
  return {.source = {.type = SourceType::kLocalFile, .text = path, .content_sha256 = sha256},
          .usage = usage};
}

Input TaskInput(const std::string& id) {
  return {.source = {.type = SourceType::kTask, .text = id}, .usage = "FirstFrame"};
}

TEST(ChangedFields, NamesTheFieldsInTheirOrder) {
  TaskSpec before, after;
  before.prompt = "a";
  after.prompt = "b";
  after.duration = 6;
  after.version = "2.1";
  EXPECT_THAT(ChangedFields(before, after), ElementsAre("model", "prompt", "duration"));
}

TEST(ChangedFields, NamesAFileWhoseContentChanged) {
  TaskSpec before, after;
  before.inputs = {FileInput("images/a.png", "aa", "FirstFrame"),
                   FileInput("b.png", "bb", "Reference")};
  after.inputs = {FileInput("images/a.png", "a2", "FirstFrame"),
                  FileInput("b.png", "bb", "Reference")};
  EXPECT_THAT(ChangedFields(before, after), ElementsAre("first_frame (content of images/a.png)"));
}

TEST(ChangedFields, DoesNotNameAFileThatOnlyMoved) {
  TaskSpec before, after;
  before.inputs = {FileInput("a.png", "aa", "LastFrame")};
  after.inputs = {FileInput("new/a.png", "aa", "LastFrame")};
  after.prompt = "other";
  EXPECT_THAT(ChangedFields(before, after), ElementsAre("prompt"));
}

TEST(ChangedFields, NamesTheEarlierStageWhenNothingElseChanged) {
  TaskSpec spec;
  spec.inputs = {TaskInput("still")};
  EXPECT_THAT(ChangedFields(spec, spec), ElementsAre("first_frame (task still changed)"));
}

TEST(ChangedFields, LooksAtTheKeyInsteadOfTheLink) {
  TaskSpec before, after;
  before.inputs = {{.source = {.text = "https://h/a?sig=1", .key = "a"}, .usage = "FirstFrame"}};
  after.inputs = {{.source = {.text = "https://h/a?sig=2", .key = "a"}, .usage = "FirstFrame"}};
  after.seed = 7;
  EXPECT_THAT(ChangedFields(before, after), ElementsAre("seed"));
}

}  // namespace
}  // namespace aigc::pipeline

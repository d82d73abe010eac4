#include "pipeline/batch_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aigc::pipeline {
namespace {

using testing::HasSubstr;

BatchCommand Example() {
  BatchCommand command;
  command.action = BatchCommand::Action::kRetry;
  command.id = "1787212800000-7-0badcafe";
  command.given = FromUnixMillis(1787212800000);
  command.tasks = {"clip *", "镜头?"};
  command.failed = command.lost = true;
  return command;
}

TEST(BatchCommand, IsWrittenAsAPersonCanReadIt) {
  EXPECT_EQ(RenderCommand(Example()),
            "aigc-batch command 1\nid 1787212800000-7-0badcafe\ngiven 2026-08-20T08:00:00Z\n"
            "action retry\nended failed\nended lost\ntask clip *\ntask 镜头?\n");
}

TEST(BatchCommand, IsReadBackAsItWas) {
  const auto read = ParseCommand(RenderCommand(Example()));
  ASSERT_TRUE(read.ok()) << Describe(read.error());
  EXPECT_EQ(RenderCommand(*read), RenderCommand(Example()));
  EXPECT_FALSE(read->again);
  EXPECT_FALSE(read->cancelled);
  EXPECT_EQ(read->tasks, Example().tasks);
}

TEST(BatchCommand, SettingsAndModelsAreReadBackAsTheyWere) {
  BatchCommand set;
  set.action = BatchCommand::Action::kSet;
  set.id = "a";
  set.settings = {{"submit_rate", "0.5"}, {"per_model.Kling/2.1", "auto"}, {"budget", "default"}};
  const auto read = ParseCommand(RenderCommand(set));
  ASSERT_TRUE(read.ok()) << Describe(read.error());
  EXPECT_EQ(read->settings, set.settings);

  BatchCommand pause;
  pause.action = BatchCommand::Action::kPause;
  pause.id = "b";
  pause.models = {"Kling", "Hailuo/2.3"};
  EXPECT_EQ(ParseCommand(RenderCommand(pause))->models, pause.models);
}

TEST(BatchCommand, WhatIsNotUnderstoodIsRefusedWhole) {
  const std::string good = RenderCommand(Example());
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"", "whole"},
      {good.substr(0, good.size() - 1), "whole"},
      {"hello\n", "not a command file"},
      {"aigc-batch command 2\naction cancel\nid a\n", "another version"},
      {good + "colour red\n", "unknown line \"colour\""},
      {good + "model Kling\n", "\"model\" belongs to a pause"},
      {good + "set downloads 2\n", "\"set\" belongs to a set"},
      {good + "ended soon\n", "unknown state"},
      {good + "task \n", "no value"},
      {good + "task " + std::string(1001, 'a') + "\n", "too long"},
      {good + "given yesterday\n", "no time"},
      {"aigc-batch command 1\nid a\naction stop\n", "unknown action"},
      {"aigc-batch command 1\nid a\naction set\n", "a set needs it"},
      {"aigc-batch command 1\nid a\naction set\nset downloads\n", "a name and a value"},
      {"aigc-batch command 1\nid a\naction set\nset colour red\n", "no limit"},
      {"aigc-batch command 1\nid a\naction set\nset downloads 0\n", "from 1 on"},
      {"aigc-batch command 1\nid a\naction pause\ntask x\n", "\"task\" belongs to"},
      {"aigc-batch command 1\nid a\n", "id and action"},
      {"aigc-batch command 1\naction cancel\n", "id and action"},
      {"aigc-batch command 1\nid a\naction retry\n", "a retry needs it"},
      {"aigc-batch command 1\nid a\naction cancel\nended lost\n", "belongs to a retry"},
  };
  for (const auto& [text, why] : bad) {
    const auto read = ParseCommand(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(read.error().message, HasSubstr(why)) << text;
  }
}

}  // namespace
}  // namespace aigc::pipeline

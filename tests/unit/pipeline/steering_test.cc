#include "pipeline/steering.h"

#include <gtest/gtest.h>

namespace aigc::pipeline {
namespace {

TEST(UseSetting, ReadsEveryLimitThatCanBeSet) {
  Limits limits;
  const auto use = [&](const char* name, const char* value) {
    const Status used = UseSetting(name, value, limits);
    EXPECT_TRUE(used.ok()) << name << ": " << used.error().message;
  };
  use("submit_rate", "0.5");
  use("poll_rate", "80");
  use("first_look", "10s");
  use("look_every", "1500ms");
  use("max_in_flight", "7");
  use("downloads", "9");
  use("attempts", "2");
  use("task_timeout", "90m");
  use("give_up_after", "1h");
  use("per_model.Kling/2.1", "3");
  use("budget", "12.50");
  EXPECT_EQ(limits.submit_rate, 0.5);
  EXPECT_EQ(limits.poll_rate, 80);
  EXPECT_EQ(limits.first_look, Seconds{10});
  EXPECT_EQ(limits.look_every, Millis{1500});
  EXPECT_EQ(limits.max_in_flight, 7);
  EXPECT_EQ(limits.downloads, 9);
  EXPECT_EQ(limits.attempts, 2);
  EXPECT_EQ(limits.task_timeout, std::chrono::minutes{90});
  EXPECT_EQ(limits.give_up_after, std::chrono::hours{1});
  EXPECT_EQ(limits.per_model.at("Kling/2.1"), 3);
  use("max_in_flight", "auto");
  use("per_model.Kling/2.1", "auto");
  EXPECT_FALSE(limits.max_in_flight);
  EXPECT_TRUE(limits.per_model.empty());
}

TEST(UseSetting, ReadsEveryNameThatItSaysItKnows) {
  for (const std::string_view name : kSettable) {
    Limits limits;
    EXPECT_TRUE(UseSetting(name, kDefaultValue, limits).ok()) << name;
    EXPECT_TRUE(UseSetting(name, "10", limits).ok()) << name;
    EXPECT_FALSE(UseSetting(name, "none", limits).ok()) << name;
  }
}

TEST(UseSetting, RefusesWhatIsNoValueAndChangesNothing) {
  Limits limits;
  const std::pair<const char*, const char*> bad[] = {
      {"submit_rate", "0"},    {"submit_rate", "-1"},       {"submit_rate", "inf"},
      {"submit_rate", "5/s"},  {"downloads", "1.5"},        {"downloads", ""},
      {"max_in_flight", "-2"}, {"attempts", "0"},           {"task_timeout", "soon"},
      {"budget", "0"},         {"budget", "5e3"},           {"per_model.", "2"},
      {"per_model./2.1", "2"}, {"per_model.Kling", "many"}, {"colour", "red"}};
  for (const auto& [name, value] : bad) {
    EXPECT_FALSE(UseSetting(name, value, limits).ok()) << name << "=" << value;
  }
  EXPECT_EQ(limits.submit_rate, Limits{}.submit_rate);
  EXPECT_TRUE(limits.per_model.empty());
}

TEST(PauseOf, FindsTheBatchTheModelAndTheVersion) {
  store::Steering steering;
  steering.pauses = {{"Kling/2.1", WallTime{}}, {"Vidu", WallTime{}}};
  EXPECT_NE(PauseOf(steering, "Kling", "2.1"), nullptr);
  EXPECT_EQ(PauseOf(steering, "Kling", "2.10"), nullptr);
  EXPECT_EQ(PauseOf(steering, "Klin", "g/2.1"), nullptr);
  EXPECT_NE(PauseOf(steering, "Vidu", "q2"), nullptr);
  EXPECT_EQ(PauseOf(steering, "Hailuo", "2.3"), nullptr);
  steering.pauses.push_back({"", WallTime{}});
  EXPECT_NE(PauseOf(steering, "Hailuo", "2.3"), nullptr);
}

}  // namespace
}  // namespace aigc::pipeline

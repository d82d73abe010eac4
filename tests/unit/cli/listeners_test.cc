#include "cli/listeners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "unit/cli/captured_console.h"

namespace aigc::cli {
namespace {

using testing::HasSubstr;

pipeline::TaskEvent Event() {
  pipeline::TaskEvent event;
  event.at = FromUnixMillis(1787212805123);
  event.id = "a";
  event.from = TaskState::kSubmitting;
  event.to = TaskState::kRunning;
  event.why = "accepted";
  return event;
}

TEST(JsonEvents, AreOneObjectALine) {
  CapturedConsole captured;
  JsonEvents events(captured.console(), [] {
    return store::StateCounts{{TaskState::kRunning, 2}};
  });
  events.OnTask(Event());
  events.OnNotice(Event().at, pipeline::Severity::kWarning, "slow\ndown");
  pipeline::Progress progress;
  progress.at = Event().at;
  progress.in_flight = 2;
  progress.window = 4;
  events.OnProgress(progress);
  progress.ticks += Seconds{9};
  events.OnProgress(progress);
  EXPECT_EQ(captured.out(),
            R"({"event":"task","at":"2026-08-20T08:00:05.123Z","id":"a","generation":1,)"
            R"("from":"submitting","to":"running","why":"accepted"})"
            "\n"
            R"({"event":"notice","at":"2026-08-20T08:00:05.123Z","severity":"warning",)"
            R"("text":"slow\ndown"})"
            "\n"
            R"({"event":"progress","at":"2026-08-20T08:00:05.123Z","counts":{"running":2},)"
            R"("in_flight":2,"window":4,"downloads":0})"
            "\n");
}

TEST(LogFile, AppendsOneLineForEachEvent) {
  const auto path =
      std::filesystem::temp_directory_path() / ("log-" + std::to_string(::getpid()) + ".txt");
  std::filesystem::remove(path);
  for (int run = 0; run < 2; ++run) {
    auto log = LogFile::Open(path.string());
    ASSERT_TRUE(log.ok());
    pipeline::TaskEvent event = Event();
    event.error_message = "two\nlines";
    (*log)->OnTask(event);
    (*log)->OnNotice({}, pipeline::Severity::kWarning, "careful");
  }
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  std::filesystem::remove(path);
  const std::string content = text.str();
  EXPECT_EQ(std::count(content.begin(), content.end(), '\n'), 4);
  EXPECT_THAT(content, HasSubstr("Z info a g1: submitting → running; accepted; two lines\n"));
  EXPECT_THAT(content, HasSubstr("Z warning careful\n"));
}

TEST(LogFile, ThatCannotBeOpenedIsAnError) {
  const auto log = LogFile::Open("/dev/null/log.txt");
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().code, ErrorCode::kIo);
  EXPECT_EQ(log.error().context, "/dev/null/log.txt");
}

TEST(Listeners, PassEverythingOnInOrder) {
  CapturedConsole one, two;
  Listeners listeners;
  const auto count = [] { return store::StateCounts{}; };
  listeners.Add(std::make_unique<JsonEvents>(one.console(), count));
  listeners.Add(std::make_unique<JsonEvents>(two.console(), count));
  listeners.OnTask(Event());
  listeners.OnNotice({}, pipeline::Severity::kInfo, "x");
  listeners.OnProgress({});
  const std::string lines = one.out();
  EXPECT_EQ(lines, two.out());
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3);
}

}  // namespace
}  // namespace aigc::cli

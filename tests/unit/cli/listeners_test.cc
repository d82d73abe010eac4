#include "cli/listeners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

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

// Writes down what it is told.
class Diary final : public pipeline::Observer {
 public:
  explicit Diary(std::string& text) : text_(text) {}
  void OnTask(const pipeline::TaskEvent& event) override { text_ += std::string(event.id) + "\n"; }
  void OnProgress(const pipeline::Progress&) override { text_ += "progress\n"; }
  void OnNotice(WallTime, pipeline::Severity, std::string_view text) override {
    text_ += std::string(text) + "\n";
  }

 private:
  std::string& text_;
};

TEST(Listeners, PassEverythingOnInOrder) {
  std::string one, two;
  Listeners listeners;
  listeners.Add(std::make_unique<Diary>(one));
  listeners.Add(std::make_unique<Diary>(two));
  listeners.OnTask(Event());
  listeners.OnNotice({}, pipeline::Severity::kInfo, "x");
  listeners.OnProgress({});
  EXPECT_EQ(one, "a\nx\nprogress\n");
  EXPECT_EQ(one, two);
}

}  // namespace
}  // namespace aigc::cli

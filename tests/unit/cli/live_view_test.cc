// The live block as it stands on a terminal: tests/data/screens has it for several sizes and
// states. After a change that is meant, AIGC_WRITE_SCREENS=1 writes them anew; look at each.
#include "cli/live_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <test_paths.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/display_text.h"

namespace aigc::cli {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;
using testing::Not;

store::ModelCounts Model(Kind kind, const std::string& model, const std::string& version,
                         store::StateCounts counts) {
  return {kind, model, version, std::move(counts)};
}

void Sum(LiveView& view) {
  view.counts.clear();
  for (const auto& model : view.models) {
    for (const auto& [state, count] : model.counts) view.counts[state] += count;
  }
}

// A batch in the middle of its work.
LiveView Busy() {
  using enum TaskState;
  LiveView view;
  view.batch = "spring-launch";
  view.now = FromUnixMillis(1787212805123);
  view.elapsed = Seconds{754};
  view.models = {
      Model(Kind::kImage, "GG", "3.0", {{kSucceeded, 20}, {kRunning, 1}}),
      Model(Kind::kVideo, "Hailuo", "2.3",
            {{kSucceeded, 30}, {kFailed, 1}, {kRunning, 2}, {kDownloading, 1}, {kPending, 36}}),
      Model(Kind::kVideo, "Kling", "2.5",
            {{kSucceeded, 40},
             {kFailed, 1},
             {kLost, 1},
             {kSubmitting, 1},
             {kRunning, 4},
             {kBlocked, 10},
             {kWaitingRetry, 2},
             {kPending, 50}})};
  Sum(view);
  view.slots_used = 8;
  view.slots = 10;
  view.submit_rate = view.submit_rate_limit = 16;
  view.sent = 9;
  view.ended = 8;
  view.money.terms.currency = "CNY";
  view.money.terms.budget_micros = 200'000'000;
  view.money.spent_micros = 90'000'000;
  view.money.reserved_micros = 8'000'000;
  view.learnt = {{"GG", "3.0", Seconds{14}, 20, Seconds{14}, Seconds{11}, Seconds{19}},
                 {"Hailuo", "2.3", Seconds{125}, 30, Seconds{125}, Seconds{100}, Seconds{150}},
                 {"Kling", "2.5", Seconds{70}, 40, Seconds{70}, Seconds{60}, Seconds{90}}};
  view.eta = {true, minutes{12}, minutes{15}, {}};
  view.expiring_results = 1;
  view.result_expires_in = hours{6 * 24 + 23};
  view.task_leaves_in = hours{71};
  view.failures = {{"clip-0044", "failed", "InvalidParameterValue", "the prompt was refused",
                    view.now - Seconds{9}},
                   {"hero-小男孩-🦊", "lost", "", "", view.now - minutes{3}},
                   {"clip-0002", "failed", "70000",
                    "一个小男孩在雨后的街道上奔跑，电影感，被内容审核拒绝，请修改提示词后再试一次",
                    view.now - hours{2}}};
  return view;
}

LiveView Starting() {
  LiveView view;
  view.batch = "first";
  view.elapsed = Millis{0};
  view.models = {Model(Kind::kVideo, "Kling", "2.5", {{TaskState::kPending, 3}})};
  Sum(view);
  view.slots = 1;
  view.slots_found_out = true;
  view.submit_rate = view.submit_rate_limit = 16;
  view.eta.unlearnt = "Kling/2.5";
  return view;
}

// One model is known, the other is not.
LiveView PartlyLearnt() {
  LiveView view = Busy();
  view.eta = {false, minutes{3}, minutes{3}, "Vidu/q2"};
  return view;
}

LiveView Slowed() {
  LiveView view = Busy();
  view.note = "submits nothing more; what is on its way is finished";
  view.submit_rate = 4;
  view.money.terms.verified = true;
  view.money.reserved_micros = 95'000'000;
  view.money.unpriced = 2;
  view.result_expires_in = hours{3};
  view.task_leaves_in = minutes{50};
  return view;
}

LiveView ManyModels() {
  LiveView view = Busy();
  for (int i = 0; i < 30; ++i) {
    view.models.push_back(Model(Kind::kVideo, "Vidu", "q" + std::to_string(i),
                                {{TaskState::kSucceeded, 30 - i}, {TaskState::kPending, i}}));
  }
  Sum(view);
  return view;
}

LiveView Hostile() {
  LiveView view = Busy();
  view.batch = "\x1B[2J\x1B[31mred\x1B]0;title\x07";
  view.models[0].model = std::string("G\nG\x1B[5m") + std::string(200, 'g');
  view.failures = {{"id\r\n\x1B[A", "failed",
                    "\x9B"
                    "31m",
                    "\xFF\xFE \u202Eevil\u2028 \x1B[2J" + std::string(500, 'x'), view.now}};
  return view;
}

struct Screen {
  std::string name;
  LiveView view;
  LiveStyle style;
};

void PrintTo(const Screen& screen, std::ostream* out) { *out << screen.name; }

std::vector<Screen> Screens() {
  return {{"busy_80x24", Busy(), {80, 24}},
          {"busy_200x50", Busy(), {200, 50}},
          {"busy_60x12", Busy(), {60, 12}},
          {"busy_40x8", Busy(), {40, 8}},
          {"busy_39x8", Busy(), {39, 8}},
          {"ascii_80x24", Busy(), {80, 24, false, true}},
          {"color_80x24", Busy(), {80, 24, true}},
          {"starting_80x24", Starting(), {80, 24}},
          {"partly_learnt_80x24", PartlyLearnt(), {80, 24}},
          {"slowed_80x24", Slowed(), {80, 24}},
          {"many_models_80x24", ManyModels(), {80, 24}},
          {"many_models_200x50", ManyModels(), {200, 50}},
          {"hostile_80x24", Hostile(), {80, 24}}};
}

std::string Shown(const Screen& screen) {
  std::string text;
  for (const std::string& line : RenderLive(screen.view, screen.style)) {
    // Visible, and harmless in an editor.
    for (const char c : line) text += c == '\x1B' ? std::string("␛") : std::string(1, c);
    text += "\n";
  }
  return text;
}

class LiveScreens : public testing::TestWithParam<Screen> {};

TEST_P(LiveScreens, LookLikeTheGoldenOnes) {
  const std::string path = std::string(AIGC_TEST_DATA) + "/screens/" + GetParam().name + ".txt";
  if (std::getenv("AIGC_WRITE_SCREENS") != nullptr) std::ofstream(path) << Shown(GetParam());
  std::ostringstream golden;
  golden << std::ifstream(path).rdbuf();
  EXPECT_EQ(Shown(GetParam()), golden.str()) << path;
}
INSTANTIATE_TEST_SUITE_P(All, LiveScreens, testing::ValuesIn(Screens()),
                         [](const auto& screen) { return screen.param.name; });

std::string WithoutColors(const std::string& line) {
  std::string text;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\x1B') {
      at = line.find('m', at);
    } else {
      text += line[at];
    }
  }
  return text;
}

TEST(RenderLive, FitsEveryTerminal) {
  for (const LiveView& view : {Busy(), Starting(), Slowed(), ManyModels(), Hostile(), LiveView{}}) {
    for (std::size_t columns = 0; columns < 140; columns += columns < 50 ? 1 : 7) {
      for (std::size_t rows = 0; rows < 60; rows += rows < 30 ? 1 : 5) {
        const auto plain = RenderLive(view, {columns, rows});
        EXPECT_LT(plain.size(), std::max<std::size_t>(rows, 1)) << columns << "x" << rows;
        for (const std::string& line : plain) {
          EXPECT_LT(DisplayWidth(line), columns) << line;
          EXPECT_EQ(line.find_first_of("\x1B\r\n\x07"), std::string::npos) << line;
        }
      }
    }
  }
}

TEST(RenderLive, SaysTheSameWithoutColours) {
  for (const LiveView& view : {Busy(), Slowed(), Hostile()}) {
    const auto plain = RenderLive(view, {80, 24});
    const auto colored = RenderLive(view, {80, 24, true});
    ASSERT_EQ(plain.size(), colored.size());
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_EQ(WithoutColors(colored[i]), plain[i]);
      // No colour runs on into the next line.
      const auto begin = colored[i].rfind('\x1B');
      if (begin == std::string::npos) continue;
      EXPECT_EQ(colored[i].substr(begin, 4), "\x1B[0m");
    }
  }
}

TEST(RenderLive, NeverRoundsUpToDoneNorAFailureAway) {
  LiveView view;
  view.batch = "large";
  view.models = {
      Model(Kind::kVideo, "K", "1",
            {{TaskState::kSucceeded, 99'998}, {TaskState::kFailed, 1}, {TaskState::kPending, 1}})};
  Sum(view);
  const auto lines = RenderLive(view, {80, 24});
  EXPECT_THAT(lines[2], HasSubstr("99%"));
  EXPECT_THAT(lines[2], HasSubstr("┅─"));
  EXPECT_THAT(lines[2], Not(HasSubstr("100%")));
}

TEST(ProgressText, TellsWhatIsDoneWhatRunsAndWhatWaits) {
  LiveView view;
  view.counts = {{TaskState::kSucceeded, 11}, {TaskState::kFailed, 1},
                 {TaskState::kRunning, 8},    {TaskState::kPending, 100},
                 {TaskState::kBlocked, 70},   {TaskState::kWaitingRetry, 7},
                 {TaskState::kSubmitting, 1}, {TaskState::kDownloading, 2}};
  view.slots_used = 9;
  view.slots = 10;
  view.elapsed = Seconds{65};
  EXPECT_EQ(ProgressText(view),
            "12/200 done, 1 failed, 9 of 10 generating, 2 downloading, 177 waiting (1m5s)");
  view.eta = {true, minutes{12}, minutes{15}, {}};
  view.money.terms.currency = "CNY";
  view.money.spent_micros = 3'960'000;
  EXPECT_EQ(ProgressText(view),
            "12/200 done, 1 failed, 9 of 10 generating, 2 downloading, 177 waiting (1m5s), 12m to "
            "15m left, CNY 3.96 spent");
}

TEST(ProgressText, LeavesOutWhatIsNot) {
  LiveView view;
  view.counts = {{TaskState::kSucceeded, 3}};
  view.eta.known = true;
  EXPECT_EQ(ProgressText(view), "3/3 done");
  view.counts = {{TaskState::kLost, 1}, {TaskState::kSkipped, 2}};
  view.elapsed = Seconds{4};
  EXPECT_EQ(ProgressText(view), "3/3 done, 1 lost, 2 skipped (4s)");
}

}  // namespace
}  // namespace aigc::cli

#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aigc::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Options Parse(std::vector<std::string> words) {
  auto parsed = ParseCommandLine(words);
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : Describe(parsed.error()));
  return parsed.ok() ? parsed->options : Options{};
}

Error Refuse(std::vector<std::string> words) {
  const auto parsed = ParseCommandLine(words);
  EXPECT_FALSE(parsed.ok());
  return parsed.ok() ? Error{} : parsed.error();
}

TEST(CommandLine, ReadsARunWithAllItsFlags) {
  const Options options = Parse({"run",
                                 "m.yaml",
                                 "--endpoint",
                                 "https://e",
                                 "--ca-file",
                                 "ca.pem",
                                 "--output",
                                 "o",
                                 "--max-in-flight",
                                 "auto",
                                 "--submit-rate",
                                 "2.5",
                                 "--poll-rate=7",
                                 "--stop-after",
                                 "3",
                                 "--task",
                                 "a*",
                                 "--task",
                                 "b",
                                 "--tag",
                                 "t",
                                 "--no-download",
                                 "--yes",
                                 "--sub-app-id",
                                 "42",
                                 "--state",
                                 "s",
                                 "--json",
                                 "-q"});
  EXPECT_EQ(options.command, "run");
  EXPECT_EQ(options.batch, "m.yaml");
  EXPECT_EQ(options.endpoint, "https://e");
  EXPECT_EQ(options.ca_file, "ca.pem");
  EXPECT_EQ(options.output, "o");
  EXPECT_EQ(options.max_in_flight, "auto");
  EXPECT_EQ(options.submit_rate, 2.5);
  EXPECT_EQ(options.poll_rate, 7);
  EXPECT_EQ(options.stop_after, 3);
  EXPECT_THAT(options.tasks, ElementsAre("a*", "b"));
  EXPECT_THAT(options.tags, ElementsAre("t"));
  EXPECT_TRUE(options.no_download);
  EXPECT_TRUE(options.yes);
  EXPECT_EQ(options.sub_app_id, 42);
  EXPECT_EQ(options.state, "s");
  EXPECT_TRUE(options.json);
  EXPECT_TRUE(options.quiet);
  EXPECT_FALSE(options.sim);
}

TEST(CommandLine, ReadsWhatARetryIsAbout) {
  const Options options = Parse(
      {"retry", "b", "--failed", "--lost", "--again", "--cancelled", "--task", "x*", "--yes"});
  EXPECT_TRUE(options.retry_failed && options.retry_lost && options.retry_again &&
              options.retry_cancelled && options.yes);
  EXPECT_THAT(options.tasks, ElementsAre("x*"));
  EXPECT_FALSE(Parse({"retry", "b"}).retry_failed);
  EXPECT_EQ(Parse({"cancel", "b", "--sim"}).command, "cancel");
  EXPECT_EQ(Parse({"run", "m.yaml", "--canary", "2"}).canary, 2);
  EXPECT_THAT(Describe(Refuse({"cancel", "b", "--again"})), HasSubstr("--again"));
  EXPECT_THAT(Describe(Refuse({"download", "b", "--submit-rate", "2"})),
              HasSubstr("--submit-rate"));
}

TEST(CommandLine, LeavesUnsaidWhatIsUnsaid) {
  const Options options = Parse({"run", "m.yaml"});
  EXPECT_EQ(options.state, std::nullopt);
  EXPECT_EQ(options.endpoint, std::nullopt);
  EXPECT_EQ(options.max_in_flight, std::nullopt);
  EXPECT_EQ(options.stop_after, std::nullopt);
  EXPECT_EQ(options.color, ColorMode::kAuto);
  EXPECT_FALSE(options.dry_run);
}

TEST(CommandLine, FlagDoesNotSwallowTheManifest) {
  const Options options = Parse({"run", "--task", "a", "m.yaml"});
  EXPECT_EQ(options.batch, "m.yaml");
  EXPECT_THAT(options.tasks, ElementsAre("a"));
}

TEST(CommandLine, TakesSharedFlagsBeforeTheCommandToo) {
  const Options options = Parse({"--state", "s", "--color", "never", "list"});
  EXPECT_EQ(options.command, "list");
  EXPECT_EQ(options.state, "s");
  EXPECT_EQ(options.color, ColorMode::kNever);
}

TEST(CommandLine, ReadsTheOtherCommands) {
  EXPECT_EQ(Parse({"validate", "m.yaml"}).batch, "m.yaml");
  EXPECT_EQ(Parse({"status"}).batch, "");
  EXPECT_EQ(Parse({"show", "b", "t"}).task, "t");
  EXPECT_EQ(Parse({"report", "b"}).format, "");
  EXPECT_THAT(Parse({"report", "b", "--columns", "id,state"}).columns, ElementsAre("id", "state"));
  EXPECT_THAT(Parse({"report", "--filter", "state=failed,lost", "b"}).filters,
              ElementsAre("state=failed,lost"));
  EXPECT_EQ(Parse({"report", "b", "--format", "jsonl", "-o", "f"}).output_file, "f");
  EXPECT_EQ(Parse({"models", "Kling"}).model, "Kling");
  EXPECT_EQ(Parse({"sim", "--port", "8443"}).port, 8443);
  EXPECT_EQ(Parse({"schema"}).command, "schema");
  EXPECT_TRUE(Parse({"resume", "b", "--sim"}).sim);
}

TEST(CommandLine, AnswersHelpAndVersion) {
  EXPECT_EQ(*ParseCommandLine({"--version"})->answer, VersionText() + "\n");
  EXPECT_THAT(*ParseCommandLine({"--help"})->answer, HasSubstr("validate"));
  const std::string help = *ParseCommandLine({"run", "--help"})->answer;
  EXPECT_THAT(help, HasSubstr("aigc-batch run [OPTIONS] MANIFEST"));
  EXPECT_THAT(help, HasSubstr("--max-in-flight"));
  EXPECT_THAT(help, HasSubstr("--state"));
}

TEST(CommandLine, SlipsOfThePenNameTheNearestWord) {
  EXPECT_THAT(Refuse({"rum", "m.yaml"}).hint, HasSubstr("run"));
  EXPECT_THAT(Refuse({"rum", "m.yaml"}).message, HasSubstr("unknown command rum"));
  EXPECT_THAT(Refuse({"run", "m.yaml", "--ouput", "x"}).hint, HasSubstr("--output"));
  EXPECT_THAT(Refuse({"run", "m.yaml", "--submit-rat=4"}).hint, HasSubstr("--submit-rate"));
  EXPECT_THAT(Refuse({"run", "m.yaml", "more"}).message, HasSubstr("unexpected argument more"));
}

TEST(CommandLine, EveryMistakeIsAUsageError) {
  const std::vector<std::vector<std::string>> lines = {{},
                                                       {"run"},
                                                       {"run", "m.yaml", "--submit-rate", "fast"},
                                                       {"run", "m.yaml", "--stop-after"},
                                                       {"run", "m.yaml", "--color", "pink"},
                                                       {"report", "b", "--format", "xls"},
                                                       {"sim", "--port", "70000"},
                                                       {"show", "b"},
                                                       {"list", "run"}};
  for (const auto& line : lines) {
    const Error error = Refuse(line);
    EXPECT_EQ(error.code, ErrorCode::kUsage) << testing::PrintToString(line);
    EXPECT_FALSE(error.message.empty());
    EXPECT_FALSE(error.hint.empty());
  }
}

TEST(CommandLine, ReadsWhatIsSetAndWhichModelsArePaused) {
  const Options set = Parse({"set", "b", "max_in_flight=4", "budget=12.50"});
  EXPECT_EQ(set.batch, "b");
  EXPECT_EQ(set.settings, (std::vector<std::string>{"max_in_flight=4", "budget=12.50"}));
  const Options pause = Parse({"pause", "b", "--model", "Kling", "--model", "Vidu/q2"});
  EXPECT_EQ(pause.models, (std::vector<std::string>{"Kling", "Vidu/q2"}));
  EXPECT_EQ(Parse({"resume", "b", "--model", "Kling"}).models.size(), 1u);
  EXPECT_EQ(Refuse({"set", "b"}).code, ErrorCode::kUsage);
}

TEST(CommandLine, HidesCommandsThatAreNotThere) {
  const std::string help = *ParseCommandLine({"--help"})->answer;
  for (const char* name : {"doctor"}) {
    EXPECT_THAT(help, Not(HasSubstr(std::string("\n  ") + name)));
  }
}

}  // namespace
}  // namespace aigc::cli

// Texts that no person writes: none may crash, hang, or flood the terminal.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <ctime>
#include <string>

#include "unit/manifest/manifest_support.h"

namespace aigc::manifest {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kHead[] = "manifest: 1\nname: t\ndefaults: {model: Hailuo/2.3}\n";

std::string Repeat(const std::string& part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

std::string Problems(const std::string& text) {
  return LoadAll(text, TestOptions(nullptr), "t.yaml").problems;
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// Where the `n`th comma or colon behind the first bracket stands.
std::size_t OffsetOfSeparator(const std::string& text, int n) {
  std::size_t at = text.find('[');
  for (int i = 0; i < n; ++i) at = text.find_first_of(",:", at + 1);
  return at;
}

struct Case {
  const char* name;
  std::string text;
  std::string expected;
};

class ExtremeText : public testing::TestWithParam<Case> {};

TEST_P(ExtremeText, IsRefusedWithOneClearError) {
  EXPECT_EQ(Problems(GetParam().text), GetParam().expected);
}

std::string Empty() {
  return "t.yaml:1:1: error: the manifest is empty\n     1 | \n       | ^\n"
         "  hint: a manifest begins with \"manifest: 1\" and has a list of tasks\n"
         "1 error, 0 warnings\n";
}

INSTANTIATE_TEST_SUITE_P(
    All, ExtremeText,
    testing::Values(Case{"Empty", "", Empty()}, Case{"OnlyByteOrderMark", "\xEF\xBB\xBF", Empty()},
                    Case{"OnlyBlanks", "  ",
                         "t.yaml:1:1: error: the manifest is empty\n     1 |   \n       | ^\n"
                         "  hint: a manifest begins with \"manifest: 1\" and has a list of tasks\n"
                         "1 error, 0 warnings\n"},
                    Case{"Nul", std::string("manifest: 1\nname: \0x\n", 22),
                         "t.yaml:2:7: error: byte 18 is NUL: this is not a text file\n"
                         "     2 | name:  x\n       |       ^\n"
                         "  hint: a manifest is YAML in UTF-8; save a UTF-16 file as UTF-8\n"
                         "1 error, 0 warnings\n"},
                    Case{"BadUtf8", "manifest: 1\nname: \xC3\x28\n",
                         "t.yaml:2:7: error: byte 18 (0xC3) is not UTF-8\n"
                         "     2 | name: \xEF\xBF\xBD(\n       |       ^\n"
                         "  hint: save the file as UTF-8\n1 error, 0 warnings\n"},
                    Case{"Utf16", std::string("\xFF\xFEm\0a\0n\0", 8),
                         "t.yaml:1:4: error: byte 3 is NUL: this is not a text file\n"
                         "     1 | \xEF\xBF\xBD\xEF\xBF\xBDm a n \n       |    ^\n"
                         "  hint: a manifest is YAML in UTF-8; save a UTF-16 file as UTF-8\n"
                         "1 error, 0 warnings\n"},
                    Case{"ControlCharacter", "manifest: 1\nname: a\x1B[31mb\n",
                         "t.yaml:2:8: error: the control character U+001B\n"
                         "     2 | name: a [31mb\n       |        ^\n  hint: remove it\n"
                         "1 error, 0 warnings\n"},
                    Case{"LoneCarriageReturn", "manifest: 1\rname: t\r",
                         "t.yaml:1:12: error: a carriage return without a line feed\n"
                         "     1 | manifest: 1 name: t\n       |            ^\n"
                         "  hint: save the file with line ends LF or CRLF\n1 error, 0 warnings\n"}),
    [](const auto& one) { return one.param.name; });

TEST(DeepNesting, OfFlowListsEndsAtTheBoundAndNotInTheStack) {
  EXPECT_THAT(Problems(kHead + std::string("tasks: ") + Repeat("[", 10000)),
              HasSubstr("error: more than 64 levels of nesting"));
}

TEST(DeepNesting, OfBlockMapsEndsAtTheBoundAndNotInTheStack) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_THAT(Problems(text), HasSubstr("t.yaml:65:65: error: more than 64 levels of nesting"));
}

TEST(DeepNesting, OfBlockListsAndKeysEndsToo) {
  for (const char* opener : {"- ", "? ", "{a: "}) {
    EXPECT_THAT(Problems(Repeat(opener, 10000)), HasSubstr("more than 64 levels of nesting"));
  }
}

TEST(DeepNesting, MadeOfAliasesEndsToo) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 100; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
            "]\n";
  }
  EXPECT_THAT(Problems(text), HasSubstr("more than 64 levels of nesting"));
}

TEST(AliasBomb, IsRecognisedWithoutBeingExpanded) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 0; j < 9; ++j) text += ", " + last;
    text += "]\n";
  }
  EXPECT_THAT(Problems(text), HasSubstr("the aliases up to here stand for more than 1000000"));
}

TEST(Aliases, MayShareValuesBetweenTasks) {
  const Loaded loaded = LoadAll(std::string(kHead) +
                                    "tasks:\n  - {id: a, prompt: &p A fox, tags: &t [x, y]}\n"
                                    "  - {id: b, prompt: *p , tags: *t }\n",
                                TestOptions(nullptr));
  ASSERT_EQ(loaded.tasks.size(), 2U) << loaded.problems;
  EXPECT_EQ(loaded.tasks[1].prompt, "A fox");
  EXPECT_EQ(loaded.tasks[1].tags, (std::vector<std::string>{"x", "y"}));
}

TEST(LongLine, IsShownThroughAWindow) {
  const std::string text =
      "{manifest: 1, name: t, tasks: [{id: a, model: A/1, prompt: " + std::string(1'000'000, 'x') +
      ", duration: fast, seed: 1}]}";
  const std::string shown = Problems(text);
  EXPECT_LT(shown.size(), 600U);
  EXPECT_THAT(shown, StartsWith("t.yaml:1:1000072: error: duration must be a number of seconds"));
  EXPECT_THAT(shown,
              HasSubstr("     1 | …" + std::string(68, 'x') +
                        ", duration: fast, seed: 1}]}\n       | " + std::string(81, ' ') + "^\n"));
}

TEST(ManyErrors, AreAllReportedInGoodTime) {
  std::string text = kHead;
  text += "tasks:\n";
  for (int i = 0; i < 1000; ++i) {
    text += "  - {id: t" + std::to_string(i) + ", prompt: x, duration: fast}\n";
  }
  const auto start = std::chrono::steady_clock::now();
  const LoadResult result = Load(text, "t.yaml", TestOptions(nullptr));
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(CountErrors(result.problems), 1000U);
  EXPECT_EQ(result.problems[999].place, (Place{1004, 37}));
  EXPECT_LT(took, std::chrono::seconds(5));  // about 10 ms; sanitizers and busy machines are slow
}

TEST(ManyErrors, OnOneLineAreAllReportedInGoodTime) {
  std::string text = "{manifest: 1, name: t, defaults: {model: A/1}, tasks: [";
  for (int i = 0; i < 20000; ++i) {
    text += "{id: t" + std::to_string(i) + ", prompt: 小男孩, duration: fast},";
  }
  text += "]}";
  const auto start = std::chrono::steady_clock::now();
  const LoadResult result = Load(text, "t.yaml", TestOptions(nullptr));
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(CountErrors(result.problems), 20000U);
  EXPECT_LT(took, std::chrono::seconds(20));  // under a second; a square would be minutes
}

TEST(ExpandingVariables, CannotFillTheMemory) {
  std::string text = std::string(kHead) + "vars:\n  a0: " + std::string(1000, 'x') + "\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "${a" + std::to_string(i - 1) + "}";
    text += "  a" + std::to_string(i) + ": \"" + Repeat(last, 10) + "\"\n";
  }
  EXPECT_THAT(Problems(text + "tasks:\n  - {id: a, prompt: \"${a9}\"}\n"),
              HasSubstr("with this, the text has more than 1000000 bytes"));
}

// In front of a flow collection the YAML library reads on to its end; with these it took gigabytes.
TEST(DeepNesting, OfTenMegabytesOfBracketsEndsBeforeTheYamlIsRead) {
  for (const char* opener :
       {"[", "{", "{a: ", "[a: ", "[\"]\",", "[ # ]\n", "['}', {\"}\\\"}\": "}) {
    const std::string text = Repeat(opener, static_cast<int>(10'000'000 / strlen(opener)));
    const std::clock_t start = std::clock();
    EXPECT_THAT(Problems(text), HasSubstr("error: more than 64 levels of nesting")) << opener;
    EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 5) << opener;  // 0.1 s; sanitizers are slow
  }
}

// Judged by the bounds and not by a clock: up to them it takes about a second and 200 MB.
TEST(WideYaml, OfOneFlowCollectionEndsBeforeTheYamlIsRead) {
  for (const char* item : {"a,", "{},", "[a,b],", "a: b,", "\"a\":1,"}) {
    const std::string text = "tasks: [" + Repeat(item, 1'100'000);  // never closed
    EXPECT_EQ(FirstLine(Problems(text)),
              fmt::format("t.yaml:1:{}: error: more than 1000000 values stand in these brackets",
                          OffsetOfSeparator(text, 1'000'001) + 1))
        << item;
  }
}

TEST(WideYaml, OfManyShortBracketsIsRead) {
  const std::string text =
      std::string(kHead) + "tasks:\n" + Repeat("  - [a, b, c, d, e, f, g, h, i]\n", 90'000);
  EXPECT_THAT(Problems(text), HasSubstr("a task must be a map, not a list"));
}

TEST(WideYaml, EndsAtAMillionValues) {
  const std::string text = std::string(kHead) + "tasks:\n" + Repeat("  - \n", 1'000'000);
  const LoadResult result = Load(text, "t.yaml", TestOptions(nullptr));
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].message, "more than 1000000 values are written out up to here");
  EXPECT_THAT(result.problems[0].hint, HasSubstr("that `from` names"));
}

TEST(WideYaml, EndsAtAHundredThousandKeysOfOneMap) {
  std::string text = std::string(kHead) + "vars:\n";
  for (int i = 0; i <= 100'000; ++i) text += fmt::format("  ? k{}\n", i);
  const LoadResult result = Load(text, "t.yaml", TestOptions(nullptr));
  ASSERT_EQ(result.problems.size(), 1U);
  EXPECT_EQ(result.problems[0].message, "more than 100000 keys in one map");
}

TEST(ManySecrets, AreCountedAndTheFirstAreShown) {
  std::string text = std::string(kHead) + "tasks:\n  - prompt: '";
  for (int i = 0; i < 300'000; ++i) text += fmt::format("AKIDabcdefghijkl{:08} ", i);
  const LoadResult result = Load(text + "'\n", "t.yaml", TestOptions(nullptr));
  ASSERT_EQ(result.problems.size(), 21U);
  EXPECT_EQ(result.problems[19].message, "this looks like a Tencent Cloud SecretId");
  EXPECT_THAT(result.problems[20].message, StartsWith("and 299980 more places like the 20"));
  EXPECT_THAT(Render(result.problems, false), Not(HasSubstr("AKID"))) << "no excerpt shows one";
}

TEST(ManySecrets, OfTheUsersOwnAreCountedToo) {
  LoadOptions options = TestOptions(nullptr);
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "TENCENTCLOUD_SECRET_KEY") return "own-key-9";
    return std::nullopt;
  };
  const std::string text = std::string(kHead) + "# AKIDabcdefghijkl0001\n# " +
                           Repeat("own-key-9 ", 200'000) + "\ntasks: [{prompt: a}]\n";
  const LoadResult result = Load(text, "t.yaml", options);
  ASSERT_EQ(result.problems.size(), 21U);
  EXPECT_THAT(Render(result.problems, false),
              AllOf(HasSubstr("and 199981 more places"), Not(HasSubstr("own-key")),
                    Not(HasSubstr("AKID"))));
}

TEST(TagsAndAnchors, WithoutEndAreRefusedBeforeTheYamlIsRead) {
  for (const char* property : {"!a ", "&a ", "!a &b "}) {
    EXPECT_THAT(Problems(Repeat(property, 1'000'000)),
                HasSubstr("error: tags and anchors that no value follows"));
  }
}

TEST(Brackets, ThatAreClosedOrQuotedMayBeMany) {
  std::string text = kHead + std::string("tasks:\n");
  for (int i = 0; i < 11'000; ++i) {
    text += fmt::format("  - {{id: t{}, prompt: \"[[\", tags: ['{{{{']}} # [\n", i);
  }
  EXPECT_EQ(LoadAll(text, TestOptions(nullptr)).tasks.size(), 11'000U);
  text = kHead + std::string("tasks: [");
  for (int i = 0; i < 11'000; ++i) text += fmt::format("{{id: t{}, prompt: \"[[{{\"}}, ", i);
  EXPECT_EQ(LoadAll(text + "]", TestOptions(nullptr)).tasks.size(), 11'000U);
  text = kHead + std::string("tasks:\n");
  for (int i = 0; i < 11'000; ++i) text += fmt::format("  - id: t{}\n    prompt: sad :[\n", i);
  EXPECT_EQ(LoadAll(text, TestOptions(nullptr)).tasks.size(), 11'000U);
}

TEST(ManyErrors, EndTheCheckBeforeTheyFillTheMemory) {
  std::string text = std::string(kHead) + "tasks:\n" + Repeat("  - {}\n", 200'000);
  const LoadResult result = Load(text, "t.yaml", TestOptions(nullptr));
  EXPECT_EQ(CountErrors(result.problems), 50'001U);
  EXPECT_EQ(result.problems.back().message, "these are 50000 errors; what follows was not checked");
  const LoadResult keys = Load(Repeat("a:\n", 200'000), "t.yaml", TestOptions(nullptr));
  EXPECT_EQ(CountErrors(keys.problems), 50'001U);
}

TEST(ManyErrors, OfOneTextAreCounted) {
  const std::string text =
      std::string(kHead) + "tasks:\n  - {id: a, prompt: \"" + Repeat("${x}", 500'000) + "\"}\n";
  EXPECT_EQ(CountErrors(Load(text, "t.yaml", TestOptions(nullptr)).problems), 1000U);
}

}  // namespace
}  // namespace aigc::manifest

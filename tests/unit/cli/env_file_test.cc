#include "cli/env_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace aigc::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(EnvFile, ReadsAssignmentsAsShellsWriteThem) {
  const EnvFile file = ParseEnvFile(
      "A=1\n"
      "export B=two words\n"
      "  C = 3  \n"
      "D=\n"
      "E='single $x \\n'\n"
      "F=\"a\\n\\\"b\\\" \\$x \\q\"\n");
  EXPECT_THAT(
      file.values,
      UnorderedElementsAre(Pair("A", "1"), Pair("B", "two words"), Pair("C", "3"), Pair("D", ""),
                           Pair("E", "single $x \\n"), Pair("F", "a\n\"b\" $x \\q")));
  EXPECT_THAT(file.bad_lines, IsEmpty());
}

TEST(EnvFile, LeavesCommentsOutButKeepsAHashInsideAValue) {
  const EnvFile file = ParseEnvFile("# A=1\n\nB=x#y # z\nC='#'  # c\nD=#nothing\n");
  EXPECT_THAT(file.values, UnorderedElementsAre(Pair("B", "x#y"), Pair("C", "#"), Pair("D", "")));
  EXPECT_THAT(file.bad_lines, IsEmpty());
}

TEST(EnvFile, TakesWindowsLineEndsAndByteOrderMark) {
  const EnvFile file = ParseEnvFile(
      "\xEF\xBB\xBF"
      "A=1\r\nB=\"2\"\r\n\r\nC=3");
  EXPECT_THAT(file.values, UnorderedElementsAre(Pair("A", "1"), Pair("B", "2"), Pair("C", "3")));
  EXPECT_THAT(file.bad_lines, IsEmpty());
}

TEST(EnvFile, QuotedValuesMayGoOverSeveralLines) {
  const EnvFile file = ParseEnvFile("A=\"one\ntwo\"\nB=2\nbad\n");
  EXPECT_THAT(file.values, UnorderedElementsAre(Pair("A", "one\ntwo"), Pair("B", "2")));
  EXPECT_THAT(file.bad_lines, ElementsAre(4));
}

TEST(EnvFile, NamesTheLinesThatAreNoAssignments) {
  const EnvFile file = ParseEnvFile("A=1\njust text\n=2\nB='open\nC=3\nD='x' y\n");
  EXPECT_THAT(file.values, UnorderedElementsAre(Pair("A", "1"), Pair("C", "3")));
  EXPECT_THAT(file.bad_lines, ElementsAre(2, 3, 4, 6));
}

TEST(EnvFile, LastOfEqualKeysWins) {
  EXPECT_THAT(ParseEnvFile("A=1\nA=2\n").values, ElementsAre(Pair("A", "2")));
}

TEST(EnvFile, ExportMayBeAKeyItself) {
  EXPECT_THAT(ParseEnvFile("export=1\n").values, ElementsAre(Pair("export", "1")));
}

TEST(EnvFile, AnyBytesComeToAnEnd) {
  for (const char* text : {"", "\n", "=", "\"", "A=\"", "A='\\", "export", "\r", "A=\\"}) {
    (void)ParseEnvFile(text);
  }
  EXPECT_THAT(ParseEnvFile(std::string(100'000, '"')).bad_lines, ElementsAre(1));
}

}  // namespace
}  // namespace aigc::cli

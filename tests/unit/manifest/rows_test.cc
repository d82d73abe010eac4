// Data files: what a row is, and how rows become tasks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "manifest/posix_file_reader.h"
#include "manifest/row_reader.h"
#include "unit/manifest/manifest_support.h"

namespace aigc::manifest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<RowReader> Reader(const std::string& name, const std::string& text) {
  MemoryFiles files;
  files.files[name] = text;
  auto stream = files.Open(name);
  return ReadRows(*FormatOf(name), *std::move(stream));
}

// Each row as "LINE:name=value;…", bad ones as "LINE:COLUMN: message".
std::vector<std::string> Rows(const std::string& name, const std::string& text) {
  const auto reader = Reader(name, text);
  std::vector<std::string> rows;
  Row row;
  while (true) {
    const RowReader::Step step = reader->Next(row);
    if (step == RowReader::Step::kEnd) return rows;
    std::string shown;
    if (step == RowReader::Step::kRow) {
      shown = std::to_string(row.line) + ":";
      for (std::size_t i = 0; i < row.names.size(); ++i) {
        shown += row.names[i] + "=" + row.values[i] + ";";
      }
    } else {
      const DataProblem& problem = reader->problem();
      shown = std::to_string(problem.place.line) + ":" + std::to_string(problem.place.column) +
              ": " + problem.message;
    }
    rows.push_back(shown);
    if (step == RowReader::Step::kFailed) return rows;
  }
}

TEST(Csv, ReadsQuotedFieldsWithEverythingInThem) {
  EXPECT_THAT(
      Rows("a.csv",
           "a,b,c\r\n1,\"x, \"\"y\"\"\",\"two\r\nlines\"\r\n\r\n2,5\" wide,\r\n\"\",,last"),
      ElementsAre("2:a=1;b=x, \"y\";c=two\r\nlines;", "5:a=2;b=5\" wide;c=;", "6:a=;b=;c=last;"));
}

TEST(Csv, LeavesOutTheByteOrderMarkAndBlanksAroundNames) {
  EXPECT_THAT(Rows("a.CSV", "\xEF\xBB\xBF\"\u540D\", b \n\u96EA, x \n"),
              ElementsAre("2:\u540D=\u96EA;b= x ;"));
}

TEST(Tsv, IsCutAtTabs) {
  EXPECT_THAT(Rows("a.tsv", "a\tb\n1,2\t\"x\ty\"\n"), ElementsAre("2:a=1,2;b=x\ty;"));
}

TEST(Csv, GoesOnBehindABadRow) {
  EXPECT_THAT(Rows("a.csv", "a,b\n1\n2,\"x\"y\n3,4\n"),
              ElementsAre("2:1: this row has 1 field; the header has 2",
                          "3:6: text follows the closing quote of a field", "4:a=3;b=4;"));
}

TEST(Csv, EndsAtAQuoteThatIsNeverClosedAndNamesWhereItBegan) {
  EXPECT_THAT(Rows("a.csv", "a,b\n1,\"x\ny\n3,4\n"),
              ElementsAre("2:3: this quote is never closed"));
}

TEST(DataFiles, RefuseLinesThatNeverEnd) {
  const std::string line(kMaxRecordBytes + 1, 'x');
  EXPECT_THAT(Rows("a.csv", "a\n" + line).at(0), HasSubstr("2:1: this line has more than 4000000"));
}

TEST(DataFiles, NameTheEncodingTheyHaveInstead) {
  EXPECT_THAT(Rows("a.csv", "a\nx\xD1\xA9\xB5\xD8\n"),
              ElementsAre(HasSubstr("2:3: the file is not UTF-8; it "
                                    "looks like GB18030")));
  EXPECT_THAT(Rows("a.csv", "a\nx\xE9\n"), ElementsAre("2:2: the file is not UTF-8"));
  EXPECT_THAT(Rows("a.jsonl", std::string("\xFE\xFF\0{\0}", 6)),
              ElementsAre(HasSubstr("1:1: the file is not UTF-8; it looks like UTF-16")));
  EXPECT_THAT(Rows("a.jsonl", std::string("{\0}\0\n\0{\0", 8)),
              ElementsAre(HasSubstr("looks like UTF-16")));
}

TEST(JsonLines, ReadsEveryKindOfValue) {
  EXPECT_THAT(Rows("a.jsonl",
                   "\xEF\xBB\xBF{\"a\": \"x \\u00e9\\ud83d\\ude00\\n\", \"b\": -1.50e3, \"c\": "
                   "true, \"d\": null}\n"
                   "\r\n {} \r\n{\"e\":{\"f\":[1,\"]\",{}]},\"g\":[ ]}"),
              ElementsAre("1:a=x \u00E9\U0001F600\n;b=-1.50e3;c=true;",
                          "3:", "4:e={\"f\":[1,\"]\",{}]};g=[ ];"));
}

TEST(JsonLines, SaysWhatIsWrongWithALineAndGoesOn) {
  EXPECT_THAT(
      Rows("a.jsonl",
           "[1]\n{\"a\":1,\"a\":2}\n{\"a\":tru}\n{\"a\":\"\\ud800\"}\n{\"a\":1} x\n{\"a\":01}\n"
           "{\"a\":\"x\n{\"a\" 1}\n{\"a\":\"\\x\"}\n{\"a\":1\n{a:1}\n{\"a\":1}"),
      ElementsAre("1:1: a line must be one JSON object, like {\"name\": \"value\"}",
                  "2:8: the name \"a\" is there twice", "3:6: a JSON value must stand here",
                  "4:13: half a character: a second \\u must follow",
                  "5:9: text follows the object", "6:8: a JSON value must stand here",
                  "7:9: this text is never closed", "8:6: \":\" must stand here",
                  "9:8: this escape does not exist in JSON", "10:8: \",\" or \"}\" must stand here",
                  "11:2: a name in double quotes must stand here", "12:a=1;"));
}

TEST(JsonLines, RefusesDeepNesting) {
  const std::string deep = "{\"a\":" + std::string(100'000, '[') + "}";
  EXPECT_THAT(Rows("a.jsonl", deep).at(0), HasSubstr("lists and maps are nested too deep"));
}

Loaded Tasks(MemoryFiles& files, const std::string& entries, const std::string& path = "t.yaml") {
  return LoadAll("manifest: 1\ndefaults: {model: A/1}\nvars: {style: soft}\ntasks:\n" + entries,
                 TestOptions(&files), path);
}

std::vector<std::string> Texts(const Loaded& loaded) {
  EXPECT_EQ(loaded.problems, "");
  std::vector<std::string> texts;
  for (const TaskSpec& spec : loaded.tasks) texts.push_back(spec.id + ": " + spec.prompt);
  return texts;
}

TEST(From, MakesOneTaskOfEachRowAndCombination) {
  MemoryFiles files;
  EXPECT_THAT(Texts(Tasks(files, R"(
  - {id: before, prompt: x}
  - id: ad-${sku}-${tone}
    from: data/ok.csv
    matrix: {tone: [calm, bold]}
    exclude: [{sku: x2, tone: calm}]
    prompt: ${title} ${tone} ${style} ${row_number} ${index}
)")),
              ElementsAre("before: x", "ad-x1-calm: Kite calm soft 1 2",
                          "ad-x1-bold: Kite bold soft 1 3", "ad-x2-bold: Lamp, red bold soft 2 4"));
}

TEST(From, TakesRowsAsTheyAreAndBuiltInsFirst) {
  MemoryFiles files;
  files.files["a.csv"] = "id,model,text\n7,M,${style}\n";
  const Loaded loaded =
      Tasks(files,
            "  - {id: \"t-${id}\", from: a.csv, prompt: \"${id} ${row.id} ${model} ${row.model} "
            "${text} ${repeat}\"}\n");
  EXPECT_THAT(Texts(loaded), ElementsAre("t-7: t-7 7 A M ${style} 1"));
  EXPECT_EQ(loaded.tasks[0].output_filename, "t-7-${output}.${ext}");
}

TEST(From, SetsFieldsOfEveryType) {
  MemoryFiles files;
  const Loaded loaded =
      Tasks(files, "  - {id: \"${sku}\", from: data/ok.csv, prompt: x, duration: \"${size}\"}\n");
  ASSERT_EQ(loaded.tasks.size(), 2U);
  EXPECT_EQ(loaded.tasks[1].duration, 10);
}

TEST(From, SeesRelativePathsFromTheDataFile) {
  MemoryFiles files;
  files.files["m/rows/a.csv"] = "pic\np\n";
  files.files["m/rows/p.png"] = Png(9);
  files.files["m/rows/p.txt"] = "text of the file";
  files.files["m/p.png"] = Png(8);
  const Loaded loaded = Tasks(
      files,
      "  - {id: a, from: rows/a.csv, prompt_file: \"${pic}.txt\", first_frame: \"${pic}.png\"}\n"
      "  - {id: b, first_frame: p.png}\n",
      "m/t.yaml");
  EXPECT_THAT(Texts(loaded), ElementsAre("a: text of the file", "b: "));
  EXPECT_EQ(loaded.tasks[0].inputs[0].source.content_bytes, 9);
  EXPECT_EQ(loaded.tasks[1].inputs[0].source.content_bytes, 8);
}

TEST(Where, KeepsRowsThatHaveAllItsValues) {
  MemoryFiles files;
  files.files["a.csv"] = "n,s\n1,a\n2,a\n3,b\n4,c\n";
  EXPECT_THAT(Texts(Tasks(files,
                          "  - {id: \"${n}\", from: a.csv, where: {s: [a, b], n: [2, 3, 4]}, "
                          "prompt: \"${row_number} ${index}\"}\n")),
              ElementsAre("2: 2 1", "3: 3 2"));
}

TEST(From, CountsAlikeProblemsOfManyRowsInOne) {
  MemoryFiles files;
  files.files["a.csv"] = "n\n";
  for (int i = 0; i < 5000; ++i) files.files["a.csv"] += std::to_string(i) + "\n";
  EXPECT_THAT(Tasks(files, "  - {id: \"${n}\", from: a.csv, prompt: \"${m}\"}\n").problems,
              HasSubstr("unknown name \"m\" in a template (for a.csv:2 and 4999 more rows)"));
  const std::string many =
      Tasks(files, "  - {id: \"${n}\", from: a.csv, prompt: x, count: 1, duration: \"x${n}\"}\n")
          .problems;
  EXPECT_THAT(many, HasSubstr("not \"x999\" (for a.csv:1001)"));
  EXPECT_THAT(many, testing::Not(HasSubstr("not \"x1000\"")));
  EXPECT_THAT(many, HasSubstr("and 4000 more problems like the 1000 above"));
}

TEST(From, ChangedAfterTheCheckEndsTheSecondReading) {
  MemoryFiles files;
  files.files["a.csv"] = "n\n1\n2\n";
  LoadResult result =
      Load("manifest: 1\ntasks: [{id: \"${n}\", model: A/1, from: a.csv, prompt: x}]\n", "t.yaml",
           TestOptions(&files));
  ASSERT_TRUE(result.manifest.has_value());
  EXPECT_EQ(result.manifest->task_count(), 2);
  files.files["a.csv"] = "n\n1\n2,3\n";
  const Status status =
      result.manifest->ForEachTask([](const ExpandedTask&) -> Status { return {}; });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kManifest);
  EXPECT_EQ(status.error().context, "a.csv:3");
}

}  // namespace
}  // namespace aigc::manifest

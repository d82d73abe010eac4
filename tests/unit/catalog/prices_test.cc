// Estimates: from the catalog, from the user's own list, and when there is none.
#include "catalog/prices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <regex>
#include <set>

#include "catalog/price_list.h"

namespace aigc::catalog {
namespace {

using testing::HasSubstr;

const Catalog& Data() { return *BuiltIn(); }

TaskSpec Video(const std::string& model, const std::string& version,
               const std::function<void(TaskSpec&)>& change = {}) {
  TaskSpec spec;
  spec.id = "hero";
  spec.model = model;
  spec.version = version;
  spec.prompt = "A kite";
  if (change) change(spec);
  return spec;
}

Input Reference(Category category) {
  Input input;
  input.source.text = "https://example.com/a";
  input.usage = "Reference";
  input.category = category;
  return input;
}

// The cost, or why there is none.
std::string Cost(const Prices& prices, const TaskSpec& spec) {
  const Estimate estimate = prices.EstimateOf(spec);
  return estimate.cost ? MoneyText(*estimate.cost) + (estimate.assumed ? " assumed" : "")
                       : estimate.why;
}

Prices List(const std::string& rows) {
  PriceListResult result = ReadPriceList("prices: 1\ncurrency: CNY\nrows:\n" + rows, Data());
  EXPECT_TRUE(result.list.has_value());
  for (const auto& problem : result.problems) {
    if (problem.severity == Severity::kError) ADD_FAILURE() << problem.message;
  }
  return {Data(), result.list.value_or(PriceList{}), /*verified=*/true};
}

TEST(CatalogPrices, AreChargedByTheSecondAndUnverified) {
  const Prices prices = Prices::OfCatalog(Data());
  EXPECT_FALSE(prices.verified());
  EXPECT_EQ(prices.currency(), "CNY");
  const auto cost = [&](const TaskSpec& spec) { return Cost(prices, spec); };
  EXPECT_EQ(cost(Video("Hailuo", "2.3",
                       [](TaskSpec& s) {
                         s.duration = 10;
                         s.resolution = "1080P";
                       })),
            "CNY 5.80");
  EXPECT_EQ(cost(Video("hailuo", "2.3", [](TaskSpec& s) { s.resolution = "768p"; })),
            "CNY 1.98 assumed");  // 6 s is its documented standard
  EXPECT_EQ(cost(Video("Hailuo", "2.3")), "CNY 1.98 assumed");
}

TEST(CatalogPrices, DependOnSoundModeAndReferenceVideos) {
  const Prices prices = Prices::OfCatalog(Data());
  const auto at = [](const char* resolution, double seconds) {
    return [=](TaskSpec& s) {
      s.resolution = resolution;
      s.duration = seconds;
    };
  };
  TaskSpec kling = Video("Kling", "2.6", at("1080P", 5));
  EXPECT_EQ(Cost(prices, kling), "CNY 2.50");
  kling.audio = true;
  EXPECT_EQ(Cost(prices, kling), "CNY 5.00");
  kling.resolution = "720P";
  EXPECT_EQ(Cost(prices, kling), "no price for Kling/2.6 at 720P as it is used here");

  TaskSpec o1 = Video("Kling", "O1", at("720P", 5));
  EXPECT_EQ(Cost(prices, o1), "CNY 3.00");
  o1.inputs = {Reference(Category::kVideo)};
  EXPECT_EQ(Cost(prices, o1), "CNY 4.50");

  TaskSpec vidu = Video("Vidu", "q2", at("1080P", 4));
  EXPECT_EQ(Cost(prices, vidu), "CNY 1.88");
  vidu.inputs = {Reference(Category::kImage)};
  EXPECT_EQ(Cost(prices, vidu), "CNY 3.28");
  vidu.scene_type = "template_effect";
  EXPECT_EQ(Cost(prices, vidu), "which price Vidu/q2 has with a scene_type is not known");
}

TEST(Estimates, AreUnknownRatherThanGuessed) {
  const Prices prices = Prices::OfCatalog(Data());
  EXPECT_EQ(Cost(prices, Video("Nobody", "9")), "no price for Nobody/9");
  TaskSpec edited = Video("Kling", "O1", [](TaskSpec& s) { s.resolution = "720P"; });
  edited.inputs = {Reference(Category::kVideo)};
  EXPECT_THAT(Cost(prices, edited), HasSubstr("depends on the input video"));
  TaskSpec overridden =
      Video("Hailuo", "2.3", [](TaskSpec& s) { s.api = "{\"OutputConfig\":{\"Duration\":10}}"; });
  EXPECT_THAT(Cost(prices, overridden), HasSubstr("`api` changes"));
  overridden.api = "{\"TasksPriority\":3}";
  EXPECT_EQ(Cost(prices, overridden), "CNY 1.98 assumed");
}

TEST(Estimates, TakeTheFirstRowThatFits) {
  const Prices prices = List(
      "  - {model: Vidu/q2, unit: second, off_peak: true, price: 0.1}\n"
      "  - {model: vidu, unit: second, mode: [reference, first_frame], price: 0.5}\n"
      "  - {model: Vidu, unit: second, price: {720P: 0.2, 1080P: 0.4}}\n");
  EXPECT_TRUE(prices.verified());
  TaskSpec spec = Video("Vidu", "q2", [](TaskSpec& s) {
    s.duration = 5;
    s.resolution = "1080P";
  });
  EXPECT_EQ(Cost(prices, spec), "CNY 2.00");
  spec.resolution = "720P";
  EXPECT_EQ(Cost(prices, spec), "CNY 1.00");
  spec.inputs = {Reference(Category::kImage)};
  EXPECT_EQ(Cost(prices, spec), "CNY 2.50");
  spec.off_peak = true;
  EXPECT_EQ(Cost(prices, spec), "CNY 0.50");
  spec.version = "q3";
  EXPECT_EQ(Cost(prices, spec), "CNY 2.50");
  spec.resolution = "540P";
  spec.inputs.clear();
  EXPECT_EQ(Cost(prices, spec), "no price for Vidu/q3 at 540P as it is used here");
}

TEST(Estimates, NeedAResolutionWhereThePriceHasOne) {
  const Prices prices = List(
      "  - {model: New/1, unit: task, price: {720P: 2}}\n"
      "  - {model: New/2, unit: task, price: 3}\n");
  EXPECT_THAT(Cost(prices, Video("New", "1")), HasSubstr("the standard one is not documented"));
  EXPECT_EQ(Cost(prices, Video("New", "2")), "CNY 3.00");
}

TEST(Estimates, CountPictures) {
  const Prices prices = List(
      "  - {model: GG, unit: picture, price: 0.95}\n"
      "  - {model: Kling, unit: task, kind: image, price: 0.2}\n"
      "  - {model: Kling, unit: task, price: 7}\n");
  TaskSpec spec = Video("GG", "3.0", [](TaskSpec& s) { s.kind = Kind::kImage; });
  EXPECT_EQ(Cost(prices, spec), "CNY 0.95");
  spec.count = 4;
  EXPECT_EQ(Cost(prices, spec), "CNY 3.80");
  spec.kind = Kind::kVideo;
  EXPECT_EQ(Cost(prices, spec), "no price for GG/3.0");
  spec.model = "Hailuo";
  spec.kind = Kind::kImage;
  EXPECT_EQ(Cost(prices, spec), "no price for Hailuo/3.0 (image)");
  spec.kind = Kind::kVideo;
  spec.model = "Kling";
  EXPECT_EQ(Cost(prices, spec), "CNY 7.00");
  spec.kind = Kind::kImage;
  EXPECT_EQ(Cost(prices, spec), "CNY 0.20");
}

// A list of the user's own is all that counts: a model it leaves out has no price, not the
// catalog's.
TEST(Estimates, NeverMixTheListWithTheCatalog) {
  const Prices prices = List("  - {model: Kling/2.5, unit: second, price: 0.3}\n");
  EXPECT_EQ(Cost(prices, Video("Hailuo", "2.3")), "no price for Hailuo/2.3");
}

TEST(CostText, SaysWhatIsKnownAndWhatNot) {
  CostSum sum;
  sum.known = {12'500'000, "CNY"};
  sum.tasks = 10;
  EXPECT_EQ(CostText(sum), "CNY 12.50 (unverified)");
  sum.verified = true;
  EXPECT_EQ(CostText(sum), "CNY 12.50");
  sum.unknown = 3;
  sum.reasons = {"no price for Kling/2.1"};
  EXPECT_EQ(CostText(sum), "CNY 12.50, unknown for 3 of 10 tasks: no price for Kling/2.1");
  sum.unknown = 10;
  sum.reasons = {"a", "b", "c", "d"};
  EXPECT_EQ(CostText(sum), "unknown: a; b; c; …");
}

TEST(PriceList, ReadsUtf8WithAByteOrderMarkAndSaysWhereItIsNot) {
  const std::string good =
      "prices: 1\ncurrency: CNY\nrows: [{model: GG, unit: picture, price: 1}]\n";
  EXPECT_TRUE(ReadPriceList("\xEF\xBB\xBF" + good, Data()).list.has_value());
  const PriceListResult bad = ReadPriceList(good + "# \xC3\x28", Data());
  ASSERT_EQ(bad.problems.size(), 1U);
  EXPECT_EQ(bad.problems[0].offset, good.size() + 2);
}

// The schema's keys of a row, by their indentation, are the reader's: with all of them a row loads,
// and the reader refuses any other.
TEST(PriceSchema, HasTheKeysThatARowMayHave) {
  const std::string schema(PriceSchemaText());
  std::set<std::string> keys;
  const std::regex key("\n        \"([a-z_]+)\": \\{");
  const std::string rows = schema.substr(schema.find("\"row\": {"));
  for (std::sregex_iterator at(rows.begin(), rows.end(), key), end; at != end; ++at) {
    keys.insert((*at)[1]);
  }
  const std::map<std::string, std::string> row = {
      {"model", "Kling/2.5"},     {"kind", "video"},  {"unit", "second"},
      {"price", "0.3"},           {"audio", "false"}, {"resolution", "[720P, 1080P]"},
      {"mode", "reference"},      {"note", "theirs"}, {"off_peak", "false"},
      {"reference_video", "true"}};
  std::set<std::string> mine;
  std::string text;
  for (const auto& [name, value] : row) {
    mine.insert(name);
    text += (text.empty() ? "  - {" : ", ") + name + ": " + value;
  }
  EXPECT_EQ(keys, mine);
  List(text + "}\n");
}

TEST(PriceList, SurvivesWhatIsNoPriceList) {
  for (const char* text : {"", "null", "[]", "1", "prices", "{", "rows: {a: 1}", "rows: [[]]",
                           "? [a]: b", "rows: [{price: {[x]: 1}}]", "prices: {}\nrows: [1, {}]"}) {
    const PriceListResult result = ReadPriceList(text, Data());
    EXPECT_FALSE(result.list.has_value()) << text;
    EXPECT_FALSE(result.problems.empty()) << text;
  }
}

}  // namespace
}  // namespace aigc::catalog

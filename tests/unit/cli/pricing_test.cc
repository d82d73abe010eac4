// Price lists as the user meets them: every list under tests/data/prices/bad is refused with
// exactly the text beside it; budgets from flags and manifest.
#include "cli/pricing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "store/sqlite_store.h"
#include "test_paths.h"

namespace aigc::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> Stems(const std::string& extension) {
  std::vector<std::string> stems;
  for (const auto& entry : fs::directory_iterator(std::string(AIGC_TEST_DATA) + "/prices/bad")) {
    if (entry.path().extension() == extension) stems.push_back(entry.path().stem().string());
  }
  std::sort(stems.begin(), stems.end());
  return stems;
}

const catalog::Catalog& Data() { return *catalog::BuiltIn(); }

class BadPriceList : public testing::TestWithParam<std::string> {};

TEST_P(BadPriceList, IsRefusedWithTheGoldenText) {
  const std::string base = std::string(AIGC_TEST_DATA) + "/prices/bad/" + GetParam();
  const std::string text = ReadFile(base + ".yaml");
  const catalog::PriceListResult result = catalog::ReadPriceList(text, Data());
  EXPECT_FALSE(result.list.has_value());
  EXPECT_EQ(manifest::Render(PriceListProblems(result.problems, text, GetParam() + ".yaml"), false),
            ReadFile(base + ".expected"));
}

INSTANTIATE_TEST_SUITE_P(All, BadPriceList, testing::ValuesIn(Stems(".yaml")),
                         [](const auto& one) { return one.param; });

TEST(BadPriceLists, EachHaveTheirExpectedText) {
  EXPECT_GE(Stems(".yaml").size(), 8U);
  EXPECT_EQ(Stems(".yaml"), Stems(".expected"));
}

TEST(ExamplePriceList, PricesTheExampleManifest) {
  const std::string text =
      ReadFile(std::string(AIGC_SOURCE_DIR) + "/manifests/examples/prices.yaml");
  const catalog::PriceListResult result = catalog::ReadPriceList(text, Data());
  EXPECT_EQ(manifest::Render(PriceListProblems(result.problems, text, "prices.yaml"), false), "");
  EXPECT_TRUE(result.list.has_value());
}

Pricing CatalogPricing() { return {catalog::Prices::OfCatalog(Data()), "catalog 1"}; }

TEST(SettleMoney, FlagWinsOverManifest) {
  manifest::Settings settings;
  Options options;
  EXPECT_EQ(SettleMoney(settings, options, CatalogPricing())->budget_micros, std::nullopt);
  settings.limits.budget_micros = 5'000'000;
  EXPECT_EQ(SettleMoney(settings, options, CatalogPricing())->budget_micros, 5'000'000);
  options.budget = "12.5";
  EXPECT_EQ(SettleMoney(settings, options, CatalogPricing())->budget_micros, 12'500'000);
  EXPECT_EQ(SettleMoney(settings, options, CatalogPricing())->currency, "CNY");
  EXPECT_FALSE(SettleMoney(settings, options, CatalogPricing())->verified);
  EXPECT_FALSE(SettleMoney(settings, options, CatalogPricing())->allow_unpriced);
  settings.allow_unpriced = true;
  EXPECT_TRUE(SettleMoney(settings, options, CatalogPricing())->allow_unpriced);
  for (const char* budget : {"0", "", "-1", "1e3", "12,50", "CNY 5"}) {
    options.budget = budget;
    const auto refused = SettleMoney(settings, options, CatalogPricing());
    ASSERT_FALSE(refused.ok()) << budget;
    EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  }
}

TEST(BudgetNote, WarnsBeforeTheRun) {
  pipeline::Workload work;
  work.submissions = 3;
  work.cost_micros = 3'000'000;
  store::MoneyTerms terms{"CNY", "", true, std::nullopt, false};
  store::MoneyState state;
  EXPECT_EQ(BudgetNote(work, terms, state), "");
  terms.budget_micros = 4'000'000;
  EXPECT_EQ(BudgetNote(work, terms, state), "");
  state.spent_micros = 1'000'000;
  EXPECT_EQ(BudgetNote(work, terms, state), "");
  state.reserved_micros = 1;
  EXPECT_EQ(BudgetNote(work, terms, state),
            "the budget will not be enough: CNY 2.999999 of CNY 4.00 is left");
  work.unpriced = 1;
  EXPECT_THAT(BudgetNote(work, terms, state), HasSubstr("a run will be refused"));
}

class PricedState : public testing::Test {
 protected:
  void SetUp() override {
    store_ = std::move(store::OpenInMemory()).value();
    ASSERT_TRUE(store_->BeginTurn().ok());
    for (const auto& [id, model, version] :
         {std::tuple{"a", "Hailuo", "2.3"}, std::tuple{"b", "Nobody", "9"},
          std::tuple{"c", "Nobody", "9"}}) {
      store::NewTask task;
      task.spec.id = id;
      task.spec.model = model;
      task.spec.version = version;
      task.position = ++position_;
      ASSERT_TRUE(store_->AddTask(task, WallTime{}).ok());
    }
  }
  std::unique_ptr<store::Store> store_;
  std::int64_t position_ = 0;
};

TEST_F(PricedState, IsPricedAnewWhenThePricesAreOthers) {
  const Pricing pricing = CatalogPricing();
  store::MoneyTerms terms = *SettleMoney({}, {}, pricing);
  ASSERT_TRUE(RecordMoney(*store_, terms, &pricing.prices).ok());
  EXPECT_EQ(store_->FindTask("a")->estimate_micros, 1'980'000);
  ASSERT_TRUE(store_->SetEstimate(store_->FindTask("a")->key, 7).ok());
  ASSERT_TRUE(RecordMoney(*store_, terms, &pricing.prices).ok());
  EXPECT_EQ(store_->FindTask("a")->estimate_micros, 7);  // the same prices: left as it is
  terms.source = "catalog 2";
  ASSERT_TRUE(RecordMoney(*store_, terms, &pricing.prices).ok());
  EXPECT_EQ(store_->FindTask("a")->estimate_micros, 1'980'000);
}

TEST_F(PricedState, RefusesABudgetOverTasksWithoutAPrice) {
  const Pricing pricing = CatalogPricing();
  store::MoneyTerms terms = *SettleMoney({}, {}, pricing);
  ASSERT_TRUE(RecordMoney(*store_, terms, &pricing.prices).ok());
  EXPECT_TRUE(RefuseUnpriced(*store_, {}, &pricing.prices).ok());
  terms.budget_micros = 1;
  ASSERT_TRUE(RecordMoney(*store_, terms, &pricing.prices).ok());
  const Status refused = RefuseUnpriced(*store_, {}, &pricing.prices);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUsage);
  EXPECT_THAT(refused.error().message,
              HasSubstr("that of 2 tasks is not: 2 of Nobody/9 (b: no price for Nobody/9)"));
  store::Selection priced;
  priced.globs = {"a"};
  EXPECT_TRUE(RefuseUnpriced(*store_, priced, &pricing.prices).ok());
  terms.allow_unpriced = true;
  ASSERT_TRUE(RecordMoney(*store_, terms, &pricing.prices).ok());
  EXPECT_TRUE(RefuseUnpriced(*store_, {}, &pricing.prices).ok());
}

}  // namespace
}  // namespace aigc::cli

#include "catalog/render.h"
#include "test_paths.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace aigc::catalog {
namespace {

std::string Golden(const std::string& name) {
  std::ifstream in(std::string(AIGC_TEST_DATA) + "/catalog/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<const Model*> Chosen(std::string_view name) {
  EXPECT_TRUE(BuiltIn().ok());
  const auto models = Select(*BuiltIn(), name);
  EXPECT_TRUE(models.ok()) << name;
  return models.ok() ? *models : std::vector<const Model*>();
}

TEST(Select, TakesFamiliesVersionsAndFullNames) {
  EXPECT_EQ(Chosen("kling/2.5").size(), 1U);
  EXPECT_EQ(Chosen("Kling/2.1").size(), 2U);  // makes videos and images
  EXPECT_EQ(Chosen("gv").size(), 3U);
  EXPECT_EQ(Chosen("q2-turbo").size(), 1U);
  EXPECT_EQ(Chosen("GEM/3.0").size(), 1U);  // removed, but asked for by name
}

TEST(Select, ListsAllButRemovedModels) {
  for (const Model* model : Chosen("")) EXPECT_NE(model->standing, Standing::kRemoved);
  EXPECT_GT(Chosen("").size(), 40U);
}

TEST(Select, SuggestsTheNearestName) {
  const auto models = Select(*BuiltIn(), "Kilng");
  ASSERT_FALSE(models.ok());
  EXPECT_EQ(models.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(models.error().hint, "did you mean Kling?");
}

TEST(RenderModels, ShowsATable) {
  EXPECT_EQ(RenderModels(*BuiltIn(), Chosen("Hailuo")), Golden("models-hailuo.txt"));
  EXPECT_EQ(RenderModels(*BuiltIn(), Chosen("GG")), Golden("models-gg.txt"));
}

TEST(RenderModel, ShowsEverythingAboutOne) {
  EXPECT_EQ(RenderModel(*BuiltIn(), *Chosen("Kling/3.0-Omni").front()),
            Golden("model-kling-3.0-omni.txt"));
  EXPECT_EQ(RenderModel(*BuiltIn(), *Chosen("OG/image2_low").front()),
            Golden("model-og-image2-low.txt"));
}

TEST(ModelsJson, HoldsEverythingAboutOne) {
  EXPECT_EQ(ModelsJson(*BuiltIn(), Chosen("Kling/O1")) + "\n", Golden("models-kling-o1.json"));
}

}  // namespace
}  // namespace aigc::catalog

#include "catalog/catalog.h"

#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "catalog/render.h"

namespace aigc::catalog {
namespace {

const Catalog& Data() {
  const Result<Catalog>& catalog = BuiltIn();
  if (!catalog.ok()) ADD_FAILURE() << Describe(catalog.error());
  return *catalog;
}

TEST(BuiltInCatalog, Loads) {
  const Result<Catalog>& catalog = BuiltIn();
  ASSERT_TRUE(catalog.ok()) << Describe(catalog.error());
  EXPECT_EQ(catalog->as_of(), "2026-08-21");
  EXPECT_EQ(catalog->limits().prompt_warn_chars, 2000);
  EXPECT_GT(catalog->models().size(), 50U);
}

TEST(BuiltInCatalog, HasTheModelsPeopleStartWith) {
  for (const char* name :
       {"Hailuo/02", "Hailuo/2.3", "Hailuo/2.3-fast", "Kling/1.6", "Kling/2.0", "Kling/2.1",
        "Kling/2.5", "Kling/O1", "Vidu/q2", "Vidu/q2-pro", "Vidu/q2-turbo", "OS/2.0"}) {
    const std::vector<std::string_view> parts = Split(name, '/');
    const Model* model = Data().Find(Kind::kVideo, parts[0], parts[1]);
    ASSERT_NE(model, nullptr) << name;
    EXPECT_EQ(model->standing, Standing::kListed) << name;
    EXPECT_FALSE(model->modes.empty()) << name;
    EXPECT_TRUE(model->durations.known()) << name;
    EXPECT_FALSE(model->resolutions.values.empty()) << name;
  }
}

// What a slip while editing the data would break.
TEST(BuiltInCatalog, AgreesWithItself) {
  for (const Model& model : Data().models()) {
    SCOPED_TRACE(std::string(Name(model.kind)) + " " + model.full_name());
    const Durations& durations = model.durations;
    if (durations.min) {
      EXPECT_TRUE(durations.values.empty());
      EXPECT_LE(*durations.min, *durations.max);
    }
    if (durations.standard && !durations.values.empty()) {
      EXPECT_NE(std::find(durations.values.begin(), durations.values.end(), *durations.standard),
                durations.values.end());
    }
    for (const Choices* choices : {&model.resolutions, &model.aspect_ratios}) {
      if (!choices->standard.empty()) {
        EXPECT_NE(std::find(choices->values.begin(), choices->values.end(), choices->standard),
                  choices->values.end());
      }
      for (const std::string& value : choices->warn_values) {
        EXPECT_EQ(std::find(choices->values.begin(), choices->values.end(), value),
                  choices->values.end());
      }
      EXPECT_TRUE(!choices->unsupported || choices->values.empty());
    }
    if (model.kind == Kind::kImage) {
      EXPECT_TRUE(model.modes.empty());
      EXPECT_FALSE(durations.known());
    } else {
      EXPECT_FALSE(model.output_count);
      EXPECT_TRUE(model.output_formats.empty());
    }
    std::set<std::string> ids;
    for (const Rule& rule : model.rules) {
      EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
      EXPECT_FALSE(rule.message.empty());
    }
    for (const PriceRow& row : model.price.rows) {
      EXPECT_FALSE(row.by_tier.empty());
      for (const auto& [tier, price] : row.by_tier) {
        EXPECT_GT(price, 0);
        const auto& known = model.resolutions;
        const bool listed =
            std::find(known.values.begin(), known.values.end(), tier) != known.values.end() ||
            std::find(known.warn_values.begin(), known.warn_values.end(), tier) !=
                known.warn_values.end();
        EXPECT_TRUE(listed) << tier;
      }
    }
    if (!model.replaced_by.empty()) {
      const auto slash = model.replaced_by.find('/');
      ASSERT_NE(slash, std::string::npos);
      EXPECT_NE(Data().Find(model.kind, model.replaced_by.substr(0, slash),
                            model.replaced_by.substr(slash + 1)),
                nullptr);
    }
  }
}

TEST(Catalog, FindsWithoutCaseAndByKind) {
  EXPECT_EQ(Data().Find(Kind::kVideo, "kling", "o1")->full_name(), "Kling/O1");
  EXPECT_EQ(Data().Find(Kind::kImage, "Hailuo", "02"), nullptr);
  EXPECT_EQ(Data().Find(Kind::kVideo, "Hailuo", ""), nullptr);
  EXPECT_EQ(Data().Find(Kind::kVideo, "GV", "3.1-Fast")->version, "3.1-fast");
}

TEST(Catalog, NormalisesToTheServicesSpelling) {
  TaskSpec spec;
  spec.model = "kling";
  spec.version = "2.1";
  spec.resolution = "1080p";
  spec.aspect_ratio = "16:9";
  Data().Normalise(spec);
  EXPECT_EQ(spec.model, "Kling");
  EXPECT_EQ(spec.resolution, "1080P");
  spec.resolution = "2k";  // taken with a warning
  Data().Normalise(spec);
  EXPECT_EQ(spec.resolution, "2K");
  spec.model = "pixverse";
  spec.version = "V6";
  spec.resolution = "1080P";
  Data().Normalise(spec);
  EXPECT_EQ(spec.version, "v6");
  EXPECT_EQ(spec.resolution, "1080p");
  spec.kind = Kind::kImage;
  spec.model = "KLING";
  spec.version = "o1";
  spec.resolution = "2K";
  spec.aspect_ratio = "AUTO";
  Data().Normalise(spec);
  EXPECT_EQ(spec.resolution, "2k");
  EXPECT_EQ(spec.aspect_ratio, "auto");
}

TEST(Catalog, NormaliseLeavesWhatItDoesNotKnow) {
  TaskSpec spec;
  spec.model = "NewModel";
  spec.version = "9";
  spec.resolution = "8k";
  const TaskSpec before = spec;
  Data().Normalise(spec);
  EXPECT_EQ(spec, before);
}

TEST(Catalog, FillsInTheVersionOfAFamilyThatHasOne) {
  TaskSpec spec;
  spec.model = "os";
  Data().Normalise(spec);
  EXPECT_EQ(spec.model, "OS");
  EXPECT_EQ(spec.version, "2.0");
  spec = {};
  spec.model = "Hunyuan";
  Data().Normalise(spec);
  EXPECT_EQ(spec.version, "1.5");
  spec = {};
  spec.model = "Vidu";
  Data().Normalise(spec);
  EXPECT_EQ(spec.version, "");
}

TEST(Catalog, KnowsWhichModelsTakeTheSoundSwitch) {
  EXPECT_TRUE(Data().AudioKnown(Kind::kVideo, "Vidu", "q3-turbo"));
  EXPECT_TRUE(Data().AudioKnown(Kind::kVideo, "Kling", "1.6"));  // the family does
  EXPECT_TRUE(Data().AudioKnown(Kind::kVideo, "GV", "9.9"));     // also a version of tomorrow
  EXPECT_TRUE(Data().AudioKnown(Kind::kVideo, "OS", "2.0"));
  EXPECT_TRUE(Data().AudioKnown(Kind::kVideo, "PixVerse", "v6"));
  EXPECT_FALSE(Data().AudioKnown(Kind::kVideo, "PixVerse", "v5.6"));
  EXPECT_FALSE(Data().AudioKnown(Kind::kVideo, "Hailuo", "2.3"));
  EXPECT_FALSE(Data().AudioKnown(Kind::kVideo, "Hailuo", "H3_regen"));  // unknown
  EXPECT_FALSE(Data().AudioKnown(Kind::kVideo, "Nobody", "1"));
  EXPECT_FALSE(Data().AudioKnown(Kind::kImage, "Kling", "2.1"));
}

constexpr char kSmall[] =
    "catalog: 1\nas_of: \"2026-01-01\"\nlimits: {prompt_warn_chars: 10}\nmodels:\n"
    "  - {kind: video, model: A, version: \"1\", status: listed}\n";

TEST(LoadCatalog, TakesASmallOne) {
  const auto catalog = LoadCatalog(kSmall, "c.yaml");
  ASSERT_TRUE(catalog.ok()) << Describe(catalog.error());
  EXPECT_EQ(catalog->models().size(), 1U);
}

TEST(LoadCatalog, NamesThePlaceOfWhatIsWrong) {
  const std::string head(kSmall);
  const struct {
    std::string text, context, message, hint;
  } kCases[] = {
      {"", "c.yaml:1:1", "a map is expected here", ""},
      {"[1", "", "", ""},
      {"catalog: 2\nas_of: x\nlimits: {}\nmodels: []\n", "c.yaml:1:1",
       "this is no catalog of format 1", "its first line is \"catalog: 1\""},
      {"catalog: 1\nas_of: x\nlimits: {}\n", "c.yaml:1:1", "\"models\" is missing", ""},
      {head + "  - {kind: video, model: a, version: \"1\", status: listed}\n", "c.yaml:6:5",
       "a/1 is given twice", ""},
      {head + "  - {kind: video, model: B, version: \"1\", status: lisetd}\n", "c.yaml:6:51",
       "\"lisetd\" is not known here", "did you mean listed?"},
      {head + "  - {kind: video, model: B, version: \"1\", status: listed, durration: {}}\n",
       "c.yaml:6:59", "\"durration\" is not known here", "did you mean durations?"},
      {head + "  - {kind: video, model: B, version: \"1\", status: listed, model: C}\n",
       "c.yaml:6:59", "\"model\" is given twice", ""},
      {head + "  - {kind: video, model: B, version: \"1\", status: listed, durations: {min: x}}\n",
       "c.yaml:6:76", "a whole number is expected here", ""},
      {head + "  - {kind: video, model: B, version: \"1\", status: listed, durations: {min: 1}}\n",
       "c.yaml:6:70", "min and max belong together", ""},
      {head + "  - {kind: video, model: B, version: \"1\", status: listed, rules: [{id: r, level: "
              "fatal, require: {}, message: m}]}\n",
       "c.yaml:6:67", "the level of a rule is error or warn", ""},
      {head + "  - {kind: video, model: \"\", version: \"1\", status: listed}\n", "c.yaml:6:5",
       "model and version must not be empty", ""},
  };
  for (const auto& one : kCases) {
    const auto catalog = LoadCatalog(one.text, "c.yaml");
    ASSERT_FALSE(catalog.ok()) << one.text;
    EXPECT_EQ(catalog.error().code, ErrorCode::kInvalid);
    if (one.message.empty()) continue;  // the YAML library's own words
    EXPECT_EQ(catalog.error().context, one.context) << one.text;
    EXPECT_EQ(catalog.error().message, one.message) << one.text;
    EXPECT_EQ(catalog.error().hint, one.hint) << one.text;
  }
}

}  // namespace
}  // namespace aigc::catalog

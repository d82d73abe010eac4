// Each mode of generation from the text of a manifest to the bytes of its request: the documented
// modes (reference 3.6), and every field there is. NAME.yaml is the manifest, NAME.json the exact
// body; where the reference has a sample of that request, the two mean the same.
#include <Poco/JSON/Parser.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "api/request_body.h"
#include "language/language_support.h"
#include "manifest/posix_file_reader.h"
#include "unit/api/wire_data.h"

namespace aigc {
namespace {

using manifest::ReadWholeFile;
using testing::UnorderedElementsAreArray;

// Mode → the sample of tests/data/wire that it must reach.
const std::map<std::string, std::string>& Samples() {
  static const std::map<std::string, std::string> kSamples = {
      {"text", "create-video-request-text.json"},
      {"first-frame-url", "create-video-request-first-frame-url.json"},
      {"base64", "create-video-request-base64.json"},
      {"first-last-frame", "create-video-request-first-last-frame.json"},
      {"first-last-frame-legacy", "create-video-request-first-last-frame-legacy.json"},
      {"references", "create-video-request-references.json"},
      {"vidu-references", "create-video-request-vidu-references.json"},
      {"video-edit", "create-video-request-video-edit.json"},
      {"subjects", "create-video-request-subjects.json"},
      {"multi-shot", "create-video-request-multi-shot.json"},
      {"motion-control", "create-video-request-motion-control.json"},
      {"permanent", "create-video-request-permanent.json"},
      {"image", "create-image-request.json"},
      {"image-mask", "create-image-request-mask.json"},
      {"image-size", "create-image-request-hunyuan-size.json"},
  };
  return kSamples;
}

// The application and session of the sample; others get fixed ones.
api::CreateContext ContextOf(const std::string& sample) {
  api::CreateContext context{1500000001, "session-1", ""};
  if (sample.empty()) return context;
  Poco::JSON::Parser parser;
  const auto wire = parser.parse(api::ReadWire(sample)).extract<Poco::JSON::Object::Ptr>();
  context.sub_app_id = wire->getValue<std::int64_t>("SubAppId");
  context.session_id = wire->getValue<std::string>("SessionId");
  context.session_context = wire->optValue<std::string>("SessionContext", "");
  return context;
}

class Mode : public testing::TestWithParam<std::string> {};

TEST_P(Mode, BecomesExactlyThisRequest) {
  const std::string path = std::string(AIGC_TEST_DATA) + "/manifests/modes/" + GetParam();
  manifest::PosixFileReader files;
  const auto loaded =
      manifest::Load(ReadWholeFile(path + ".yaml"), path + ".yaml", CheckedOptions(&files));
  ASSERT_TRUE(loaded.manifest.has_value()) << manifest::Render(loaded.problems, false);
  ASSERT_EQ(loaded.manifest->task_count(), 1);

  const auto found = Samples().find(GetParam());
  const std::string sample = found != Samples().end() ? found->second : "";
  std::string body;
  const Status visited =
      loaded.manifest->ForEachTask([&](const manifest::ExpandedTask& task) -> Status {
        AIGC_ASSIGN_OR_RETURN(const std::string stored,
                              api::EncodeCreate(task.spec, ContextOf(sample)));
        const auto read = [&](std::string_view hash) { return loaded.manifest->ReadInput(hash); };
        AIGC_ASSIGN_OR_RETURN(body, api::ExpandInputs(stored, read));
        return {};
      });
  ASSERT_TRUE(visited.ok()) << Describe(visited.error());
  EXPECT_EQ(body + "\n", ReadWholeFile(path + ".json"));
  if (!sample.empty()) {
    EXPECT_EQ(api::Canonical(body), api::Canonical(api::ReadWire(sample)));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Mode, testing::ValuesIn(Stems("modes", ".yaml")),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Modes, ReachEverySampleOfACreateRequest) {
  std::set<std::string> reached, samples;
  for (const auto& [mode, sample] : Samples()) {
    reached.insert(sample);
    EXPECT_THAT(Stems("modes", ".yaml"), testing::Contains(mode));
  }
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(AIGC_TEST_DATA) + "/wire")) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("create-", 0) == 0 && name.find("-request") != std::string::npos) {
      samples.insert(name);
    }
  }
  EXPECT_GE(samples.size(), 15U);
  EXPECT_EQ(reached, samples);
  EXPECT_THAT(Stems("modes", ".json"), UnorderedElementsAreArray(Stems("modes", ".yaml")));
}

}  // namespace
}  // namespace aigc

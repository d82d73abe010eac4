#include "cli/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace aigc::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A home and a working directory of its own, both empty at first.
class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "settings-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    before_ = std::filesystem::current_path();
    std::filesystem::create_directories(folder_ / "home");
    std::filesystem::create_directories(folder_ / "cwd");
    std::filesystem::current_path(folder_ / "cwd");
    variables_["HOME"] = (folder_ / "home").string();
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }

  static void Write(const std::filesystem::path& path, const std::string& text) {
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  void WriteShared(const std::string& text) {
    Write(folder_ / "home/.tencentcloud/credentials", text);
  }
  Result<Settings> Load() { return Settings::Load(options_, Environment(variables_)); }
  Result<Credentials> Find() {
    auto settings = Load();
    if (!settings.ok()) return settings.error();
    auto found = settings->FindCredentials();
    warnings_ = settings->TakeWarnings();
    return found;
  }

  std::filesystem::path folder_, before_;
  Options options_;
  std::map<std::string, std::string> variables_;
  std::vector<std::string> warnings_;
};

TEST_F(SettingsTest, DefaultsWithoutAnything) {
  const auto settings = Load();
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->state_folder(), "state");
  EXPECT_EQ(settings->endpoint(), "https://vod.tencentcloudapi.com");
  EXPECT_FALSE(settings->endpoint_given());
  EXPECT_EQ(settings->https_proxy(), "");
}

TEST_F(SettingsTest, ProxiesComeFromTheUsualVariables) {
  variables_["https_proxy"] = "http://lower:1";
  variables_["NO_PROXY"] = "a,b";
  EXPECT_EQ(Load()->https_proxy(), "http://lower:1");
  EXPECT_EQ(Load()->no_proxy(), "a,b");
  variables_["HTTPS_PROXY"] = "http://upper:1";
  EXPECT_EQ(Load()->https_proxy(), "http://upper:1");
}

TEST_F(SettingsTest, FlagWinsOverEnvironmentOverEnvFile) {
  Write(".env", "AIGC_BATCH_STATE=from-file\nAIGC_BATCH_ENDPOINT=https://file.example\n");
  EXPECT_EQ(Load()->state_folder(), "from-file");
  EXPECT_EQ(Load()->endpoint(), "https://file.example");
  variables_["AIGC_BATCH_STATE"] = "from-environment";
  EXPECT_EQ(Load()->state_folder(), "from-environment");
  EXPECT_EQ(Load()->endpoint(), "https://file.example");
  options_.state = "from-flag/";
  options_.endpoint = "https://flag.example:8443";
  EXPECT_EQ(Load()->state_folder(), "from-flag");
  EXPECT_EQ(Load()->endpoint(), "https://flag.example:8443");
}

TEST_F(SettingsTest, VariableSetToNothingCountsAsNotSet) {
  Write(".env", "AIGC_BATCH_STATE=from-file\n");
  variables_["AIGC_BATCH_STATE"] = "";
  EXPECT_EQ(Load()->state_folder(), "from-file");
}

TEST_F(SettingsTest, SimulatedBatchesHaveAFolderOfTheirOwn) {
  options_.sim = true;
  EXPECT_EQ(Load()->state_folder(), "state/sim");
}

TEST_F(SettingsTest, NamedEnvFileReplacesTheDefaultOneAndMustExist) {
  Write(".env", "AIGC_BATCH_STATE=default\n");
  Write("other.env", "AIGC_BATCH_STATE=other\n");
  options_.env_file = "other.env";
  EXPECT_EQ(Load()->state_folder(), "other");
  options_.env_file = "missing.env";
  const auto missing = Load();
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::kUsage);
  EXPECT_EQ(missing.error().context, "missing.env");
}

TEST_F(SettingsTest, BadLineIsAnErrorInANamedEnvFileAndAWarningInAFoundOne) {
  Write(".env", "A=1\nsecret-text-without-key\n");
  auto found = Load();
  ASSERT_TRUE(found.ok());
  const auto warnings = found->TakeWarnings();
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings[0], HasSubstr(".env:2"));
  EXPECT_THAT(warnings[0], Not(HasSubstr("secret-text")));
  options_.env_file = ".env";
  const auto named = Load();
  ASSERT_FALSE(named.ok());
  EXPECT_EQ(named.error().code, ErrorCode::kUsage);
  EXPECT_EQ(named.error().context, ".env:2");
  EXPECT_THAT(Describe(named.error()), Not(HasSubstr("secret-text")));
}

TEST_F(SettingsTest, WrongEndpointNamesWhereItWasSaid) {
  variables_["AIGC_BATCH_ENDPOINT"] = "http://plain.example";
  const auto settings = Load();
  ASSERT_FALSE(settings.ok());
  EXPECT_EQ(settings.error().code, ErrorCode::kUsage);
  EXPECT_EQ(settings.error().context, "AIGC_BATCH_ENDPOINT in the environment");
}

TEST_F(SettingsTest, SubApplicationComesFromFlagManifestEnvironmentInThatOrder) {
  EXPECT_EQ(Load()->SubAppId(std::nullopt).error().code, ErrorCode::kUsage);
  variables_["TENCENTCLOUD_VOD_SUB_APP_ID"] = " 3 ";
  EXPECT_EQ(*Load()->SubAppId(std::nullopt), 3);
  EXPECT_EQ(*Load()->SubAppId(2), 2);
  options_.sub_app_id = 1;
  EXPECT_EQ(*Load()->SubAppId(2), 1);
}

TEST_F(SettingsTest, SubApplicationMustBeAPositiveNumber) {
  for (const char* text : {"abc", "-5", "0", "1.5", "12x", "99999999999999999999"}) {
    variables_["TENCENTCLOUD_VOD_SUB_APP_ID"] = text;
    const auto id = Load()->SubAppId(std::nullopt);
    ASSERT_FALSE(id.ok()) << text;
    EXPECT_EQ(id.error().code, ErrorCode::kUsage);
  }
}

TEST_F(SettingsTest, MissingCredentialsNameVariablesAndWhereToGetThem) {
  const auto none = Find();
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::kCredentials);
  EXPECT_THAT(none.error().hint, HasSubstr("TENCENTCLOUD_SECRET_ID"));
  EXPECT_THAT(none.error().hint, HasSubstr("TENCENTCLOUD_SECRET_KEY"));
  EXPECT_THAT(none.error().hint, HasSubstr("console.cloud.tencent.com/cam/capi"));
}

TEST_F(SettingsTest, HalfOfTheCredentialsNamesTheMissingHalf) {
  variables_["TENCENTCLOUD_SECRET_ID"] = "id-1";
  const auto no_key = Find();
  ASSERT_FALSE(no_key.ok());
  EXPECT_EQ(no_key.error().code, ErrorCode::kCredentials);
  EXPECT_THAT(no_key.error().message, HasSubstr("TENCENTCLOUD_SECRET_KEY is missing"));
  EXPECT_THAT(no_key.error().context, HasSubstr("TENCENTCLOUD_SECRET_ID in the environment"));
  variables_.erase("TENCENTCLOUD_SECRET_ID");
  variables_["TENCENTCLOUD_SECRET_KEY"] = "very-secret";
  const auto no_id = Find();
  ASSERT_FALSE(no_id.ok());
  EXPECT_THAT(no_id.error().message, HasSubstr("TENCENTCLOUD_SECRET_ID is missing"));
  EXPECT_THAT(Describe(no_id.error()), Not(HasSubstr("very-secret")));
}

TEST_F(SettingsTest, CredentialsComeFromTheEnvFileToo) {
  Write(".env",
        "TENCENTCLOUD_SECRET_ID=id\nTENCENTCLOUD_SECRET_KEY='k${x}#1'\nTENCENTCLOUD_TOKEN=t\n");
  const auto found = Find();
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->secret_id, "id");
  EXPECT_EQ(found->secret_key.Reveal(), "k${x}#1");
  EXPECT_EQ(found->token.Reveal(), "t");
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(SettingsTest, CredentialsComeFromTheFileTheSdksShare) {
  WriteShared("; made by hand\n[default]\nsecret_id = id\nsecret_key = ${key}\n");
  const auto found = Find();
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->secret_id, "id");
  EXPECT_EQ(found->secret_key.Reveal(), "${key}");
}

TEST_F(SettingsTest, KeysOfDifferentPlacesAreNotMixedWithTheSharedFile) {
  WriteShared("[default]\nsecret_id = other\nsecret_key = other-key\n");
  variables_["TENCENTCLOUD_SECRET_ID"] = "mine";
  const auto mixed = Find();
  ASSERT_FALSE(mixed.ok());
  EXPECT_THAT(mixed.error().message, HasSubstr("TENCENTCLOUD_SECRET_KEY is missing"));
  variables_["TENCENTCLOUD_SECRET_KEY"] = "my-key";
  EXPECT_EQ(Find()->secret_key.Reveal(), "my-key");
}

TEST_F(SettingsTest, TokenOfAnotherPlaceThanTheKeysIsLeftAlone) {
  Write(".env", "TENCENTCLOUD_SECRET_ID=id\nTENCENTCLOUD_SECRET_KEY=key\n");
  variables_["TENCENTCLOUD_TOKEN"] = "stale";
  const auto found = Find();
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->token.empty());
}

TEST_F(SettingsTest, BlanksAndQuotesAroundKeysAreTakenOffWithAWarning) {
  variables_["TENCENTCLOUD_SECRET_ID"] = " id\n";
  variables_["TENCENTCLOUD_SECRET_KEY"] = "\"key\"";
  const auto found = Find();
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->secret_id, "id");
  EXPECT_EQ(found->secret_key.Reveal(), "key");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("TENCENTCLOUD_SECRET_ID in the environment"),
                                     HasSubstr("TENCENTCLOUD_SECRET_KEY in the environment")));
}

TEST_F(SettingsTest, KeyWithABlankInsideIsRefusedWithoutShowingIt) {
  variables_["TENCENTCLOUD_SECRET_ID"] = "id";
  for (const char* key : {"ke y", "ke\ny", "k\xC3\xA4y", "a\r\nX-Header: b"}) {
    variables_["TENCENTCLOUD_SECRET_KEY"] = key;
    const auto found = Find();
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().code, ErrorCode::kCredentials);
    EXPECT_THAT(Describe(found.error()), Not(HasSubstr(key)));
  }
}

TEST_F(SettingsTest, ValueOfNothingButBlanksCountsAsMissing) {
  variables_["TENCENTCLOUD_SECRET_ID"] = "id";
  variables_["TENCENTCLOUD_SECRET_KEY"] = "  \n";
  EXPECT_THAT(Find().error().message, HasSubstr("TENCENTCLOUD_SECRET_KEY is missing"));
}

TEST(NormaliseEndpoint, BringsEveryAddressIntoOneForm) {
  EXPECT_EQ(*NormaliseEndpoint("https://VOD.tencentcloudapi.com/"),
            "https://vod.tencentcloudapi.com");
  EXPECT_EQ(*NormaliseEndpoint(" https://h:443 "), "https://h");
  EXPECT_EQ(*NormaliseEndpoint("https://127.0.0.1:8443"), "https://127.0.0.1:8443");
  EXPECT_EQ(*NormaliseEndpoint("HTTPS://[::1]:8443/"), "https://[::1]:8443");
}

TEST(NormaliseEndpoint, RefusesWhatIsNotAnHttpsAddressOfAHost) {
  for (const char* url :
       {"", "http://h", "h", "https://", "https:///", "https://h/path", "https://u:p@h",
        "https://h:0", "https://h:99999", "https://h:x", "https://h:", "https://[::1",
        "https://a b", "https://h?x=1", "https://::1"}) {
    const auto endpoint = NormaliseEndpoint(url);
    ASSERT_FALSE(endpoint.ok()) << url << " → " << *endpoint;
    EXPECT_EQ(endpoint.error().code, ErrorCode::kUsage);
  }
}

}  // namespace
}  // namespace aigc::cli

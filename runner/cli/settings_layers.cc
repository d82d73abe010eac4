#include "cli/settings_layers.h"

#include <Poco/Exception.h>
#include <Poco/Util/IniFileConfiguration.h>
#include <fmt/format.h>

#include <sstream>

#include "cli/env_file.h"
#include "manifest/posix_file_reader.h"

namespace aigc::cli {
namespace {

constexpr char kOriginSuffix[] = "/origin";
// A settings file is a few lines; what is larger is something else.
constexpr std::uint64_t kMaxSettingsFile = 1024 * 1024;

Result<std::string> ReadSmallFile(const std::string& path) {
  manifest::PosixFileReader reader;
  AIGC_ASSIGN_OR_RETURN(manifest::FileContent content, reader.Read(path, kMaxSettingsFile));
  if (content.size > kMaxSettingsFile) return Error{ErrorCode::kInvalid, "is larger than 1 MB"};
  return std::move(content.bytes);
}

}  // namespace

const std::vector<SettingName>& SettingNames() {
  static const std::vector<SettingName> kNames = {
      {"secret_id", {"TENCENTCLOUD_SECRET_ID"}},
      {"secret_key", {"TENCENTCLOUD_SECRET_KEY"}},
      {"token", {"TENCENTCLOUD_TOKEN"}},
      {"sub_app_id", {"TENCENTCLOUD_VOD_SUB_APP_ID"}},
      {"state", {"AIGC_BATCH_STATE"}},
      {"endpoint", {"AIGC_BATCH_ENDPOINT"}},
      {"https_proxy", {"HTTPS_PROXY", "https_proxy"}},
      // Lower case only: in a web server's environment HTTP_PROXY holds a request's Proxy header.
      {"http_proxy", {"http_proxy"}},
      {"no_proxy", {"NO_PROXY", "no_proxy"}},
  };
  return kNames;
}

Settings::Layers::Layers() : all_(new Poco::Util::LayeredConfiguration) {}

Settings::Layers::Map Settings::Layers::Add(const std::string& name) {
  Map map(new Poco::Util::MapConfiguration);
  all_->add(map, name, static_cast<int>(names_.size()), /*writeable=*/false);
  names_.push_back(name);
  return map;
}

void Settings::Layers::Put(Map& map, const std::string& key, const std::string& value,
                           const std::string& origin) {
  map->setString(key, value);
  map->setString(key + kOriginSuffix, origin);
}

Status Settings::Layers::AddFlags(const Options& options) {
  Map map = Add("flags");
  if (options.state) {
    if (options.state->empty()) return Error{ErrorCode::kUsage, "--state needs a folder"};
    Put(map, "state", *options.state, "--state");
  }
  if (options.endpoint) Put(map, "endpoint", *options.endpoint, "--endpoint");
  return {};
}

void Settings::Layers::AddEnvironment(const Environment& environment) {
  Map map = Add("environment");
  for (const SettingName& name : SettingNames()) {
    for (const std::string& variable : name.variables) {
      if (const auto value = environment.Get(variable)) {
        Put(map, name.key, *value, variable + " in the environment");
        break;
      }
    }
  }
}

Status Settings::Layers::AddEnvFile(const Options& options, std::vector<std::string>& warnings) {
  const std::string path = options.env_file.value_or(".env");
  Result<std::string> text = ReadSmallFile(path);
  if (!text.ok()) {
    if (options.env_file) {
      return Error{ErrorCode::kUsage, "cannot read the env file: " + text.error().message, path,
                   "give --env-file the path of a file of KEY=VALUE lines"};
    }
    if (text.error().code != ErrorCode::kNotFound) {
      warnings.push_back(fmt::format("{} is not used: {}", path, text.error().message));
    }
    return {};
  }
  const EnvFile file = ParseEnvFile(*text);
  for (const int line : file.bad_lines) {
    const std::string place = fmt::format("{}:{}", path, line);
    // A .env that happens to lie here may belong to another program.
    if (!options.env_file) {
      warnings.push_back(place + ": this line is not KEY=VALUE and is left out");
      continue;
    }
    return Error{ErrorCode::kUsage, "not a KEY=VALUE line", place,
                 "write KEY=VALUE, KEY='VALUE' or # for a comment"};
  }
  Map map = Add("env file");
  for (const SettingName& name : SettingNames()) {
    for (const std::string& variable : name.variables) {
      const auto found = file.values.find(variable);
      if (found == file.values.end() || found->second.empty()) continue;
      Put(map, name.key, found->second, fmt::format("{} in {}", variable, path));
      break;
    }
  }
  return {};
}

// The file that the service's SDKs and its command line share: an INI file with [default].
Status Settings::Layers::AddSharedCredentials(const Environment& environment,
                                              std::vector<std::string>& warnings) {
  const auto home = environment.Get("HOME");
  if (!home) return {};
  const std::string path = *home + "/.tencentcloud/credentials";
  Result<std::string> text = ReadSmallFile(path);
  if (!text.ok()) {
    if (text.error().code != ErrorCode::kNotFound) {
      warnings.push_back(fmt::format("{} is not used: {}", path, text.error().message));
    }
    return {};
  }
  Map map = Add(kSharedLayer);
  try {
    std::istringstream stream(*text);
    const Poco::AutoPtr<Poco::Util::IniFileConfiguration> ini(
        new Poco::Util::IniFileConfiguration(stream));
    for (const char* key : {"secret_id", "secret_key", "token"}) {
      const std::string name = std::string("default.") + key;
      if (!ini->has(name)) continue;
      // Raw: other forms would replace ${…} inside a value.
      const std::string value = ini->getRawString(name);
      if (!value.empty()) Put(map, key, value, std::string(key) + " in " + path);
    }
  } catch (const Poco::Exception&) {
    // Its message may quote the file.
    warnings.push_back(path + " is not used: it is not an INI file");
  }
  return {};
}

std::optional<Settings::Layers::Found> Settings::Layers::Find(const std::string& key) const {
  if (!all_->has(key)) return std::nullopt;
  for (const std::string& layer : names_) {
    if (auto found = FindIn(layer, key)) {
      found->value = all_->getRawString(key);
      return found;
    }
  }
  return std::nullopt;
}

std::optional<Settings::Layers::Found> Settings::Layers::FindIn(const std::string& layer,
                                                                const std::string& key) const {
  const auto map = all_->find(layer);
  if (map.isNull() || !map->has(key)) return std::nullopt;
  return Found{map->getRawString(key), layer, map->getRawString(key + kOriginSuffix)};
}

}  // namespace aigc::cli

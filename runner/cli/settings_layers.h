// The layers behind Settings. Private to settings*.cc.
#pragma once

#include <Poco/AutoPtr.h>
#include <Poco/Util/LayeredConfiguration.h>
#include <Poco/Util/MapConfiguration.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/environment.h"
#include "cli/options.h"
#include "cli/settings.h"

namespace aigc::cli {

// One setting: its name in the layers, and the environment variables that hold it.
struct SettingName {
  const char* key;
  std::vector<std::string> variables;  // the first that is set counts
};
const std::vector<SettingName>& SettingNames();

inline constexpr char kSharedLayer[] = "shared credentials";

class Settings::Layers {
 public:
  Layers();
  Status AddFlags(const Options& options);
  void AddEnvironment(const Environment& environment);
  Status AddEnvFile(const Options& options, std::vector<std::string>& warnings);
  Status AddSharedCredentials(const Environment& environment, std::vector<std::string>& warnings);

  struct Found {
    std::string value;
    std::string layer;   // "environment"
    std::string origin;  // "TENCENTCLOUD_SECRET_ID in the environment"
  };
  std::optional<Found> Find(const std::string& key) const;
  // The same in one layer only.
  std::optional<Found> FindIn(const std::string& layer, const std::string& key) const;

 private:
  using Map = Poco::AutoPtr<Poco::Util::MapConfiguration>;
  // Layers are searched in the order in which they were added.
  Map Add(const std::string& name);
  static void Put(Map& map, const std::string& key, const std::string& value,
                  const std::string& origin);

  Poco::AutoPtr<Poco::Util::LayeredConfiguration> all_;
  std::vector<std::string> names_;
};

}  // namespace aigc::cli

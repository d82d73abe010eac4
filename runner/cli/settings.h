// Settings from all the places a user may keep them: flag, environment, env file, the SDKs' shared
// credentials file, in that order. (A manifest never holds a secret; what it says of the batch is
// settled where it is read.)
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "cli/environment.h"
#include "cli/options.h"

namespace aigc::cli {

inline constexpr char kDefaultEndpoint[] = "https://vod.tencentcloudapi.com";
inline constexpr char kDefaultState[] = "state";

class Settings {
 public:
  // Reads the env file (`.env` in the working directory when there is one and the command line
  // names none) and the shared credentials file below HOME. kUsage when a file that the user named
  // cannot be read or understood, or when a value makes no sense.
  static Result<Settings> Load(const Options& options, const Environment& environment);
  Settings(Settings&&) noexcept;
  Settings& operator=(Settings&&) noexcept;
  ~Settings();

  // The state folder; with --sim the folder of simulated batches inside it.
  const std::string& state_folder() const { return state_folder_; }
  // "https://host[:port]", lower case, without the default port.
  const std::string& endpoint() const { return endpoint_; }
  bool endpoint_given() const { return endpoint_given_; }  // else it is the default
  // "" when not said. (SSL_CERT_FILE is OpenSSL's own.)
  std::string https_proxy() const;
  std::string http_proxy() const;
  std::string no_proxy() const;

  // Flag, manifest, environment, in that order. kUsage without any, with what to do.
  Result<std::int64_t> SubAppId(std::optional<std::int64_t> manifest) const;

  // kCredentials when there are none, half of them, or when one cannot be one; the message names
  // variables and files, never a value. Blanks and quotes around a value are taken off and
  // warned of.
  Result<Credentials> FindCredentials();

  // What the user should know, each once; emptied by the call.
  std::vector<std::string> TakeWarnings();

 private:
  class Layers;
  explicit Settings(std::unique_ptr<Layers> layers);
  Result<std::string> CleanSecret(const std::string& value, const std::string& origin);

  std::unique_ptr<Layers> layers_;
  std::string state_folder_, endpoint_;
  bool endpoint_given_ = false;
  std::optional<std::int64_t> sub_app_flag_;
  std::vector<std::string> warnings_;
};

// "HTTPS://Host:443/" → "https://host". kUsage for anything that is not an https URL of a host:
// signed requests do not travel in the clear.
Result<std::string> NormaliseEndpoint(std::string_view url);

}  // namespace aigc::cli

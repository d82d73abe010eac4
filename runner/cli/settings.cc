#include "cli/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "cli/settings_layers.h"

namespace aigc::cli {
namespace {

constexpr char kWhereCredentials[] =
    "set TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY in the environment or in a .env file; "
    "keys are made at https://console.cloud.tencent.com/cam/capi (international site: "
    "https://console.tencentcloud.com/cam/capi). Without an account: run --sim";
constexpr char kWhereSubAppId[] =
    "set sub_app_id in the manifest, --sub-app-id or TENCENTCLOUD_VOD_SUB_APP_ID; the number "
    "stands "
    "at https://console.cloud.tencent.com/vod/app-manage";

std::optional<std::int64_t> ParsePositive(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

bool IsHostByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

// A value as it should have been written: without blanks, line ends and quotes around it.
std::string_view Unwrap(std::string_view value) {
  value = Trim(value);
  while (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
         value.back() == value.front()) {
    value = Trim(value.substr(1, value.size() - 2));
  }
  return value;
}

}  // namespace

Result<std::string> NormaliseEndpoint(std::string_view url) {
  const Error error{ErrorCode::kUsage,
                    fmt::format("the endpoint \"{}\" is not an https address", Excerpt(url, 100)),
                    {},
                    fmt::format("write it like {} or https://127.0.0.1:8443", kDefaultEndpoint)};
  std::string text = ToLower(Trim(url));
  constexpr std::string_view kScheme = "https://";
  if (text.compare(0, kScheme.size(), kScheme) != 0) return error;
  std::string_view rest = std::string_view(text).substr(kScheme.size());
  if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
  std::string_view host = rest;
  std::string_view port;
  const bool bracketed = !rest.empty() && rest.front() == '[';
  const auto bracket = rest.find(']');
  if (bracketed && bracket == std::string_view::npos) return error;
  const auto colon = rest.find(':', bracketed ? bracket : 0);
  if (colon != std::string_view::npos) {
    host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
    const auto number = ParsePositive(port);
    if (!number || *number > 65535) return error;
    port = std::string_view(rest).substr(colon + 1);
  }
  const std::string_view name =
      bracketed && host.size() > 2 ? host.substr(1, host.size() - 2) : host;
  const bool valid = !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return IsHostByte(c) || (bracketed && c == ':');
  });
  if (!valid || (bracketed && host.back() != ']')) return error;
  if (port.empty() || port == "443") return fmt::format("{}{}", kScheme, host);
  return fmt::format("{}{}:{}", kScheme, host, port);
}

Settings::Settings(std::unique_ptr<Layers> layers) : layers_(std::move(layers)) {}
Settings::Settings(Settings&&) noexcept = default;
Settings& Settings::operator=(Settings&&) noexcept = default;
Settings::~Settings() = default;

Result<Settings> Settings::Load(const Options& options, const Environment& environment) {
  Settings settings(std::make_unique<Layers>());
  Layers& layers = *settings.layers_;
  AIGC_RETURN_IF_ERROR(layers.AddFlags(options));
  layers.AddEnvironment(environment);
  AIGC_RETURN_IF_ERROR(layers.AddEnvFile(options, settings.warnings_));
  AIGC_RETURN_IF_ERROR(layers.AddSharedCredentials(environment, settings.warnings_));

  const auto state = layers.Find("state");
  settings.state_folder_ = state ? state->value : kDefaultState;
  while (settings.state_folder_.size() > 1 && settings.state_folder_.back() == '/') {
    settings.state_folder_.pop_back();
  }
  if (options.sim) settings.state_folder_ += "/sim";

  const auto endpoint = layers.Find("endpoint");
  Result<std::string> normal = NormaliseEndpoint(endpoint ? endpoint->value : kDefaultEndpoint);
  if (!normal.ok()) {
    Error error = std::move(normal).error();
    if (endpoint) error.context = endpoint->origin;
    return error;
  }
  settings.endpoint_ = *std::move(normal);
  settings.endpoint_given_ = endpoint.has_value();

  settings.sub_app_flag_ = options.sub_app_id;
  if (options.sub_app_id && *options.sub_app_id <= 0) {
    return Error{ErrorCode::kUsage, "--sub-app-id must be a positive number", {}, kWhereSubAppId};
  }
  return settings;
}

std::string Settings::https_proxy() const {
  const auto found = layers_->Find("https_proxy");
  return found ? found->value : std::string();
}

std::string Settings::http_proxy() const {
  const auto found = layers_->Find("http_proxy");
  return found ? found->value : std::string();
}

std::string Settings::no_proxy() const {
  const auto found = layers_->Find("no_proxy");
  return found ? found->value : std::string();
}

Result<std::int64_t> Settings::SubAppId(std::optional<std::int64_t> manifest) const {
  if (sub_app_flag_) return *sub_app_flag_;
  if (manifest) return *manifest;
  const auto found = layers_->Find("sub_app_id");
  if (!found) {
    return Error{ErrorCode::kUsage,
                 "the VOD application is not known: there is no sub_app_id",
                 {},
                 kWhereSubAppId};
  }
  const auto number = ParsePositive(Unwrap(found->value));
  if (!number) {
    return Error{ErrorCode::kUsage, "the sub application id must be a positive number",
                 found->origin, kWhereSubAppId};
  }
  return *number;
}

// The value of a credential without what crept in around it; kCredentials when what is left cannot
// be one.
Result<std::string> Settings::CleanSecret(const std::string& value, const std::string& origin) {
  const std::string_view clean = Unwrap(value);
  if (clean.size() != value.size()) {
    warnings_.push_back(origin + ": blanks, line ends or quotes around the value were taken off");
  }
  const bool plain =
      std::all_of(clean.begin(), clean.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!plain) {
    return Error{ErrorCode::kCredentials,
                 "the value holds blanks or characters that no credential has", origin,
                 "copy it again from https://console.cloud.tencent.com/cam/capi"};
  }
  return std::string(clean);
}

Result<Credentials> Settings::FindCredentials() {
  auto id = layers_->Find("secret_id");
  auto key = layers_->Find("secret_key");
  // The shared file counts as a whole or not at all: half a pair from it belongs to another key.
  if (id && key && id->layer != key->layer) {
    if (id->layer == kSharedLayer) id.reset();
    if (key && key->layer == kSharedLayer) key.reset();
  }
  std::string id_text;
  std::string key_text;
  if (id) {
    AIGC_ASSIGN_OR_RETURN(id_text, CleanSecret(id->value, id->origin));
  }
  if (key) {
    AIGC_ASSIGN_OR_RETURN(key_text, CleanSecret(key->value, key->origin));
  }
  if (id_text.empty() && key_text.empty()) {
    return Error{ErrorCode::kCredentials, "there are no credentials", {}, kWhereCredentials};
  }
  if (id_text.empty() || key_text.empty()) {
    return Error{
        ErrorCode::kCredentials,
        fmt::format("only half of the credentials is there: {} is missing",
                    id_text.empty() ? "TENCENTCLOUD_SECRET_ID" : "TENCENTCLOUD_SECRET_KEY"),
        "found " + (id_text.empty() ? key : id)->origin, kWhereCredentials};
  }
  // A token belongs to one pair of keys. One that lies in another layer than the id (a session left
  // behind in the environment) would spoil keys that are good.
  std::string token_text;
  if (const auto token = layers_->FindIn(id->layer, "token")) {
    AIGC_ASSIGN_OR_RETURN(token_text, CleanSecret(token->value, token->origin));
  }
  return Credentials{std::move(id_text), Secret(std::move(key_text)),
                     Secret(std::move(token_text))};
}

std::vector<std::string> Settings::TakeWarnings() { return std::exchange(warnings_, {}); }

}  // namespace aigc::cli

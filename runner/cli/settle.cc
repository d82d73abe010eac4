#include "cli/settle.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <filesystem>

#include "base/text.h"

namespace aigc::cli {
namespace {

Result<std::optional<int>> ParseInFlight(const std::string& text) {
  if (text == "auto") return std::optional<int>();
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size() || number < 1) {
    return Error{ErrorCode::kUsage, "--max-in-flight must be auto or a number from 1 on"};
  }
  return std::optional<int>(number);
}

Status CheckRate(const char* flag, std::optional<double> rate) {
  if (!rate || (std::isfinite(*rate) && *rate > 0)) return {};
  return Error{ErrorCode::kUsage, fmt::format("{} must be above 0", flag)};
}

}  // namespace

Result<pipeline::Limits> SettleLimits(const manifest::Limits& manifest, const Options& options) {
  AIGC_RETURN_IF_ERROR(CheckRate("--submit-rate", options.submit_rate));
  AIGC_RETURN_IF_ERROR(CheckRate("--poll-rate", options.poll_rate));
  if (options.stop_after && *options.stop_after < 1) {
    return Error{ErrorCode::kUsage, "--stop-after must be 1 or more"};
  }
  if (options.canary && *options.canary < 1) {
    return Error{ErrorCode::kUsage, "--canary must be 1 or more"};
  }

  pipeline::Limits limits;
  limits.submit_rate =
      options.submit_rate.value_or(manifest.submit_rate.value_or(limits.submit_rate));
  limits.poll_rate = options.poll_rate.value_or(manifest.poll_rate.value_or(limits.poll_rate));
  limits.first_look = manifest.first_look.value_or(limits.first_look);
  limits.look_every = manifest.look_every.value_or(limits.look_every);
  limits.max_in_flight = manifest.max_in_flight;
  if (options.max_in_flight) {
    AIGC_ASSIGN_OR_RETURN(limits.max_in_flight, ParseInFlight(*options.max_in_flight));
  }
  limits.per_model = manifest.per_model;
  limits.downloads = manifest.downloads.value_or(limits.downloads);
  limits.attempts = manifest.attempts.value_or(limits.attempts);
  limits.task_timeout = manifest.task_timeout.value_or(limits.task_timeout);
  limits.give_up_after = manifest.give_up_after.value_or(limits.give_up_after);
  limits.stop_after = options.stop_after;
  if (manifest.stop_when) {
    limits.stop_when =
        pipeline::StopWhen{manifest.stop_when->failed_share, manifest.stop_when->after};
  }
  limits.failed_cost_free = manifest.failed_cost_free.value_or(false);
  limits.canary = options.canary.value_or(0);
  return limits;
}

Result<std::string> SettleOutputFolder(const manifest::Settings& manifest, const Options& options) {
  if (!options.output) {
    return manifest.output.dir.empty() ? "out/" + manifest.name : manifest.output.dir;
  }
  if (options.output->empty()) return Error{ErrorCode::kUsage, "--output needs a folder"};
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(*options.output, failed);
  if (failed) return Error{ErrorCode::kUsage, "--output: " + failed.message(), *options.output};
  return absolute.lexically_normal().string();
}

Status PrepareOutputFolder(const std::string& base, const std::string& folder) {
  if (folder.find("${") != std::string::npos) return {};
  const std::filesystem::path path = std::filesystem::path(base) / folder;
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) {
    const bool denied = failed == std::errc::permission_denied;
    const bool full = failed == std::errc::no_space_on_device;
    return Error{denied ? ErrorCode::kNoPermission
                 : full ? ErrorCode::kDiskFull
                        : ErrorCode::kIo,
                 "cannot make the output folder: " + failed.message(), path.string(),
                 "output.dir or --output names another one"};
  }
  if (!std::filesystem::is_directory(path, failed)) {
    return Error{ErrorCode::kIo, "the output folder is a file", path.string(),
                 "output.dir or --output names another one"};
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    return Error{ErrorCode::kNoPermission, "the output folder may not be written to", path.string(),
                 "output.dir or --output names another one"};
  }
  return {};
}

}  // namespace aigc::cli

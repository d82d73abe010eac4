// What a manifest says about the batch as a whole: everything but its tasks. Absent means "not
// said"; the defaults belong to the program (design: limits have theirs in pipeline/, paths in
// cli/), so that a flag can tell a default from a wish. Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/times.h"

namespace aigc::manifest {

// Stop the batch when `failed_share` of at least `after` ended tasks failed.
struct StopWhen {
  double failed_share = 0;  // 0 < share ≤ 1
  int after = 1;
  bool operator==(const StopWhen&) const = default;
};

// What the service itself allows a second (reference 6.1).
inline constexpr double kServiceSubmitRate = 20;
inline constexpr double kServicePollRate = 100;

// Rates are requests a second, above 0. Counts are 1 or more.
struct Limits {
  std::optional<double> submit_rate, poll_rate;
  std::optional<Millis> first_look, look_every;
  std::optional<int> max_in_flight;        // absent also for "auto" and 0: found out while running
  std::map<std::string, int> per_model{};  // max_in_flight of "Kling" or "Kling/2.1"
  std::optional<int> downloads;
  std::optional<StopWhen> stop_when;
  std::optional<std::int64_t> tasks;  // how many a manifest may expand to
  std::optional<int> attempts;
  std::optional<Millis> task_timeout, give_up_after;
  std::optional<std::int64_t> budget_micros;  // millionths, in the price list's currency
  std::optional<bool> failed_cost_free;       // whether a failed task costs nothing
  bool operator==(const Limits&) const = default;
};

struct OutputSettings {
  // Where results go: relative to the manifest's folder, or absolute. Empty: not said (out/NAME).
  // ${…} of variables and of the environment are replaced already.
  std::string dir;
  std::string filename;  // template as written; empty: not said (${id}-${output}.${ext}).
                         // Every TaskSpec already has its own output_filename made from it.
  std::string report;    // path of the report, like dir (.csv, .jsonl, .html); empty: none
  bool operator==(const OutputSettings&) const = default;
};

// How local files go to the service: inside the request, or uploaded before it.
enum class Upload {
  kAuto,    // inside as long as those of one request are small enough together
  kAlways,  // uploaded, whatever their size
  kNever,   // inside; too large is an error
};

struct Settings {
  std::string name;  // [a-z0-9][a-z0-9._-]{0,63}
  std::optional<std::int64_t> sub_app_id;
  Limits limits;
  OutputSettings output;
  std::string prices;  // path of the price list, relative to the manifest's folder; empty: none
  Upload upload = Upload::kAuto;
  bool allow_unknown = false;
  bool allow_unpriced = false;  // under a budget, send tasks whose cost is not known
  bool operator==(const Settings&) const = default;
};

// The settings alone, from a manifest's text that was accepted once (the state keeps it): tasks are
// not looked at, no file is read. `path` serves messages and the default name, `environment` (may
// be empty) ${env:NAME} in output.dir and report. kManifest with the first problem when the text
// cannot be read. Any thread.
Result<Settings> LoadSettings(
    std::string_view text, const std::string& path,
    const std::function<std::optional<std::string>(const std::string&)>& environment = {});

}  // namespace aigc::manifest

// The JSON lines of `run --json` and its like, one object a line on standard output: what happened,
// from "launch" to "done". schema/events.schema.json describes every member; `schema events` prints
// it. On the loop's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "base/result.h"
#include "cli/console.h"
#include "cli/live_source.h"
#include "pipeline/loop.h"
#include "pipeline/observer.h"

namespace aigc::cli {

// The version of every event. New members and new events leave it as it is; it grows when one of
// them changes its meaning or goes.
inline constexpr std::int64_t kEventVersion = 1;

std::string_view EventSchemaText();

// {"event":NAME,"version":1,"at":TIME, open for what belongs to it.
JsonWriter BeginEvent(std::string_view name, WallTime at);

class JsonEvents final : public pipeline::Observer {
 public:
  JsonEvents(Console& console, ReadView read) : console_(console), read_(std::move(read)) {}
  void OnTask(const pipeline::TaskEvent& event) override;
  // At most every ten seconds.
  void OnProgress(const pipeline::Progress& progress) override;
  void OnNotice(WallTime at, pipeline::Severity severity, std::string_view text) override;

 private:
  Console& console_;
  ReadView read_;
  LiveView view_;
  std::optional<SteadyTime> shown_;
};

// The "progress" event of a view.
std::string ProgressEvent(const LiveView& view, std::size_t downloads);

// "finished", "interrupted", "budget" …: why a run ended, as "done" has it.
std::string_view Name(pipeline::StopReason reason);

}  // namespace aigc::cli

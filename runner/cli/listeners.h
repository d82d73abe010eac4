// The other listeners of a run: the log file, the JSON lines of --json, and one that passes
// everything on to several. On the loop's thread, as pipeline/observer.h says.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/console.h"
#include "cli/progress.h"
#include "pipeline/observer.h"

namespace spdlog {
class logger;
}

namespace aigc::cli {

class Listeners final : public pipeline::Observer {
 public:
  void Add(std::unique_ptr<pipeline::Observer> observer);
  void OnTask(const pipeline::TaskEvent& event) override;
  void OnProgress(const pipeline::Progress& progress) override;
  void OnNotice(WallTime at, pipeline::Severity severity, std::string_view text) override;

 private:
  std::vector<std::unique_ptr<pipeline::Observer>> all_;
};

// One JSON object a line on standard output: {"event":"task",…}, {"event":"notice",…}, and at most
// every ten seconds {"event":"progress",…}.
class JsonEvents final : public pipeline::Observer {
 public:
  JsonEvents(Console& console, CountStates count) : console_(console), count_(std::move(count)) {}
  void OnTask(const pipeline::TaskEvent& event) override;
  void OnProgress(const pipeline::Progress& progress) override;
  void OnNotice(WallTime at, pipeline::Severity severity, std::string_view text) override;

 private:
  void Write(const std::string& line);
  Console& console_;
  CountStates count_;
  std::optional<SteadyTime> shown_;
};

// Every event as a line of text with its time, appended to a file and flushed at once.
class LogFile final : public pipeline::Observer {
 public:
  // Makes the file and its folder when absent. kIo when it cannot be opened.
  static Result<std::unique_ptr<LogFile>> Open(const std::string& path);
  ~LogFile() override;
  void OnTask(const pipeline::TaskEvent& event) override;
  void OnProgress(const pipeline::Progress& progress) override;
  void OnNotice(WallTime at, pipeline::Severity severity, std::string_view text) override;

 private:
  explicit LogFile(std::shared_ptr<spdlog::logger> logger);
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace aigc::cli

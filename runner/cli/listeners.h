// More listeners of a run: the log file, and one that passes everything on to several. On the
// loop's thread, as pipeline/observer.h says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
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

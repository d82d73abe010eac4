#include "cli/listeners.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>

#include "base/text.h"

namespace aigc::cli {
namespace {

// Control characters of foreign texts would forge lines of the log.
std::string OneLine(std::string_view text) { return Excerpt(text, 2000); }

}  // namespace

void Listeners::Add(std::unique_ptr<pipeline::Observer> observer) {
  all_.push_back(std::move(observer));
}

void Listeners::OnTask(const pipeline::TaskEvent& event) {
  for (const auto& observer : all_) observer->OnTask(event);
}

void Listeners::OnProgress(const pipeline::Progress& progress) {
  for (const auto& observer : all_) observer->OnProgress(progress);
}

void Listeners::OnNotice(WallTime at, pipeline::Severity severity, std::string_view text) {
  for (const auto& observer : all_) observer->OnNotice(at, severity, text);
}

Result<std::unique_ptr<LogFile>> LogFile::Open(const std::string& path) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(path);
    auto logger = std::make_shared<spdlog::logger>("run", std::move(sink));
    logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc));
    logger->flush_on(spdlog::level::info);
    // A log that cannot be written (a full disk) must not end the run.
    logger->set_error_handler([](const std::string&) {});
    return std::unique_ptr<LogFile>(new LogFile(std::move(logger)));
  } catch (const spdlog::spdlog_ex& error) {
    return Error{ErrorCode::kIo, fmt::format("cannot open the log file: {}", error.what()), path};
  }
}

LogFile::LogFile(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}
LogFile::~LogFile() = default;

void LogFile::OnTask(const pipeline::TaskEvent& event) {
  std::string text =
      fmt::format("{} g{}: {} → {}", event.id, event.generation, Name(event.from), Name(event.to));
  const auto add = [&](const char* what, std::string_view value) {
    if (!value.empty()) text += fmt::format("; {}{}", what, OneLine(value));
  };
  add("", event.why);
  add("code ", event.error_code);
  add("", event.error_message);
  add("RequestId ", event.request_id);
  const bool bad = event.to == TaskState::kFailed || event.to == TaskState::kLost;
  logger_->log(bad ? spdlog::level::warn : spdlog::level::info, text);
}

void LogFile::OnProgress(const pipeline::Progress& /*progress*/) {}

void LogFile::OnNotice(WallTime /*at*/, pipeline::Severity severity, std::string_view text) {
  logger_->log(severity == pipeline::Severity::kWarning ? spdlog::level::warn : spdlog::level::info,
               OneLine(text));
}

}  // namespace aigc::cli

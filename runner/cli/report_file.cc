#include "cli/report_file.h"

#include <filesystem>
#include <optional>

#include "base/text.h"
#include "cli/advice.h"
#include "files/atomic_file.h"
#include "manifest/posix_file_reader.h"
#include "report/html.h"
#include "report/json_lines.h"

namespace aigc::cli {
namespace {

namespace fs = std::filesystem;

fs::path Absolute(const fs::path& path) {
  std::error_code failed;
  fs::path absolute = fs::absolute(path, failed);
  if (failed) return path;
  fs::path canonical = fs::weakly_canonical(absolute, failed);
  return failed ? absolute.lexically_normal() : canonical;
}

Status WriteHtml(store::StoreReader& store, const store::Selection& selection,
                 const ReportWish& wish, const std::string& path, const report::TextSink& sink) {
  AIGC_ASSIGN_OR_RETURN(const store::BatchRecord batch, store.Batch());
  const fs::path folder = batch.folder;
  const fs::path page = Absolute(path.empty() ? fs::path(".") : fs::path(path).parent_path() / ".");
  report::HtmlOptions options;
  options.filter = wish.filter;
  options.now = wish.now;
  options.selection = wish.selection;
  options.retry = std::string("aigc-batch retry ") + (wish.sim ? "--sim " : "") + batch.name;
  options.advice = AdviceFor;
  options.locate = [&](std::string_view file) {
    const fs::path absolute = (folder / file).lexically_normal();
    const fs::path relative = absolute.lexically_relative(page.lexically_normal());
    return relative.empty() ? absolute.generic_string() : relative.generic_string();
  };
  if (wish.embed) {
    options.embed = [&](std::string_view file) -> std::optional<std::string> {
      manifest::PosixFileReader reader;
      auto content = reader.Read((folder / file).string(), report::kMostEmbeddedFile);
      if (!content.ok()) return std::nullopt;
      return std::move(content->bytes);
    };
  }
  return report::WriteHtml(store, selection, options, sink);
}

}  // namespace

ReportFormat FormatOfFile(std::string_view path) {
  const std::string suffix = ToLower(fs::path(path).extension().string());
  if (suffix == ".jsonl" || suffix == ".ndjson") return ReportFormat::kJsonLines;
  return suffix == ".html" || suffix == ".htm" ? ReportFormat::kHtml : ReportFormat::kCsv;
}

Status WriteReport(store::StoreReader& store, const store::Selection& selection,
                   const ReportWish& wish, const std::string& path, const report::TextSink& sink) {
  switch (wish.format) {
    case ReportFormat::kHtml:
      return WriteHtml(store, selection, wish, path, sink);
    case ReportFormat::kJsonLines:
      return report::WriteJsonLines(store, selection, {wish.columns, wish.filter}, sink);
    case ReportFormat::kCsv:
      break;
  }
  return report::WriteCsv(store, selection, {wish.excel, wish.columns, wish.filter}, sink);
}

Status WriteReportFile(store::StoreReader& store, const store::Selection& selection,
                       const ReportWish& wish, const std::string& path) {
  AIGC_ASSIGN_OR_RETURN(files::AtomicFile file, files::AtomicFile::Create(path));
  AIGC_RETURN_IF_ERROR(WriteReport(store, selection, wish, path,
                                   [&](std::string_view text) { return file.Write(text); }));
  return file.Commit();
}

}  // namespace aigc::cli

#include "report/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/embedded_file.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "embedded_reportpage.h"
#include "report/html_data.h"
#include "report/report_line.h"
#include "report/story.h"

namespace aigc::report {
namespace {

// In the order in which they are put together; each only declares, app.js begins.
constexpr std::string_view kScripts[] = {"model.js",   "elements.js", "media.js",   "windowed.js",
                                         "sheet.js",   "compare.js",  "details.js", "charts.js",
                                         "figures.js", "app.js"};

std::string_view Asset(std::string_view name) {
  for (const EmbeddedFile& file : embedded::ReportPage()) {
    if (file.name == name) return file.text;
  }
  return {};
}

std::string Script() {
  std::string text = "(() => {\n'use strict';\n";
  for (const std::string_view name : kScripts) text += Asset(name);
  return text + "})();\n";
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : Printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string HashOf(std::string_view text) {
  return "'sha256-" + Base64(AsText(Sha256(text))) + "'";
}

// Nothing from anywhere but the disk, no script but this one, no form, no frame.
std::string Policy(std::string_view style, std::string_view script) {
  return fmt::format(
      "default-src 'none'; script-src {}; style-src {}; img-src 'self' file: data:; "
      "media-src 'self' file: data:; base-uri 'none'; form-action 'none'",
      HashOf(script), HashOf(style));
}

std::string_view MediaType(std::string_view path) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"mp4", "video/mp4"},   {"webm", "video/webm"}, {"mov", "video/quicktime"},
      {"png", "image/png"},   {"jpg", "image/jpeg"},  {"jpeg", "image/jpeg"},
      {"webp", "image/webp"}, {"gif", "image/gif"}};
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return {};
  for (const auto& [suffix, type] : kTypes) {
    if (EqualsIgnoreCase(path.substr(dot + 1), suffix)) return type;
  }
  return {};
}

class Page {
 public:
  Page(store::StoreReader& store, const store::Selection& selection, const HtmlOptions& options,
       const TextSink& sink)
      : store_(store), selection_(selection), options_(options), sink_(sink) {}

  Status Write() {
    AIGC_RETURN_IF_ERROR(Count());
    AIGC_ASSIGN_OR_RETURN(const store::BatchRecord batch, store_.Batch());
    const std::string_view style = Asset("page.css");
    const std::string script = Script();
    std::string_view rest = Asset("page.html");
    while (!rest.empty()) {
      const std::size_t open = std::min(rest.find("{{"), rest.size());
      AIGC_RETURN_IF_ERROR(sink_(rest.substr(0, open)));
      if (open == rest.size()) break;
      const std::size_t close = rest.find("}}", open);
      const std::string_view name = rest.substr(open + 2, close - open - 2);
      rest.remove_prefix(close + 2);
      if (name == "name") {
        AIGC_RETURN_IF_ERROR(sink_(Escaped(batch.name)));
      } else if (name == "policy") {
        AIGC_RETURN_IF_ERROR(sink_(Policy(style, script)));
      } else if (name == "style") {
        AIGC_RETURN_IF_ERROR(sink_(style));
      } else if (name == "script") {
        AIGC_RETURN_IF_ERROR(sink_(script));
      } else if (name == "data") {
        AIGC_RETURN_IF_ERROR(WriteData());
      }
    }
    return {};
  }

 private:
  Status EachRow(const std::function<Status(const store::ReportRow&)>& visit) {
    return store_.ForEachReportRow(selection_, [&](const store::ReportRow& row) -> Status {
      return options_.filter.Takes(row.row) ? visit(row) : Status();
    });
  }

  Status Count() {
    AIGC_RETURN_IF_ERROR(EachRow([this](const store::ReportRow&) -> Status {
      ++tasks_;
      return {};
    }));
    if (tasks_ <= kMostHtmlTasks) return {};
    return Error{
        ErrorCode::kUsage,
        fmt::format("an HTML report of {} tasks would be too large for a browser; it shows "
                    "at most {}",
                    tasks_, kMostHtmlTasks),
        "",
        "narrow it with --failed, --filter state=failed (or model=, kind=, code=), "
        "--tag TAG or --task GLOB; --format csv and jsonl take any number"};
  }

  Status WriteData() {
    AIGC_ASSIGN_OR_RETURN(const std::string batch, BatchJson(store_, options_, tasks_));
    AIGC_RETURN_IF_ERROR(Block("batch", [&] { return sink_(ScriptText(batch)); }));
    AIGC_ASSIGN_OR_RETURN(const store::MoneyState money, store_.Money());
    currency_ = money.terms.currency;
    AIGC_RETURN_IF_ERROR(Block("tasks", [&] { return WriteTasks(); }));
    AIGC_RETURN_IF_ERROR(Block("advice", [&] { return WriteAdvice(); }));
    AIGC_RETURN_IF_ERROR(Block("stories", [&] { return WriteStories(); }));
    return options_.embed ? WriteMedia() : Status();
  }

  Status Block(std::string_view id, const std::function<Status()>& write) {
    AIGC_RETURN_IF_ERROR(sink_(fmt::format("<script type=\"application/json\" id=\"{}\">", id)));
    AIGC_RETURN_IF_ERROR(write());
    return sink_("</script>\n");
  }

  Status WriteTasks() {
    bool first = true;
    AIGC_RETURN_IF_ERROR(sink_("["));
    AIGC_RETURN_IF_ERROR(EachRow([&](const store::ReportRow& row) -> Status {
      AIGC_ASSIGN_OR_RETURN(const ReportLine line, MakeReportLine(row, currency_));
      if (!row.row.error_code.empty()) codes_.insert(row.row.error_code);
      const std::string text = (first ? "\n" : ",\n") + ScriptText(TaskJson(line, options_));
      first = false;
      return sink_(text);
    }));
    return sink_("\n]");
  }

  Status WriteAdvice() {
    JsonWriter json;
    json.BeginObject();
    for (const std::string& code : codes_) {
      const std::string text = options_.advice ? options_.advice(code, "") : "";
      if (!text.empty()) json.Key(code).String(text);
    }
    json.EndObject();
    return sink_(ScriptText(json.Take()));
  }

  // One line for each task, so that the page reads only those that are opened.
  Status WriteStories() {
    return EachRow([this](const store::ReportRow& row) -> Status {
      auto stories = store_.Story(row.row.id);
      // A task may be gone since its row was read.
      if (!stories.ok() && stories.error().code == ErrorCode::kNotFound) return {};
      if (!stories.ok()) return std::move(stories).error();
      return sink_(ScriptText(StoryJson(*stories, currency_)) + "\n");
    });
  }

  Status WriteMedia() {
    std::int64_t bytes = 0;
    return EachRow([&](const store::ReportRow& row) -> Status {
      for (const store::ArtifactRow& artifact : row.artifacts) {
        const std::string_view type = MediaType(artifact.path);
        if (type.empty() || artifact.bytes > kMostEmbeddedFile ||
            bytes + artifact.bytes > kMostEmbedded) {
          continue;
        }
        const auto content = options_.embed(artifact.path);
        if (!content || static_cast<std::int64_t>(content->size()) > kMostEmbeddedFile) continue;
        bytes += static_cast<std::int64_t>(content->size());
        // Found by its address, in which nothing is left that a quoted attribute would mind.
        AIGC_RETURN_IF_ERROR(sink_(
            fmt::format("<script type=\"text/plain\" data-of=\"{}\">data:{};base64,{}"
                        "</script>\n",
                        FileAddress(options_.locate(artifact.path)), type, Base64(*content))));
      }
      return {};
    });
  }

  store::StoreReader& store_;
  const store::Selection& selection_;
  const HtmlOptions& options_;
  const TextSink& sink_;
  std::int64_t tasks_ = 0;
  std::string currency_;
  std::set<std::string> codes_;
};

}  // namespace

Status WriteHtml(store::StoreReader& store, const store::Selection& selection,
                 const HtmlOptions& options, const TextSink& sink) {
  return Page(store, selection, options, sink).Write();
}

std::string FileAddress(std::string_view path) {
  std::string out = path.substr(0, 1) == "/" ? "file://" : "";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

}  // namespace aigc::report

// The report as one self-contained HTML page: a contact sheet of what was made, what failed and
// why, and charts. It opens from the disk without a network; its Content-Security-Policy lets it
// load nothing but files beside it, and run nothing but its own script.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/times.h"
#include "report/csv.h"
#include "report/row_filter.h"
#include "report/summary.h"
#include "store/store.h"

namespace aigc::report {

// A page of more tasks than this would take a browser seconds to open (about 2 KB a task).
inline constexpr std::int64_t kMostHtmlTasks = 10'000;

// A file is put inside the page when it has at most so many bytes, as long as all of them together
// stay below the second.
inline constexpr std::int64_t kMostEmbeddedFile = 1'000'000;
inline constexpr std::int64_t kMostEmbedded = 50'000'000;

struct HtmlOptions {
  RowFilter filter{};
  WallTime now{};         // shown as the time of the report
  std::string retry;      // the command that puts what failed back in the queue
  std::string selection;  // the flags that narrow it, for people; empty: everything
  Advice advice{};
  // The path of a result as seen from the page's own folder, or absolute; `path` as in
  // store::ArtifactRow.
  std::function<std::string(std::string_view path)> locate;
  // The bytes of a result that goes inside the page; none when it cannot be read. Not set: no
  // result does.
  std::function<std::optional<std::string>(std::string_view path)> embed{};
};

// kUsage, before anything is written, when more than kMostHtmlTasks tasks are selected. Everything
// that comes from users or the service is data of the page and never its markup.
Status WriteHtml(store::StoreReader& store, const store::Selection& selection,
                 const HtmlOptions& options, const TextSink& sink);

// "out/a b.png" → "out/a%20b.png", "/data/a.png" → "file:///data/a.png": what a page may have as
// the address of a local file, whatever its name.
std::string FileAddress(std::string_view path);

}  // namespace aigc::report

#include "cli/command.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "manifest/posix_file_reader.h"
#include "manifest/settings.h"

namespace aigc::cli {
namespace {

constexpr std::uint64_t kMaxManifest = 256ULL * 1024 * 1024;

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool LooksLikePath(std::string_view text) {
  return text.find('/') != std::string_view::npos || EndsWith(text, ".yaml") ||
         EndsWith(text, ".yml");
}

}  // namespace

Result<Settings> LoadSettings(const Context& context) {
  AIGC_ASSIGN_OR_RETURN(Settings settings, Settings::Load(context.options, context.environment));
  for (const std::string& warning : settings.TakeWarnings()) context.console.ShowWarning(warning);
  return settings;
}

Result<std::string> BatchName(const Context& context) {
  const std::string& batch = context.options.batch;
  if (!LooksLikePath(batch)) return batch;
  manifest::PosixFileReader reader;
  auto content = reader.Read(batch, kMaxManifest);
  if (!content.ok()) {
    return Error{ErrorCode::kNotFound, content.error().message, batch,
                 "give the name of a batch (aigc-batch list) or the path of its manifest"};
  }
  AIGC_ASSIGN_OR_RETURN(const manifest::Settings settings,
                        manifest::LoadSettings(content->bytes, batch));
  return settings.name;
}

}  // namespace aigc::cli

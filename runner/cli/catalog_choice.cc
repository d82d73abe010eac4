#include "cli/catalog_choice.h"

#include <utility>

#include "manifest/posix_file_reader.h"

namespace aigc::cli {
namespace {

constexpr std::uint64_t kMaxCatalog = 16ULL * 1024 * 1024;

}  // namespace

Result<std::shared_ptr<const catalog::Catalog>> ChosenCatalog(const Context& context) {
  if (!context.options.catalog) {
    const Result<catalog::Catalog>& catalog = catalog::BuiltIn();
    if (!catalog.ok()) return catalog.error();
    // Lives as long as the program.
    return std::shared_ptr<const catalog::Catalog>(std::shared_ptr<void>(), &*catalog);
  }
  const std::string& path = *context.options.catalog;
  auto content = manifest::PosixFileReader().Read(path, kMaxCatalog);
  if (!content.ok()) {
    return Error{ErrorCode::kUsage, "the catalog " + content.error().message, path,
                 "--catalog takes a file like runner/catalog/data/models.yaml of the sources"};
  }
  if (content->size > kMaxCatalog) {
    return Error{ErrorCode::kUsage, "the catalog is larger than 16 MB", path};
  }
  auto catalog = catalog::LoadCatalog(content->bytes, path);
  if (!catalog.ok()) {
    Error error = std::move(catalog).error();
    error.code = ErrorCode::kUsage;
    return error;
  }
  return std::make_shared<const catalog::Catalog>(*std::move(catalog));
}

std::function<void(TaskSpec&, bool, std::vector<manifest::Finding>&)> SpecCheck(
    const catalog::Catalog& catalog) {
  return [&catalog](TaskSpec& spec, bool allow_unknown, std::vector<manifest::Finding>& findings) {
    catalog.Normalise(spec);
    for (const catalog::Finding& one : catalog.Check(spec, {.allow_unknown = allow_unknown})) {
      const auto severity = one.severity == catalog::Severity::kError
                                ? manifest::Severity::kError
                                : manifest::Severity::kWarning;
      findings.push_back({severity, one.field, one.message, one.hint});
    }
  };
}

}  // namespace aigc::cli

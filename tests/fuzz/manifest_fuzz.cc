// Any bytes as a manifest: an answer in time and memory, never a crash, and every problem has a
// place. Local files are there in memory; the schema and the catalog take part.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "catalog/catalog.h"
#include "fuzz/rows_fuzz.h"
#include "manifest/manifest.h"

namespace {

using namespace aigc;
using namespace aigc::manifest;

class FuzzFiles : public FileReader {
 public:
  Result<FileContent> Read(const std::string& path, std::uint64_t max_bytes) override {
    const std::string_view bytes = BytesOf(path);
    if (bytes.empty()) return Error{ErrorCode::kNotFound, "does not exist"};
    return FileContent{bytes.size(), bytes.size() <= max_bytes ? std::string(bytes) : ""};
  }
  Result<std::unique_ptr<ByteStream>> Open(const std::string& path) override {
    const std::string_view bytes = BytesOf(path);
    if (bytes.empty()) return Error{ErrorCode::kNotFound, "does not exist"};
    return std::unique_ptr<ByteStream>(std::make_unique<Pieces>(bytes, 5));
  }

 private:
  static std::string_view BytesOf(std::string_view path) {
    const std::string_view suffix = path.substr(std::min(path.rfind('.'), path.size()));
    if (suffix == ".png") return "\x89PNG\r\n\x1A\n....";
    if (suffix == ".txt") return "a ${style} fox\n";
    if (suffix == ".csv") return "sku,title,size\nx1,Kite,5\nx2,\"Lamp, red\",10\n";
    if (suffix == ".tsv") return "sku\ttitle\nx1\tKite\n";
    if (suffix == ".jsonl") return "{\"sku\": \"x1\", \"n\": 5}\n{\"sku\": \"x2\"}\n";
    return {};
  }
};

void CheckSpec(TaskSpec& spec, bool allow_unknown, std::vector<Finding>& findings) {
  const auto& catalog = *catalog::BuiltIn();
  catalog.Normalise(spec);
  for (const auto& one : catalog.Check(spec, {.allow_unknown = allow_unknown})) {
    findings.push_back(
        {one.severity == catalog::Severity::kError ? Severity::kError : Severity::kWarning,
         one.field, one.message, one.hint});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  FuzzFiles files;
  LoadOptions options;
  options.files = &files;
  options.check_spec = CheckSpec;
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "CITY") return "harbour";
    return std::nullopt;
  };
  const auto loaded = Load(text, "fuzz.yaml", options);
  const std::string shown = Render(loaded.problems, false);
  if (!loaded.manifest && shown.empty()) std::abort();
  if (FindBadUtf8(shown)) std::abort();
  for (const Problem& problem : loaded.problems) {
    if (problem.place.line < 1 || problem.message.empty()) std::abort();
  }
  if (!loaded.manifest) return 0;
  std::int64_t count = 0;
  // A small text can make very many tasks, which is not what this is about.
  const Status visited = loaded.manifest->ForEachTask([&](const ExpandedTask& task) -> Status {
    const auto back = ParseSpec(SpecJson(task.spec));
    if (!back.ok() || !(*back == task.spec)) std::abort();
    if (!task.fingerprint.starts_with("f2:")) std::abort();
    if (++count == 1000) return Error{ErrorCode::kInterrupted, "enough"};
    return {};
  });
  if (!visited.ok() && visited.error().code != ErrorCode::kInterrupted) std::abort();
  if (visited.ok() && count != loaded.manifest->task_count()) std::abort();
  return 0;
}

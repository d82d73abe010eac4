// Any bytes as a model catalog: a catalog that can be shown and asked, or an error with its place.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/text.h"
#include "catalog/catalog.h"
#include "catalog/render.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace aigc;
  const auto catalog =
      catalog::LoadCatalog({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
  if (!catalog.ok()) {
    const Error& error = catalog.error();
    if (error.message.empty() || error.context.rfind("fuzz.yaml:", 0) != 0) std::abort();
    return 0;
  }
  const auto all = catalog::Select(*catalog, "");
  if (all.ok()) (void)catalog::RenderModels(*catalog, *all);
  for (const catalog::Model& model : catalog->models()) {
    (void)catalog::RenderModel(*catalog, model);
    (void)catalog::ModelsJson(*catalog, {&model});
    TaskSpec spec;
    spec.kind = model.kind;
    spec.model = model.model;
    spec.version = model.version;
    spec.prompt = "a fox";
    spec.resolution = "720P";
    spec.duration = 7;
    spec.inputs.push_back({{SourceType::kUrl, "https://example.com/a.png"}, "Reference"});
    catalog->Normalise(spec);
    if (catalog->Find(spec.kind, spec.model, spec.version) == nullptr) std::abort();
    (void)catalog->Check(spec);
  }
  return 0;
}

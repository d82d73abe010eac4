// Any bytes as a manifest: an answer in time and memory, never a crash, and every problem has a
// place.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "manifest/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using aigc::manifest::Load;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = Load(text, "fuzz.yaml", {});
  const std::string shown = aigc::manifest::Render(loaded.problems, false);
  if (!loaded.manifest && shown.empty()) std::abort();
  if (loaded.manifest) {
    (void)loaded.manifest->ForEachTask(
        [](const aigc::manifest::ExpandedTask& task) -> aigc::Status {
          const auto back = aigc::ParseSpec(aigc::SpecJson(task.spec));
          if (!back.ok() || !(*back == task.spec)) std::abort();
          if (!task.fingerprint.starts_with("f1:")) std::abort();
          return {};
        });
  }
  return 0;
}

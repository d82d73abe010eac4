// Any bytes as the small texts this program reads: times, durations, stored specs, session
// contexts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "base/times.h"
#include "task/session.h"
#include "task/task_spec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto time = aigc::ParseIso(text)) {
    if (aigc::ParseIso(aigc::FormatIsoMillis(*time)) != time) std::abort();
  }
  (void)aigc::ParseHttpDate(text);
  (void)aigc::ParseDuration(text);
  if (const auto spec = aigc::ParseSpec(text); spec.ok()) {
    const auto back = aigc::ParseSpec(aigc::SpecJson(*spec));
    if (!back.ok() || !(*back == *spec)) std::abort();
  }
  if (const auto key = aigc::ParseSessionContext(text)) {
    if (aigc::MakeSessionContext(*key).size() > text.size() + 16) std::abort();
  }
  if (aigc::FindBadUtf8(aigc::Excerpt(text, 40))) std::abort();
  return 0;
}

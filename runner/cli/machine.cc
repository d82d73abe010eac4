#include "cli/machine.h"

#include <string_view>

#include "base/digest.h"
#include "base/text.h"
#include "manifest/posix_file_reader.h"

namespace aigc::cli {

std::string MachineMark() {
  manifest::PosixFileReader reader;
  const auto content = reader.Read("/etc/machine-id", 1024);
  if (!content.ok()) return {};
  const std::string_view id = Trim(content->bytes);
  return id.empty() ? std::string() : Sha256Hex("aigc-batch " + std::string(id)).substr(0, 16);
}

std::string BootMark() {
  manifest::PosixFileReader reader;
  const auto content = reader.Read("/proc/sys/kernel/random/boot_id", 1024);
  return content.ok() ? std::string(Trim(content->bytes)) : std::string();
}

}  // namespace aigc::cli

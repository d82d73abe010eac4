// The local files that a manifest names: each read once, hashed, and told by its content. Their
// bytes are not kept, and never all in memory beyond what fits into a request; ReadAgain gets those
// that go inside requests when they are wanted. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "manifest/file_reader.h"
#include "manifest/settings.h"
#include "task/task_spec.h"

namespace aigc::manifest {

// Raw bytes of all local files of one request, sent as Base64. Reference 6.5 says "7 MB"; whether
// decimal or binary is open (section 10), so the smaller.
inline constexpr std::uint64_t kMaxInlineBytes = 7'000'000;
// What one PUT to the storage takes (reference 9.2: 5 GB).
inline constexpr std::uint64_t kMaxUploadBytes = 5'000'000'000;
// A prompt_file: far above what any model takes.
inline constexpr std::uint64_t kMaxPromptFileBytes = 1'000'000;

// A path as it is opened: `written` seen from `folder` ("": the working folder).
std::string Below(const std::string& folder, const std::string& written);

struct LocalFile {
  std::string path;  // as it is opened
  std::uint64_t bytes = 0;
  std::string sha256;  // empty when the file cannot be used
  Category category = Category::kImage;
  std::string absolute;  // the path from any working folder
  std::string suffix;    // "png", by content
  std::string problem;   // why not, as a sentence about the written path; empty when it can
  std::string hint;
};

class LocalFiles {
 public:
  // `reader` may be nullptr: then no file can be used.
  explicit LocalFiles(FileReader* reader) : reader_(reader) {}

  // How the files go to the service; to be said before the first Get.
  void SetUpload(Upload upload) { upload_ = upload; }
  Upload upload() const { return upload_; }

  // The file at `written`, a path as the manifest or a row says it, relative to `folder`. Stays
  // valid.
  const LocalFile& Get(const std::string& written, const std::string& folder);
  // The text of a file for a prompt: UTF-8 without its byte-order mark and its last line ends. The
  // error's message is a sentence about the written path.
  Result<std::string> ReadText(const std::string& written, const std::string& folder);

  // kNotFound for a hash that was never given out, kManifest when the file has changed.
  Result<std::string> ReadAgain(std::string_view sha256);

 private:
  LocalFile Inspect(const std::string& written, const std::string& folder) const;
  // Hash, length and first bytes of a file that is too large to be read whole.
  Status HashLarge(LocalFile& file, std::string& head) const;

  FileReader* reader_;
  Upload upload_ = Upload::kAuto;
  std::unordered_map<std::string, LocalFile> files_;       // by path as it is opened
  std::map<std::string, std::string, std::less<>> paths_;  // by hash
};

}  // namespace aigc::manifest

// Where results land: names that cannot leave the output folder, part files, free space. The
// interface the pipeline sees; files/posix_output_folder.h is the real one. Thread rule: OpenSink,
// Read, Holds and WriteText from the loop's thread; the sink goes to a worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/body_sink.h"
#include "base/result.h"

namespace aigc::files {

// One output of one task.
struct OutputName {
  std::string
      dir;  // relative to the batch's folder ("out/spring"), or absolute when the user said so
  std::string filename;  // with templates replaced but for a literal "${ext}" where the suffix goes
  std::string suffix;  // from the URL or FileType, without dot; empty: taken from the Content-Type,
                       // else "bin"
};

class OutputFolder {
 public:
  virtual ~OutputFolder() = default;
  // kInvalid for a name that would leave `dir` (absolute, "..", empty, NUL, longer than a name may
  // be). `expected_bytes` 0: unknown. Creates missing folders. Never truncates an existing finished
  // file before the new one is whole.
  virtual Result<std::unique_ptr<BodySink>> OpenSink(const OutputName& name,
                                                     std::uint64_t expected_bytes) = 0;
  // Writes a small text (FileContent outputs) atomically and durably.
  virtual Result<StoredBody> WriteText(const OutputName& name, std::string_view text) = 0;
  // The bytes of a finished file; `path` as in StoredBody. kInvalid when it is longer than
  // `max_bytes`, kNoPermission or kIo when it is not there or cannot be read.
  virtual Result<std::string> Read(std::string_view path, std::uint64_t max_bytes) const = 0;
  // Whether a file stands there with that many bytes; `path` as in StoredBody.
  virtual bool Holds(std::string_view path, std::uint64_t bytes) const = 0;
  // Where a finished file is, from anywhere; `path` as in StoredBody.
  virtual std::string AbsolutePath(std::string_view path) const = 0;
};

// Whether OpenSink would take this name: kInvalid with a hint, else ok. Touches no disk, so that a
// plan can tell before anything is paid for. The suffix is not looked at: an implausible one is
// treated as unknown. `filename` may hold '/' for folders below `dir`; `dir` may be "." or
// absolute, but hold no "..", since templates can be part of it.
Status CheckOutputName(const OutputName& name);

// A file name made safe: separators, control characters, leading dots, trailing dots and blanks,
// Windows' reserved names and characters, ';' (it separates files in the CSV report) and malformed
// UTF-8 are replaced by '_'; cut to 200 bytes at a code point, keeping a suffix ("${ext}" counts as
// one). Different inputs may give the same name.
std::string SafeFileName(std::string_view name);

// "mp4" from "http://h/a/b.mp4?x=1"; empty when the path has no plausible suffix.
std::string SuffixFromUrl(std::string_view url);
// "video/mp4" → "mp4" (reference 8.3); empty when unknown.
std::string_view SuffixFromContentType(std::string_view content_type);

}  // namespace aigc::files

// Where the bytes of a download go. Implemented by files/ (a part file), fed by a worker of api/.
//
// Life: Resume() once before the request; Start() when the head of the answer is there; Write() for
// each piece; then Finish(), after which the file is durable under its final name. A sink destroyed
// without Finish() keeps its part file for a later resume. One thread at a time, not necessarily
// the one that made it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aigc {

struct ResumePoint {
  std::uint64_t offset = 0;  // bytes already there; 0 asks for the whole body
  std::string validator{};   // strong ETag for If-Range; empty exactly when offset is 0
};

struct BodyHead {
  std::uint64_t offset = 0;                    // where the body begins: 0, or the resume point
  std::optional<std::uint64_t> total_bytes{};  // of the whole file, when the server said so
  std::string validator{};                     // strong ETag; empty when there is none
  std::string content_type{};
};

struct StoredBody {
  std::string path;  // relative to the output folder, with '/'
  std::uint64_t bytes = 0;
  std::string sha256;  // lower-case hex
};

class BodySink {
 public:
  virtual ~BodySink() = default;
  virtual Result<ResumePoint> Resume() = 0;
  // Fails with kDiskFull, kNoPermission or kIo. An offset other than the resume point's or 0 is
  // kInvalid.
  virtual Status Start(const BodyHead& head) = 0;
  virtual Status Write(std::string_view bytes) = 0;
  // Checks the length (kInvalid when it differs from total_bytes or the expected size), hashes,
  // syncs, renames and syncs the folder.
  virtual Result<StoredBody> Finish() = 0;
};

}  // namespace aigc

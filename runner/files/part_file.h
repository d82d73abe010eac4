// A download that survives being cut: bytes go to NAME.part, and NAME.part.tag says of which file
// of the server they are part.
//
// A part file is resumed only when all of this holds, else it is begun again from 0:
//   - the server gave a strong ETag and the length, both kept in the tag;
//   - the length is the expected one, where that is known;
//   - the tag was written since the machine was last started. After lost power the length of an
//     unsynced file says nothing about its content, and the service gives no checksum to compare.
// The tag does not hold the URL: a link that was renewed in between leads to the same file, which
// is what the ETag is for. A part file that cannot be resumed is removed by the destructor.
//
// Two processes (or sinks) that write the same file are kept apart by a lock on the part file: the
// second gets kIo.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/body_sink.h"
#include "base/digest.h"
#include "files/posix_file.h"

namespace aigc::files {

// Where a part file lives and what it becomes.
struct PartTarget {
  Fd folder;           // open; owned by the sink
  std::string shown;   // the folder's path as it stands in StoredBody, without final '/'
  std::string name;    // final name; "${ext}" in it is replaced by the suffix
  std::string suffix;  // without dot; empty: from the Content-Type of the answer, else "bin"
  std::uint64_t expected_bytes = 0;  // 0: unknown
  std::string boot_id{};             // identifies this start of the machine; empty: never resume
};

// `name` with every "${ext}" replaced by `suffix` where that is plausible (letters and digits, at
// most 10), else by what `content_type` says, else by "bin".
std::string WithSuffix(std::string_view name, std::string_view suffix,
                       std::string_view content_type);

// The kernel's boot id; empty where there is none.
std::string BootId();

class PartFile final : public BodySink {
 public:
  explicit PartFile(PartTarget target);
  ~PartFile() override;
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  Result<ResumePoint> Resume() override;
  Status Start(const BodyHead& head) override;
  // kInvalid as soon as more arrives than was announced.
  Status Write(std::string_view bytes) override;
  Result<StoredBody> Finish() override;

 private:
  struct Tag {
    std::string validator;
    std::uint64_t total = 0;
  };

  Status OpenPart(int create_flag);
  std::optional<Tag> ReadTag() const;
  Status WriteTag(const Tag& tag);
  Status RemoveTag();
  Status HashExisting(std::uint64_t bytes);
  Status Restart(const BodyHead& head);
  Error Refuse(std::string message);
  std::string Shown(std::string_view name) const;

  PartTarget target_;
  std::string part_name_;
  std::string tag_name_;
  std::string content_type_;
  Fd part_;
  std::unique_ptr<Sha256Stream> hash_;
  std::uint64_t received_ = 0;            // bytes in the part file, all of them hashed
  std::optional<std::uint64_t> total_{};  // as announced by the server
  std::optional<Tag> tag_{};  // what stands on disk; none: the part is of no further use
};

}  // namespace aigc::files

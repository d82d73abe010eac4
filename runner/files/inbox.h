// Where other processes leave small texts for the run that holds the lock: the interface the
// pipeline sees; files/posix_inbox.h is the real one. What the texts say is not this room's matter.
// The loop's thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace aigc::files {

struct InboxFile {
  std::string name;  // sorts by when it was written
  std::string text;
  std::optional<Error> problem{};  // it cannot be read; then `text` is empty
};

class Inbox {
 public:
  virtual ~Inbox() = default;
  // What waits, oldest first. Files that are still being written are not seen. Never blocks for
  // long; errors are of the folder as a whole.
  virtual Result<std::vector<InboxFile>> Waiting() = 0;
  // Gone already: ok.
  virtual Status Remove(const std::string& name) = 0;
  // Out of the way, kept for people to look at.
  virtual Status SetAside(const std::string& name) = 0;
};

}  // namespace aigc::files

// The simulated VOD AIGC service: one function from a request and a time to a reply, with the
// service's memory between calls. It reads no clock, opens no socket and starts no thread, so a
// test may run days of service time in a second, and the same calls give the same replies.
//
// It answers POST / (the API: Create*, DescribeTaskDetail, DescribeTasks, ManageTask, ApplyUpload,
// CommitUpload), PUT with the Host of the object storage (contents of uploads), and GET or HEAD
// /files/… (result files; plain, no signature).
//
// It shares no wire code with the client under test: both were written from the service's
// documentation and meet only in bytes.
//
// One thread at a time (Server serialises).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/http.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/times.h"
#include "simulator/ledger.h"
#include "simulator/scenario.h"

namespace aigc::simulator {

// Requests larger than this are refused (reference 1.3); a transport may cut a body beyond it.
inline constexpr std::size_t kMaxBody = 10 * 1024 * 1024;

struct ServiceOptions {
  Credentials credentials{};  // an empty token means permanent credentials: no token is asked for
  std::uint64_t seed = 1;     // of ids, generating times and chances
  Scenario scenario{};
  std::string file_base_url{"http://127.0.0.1"};  // scheme, host and port of result links
  // Called with each line worth keeping, without line end; LedgerFile::Append fits.
  std::function<void(std::string_view line)> on_record{};
};

// The body of a PUT by what is kept of it: it may be larger than the memory.
struct Content {
  std::uint64_t bytes = 0;
  std::string sha256{};
};

struct Reply {
  enum class Kind {
    kRespond,
    kDropBefore,  // cut the connection; nothing was done
    kDropAfter,   // cut the connection; it was done, `response` tells what would have been said
  };
  Kind kind = Kind::kRespond;
  HttpResponse response{};
  Millis delay{0};                               // wait so long before answering
  std::optional<std::size_t> cut_after_bytes{};  // send so much of the body, then cut
  std::uint64_t filler_bytes = 0;                // so many blanks follow the body
  bool close = false;                            // no further request on this connection
};

class Service {
 public:
  explicit Service(ServiceOptions options);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // `now` is the machine's time; the scenario's clock_offset is added inside.
  Reply Handle(const HttpRequest& request, WallTime now);
  // The same for a PUT whose body was read elsewhere; `request` holds none.
  Reply HandlePut(const HttpRequest& request, const Content& content, WallTime now);

  // Takes up what an earlier life wrote through on_record. Fails with kInvalid, naming the line.
  // REQUIRES: called before the first Handle.
  Status Load(std::span<const std::string> lines);

  // Lets begin and end everything that is due at `now`, as any request would.
  void Advance(WallTime now);

  void set_file_base_url(std::string url);
  const Ledger& ledger() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace aigc::simulator

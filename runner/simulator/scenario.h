// What the simulated service is like and what goes wrong with it: limits, generating times,
// listing, de-duplication and a list of fault rules. Plain data; a default Scenario is a healthy
// service with the documented limits. SCENARIOS.md describes the YAML form.
//
// Numbers of the defaults: reference tables "Request rates", "Concurrency", "Time windows".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/times.h"

namespace aigc::simulator {

enum class Kind { kVideo, kImage };
std::string_view Name(Kind kind);  // "video", "image"

// What happens to a create above the limit of generating tasks.
enum class Excess {
  kFail,    // accepted, then finished with ErrCodeExt RequestLimitExceeded
  kRefuse,  // refused at submit
  kQueue,   // accepted, WAITING until a place is free
};

// The answer to a repeated SessionId.
enum class DuplicateCode {
  kSessionId,        // InvalidParameterValue.SessionId
  kFailedOperation,  // FailedOperation.TaskDuplicate
  kMessageOnly,      // InvalidParameter, told apart by its text only
};

struct Span {  // inclusive on both sides
  Millis min{};
  Millis max{};
};

// How long tasks of one model take; `model` is a family ("Kling") or family and version
// ("Kling 2.5").
struct ModelTime {
  std::string model;
  Span time{};
};

// --- faults ------------------------------------------------------------------------------------

// Which requests a rule is about. Every rule counts the requests that fit it, from 1, and `nth`,
// `every`, `first` and `probability` choose among those; without any of them all are chosen.
struct Match {
  std::string action{};                 // an API action, "create" (both), "file", or empty: any
  std::vector<std::uint64_t> nth{};     // exactly these
  std::uint64_t every = 0;              // each such-and-suchth; 0: not used
  std::uint64_t first = 0;              // the first so many; 0: not used
  std::optional<double> probability{};  // drawn from the seed
  std::string model{};                  // family, or family and version
  std::string prompt{};                 // text the prompt contains
  std::string session_id{};             // text the SessionId contains
};

enum class FaultKind {
  // On a request to the API, when it arrives.
  kThrottle,    // rate error; nothing done
  kRefuse,      // `code` and `message`; nothing done
  kDropBefore,  // connection reset; nothing done
  kDropAfter,   // done, then the connection is reset
  kHttp,        // `status` and `body`; nothing done, or done first when `after`
  kGarbage,     // an answer that is not the API's (`garbage`); done first when `after`
  kSlow,        // `delay`; else as usual
  // On a task, when it is accepted.
  kFail,         // finished with err_code, err_code_ext, message
  kEmptyOutput,  // finished, ErrCode 0, no file
  kInnerFail,    // finished, inner status FAIL
  kNeverFinish,  // PROCESSING for ever
  kWaiting,      // WAITING for `delay` before it begins
  kTakes,        // generates for `delay` instead of the drawn time
  kPolls,        // WAITING and PROCESSING for so many looks at its detail, then finished
  kNullTask,     // `count` details with the task object null although the type fits
  kOverLimit,    // finished as above the concurrency limit
  // On a GET of a result file.
  kFileLength,   // a third of the body missing, Content-Length to match
  kFileCut,      // right Content-Length, connection closed after `count` bytes
  kFileStatus,   // `status` (403, 404, 5xx)
  kFileExpired,  // 403 from now on for this link; the next detail has a fresh one
  kFileSlow,     // `delay`
  kFileNoRange,  // whole body whatever was asked for
  kFileNewETag,  // another ETag than before
};

enum class Garbage { kHtml, kTruncatedJson, kDeepJson, kHuge, kEmpty, kNoTaskId };

struct Fault {
  FaultKind kind = FaultKind::kThrottle;
  std::string code{};     // kRefuse
  std::string message{};  // kRefuse, kFail, kInnerFail; empty: the service's usual text
  int status = 502;       // kHttp, kFileStatus
  std::string body{};     // kHttp
  bool after = false;     // kHttp, kGarbage
  Garbage garbage = Garbage::kHtml;
  Millis delay{};           // kSlow, kFileSlow, kWaiting, kTakes
  std::uint64_t count = 0;  // kFileCut: bytes; kNullTask: looks
  int err_code = 70000;     // kFail
  std::string err_code_ext{"InternalError"};
  int waiting_polls = 0;  // kPolls
  int processing_polls = 0;
};

struct FaultRule {
  Match match{};
  Fault fault{};
};

// --- the whole ---------------------------------------------------------------------------------

struct Limits {
  int create_rate = 20;  // accepted requests in any one second, per action
  int query_rate = 100;
  int manage_rate = 20;
  std::optional<int> video{4};  // generating at once; none: without limit
  std::optional<int> image{4};
  Excess excess = Excess::kFail;
  Millis fail_after{4000};  // excess kFail: from acceptance to the end (before `speed`)
};

struct Listing {             // DescribeTasks
  bool aigc = true;          // false: AIGC tasks are not listed at all
  Millis lag{0};             // a new task is listed only after this
  double omit_share = 0;     // of the tasks, never listed
  bool extra_token = false;  // a ScrollToken on the last page too
  bool lower_case_type = false;
};

struct Uploads {
  Millis key_life = std::chrono::hours(2);  // of the keys to the storage
  bool own_keys = false;                    // no such keys: the caller's own are meant
  bool strict_ids = false;                  // inputs may name only files that were uploaded here
};

struct Dedup {
  Millis window = std::chrono::hours(72);
  DuplicateCode code = DuplicateCode::kSessionId;
  bool throttled_uses_up_session = false;
  bool refused_uses_up_session = false;
};

struct Scenario {
  Limits limits{};
  Span video_time{Millis{60'000}, Millis{150'000}};  // as seen for 5 s clips
  Span image_time{Millis{10'000}, Millis{40'000}};
  std::vector<ModelTime> model_times{};  // first that fits wins over the two above
  double speed = 1;                      // generating, waiting and failing go so many times faster
  Listing listing{};
  Dedup dedup{};
  Uploads uploads{};
  Millis visibility = std::chrono::hours(72);
  Millis url_life = std::chrono::hours(7 * 24);
  std::string missing_task_code{"InvalidParameterValue.TaskId"};
  std::optional<std::int64_t> sub_app_id{};  // the one valid id; none: any positive number
  int video_outputs = 1;
  std::optional<int> image_outputs{};  // none: as many as the request asks for
  bool unknown_members = false;        // members in answers that no client knows
  bool echo_base64 = false;            // repeat Base64 inputs in the echoed Input
  Millis clock_offset{0};              // the service's clock minus the machine's
  bool date_header = true;
  std::vector<FaultRule> faults{};
};

// A healthy service whose videos take a few seconds: what `--sim` runs against.
Scenario DemoScenario();

// `file_name` is only for messages. Fails with kInvalid, all findings in the message one per line,
// each "file:line:column: text".
Result<Scenario> ParseScenario(std::string_view yaml, std::string_view file_name);

}  // namespace aigc::simulator

// The two texts by which the service can tell us again which request was ours (design: "Never pay
// twice"). Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aigc {

// What a submission is, as told to the service. All parts together are unique in the world because
// of the batch's uuid.
struct SubmissionKey {
  std::string batch_uuid;  // not in the context: a recovered batch has another
  std::string batch_name;
  std::string task_id;
  int generation = 1;
  int submission = 1;
  std::string fingerprint;
};

// 40 lower-case hex digits: SHA-256 over uuid, task id, generation, submission and fingerprint. At
// most 50 characters are allowed (reference 6.5).
std::string MakeSessionId(const SubmissionKey& key);

// "aigc-batch;b=NAME;t=ID;g=1;s=1;f=f2:…": at most 1000 characters, since names are at most 64 and
// ids at most 128 bytes and hold no ';'.
std::string MakeSessionContext(const SubmissionKey& key);

// Reads what MakeSessionContext wrote (batch_uuid stays empty); none for anything else.
std::optional<SubmissionKey> ParseSessionContext(std::string_view context);

}  // namespace aigc

// What bounds a run. Settled by cli/ from flags and the manifest; plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/times.h"

namespace aigc::pipeline {

// Submit nothing more when `failed_share` of at least `after` tasks that ended in this run failed.
struct StopWhen {
  double failed_share = 0;  // 0 < share ≤ 1
  int after = 1;
};

struct Limits {
  double submit_rate = 16;  // create requests a second; the API's own limit is 20 (reference 6.1)
  double poll_rate = 50;    // query requests a second; the API's own limit is 100
  Millis first_look = Seconds{6};    // no look at a task earlier than this after it was accepted
  Millis look_every = Seconds{2};    // and never two looks at one task closer than this
  std::optional<int> max_in_flight;  // none: auto
  std::map<std::string, int> per_model;  // NAME or NAME/VERSION → tasks generating at once
  int downloads = 4;
  int attempts = 3;  // submissions of one task that count (never below 1)
  Millis task_timeout = std::chrono::hours{2};
  Millis give_up_after = std::chrono::minutes{30};
  std::optional<int> stop_after;  // failures in this run
  std::optional<StopWhen> stop_when;
  // Whether what failed after acceptance costs nothing. (The budget itself is kept by the store.)
  bool failed_cost_free = false;
  int canary = 0;  // so many tasks of each model must succeed before the rest is begun; 0: none
};

// Windows of the service (reference 6.3).
inline constexpr Millis kVisibility = std::chrono::hours{72};
// A send is repeated under its SessionId only while the first one is younger than this by the
// service's clock: 72 h of de-duplication less a margin for clocks and delays (design: "Never pay
// twice" 3).
inline constexpr Millis kResendWindow = std::chrono::hours{60};

// Off-peak tasks may take two days (reference 6.3).
inline constexpr Millis kOffPeakPatience = std::chrono::hours{50};

// Raw bytes of all local files that go into one request (reference 6.5: "7 MB"; the smaller
// reading).
inline constexpr std::int64_t kMaxInlineBytes = 7'000'000;
// After this a request that left can no longer be accepted: the service takes signatures that are
// up to 5 min old, by clocks that may be 5 min apart (reference 2.1), and a minute to spare.
inline constexpr Millis kSendLife = std::chrono::minutes{11};

}  // namespace aigc::pipeline

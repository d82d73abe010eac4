// When what is left of a batch may be done: a range, from how long generations of each model took
// and what bounds the run. Never from how fast tasks ended so far: that says nothing while the
// first ones run, and lies when models or limits change. Pure function, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/times.h"
#include "pipeline/limits.h"
#include "store/store.h"

namespace aigc::pipeline {

// What is left of one model.
struct WorkLeft {
  std::string model, version;
  std::int64_t waiting = 0;        // not submitted yet, or to be submitted again
  std::int64_t blocked = 0;        // of those: wait for others
  std::vector<Millis> generating;  // with the service: for how long each has been worked on
};

struct Eta {
  bool known = false;
  Millis low{}, high{};  // about four times in five it is between them
  // A model of which no task has finished yet: then it is not known, and `low` is of all else.
  std::string unlearnt{};
};

// `slots`: tasks that may generate at once, none without a bound. Failures and repeats are not
// foreseen. Nothing left: known, and zero.
Eta EstimateRest(const std::vector<WorkLeft>& left,
                 const std::vector<store::GenerationTime>& learnt, std::optional<std::size_t> slots,
                 const Limits& limits);

// "12m to 15m", "about 40s", "a few seconds": rounded, since an estimate is not exact. "at least
// 3m" when it is not known, and empty when nothing is.
std::string EtaText(const Eta& eta);

}  // namespace aigc::pipeline

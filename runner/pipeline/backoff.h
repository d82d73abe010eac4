// How long to wait before the n-th repeat. Whether to repeat at all is decided elsewhere (step.h).
#pragma once

#include "base/times.h"

namespace aigc::pipeline {

// Full jitter: chance · min(cap, first · 2^n), n from 0, chance in [0, 1). Never below `floor`.
Millis FullJitter(int n, Millis first, Millis cap, double chance, Millis floor = Millis{0});

// first · 2^n up to cap, without chance: for waits that must not be short.
Millis Doubling(int n, Millis first, Millis cap);

}  // namespace aigc::pipeline

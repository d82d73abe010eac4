#include "simulator/scenario.h"

namespace aigc::simulator {

Scenario DemoScenario() {
  Scenario scenario;
  scenario.video_time = {Millis{60'000}, Millis{120'000}};
  scenario.speed = 30;  // videos take two to four seconds
  scenario.limits.excess = Excess::kFail;
  return scenario;
}

}  // namespace aigc::simulator

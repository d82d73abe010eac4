// What one state's processes put on the wire, and the promises that can be held against that alone:
// the pace, and that nothing whose outcome is unknown is sent again before it was looked for.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "api/exchange.h"
#include "base/times.h"

namespace aigc::testing {

class WireLog {
 public:
  // A new process: what it does not know of an answer is unknown.
  void Restart();
  void OnStart(const api::Request& request, SteadyTime now, double rate);
  void OnAnswer(const api::Request& request, const api::Completion& completion);

  // Creates that left, by SessionId.
  const std::map<std::string, int>& sends() const { return sends_; }
  std::vector<std::string> TakeFindings() { return std::exchange(findings_, {}); }

 private:
  struct Knowledge {
    int on_wire = 0;
    int unknown = 0;
    bool searched = false;  // a whole search ended since
  };
  std::map<std::string, int> sends_;
  std::map<std::string, Knowledge> sessions_;
  std::deque<SteadyTime> starts_;  // of creates, in the last second
  std::vector<std::string> findings_;
};

// The SessionId in a create's body.
std::string SessionOf(const api::CreateRequest& request);

}  // namespace aigc::testing

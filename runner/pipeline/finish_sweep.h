// Finding what ended through the service's list instead of one look after another: DescribeTasks
// with Status FINISH, by FinishTime from a watermark on, ascending.
//
// Whether the list shows these tasks at all is not documented, so it has to prove itself: when one
// of ours has ended, a page must show it. A list that misses what was seen to end otherwise loses
// that trust again for a while, and so does one where a whole sweep brings the watermark no
// further: the next would read the same again. The watermark is the newest FinishTime read, so no
// clock of ours matters; every sweep reads again what ended in its last seconds, and every half a
// minute what ended in the two minutes before it, since an entry may come late.
//
// Pure state; the loop's thread only.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/exchange.h"
#include "base/times.h"

namespace aigc::pipeline {

class FinishSweep {
 public:
  // From so many running tasks on, a page costs less than their looks.
  static constexpr std::size_t kBulk = 12;
  // How far apart sweeps are: seldom enough that they cost little beside the one look each task
  // needs anyway, and often enough that slots do not stand empty.
  static Millis Every(std::size_t running, Millis look_every);

  bool trusted() const { return trust_ == Trust::kYes; }
  // While it is trusted, until few run: each change plans all looks anew.
  static bool Worthwhile(std::size_t running) { return running >= kBulk / 2; }

  // A look saw that this task of ours ended at `finished`, by the service's clock; `found`: the
  // list had told of it. True when the list has lost its trust over it.
  bool Ended(const std::string& task_id, WallTime finished, bool found, SteadyTime now);
  // When the next page may be asked for; none while there is nothing to be gained.
  std::optional<SteadyTime> Due(std::size_t running) const;
  // The request for it. REQUIRES: Due() has come.
  api::ListRequest Begin(Millis every, WallTime server_now, SteadyTime now);
  // Takes a page in and says which tasks it shows as ended. `is_ours` tells a task of this run.
  std::vector<std::string> Take(const api::TaskPage& page,
                                const std::function<bool(const std::string&)>& is_ours,
                                SteadyTime now);
  // No page came.
  void Fail(SteadyTime now);

 private:
  enum class Trust { kUnknown, kYes, kNo };
  void End(SteadyTime now);
  void Doubt(SteadyTime now);

  Trust trust_ = Trust::kUnknown;
  bool on_the_way_ = false;
  bool more_ = false;  // the sweep goes on with token_
  std::string token_;
  std::set<std::string> tokens_;  // of this sweep
  int pages_ = 0;                 // of this sweep
  WallTime watermark_{};
  SteadyTime due_{}, margin_due_{}, last_begin_{};
  Millis every_{};
  bool margin_ = false;                                 // this sweep reads the wider overlap
  bool saw_ours_ = false;                               // in this sweep
  int trials_ = 0;                                      // sweeps without one of ours
  std::deque<std::pair<std::string, WallTime>> ended_;  // seen otherwise: to be shown by a trial
  double found_ = 0, missed_ = 0;                       // since it is trusted; old ones weigh less
  WallTime after_{};                                    // where this sweep begins
};

}  // namespace aigc::pipeline

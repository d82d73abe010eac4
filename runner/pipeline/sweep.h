// One search through the service's task list for the submissions whose outcome is unknown: all of
// them at once, page by page, over a fixed span of creation times (design: "Never pay twice" 3).
// Pure state; the loop's thread only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/exchange.h"
#include "base/times.h"

namespace aigc::pipeline {

struct Wanted {
  std::int64_t task = 0;  // TaskRow::key
  std::string session_id;
  std::string session_context;  // must agree where the list gives one
};

class Sweep {
 public:
  Sweep(std::vector<Wanted> wanted, WallTime after, WallTime before);

  // The request for the next page.
  api::ListRequest NextPage() const;
  // Takes a page in. True when it was the last: the token is empty, the page is empty, or the token
  // repeats (reference 3.10).
  bool Take(const api::TaskPage& page);

  // Whether a task that we know to be accepted, at `accepted` by the service's clock, would have to
  // be in these pages; and whether any task of that batch was.
  bool Covers(WallTime accepted) const { return accepted >= after_ && accepted < before_; }
  bool saw_ours() const { return saw_ours_; }
  const std::vector<Wanted>& wanted() const { return wanted_; }
  // The task listed for that submission; the earliest when several are. Null when there is none.
  const api::TaskSummary* Found(const Wanted& wanted) const;

 private:
  std::vector<Wanted> wanted_;
  std::map<std::string, std::size_t> by_session_, by_context_;
  std::map<std::size_t, api::TaskSummary> found_;
  WallTime after_, before_;
  std::string token_;
  std::set<std::string> seen_tokens_;
  bool saw_ours_ = false;
};

}  // namespace aigc::pipeline

// What the service lists of one batch: for 72 hours it tells of every task that it accepted, and
// SessionContext says which task of the batch it was, in which text (the fingerprint). What of it
// may be adopted in place of being made and paid again, for `run --recover` and `plan --recover`.
//
// The rule (design "Never pay twice" 7): of a task as it is now, the newest submission that did not
// fail; when all did, the newest, so that its failure is recorded and counts as an attempt. The
// list does not say whether a finished task failed: where several are listed, they are asked about.
//
// Pure state over a reader; one thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/exchange.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "pipeline/limits.h"
#include "store/store.h"
#include "task/session.h"

namespace aigc::pipeline {

struct RemoteTask {
  SubmissionKey key;
  std::string session_id, task_id;  // session_id may be empty: not every list shows it
  WallTime created{};
  api::RemoteStatus status = api::RemoteStatus::kOther;
  bool known = false;  // the state has this submission
  // Once asked about.
  bool asked = false;
  bool gone = false;                          // the service no longer tells of it
  std::string error_code{}, error_message{};  // why it failed; empty: it did not
};

class RemoteList {
 public:
  // `reader` null: no state, nothing is known. It outlives the list.
  RemoteList(store::StoreReader* reader, std::string batch_name, WallTime server_now);

  api::ListRequest NextPage() const { return next_; }
  // Takes a page in. True when it was the last: the token is empty, the page is empty, or the token
  // repeats (reference 3.10).
  Result<bool> Take(const api::TaskPage& page, WallTime server_now);

  bool begun() const { return !tokens_.empty() || !task_ids_.empty(); }  // took pages in
  bool saw_aigc() const { return saw_aigc_; }       // some task of this kind, of whatever batch
  std::size_t unknown() const { return unknown_; }  // of this batch, unknown to the state
  std::vector<std::string> TaskIds() const;         // of this batch, each once

  bool Lists(std::string_view id, std::string_view fingerprint) const;
  // What may be adopted for a task in this text, newest first: what the state does not know, and
  // the submission `own` (a SessionId, may be empty). The pointers hold as long as no page is
  // taken.
  std::vector<RemoteTask*> For(std::string_view id, std::string_view fingerprint,
                               std::string_view own);

 private:
  api::ListRequest next_;
  store::StoreReader* reader_;
  std::string batch_name_;
  std::set<std::string> tokens_, task_ids_;                 // seen
  std::map<std::string, std::vector<RemoteTask>> by_text_;  // "ID;FINGERPRINT", newest first
  std::size_t unknown_ = 0;
  bool saw_aigc_ = false;
};

// The one of `candidates` (newest first) to adopt, or to ask about before that can be said; null
// when none is left.
struct Choice {
  RemoteTask* task = nullptr;
  bool ask = false;
};
Choice Choose(const std::vector<RemoteTask*>& candidates);
// What the service tells of it when asked.
void NoteDetail(RemoteTask& task, const api::TaskDetail& detail);

// Whether a task in this state may adopt anything: it was never sent, or it is lost.
bool MayAdopt(const store::TaskRow& row);
// The SessionId of a lost task, which may be listed after all; else empty.
Result<std::string> OwnSession(store::StoreReader& reader, const store::TaskRow& row);

// Asks the service for the whole list, and about one of it, at limits.poll_rate. Both block: for
// commands that do nothing else. kUnreachable after limits.give_up_after without an answer,
// kUntrusted, kCredentials and kAccount with the service's own words and the advice for them.
Status Fetch(RemoteList& list, api::Exchange& exchange, const Clock& clock, Random& random,
             const Limits& limits);
Status Ask(RemoteTask& task, api::Exchange& exchange, const Clock& clock, Random& random,
           const Limits& limits);

}  // namespace aigc::pipeline

// What the batches of a state folder look like now, as JSON: read from the states themselves, so
// that runs of other processes are seen too, and kept for a moment, so that a thousand questions a
// second cost the runs nothing. What is expensive to find out is kept longer.
//
// Any thread; questions about one batch wait for each other.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "report/summary.h"
#include "serve/media.h"
#include "store/store.h"

namespace aigc::serve {

struct BatchName {
  std::string name;
  bool running = false;
  int pid = 0;
};

// The state folder (cli/ has the real one). Any thread.
class States {
 public:
  virtual ~States() = default;
  virtual Result<std::vector<BatchName>> List() = 0;
  // Read-only; kNotFound.
  virtual Result<std::unique_ptr<store::StoreReader>> Open(const std::string& name) = 0;
};

// One batch in the list.
struct BatchState {
  BatchName name;
  store::StateCounts counts;
  store::MoneyState money;
  WallTime created_at{};
  std::string problem{};  // why it cannot be read; the rest is then empty
};

class StateView {
 public:
  using Text = std::shared_ptr<const std::string>;

  StateView(States& states, report::Advice advice, const Clock& clock);
  ~StateView();

  Result<std::shared_ptr<const std::vector<BatchState>>> Batches();
  Result<Text> BatchesJson();  // {"batches": […]}
  // The batch was changed: the next BatchJson() looks anew.
  void Forget(const std::string& name);
  Result<Text> BatchJson(const std::string& name);  // report::SummaryJson and more
  // {"tasks": […], "next": N or null}: `next` is the `after` of the next page.
  Result<std::string> TasksJson(const std::string& name, const store::PageRequest& request);
  Result<std::string> TaskJson(const std::string& name, const std::string& task);  // its story

  // The file of an output (from 1) of the current generation.
  struct Output {
    MediaFile media;
    std::string path, sha256;
  };
  Result<Output> OpenOutput(const std::string& name, const std::string& task, int number);

 private:
  struct Reader;
  struct View;
  std::shared_ptr<View> ViewOf(const std::string& name);
  template <typename Answer>
  auto Ask(Reader& reader, const std::string& name, const Answer& look)
      -> decltype(look(std::declval<store::StoreReader&>()));
  BatchState Look(const BatchName& name);
  Status CheckListed(const std::string& name);

  States& states_;
  const report::Advice advice_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<View>> views_;  // guarded by mutex_

  std::mutex list_mutex_;  // held while the list is made anew
  SteadyTime list_until_{};
  std::shared_ptr<const std::vector<BatchState>> list_;
  Text list_json_;
};

}  // namespace aigc::serve

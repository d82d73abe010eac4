// Which of the selected tasks a report shows: what `report --filter KEY=VALUE` says. Plain value,
// any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace aigc::report {

class RowFilter {
 public:
  RowFilter() = default;  // takes everything

  // Each text is KEY=VALUE[,VALUE]…: a task passes when for every text one of its values fits.
  //   state=failed,lost   kind=image   model=Kling or Kling/2.1   code=overdue   id=hero-* (* and
  //   ?)
  // Capitals do not matter in models. kUsage for an unknown key, state or kind, with the
  // nearest known one.
  static Result<RowFilter> Parse(const std::vector<std::string>& texts);

  // Also only tasks in one of these states. REQUIRES: not empty.
  void KeepOnly(std::vector<TaskState> states);

  bool Takes(const store::TaskRow& row) const;
  bool empty() const { return conditions_.empty(); }

 private:
  enum class Key { kState, kKind, kModel, kCode, kId };
  struct Condition {
    Key key = Key::kState;
    std::vector<TaskState> states;
    std::vector<std::string> values;
  };
  static bool Fits(const Condition& condition, const store::TaskRow& row);
  std::vector<Condition> conditions_;
};

}  // namespace aigc::report

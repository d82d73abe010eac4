// Collects what is wrong with one manifest while it is read: the same problem once, secrets never.
// One thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manifest/problem.h"
#include "manifest/source_text.h"

namespace aigc::manifest {

class ProblemList {
 public:
  explicit ProblemList(const SourceText& source) : source_(&source) {}

  // A second problem with the same place and message is dropped: a wrong value among the defaults
  // is reported once and not for each task that takes it.
  void Error(std::size_t offset, std::string message, std::string hint = "");
  // About a data file that the manifest names at `offset`.
  void ForeignError(std::size_t offset, std::string file, Place place, std::string message,
                    std::string hint = "");
  void Warning(std::size_t offset, std::string message, std::string hint = "");

  // Problems added from now on come from this line of a data file, and say so; the same one of many
  // lines is kept once, with their number. nullptr: no file. `file` outlives the list.
  void SetOrigin(const std::string* file, int line) {
    origin_ = file;
    origin_line_ = line;
  }
  // Different problems at one place of the manifest, of its rows and combinations; others are
  // counted only.
  static constexpr std::size_t kMaxOfOnePlace = 1000;

  // Forgets what was added.
  void Clear();

  // At most so many errors and so many warnings are kept.
  static constexpr std::size_t kMaxKept = 50'000;
  // There are that many errors: what is read on is of no use to anybody.
  bool full() const { return kept_errors_ >= kMaxKept; }

  // From now on (and in what was added before) this part of the text, and its content wherever a
  // message quotes it, is shown as "***".
  void Mask(Span span);

  std::size_t errors() const { return errors_; }
  // How often anything was added, what was dropped included: whether something is wrong with a
  // task, though others have the same problem.
  std::size_t added() const { return added_; }
  // Where the errors are.
  std::set<std::size_t> ErrorOffsets() const;
  const SourceText& source() const { return *source_; }

  // All problems, by place; those at one place in the order they were added.
  std::vector<Problem> Sorted() const;

 private:
  struct Item {
    Severity severity;
    std::size_t offset;
    std::string message;
    std::string hint;
    std::string foreign_file{};  // not empty: `foreign_place` is in it
    Place foreign_place{};
    const std::string* origin = nullptr;
    int first_line = 0, last_line = 0;  // of the origin
    std::size_t more_lines = 0;
  };
  struct Crowd {
    std::size_t kept = 0, dropped = 0;
  };
  void Add(Item item);
  // Whether there is room for one more of this severity.
  bool MakeRoom(Severity severity, std::size_t offset);
  std::string MessageOf(const Item& item) const;

  const SourceText* source_;
  std::vector<Item> items_;
  std::map<std::pair<std::size_t, std::string>, std::size_t> seen_;  // index in items_
  std::map<std::size_t, Crowd> crowds_;                              // by offset
  const std::string* origin_ = nullptr;
  int origin_line_ = 0;
  std::vector<Span> masked_;
  std::size_t errors_ = 0;
  std::size_t added_ = 0;
  std::size_t kept_errors_ = 0, kept_warnings_ = 0;
  std::optional<std::size_t> full_at_;  // the place of the first error that was not kept
};

}  // namespace aigc::manifest

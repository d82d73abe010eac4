// Collects what is wrong with one manifest while it is read: the same problem once, secrets never.
// One thread.
#pragma once

#include <cstddef>
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
  void Warning(std::size_t offset, std::string message, std::string hint = "");

  // From now on (and in what was added before) this part of the text, and its content wherever a
  // message quotes it, is shown as "***".
  void Mask(Span span);

  std::size_t errors() const { return errors_; }
  const SourceText& source() const { return *source_; }

  // All problems, by place; those at one place in the order they were added.
  std::vector<Problem> Sorted() const;

 private:
  struct Item {
    Severity severity;
    std::size_t offset;
    std::string message;
    std::string hint;
  };
  void Add(Severity severity, std::size_t offset, std::string message, std::string hint);

  const SourceText* source_;
  std::vector<Item> items_;
  std::set<std::pair<std::size_t, std::string>> seen_;
  std::vector<Span> masked_;
  std::size_t errors_ = 0;
};

}  // namespace aigc::manifest

#include "manifest/problem_list.h"

#include <algorithm>

namespace aigc::manifest {
namespace {

void ReplaceAll(std::string& text, std::string_view part, std::string_view replacement) {
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + replacement.size())) {
    text.replace(at, part.size(), replacement);
  }
}

}  // namespace

void ProblemList::Add(Severity severity, std::size_t offset, std::string message,
                      std::string hint) {
  if (!seen_.emplace(offset, message).second) return;
  if (severity == Severity::kError) ++errors_;
  items_.push_back({severity, offset, std::move(message), std::move(hint)});
}

void ProblemList::Error(std::size_t offset, std::string message, std::string hint) {
  Add(Severity::kError, offset, std::move(message), std::move(hint));
}

void ProblemList::Warning(std::size_t offset, std::string message, std::string hint) {
  Add(Severity::kWarning, offset, std::move(message), std::move(hint));
}

void ProblemList::Mask(Span span) {
  if (span.length > 0) masked_.push_back(span);
}

std::vector<Problem> ProblemList::Sorted() const {
  std::vector<Span> masked = masked_;
  std::sort(masked.begin(), masked.end(),
            [](const Span& a, const Span& b) { return a.offset < b.offset; });
  std::vector<Span> joined;
  std::set<std::string_view> secrets;
  for (const Span& span : masked) {
    secrets.insert(source_->text().substr(span.offset, span.length));
    if (!joined.empty() && span.offset <= joined.back().offset + joined.back().length) {
      Span& last = joined.back();
      last.length = std::max(last.offset + last.length, span.offset + span.length) - last.offset;
    } else {
      joined.push_back(span);
    }
  }
  std::vector<const Item*> order;
  for (const Item& item : items_) order.push_back(&item);
  std::stable_sort(order.begin(), order.end(),
                   [](const Item* a, const Item* b) { return a->offset < b->offset; });
  std::vector<Problem> problems;
  problems.reserve(order.size());
  for (const Item* item : order) {
    auto [line, caret] = source_->ExcerptAt(item->offset, joined);
    Problem problem{item->severity, source_->path(), source_->PlaceOf(item->offset),
                    item->message,  item->hint,      std::move(line),
                    caret};
    for (const std::string_view secret : secrets) {
      ReplaceAll(problem.message, secret, "***");
      ReplaceAll(problem.hint, secret, "***");
    }
    problems.push_back(std::move(problem));
  }
  return problems;
}

}  // namespace aigc::manifest

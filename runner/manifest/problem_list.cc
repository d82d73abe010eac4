#include "manifest/problem_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>

namespace aigc::manifest {
namespace {

void ReplaceAll(std::string& text, std::string_view part, std::string_view replacement) {
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + replacement.size())) {
    text.replace(at, part.size(), replacement);
  }
}

}  // namespace

void ProblemList::Add(Item item) {
  ++added_;
  if (item.severity == Severity::kError) ++errors_;
  std::string key = item.message;
  if (!item.foreign_file.empty()) {
    key += fmt::format(" {} {}:{}", item.foreign_file, item.foreign_place.line,
                       item.foreign_place.column);
  }
  if (const auto found = seen_.find({item.offset, key}); found != seen_.end()) {
    if (item.severity == Severity::kError) --errors_;
    Item& same = items_[found->second];
    if (origin_ != nullptr && origin_line_ != same.last_line) ++same.more_lines;
    same.last_line = origin_line_;
    return;
  }
  Crowd& crowd = crowds_[item.offset];
  if (crowd.kept == kMaxOfOnePlace) {
    ++crowd.dropped;
    return;
  }
  if (!MakeRoom(item.severity, item.offset)) return;
  ++crowd.kept;
  if (item.foreign_file.empty()) {
    item.origin = origin_;
    item.first_line = item.last_line = origin_line_;
  }
  seen_.emplace(std::make_pair(item.offset, std::move(key)), items_.size());
  items_.push_back(std::move(item));
}

bool ProblemList::MakeRoom(Severity severity, std::size_t offset) {
  std::size_t& kept = severity == Severity::kError ? kept_errors_ : kept_warnings_;
  if (kept < kMaxKept) {
    ++kept;
    return true;
  }
  if (severity == Severity::kError && !full_at_) full_at_ = offset;
  return false;
}

void ProblemList::Error(std::size_t offset, std::string message, std::string hint) {
  Add({Severity::kError, offset, std::move(message), std::move(hint)});
}

void ProblemList::ForeignError(std::size_t offset, std::string file, Place place,
                               std::string message, std::string hint) {
  Add({Severity::kError, offset, std::move(message), std::move(hint), std::move(file), place});
}

void ProblemList::Warning(std::size_t offset, std::string message, std::string hint) {
  Add({Severity::kWarning, offset, std::move(message), std::move(hint)});
}

std::set<std::size_t> ProblemList::ErrorOffsets() const {
  std::set<std::size_t> offsets;
  for (const Item& item : items_) {
    if (item.severity == Severity::kError) offsets.insert(item.offset);
  }
  return offsets;
}

std::string ProblemList::MessageOf(const Item& item) const {
  std::string message = item.message;
  if (item.origin != nullptr) {
    message += fmt::format(" (for {}:{}", *item.origin, item.first_line);
    if (item.more_lines > 0) {
      message += fmt::format(" and {} more row{}", item.more_lines, item.more_lines > 1 ? "s" : "");
    }
    message += ")";
  }
  return message;
}

void ProblemList::Clear() {
  items_.clear();
  seen_.clear();
  crowds_.clear();
  errors_ = added_ = kept_errors_ = kept_warnings_ = 0;
  full_at_.reset();
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
  std::deque<Item> summaries;
  for (const auto& [offset, crowd] : crowds_) {
    if (crowd.dropped == 0) continue;
    summaries.push_back(
        {Severity::kError, offset,
         fmt::format("and {} more problems like the {} above", crowd.dropped, crowd.kept), ""});
    order.push_back(&summaries.back());
  }
  if (full()) {
    summaries.push_back({Severity::kError, full_at_.value_or(items_.back().offset),
                         fmt::format("these are {} errors; what follows was not checked", kMaxKept),
                         "mend some and check again"});
    order.push_back(&summaries.back());
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Item* a, const Item* b) { return a->offset < b->offset; });
  std::vector<Problem> problems;
  problems.reserve(order.size());
  for (const Item* item : order) {
    auto [line, caret] = source_->ExcerptAt(item->offset, joined);
    Problem problem{item->severity,
                    source_->path(),
                    source_->PlaceOf(item->offset),
                    MessageOf(*item),
                    item->hint,
                    std::move(line),
                    caret};
    if (!item->foreign_file.empty()) {
      problem.file = item->foreign_file;
      problem.place = item->foreign_place;
      problem.source_line.clear();
      problem.caret = 0;
    }
    for (const std::string_view secret : secrets) {
      ReplaceAll(problem.message, secret, "***");
      ReplaceAll(problem.hint, secret, "***");
    }
    problems.push_back(std::move(problem));
  }
  return problems;
}

}  // namespace aigc::manifest

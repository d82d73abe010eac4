#include "manifest/source_text.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "manifest/code_points.h"

namespace aigc::manifest {
namespace {

constexpr std::size_t kBlock = 256;  // bytes between two entries of counts_
constexpr int kBefore = 80;          // code points shown before the place
constexpr int kAfter = 80;           // and from it on
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool Continues(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

SourceText::SourceText(std::string_view text, std::string path)
    : text_(text), path_(std::move(path)) {
  if (text_.compare(0, kByteOrderMark.size(), kByteOrderMark) == 0) {
    body_offset_ = kByteOrderMark.size();
  }
  line_starts_.push_back(body_offset_);
  counts_.reserve(text_.size() / kBlock + 1);
  std::size_t count = 0;
  for (std::size_t at = 0; at < text_.size(); ++at) {
    if (at % kBlock == 0) counts_.push_back(count);
    if (!Continues(text_[at])) ++count;
    if (text_[at] == '\n') line_starts_.push_back(at + 1);
  }
  if (counts_.empty()) counts_.push_back(0);
}

std::size_t SourceText::LineStart(std::size_t offset) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  return after == line_starts_.begin() ? body_offset_ : *std::prev(after);
}

std::size_t SourceText::CodePointsBefore(std::size_t offset) const {
  const std::size_t block = std::min(offset / kBlock, counts_.size() - 1);
  std::size_t count = counts_[block];
  for (std::size_t at = block * kBlock; at < offset; ++at) {
    if (!Continues(text_[at])) ++count;
  }
  return count;
}

Place SourceText::PlaceOf(std::size_t offset) const {
  offset = std::clamp(offset, body_offset_, text_.size());
  const std::size_t start = LineStart(offset);
  const auto line = std::upper_bound(line_starts_.begin(), line_starts_.end(), start);
  return {static_cast<int>(std::distance(line_starts_.begin(), line)),
          static_cast<int>(CodePointsBefore(offset) - CodePointsBefore(start)) + 1};
}

SourceText::Excerpt SourceText::ExcerptAt(std::size_t offset,
                                          const std::vector<Span>& masked) const {
  offset = std::clamp(offset, body_offset_, text_.size());
  const std::size_t line_start = LineStart(offset);
  std::size_t line_end = std::min(text_.find('\n', offset), text_.size());
  if (line_end > line_start && text_[line_end - 1] == '\r') --line_end;
  std::size_t at = offset;
  for (int steps = 0; steps < kBefore && at > line_start; ++steps) {
    do {
      --at;
    } while (at > line_start && Continues(text_[at]));
  }
  auto mask = std::upper_bound(
      masked.begin(), masked.end(), at,
      [](std::size_t wanted, const Span& span) { return wanted < span.offset + span.length; });
  Excerpt excerpt;
  int shown = 0;  // code points in excerpt.line
  const auto put = [&](std::string_view piece, int points) {
    excerpt.line += piece;
    shown += points;
  };
  if (at > line_start) put("…", 1);
  int after = 0;
  while (at < line_end && after < kAfter) {
    const CodePoint point = DecodeAt(text_, at);
    std::size_t next = at + point.length;
    const int caret_here = shown + 1;
    if (mask != masked.end() && at >= mask->offset) {
      next = std::min(mask->offset + mask->length, line_end);
      ++mask;
      put("***", 3);
    } else if (point.value == 0xFFFD) {
      put("\xEF\xBF\xBD", 1);
    } else {
      const bool hide = IsControl(point.value) && point.value != '\t';
      put(hide ? " " : std::string_view(text_).substr(at, point.length), 1);
    }
    if (offset >= at && offset < next) excerpt.caret = caret_here;
    if (next > offset) ++after;
    at = next;
  }
  if (offset >= line_end) excerpt.caret = shown + 1;
  if (at < line_end) put("…", 1);
  return excerpt;
}

}  // namespace aigc::manifest

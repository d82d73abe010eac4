#include "manifest/data_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace aigc::manifest {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kSaveHint = "save it as UTF-8 (in Excel: \"CSV UTF-8\"), or use iconv";

unsigned At(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// Whether all of `text` has the form of GB18030 (GBK and GB2312 are parts of it), with at least one
// character of two or four bytes.
bool LooksLikeGb18030(std::string_view text) {
  bool any = false;
  for (std::size_t at = 0; at < text.size();) {
    const unsigned first = At(text, at);
    if (first < 0x80) {
      ++at;
      continue;
    }
    if (first == 0x80 || first == 0xFF) return false;
    const unsigned second = At(text, at + 1);
    if (second >= 0x40 && second <= 0xFE && second != 0x7F) {
      at += 2;
    } else if (second >= 0x30 && second <= 0x39 && At(text, at + 2) >= 0x81 &&
               At(text, at + 3) >= 0x30 && At(text, at + 3) <= 0x39) {
      at += 4;
    } else {
      return false;
    }
    any = true;
  }
  return any;
}

// By its mark, or by the zero bytes that UTF-16 has between Latin letters.
bool LooksLikeUtf16(std::string_view head) {
  if (head.substr(0, 2) == "\xFF\xFE" || head.substr(0, 2) == "\xFE\xFF") return true;
  const std::string_view part = head.substr(0, 64);
  std::size_t zeros = 0;
  for (const char c : part) zeros += c == '\0' ? 1 : 0;
  return part.size() >= 4 && zeros * 3 >= part.size() && zeros * 3 <= part.size() * 2;
}

}  // namespace

DataLines::Step DataLines::Fail(int column, std::string message, std::string hint) {
  problem_ = {{line_number_, column}, std::move(message), std::move(hint)};
  failed_ = true;
  return Step::kFailed;
}

bool DataLines::Fill() {
  buffer_.erase(0, at_);
  at_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kPiece);
  const auto count = bytes_->Read(buffer_.data() + before, kPiece);
  buffer_.resize(before + (count.ok() ? *count : 0));
  if (!count.ok()) {
    line_number_ = std::max(line_number_, 1);
    Fail(1, "the file " + count.error().message);
    return false;
  }
  ended_ = *count == 0;
  return true;
}

DataLines::Step DataLines::CheckEncoding(std::string_view line) {
  if (const auto zero = line.find('\0'); zero != std::string_view::npos) {
    return Fail(1, "this line holds a NUL: the file is not text");
  }
  const auto bad = FindBadUtf8(line);
  if (!bad) return Step::kLine;
  const int column = static_cast<int>(CountCodePoints(line.substr(0, *bad))) + 1;
  if (LooksLikeGb18030(line)) {
    return Fail(column, "the file is not UTF-8; it looks like GB18030 (GBK, \"ANSI\")",
                std::string(kSaveHint) + " -f GB18030 -t UTF-8");
  }
  return Fail(column, "the file is not UTF-8", std::string(kSaveHint));
}

DataLines::Step DataLines::Next(std::string_view& line) {
  if (failed_) return Step::kFailed;
  std::size_t searched = at_;
  std::size_t end = buffer_.find('\n', searched);
  while (end == std::string::npos && !ended_) {
    searched = buffer_.size() - at_;
    if (searched > kMaxRecordBytes) break;
    if (!Fill()) return Step::kFailed;
    if (!begun_ && (ended_ || buffer_.size() >= 64)) {
      begun_ = true;
      line_number_ = 1;
      if (LooksLikeUtf16(buffer_)) {
        return Fail(1, "the file is not UTF-8; it looks like UTF-16 (\"Unicode text\")",
                    std::string(kSaveHint) + " -f UTF-16 -t UTF-8");
      }
      line_number_ = 0;
      if (buffer_.compare(0, kUtf8Mark.size(), kUtf8Mark) == 0) at_ = kUtf8Mark.size();
      searched = at_;
    }
    end = begun_ ? buffer_.find('\n', searched) : std::string::npos;
  }
  if (at_ == buffer_.size()) return Step::kEnd;
  ++line_number_;
  const std::size_t length = (end == std::string::npos ? buffer_.size() : end + 1) - at_;
  if (length > kMaxRecordBytes) {
    return Fail(1, fmt::format("this line has more than {} bytes", kMaxRecordBytes));
  }
  line = std::string_view(buffer_).substr(at_, length);
  at_ += length;
  return CheckEncoding(line);
}

}  // namespace aigc::manifest

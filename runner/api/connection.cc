#include "api/connection.h"

#include <Poco/MemoryStream.h>
#include <Poco/Net/NetException.h>
#include <openssl/err.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/text.h"

namespace aigc::api {
namespace {

constexpr std::size_t kMaxHead = 64u * 1024;
constexpr int kMaxFields = 200;
constexpr int kMaxInterim = 5;  // 1xx responses before the final one
constexpr std::size_t kMaxChunkLine = 1024;
constexpr std::size_t kMaxTrailerLines = 100;
constexpr std::size_t kPiece = 64u * 1024;
constexpr int kEof = -1;

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

int StatusOf(std::string_view head) {
  const std::size_t begin = head.find_first_not_of(' ', std::min(head.size(), head.find(' ')));
  int status = 0;
  const std::string_view digits = begin == head.npos ? std::string_view() : head.substr(begin, 3);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), status);
  if (error != std::errc() || end != digits.data() + 3 || status < 100) {
    throw Poco::Net::MessageException("the status is not readable");
  }
  return status;
}

}  // namespace

Connection::Connection(const Poco::Net::StreamSocket& socket,
                       std::unique_ptr<OpenSockets::Entry> entry)
    : HTTPSession(socket, /*keepAlive=*/true), entry_(std::move(entry)) {}

bool Connection::WentStale() {
  return buffered() > 0 || socket().poll(Poco::Timespan(0), Poco::Net::Socket::SELECT_READ);
}

void Connection::Send(std::string_view bytes) {
  // See Dialer::Dial: another connection's end must not speak for this one.
  ERR_clear_error();
  answered_ = false;
  ended_ = false;
  while (!bytes.empty()) {
    constexpr std::size_t kMost = 1u << 20;
    const int sent =
        write(bytes.data(), static_cast<std::streamsize>(std::min(bytes.size(), kMost)));
    if (sent <= 0) throw CutException("the connection was closed while sending");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string Connection::ReadHeadText() {
  std::string text;
  for (int ch = get(); ch != kEof; ch = get()) {
    answered_ = true;
    text += static_cast<char>(ch);
    if (ch == '\n' && text.size() >= 2) {
      const std::string_view view = text;
      if (view.substr(view.size() - 2) == "\n\n" ||
          (view.size() >= 4 && view.substr(view.size() - 4) == "\r\n\r\n")) {
        return text;
      }
    }
    if (text.size() >= kMaxHead) throw TooLongException("the headers are longer than 64 KiB");
  }
  throw CutException(text.empty() ? "the connection was closed without an answer"
                                  : "the connection was closed within the headers");
}

int Connection::ReadHead(Poco::Net::HTTPResponse& head) {
  int status = 0;
  for (int interim = 0;; ++interim) {
    if (interim > kMaxInterim) throw Poco::Net::MessageException("no final response");
    const std::string text = ReadHeadText();
    Poco::MemoryInputStream in(text.data(), static_cast<std::streamsize>(text.size()));
    head.clear();
    head.setFieldLimit(kMaxFields);
    head.read(in);
    status = StatusOf(text);
    if (status >= 200) break;
  }
  keep_ = head.getKeepAlive();
  first_chunk_ = true;
  left_ = 0;
  if (status == 204 || status == 304) {
    framing_ = Framing::kNone;
    ended_ = true;
  } else if (head.getChunkedTransferEncoding()) {
    framing_ = Framing::kChunked;
  } else if (head.hasContentLength()) {
    const Poco::Int64 length = head.getContentLength64();
    if (length < 0) throw Poco::Net::MessageException("negative Content-Length");
    framing_ = Framing::kLength;
    left_ = static_cast<std::uint64_t>(length);
    ended_ = left_ == 0;
  } else {
    framing_ = Framing::kUntilClose;
    keep_ = false;
  }
  return status;
}

std::string Connection::ReadLine(std::size_t limit) {
  std::string line;
  for (int ch = get(); ch != '\n'; ch = get()) {
    if (ch == kEof) throw CutException("the connection was closed within the body");
    if (line.size() >= limit) throw Poco::Net::MessageException("a chunk's head is too long");
    line += static_cast<char>(ch);
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

void Connection::BeginChunk() {
  if (!first_chunk_ && !ReadLine(kMaxChunkLine).empty()) {
    throw Poco::Net::MessageException("a chunk is longer than it said");
  }
  first_chunk_ = false;
  const std::string line = ReadLine(kMaxChunkLine);
  const std::string_view size = Trim(std::string_view(line).substr(0, line.find(';')));
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), left_, 16);
  if (size.empty() || error != std::errc() || end != size.data() + size.size()) {
    throw Poco::Net::MessageException("a chunk's size is not readable");
  }
  if (left_ > 0) return;
  for (std::size_t i = 0; !ReadLine(kMaxHead).empty(); ++i) {
    if (i >= kMaxTrailerLines) throw Poco::Net::MessageException("too many trailers");
  }
  ended_ = true;
}

std::size_t Connection::ReadSome(char* buffer, std::size_t size) {
  const int got = read(buffer, static_cast<std::streamsize>(std::min(size, kPiece)));
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

std::size_t Connection::Read(char* buffer, std::size_t size) {
  if (framing_ == Framing::kChunked && left_ == 0 && !ended_) BeginChunk();
  if (ended_ || framing_ == Framing::kNone) return 0;
  if (framing_ == Framing::kUntilClose) {
    const std::size_t got = ReadSome(buffer, size);
    ended_ = got == 0;
    return got;
  }
  const std::size_t got =
      ReadSome(buffer, static_cast<std::size_t>(std::min<std::uint64_t>(size, left_)));
  if (got == 0) throw CutException("the connection was closed within the body");
  left_ -= got;
  if (framing_ == Framing::kLength) ended_ = left_ == 0;
  return got;
}

void Connection::ReadAll(std::string& out, std::size_t limit) {
  if (framing_ == Framing::kLength) {
    if (left_ > limit) throw TooLongException("the answer is too long");
    out.reserve(out.size() + static_cast<std::size_t>(left_));
  }
  const std::size_t most = out.size() + limit;
  char piece[8192];
  while (const std::size_t got = Read(piece, sizeof piece)) {
    if (out.size() + got > most) throw TooLongException("the answer is too long");
    out.append(piece, got);
  }
}

bool Connection::Reusable() const { return ended_ && keep_ && buffered() == 0; }

Poco::Net::StreamSocket Connection::Release(std::unique_ptr<OpenSockets::Entry>& entry) {
  entry = std::move(entry_);
  return detachSocket();
}

std::optional<std::string> RequestText(const HttpRequest& request) {
  if (HasControl(request.target)) return std::nullopt;
  std::size_t size = request.body.size() + request.target.size() + 64;
  for (const auto& [name, value] : request.headers.all()) size += name.size() + value.size() + 4;
  std::string text;
  text.reserve(size);
  ((text += request.method) += ' ') += request.target;
  text += " HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers.all()) {
    if (HasControl(name) || HasControl(value)) return std::nullopt;
    (((text += name) += ": ") += value) += "\r\n";
  }
  text += "\r\n";
  text += request.body;
  return text;
}

}  // namespace aigc::api

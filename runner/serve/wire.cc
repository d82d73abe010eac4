#include "serve/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace aigc::serve {
namespace {

constexpr std::size_t kMaxHeaders = 100;

Reply Bad(std::string_view message) { return ErrorReply(400, "bad_request", message); }

// RFC 9110 5.6.2
bool IsToken(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// False when a part cannot be decoded.
bool ReadTarget(std::string_view target, Request& request) {
  const std::size_t mark = target.find('?');
  std::string_view path = target.substr(0, mark);
  path.remove_prefix(1);
  for (const std::string_view part : Split(path, '/')) {
    auto decoded = DecodePercent(part);
    if (!decoded) return false;
    request.path.push_back(*std::move(decoded));
  }
  if (mark == std::string_view::npos) return true;
  for (const std::string_view pair : Split(target.substr(mark + 1), '&')) {
    if (pair.empty()) continue;
    std::string plain(pair);
    std::replace(plain.begin(), plain.end(), '+', ' ');
    const std::size_t equals = plain.find('=');
    auto name = DecodePercent(std::string_view(plain).substr(0, equals));
    auto value =
        DecodePercent(equals == std::string::npos ? std::string_view{}
                                                  : std::string_view(plain).substr(equals + 1));
    if (!name || !value) return false;
    request.query[*std::move(name)] = *std::move(value);
  }
  return true;
}

// What is wrong, or nothing.
std::optional<Reply> ReadHeaders(const std::vector<std::string_view>& lines, Request& request) {
  if (lines.size() > kMaxHeaders + 1) {
    return ErrorReply(431, "too_many_headers", "the request has too many header fields");
  }
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    if (colon == std::string_view::npos || !IsToken(lines[i].substr(0, colon))) {
      return Bad("a header line is not understood");
    }
    request.headers.Add(std::string(lines[i].substr(0, colon)),
                        std::string(Trim(lines[i].substr(colon + 1))));
  }
  for (const std::string_view once : {"Host", "Content-Length", "Origin", "Authorization"}) {
    const auto& all = request.headers.all();
    const auto count = std::count_if(all.begin(), all.end(), [&](const auto& header) {
      return EqualsIgnoreCase(header.first, once);
    });
    if (count > 1) return Bad(fmt::format("{} is there twice", once));
  }
  return std::nullopt;
}

std::optional<Reply> ReadLength(Head& head) {
  const HttpHeaders& headers = head.request.headers;
  if (headers.Has("Transfer-Encoding")) {
    return ErrorReply(411, "length_required", "a body must come with its Content-Length");
  }
  if (!headers.Has("Content-Length")) return std::nullopt;
  const std::string_view text = headers.Get("Content-Length");
  const bool digits =
      !text.empty() && text.size() <= 15 &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return Bad("Content-Length is no number");
  std::from_chars(text.data(), text.data() + text.size(), head.body_bytes);
  return std::nullopt;
}

}  // namespace

std::optional<std::size_t> EndOfHead(std::string_view bytes) {
  const std::size_t at = bytes.find("\r\n\r\n");
  if (at == std::string_view::npos) return std::nullopt;
  return at + 4;
}

std::optional<std::string> DecodePercent(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  const bool control = std::any_of(out.begin(), out.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (control || FindBadUtf8(out)) return std::nullopt;
  return out;
}

std::variant<Head, Reply> ParseHead(std::string_view head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto c = static_cast<unsigned char>(head[i]);
    if (c == '\r' && i + 1 < head.size() && head[i + 1] == '\n') {
      ++i;
      const bool folded = i + 1 < head.size() && (head[i + 1] == ' ' || head[i + 1] == '\t');
      if (folded) return Bad("a header line is folded");
    } else if ((c < 0x20 && c != '\t') || c == 0x7f) {
      return Bad("the head holds a control character");
    }
  }
  std::vector<std::string_view> lines;
  for (std::string_view rest = head.substr(0, head.size() - 4); !rest.empty();) {
    const std::size_t end = rest.find("\r\n");
    lines.push_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 2);
  }
  if (lines.empty()) return Bad("there is no request line");
  const auto words = Split(lines[0], ' ');
  if (words.size() != 3 || !IsToken(words[0]) || !words[1].starts_with('/')) {
    return Bad("the request line is not understood");
  }
  Head read;
  if (words[2] == "HTTP/1.0") {
    read.keep_alive = false;
  } else if (!words[2].starts_with("HTTP/")) {
    return Bad("the request line is not understood");
  } else if (words[2] != "HTTP/1.1") {
    return ErrorReply(505, "version", "HTTP/1.1 is spoken here");
  }
  read.request.method = std::string(words[0]);
  if (!ReadTarget(words[1], read.request)) return Bad("the address is not understood");
  if (auto wrong = ReadHeaders(lines, read.request)) return *std::move(wrong);
  if (auto wrong = ReadLength(read)) return *std::move(wrong);
  const HttpHeaders& headers = read.request.headers;
  if (ContainsIgnoreCase(headers.Get("Connection"), "close")) read.keep_alive = false;
  if (headers.Has("Expect")) {
    if (!EqualsIgnoreCase(headers.Get("Expect"), "100-continue")) {
      return ErrorReply(417, "expectation", "only 100-continue may be expected");
    }
    read.expects_continue = true;
  }
  return read;
}

std::string RenderHead(const Reply& reply, WallTime now, bool keep_alive) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", reply.status,
                                 ReasonOf(reply.status), FormatHttpDate(now));
  for (const auto& [name, value] : reply.headers.all()) head += name + ": " + value + "\r\n";
  if (!reply.stream && reply.status != 304) {
    head +=
        fmt::format("Content-Length: {}\r\n", reply.file ? reply.file->bytes : reply.body.size());
  }
  head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

}  // namespace aigc::serve

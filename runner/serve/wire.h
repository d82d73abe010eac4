// HTTP/1.1 between bytes and messages, stricter than it must be: what two readers could understand
// in two ways (folded lines, two lengths, a length and chunks, bare line ends) is refused. Pure
// functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/times.h"
#include "serve/message.h"

namespace aigc::serve {

struct Head {
  Request request;  // without its body
  std::uint64_t body_bytes = 0;
  bool keep_alive = true;
  bool expects_continue = false;
};

// Offset behind the blank line that ends the head; none while it is not there.
std::optional<std::size_t> EndOfHead(std::string_view bytes);

// `head` with its blank line. The reply says what is wrong with it (400, 411, 501 or 505); the
// connection ends after it.
std::variant<Head, Reply> ParseHead(std::string_view head);

// The head of a reply; `no_body` for answers to HEAD, which still tell the length.
std::string RenderHead(const Reply& reply, WallTime now, bool keep_alive);

// %41 → A; '+' stays. None for anything that is not well-formed UTF-8 without control characters
// afterwards.
std::optional<std::string> DecodePercent(std::string_view text);

std::string_view ReasonOf(int status);

}  // namespace aigc::serve

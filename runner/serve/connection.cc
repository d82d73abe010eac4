#include "serve/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace aigc::serve {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
// A page that has not taken so much is gone or too slow to watch anything live.
constexpr std::size_t kMostPushed = 256 * 1024;
// At most so much of a file goes out before others have their turn.
constexpr std::size_t kTurn = 1024 * 1024;
// What is refused is read on for a little, so that the client sees the answer and not a reset.
constexpr std::size_t kMostThrownAway = 1024 * 1024;

}  // namespace

Connection::Connection(files::Fd socket, const ConnectionLimits& limits, SteadyTime now)
    : socket_(std::move(socket)),
      limits_(limits),
      since_(now),
      deadline_(now + Micros{limits.head_time}) {}

void Connection::Read(SteadyTime now) {
  std::array<char, kPiece> piece;
  const std::size_t most = limits_.max_head + limits_.max_body;
  while (in_.size() <= most) {
    const ssize_t count = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
      eof_ = true;
      // Nothing more comes, but what is being answered still may go out.
      if (state_ == State::kReading || streaming_) state_ = State::kFinished;
      return;
    }
    if (count < 0) return;
    if (streaming_) continue;  // nothing is asked on a stream
    if (in_.empty() && state_ == State::kReading && !head_) {
      deadline_ = std::min(deadline_, now + Micros{limits_.head_time});
    }
    in_.append(piece.data(), static_cast<std::size_t>(count));
    if (static_cast<std::size_t>(count) < piece.size()) return;
  }
}

std::optional<Request> Connection::TakeRequest(WallTime wall, SteadyTime now) {
  if (state_ != State::kReading) return std::nullopt;
  if (!head_) {
    const auto end = EndOfHead(std::string_view(in_).substr(0, limits_.max_head));
    if (!end) {
      if (in_.size() >= limits_.max_head) {
        Refuse(ErrorReply(431, "head_too_long", "the head of the request is too long"), wall, now);
      }
      return std::nullopt;
    }
    auto parsed = ParseHead(std::string_view(in_).substr(0, *end));
    in_.erase(0, *end);
    if (auto* refusal = std::get_if<Reply>(&parsed)) {
      Refuse(std::move(*refusal), wall, now);
      return std::nullopt;
    }
    head_ = std::get<Head>(std::move(parsed));
    is_head_method_ = head_->request.method == "HEAD";
    keep_alive_ = head_->keep_alive;
    if (head_->body_bytes > limits_.max_body) {
      Refuse(ErrorReply(413, "body_too_long", "the body of the request is too long"), wall, now);
      return std::nullopt;
    }
    if (head_->body_bytes > in_.size()) {
      deadline_ = now + Micros{limits_.body_time};
      if (head_->expects_continue) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
  }
  if (in_.size() < head_->body_bytes) return std::nullopt;
  Request request = std::move(head_->request);
  request.body = in_.substr(0, head_->body_bytes);
  in_.erase(0, head_->body_bytes);
  state_ = State::kWorking;
  deadline_ = SteadyTime::max();  // what works has its own limits
  return request;
}

void Connection::Refuse(Reply reply, WallTime wall, SteadyTime now) {
  keep_alive_ = false;
  in_.clear();
  state_ = State::kWorking;
  Answer(std::move(reply), wall, now);
}

void Connection::Answer(Reply reply, WallTime wall, SteadyTime now) {
  if (state_ != State::kWorking) return;
  if (reply.stream || eof_) keep_alive_ = false;
  out_ += RenderHead(reply, wall, keep_alive_);
  if (!is_head_method_) {
    out_ += reply.body;
    if (reply.file) file_ = std::move(reply.file);
  }
  streaming_ = reply.stream && !is_head_method_;
  state_ = State::kWriting;
  deadline_ = now + Micros{limits_.write_time};
}

void Connection::Push(std::string_view text, SteadyTime now) {
  if (out_.size() - sent_ + text.size() > kMostPushed) {
    state_ = State::kFinished;
    return;
  }
  if (sent_ == out_.size()) deadline_ = now + Micros{limits_.write_time};
  out_ += text;
}

// More of the file into out_; false when there is none.
bool Connection::Fill() {
  if (!file_ || file_->bytes == 0) return false;
  out_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(file_->bytes, kPiece)));
  sent_ = 0;
  const ssize_t count =
      ::pread(file_->file->get(), out_.data(), out_.size(), static_cast<off_t>(file_->offset));
  if (count <= 0) {  // shorter than it was: the length that was promised cannot be kept
    out_.clear();
    keep_alive_ = false;
    return false;
  }
  out_.resize(static_cast<std::size_t>(count));
  file_->offset += static_cast<std::uint64_t>(count);
  file_->bytes -= static_cast<std::uint64_t>(count);
  return true;
}

void Connection::Write(WallTime, SteadyTime now) {
  std::size_t turn = 0;
  while (state_ != State::kFinished && turn < kTurn) {
    if (sent_ == out_.size()) {
      out_.clear();
      sent_ = 0;
      if (!Fill()) break;
    }
    const ssize_t count =
        ::send(socket_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) state_ = State::kFinished;
      return;
    }
    sent_ += static_cast<std::size_t>(count);
    turn += static_cast<std::size_t>(count);
    if (state_ == State::kWriting) deadline_ = now + Micros{limits_.write_time};
  }
  if (state_ != State::kWriting || !out_.empty() || (file_ && file_->bytes > 0)) return;
  if (streaming_) {
    deadline_ = SteadyTime::max();
    return;
  }
  file_.reset();
  if (keep_alive_) return BeginReading(now);
  ::shutdown(socket_.get(), SHUT_WR);
  // What the client is still sending would reset the connection before it has read the answer.
  std::array<char, kPiece> rest;
  for (std::size_t thrown = 0; thrown < kMostThrownAway;) {
    const ssize_t count = ::recv(socket_.get(), rest.data(), rest.size(), 0);
    if (count <= 0) break;
    thrown += static_cast<std::size_t>(count);
  }
  state_ = State::kFinished;
}

void Connection::BeginReading(SteadyTime now) {
  state_ = State::kReading;
  head_.reset();
  since_ = now;
  deadline_ = now + Micros{in_.empty() ? limits_.idle_time : limits_.head_time};
}

void Connection::TimeOut(WallTime wall, SteadyTime now) {
  const bool asked = head_.has_value() || !in_.empty();
  if (state_ == State::kReading && asked) {
    Refuse(ErrorReply(408, "timeout", "the request did not come in time"), wall, now);
  } else {
    state_ = State::kFinished;
  }
}

std::uint32_t Connection::wanted_events() const {
  std::uint32_t events = 0;
  if (state_ == State::kReading || streaming_) events |= EPOLLIN;
  const bool to_send = sent_ < out_.size() || (file_ && file_->bytes > 0);
  if (to_send) events |= EPOLLOUT;
  return events;
}

}  // namespace aigc::serve

// One connection of the server: what came in, what is to go out, and until when. Never blocks.
// Private to this room; the server's thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/times.h"
#include "files/posix_file.h"
#include "serve/message.h"
#include "serve/wire.h"

namespace aigc::serve {

struct ConnectionLimits {
  std::size_t max_head, max_body;
  Millis head_time, body_time, idle_time, write_time;
};

class Connection {
 public:
  Connection(files::Fd socket, const ConnectionLimits& limits, SteadyTime now);

  // Takes in what the client sent, as much as a request may have.
  void Read(SteadyTime now);
  // A whole request, when there is one and the one before is answered. What cannot be one is
  // answered here.
  std::optional<Request> TakeRequest(WallTime wall, SteadyTime now);
  void Answer(Reply reply, WallTime wall, SteadyTime now);
  // REQUIRES: streaming().
  void Push(std::string_view text, SteadyTime now);
  // Sends what the client takes.
  void Write(WallTime wall, SteadyTime now);
  // The deadline has passed.
  void TimeOut(WallTime wall, SteadyTime now);

  int fd() const { return socket_.get(); }
  bool finished() const { return state_ == State::kFinished; }
  bool streaming() const { return streaming_; }
  bool waiting() const { return state_ == State::kReading; }  // for a whole request
  SteadyTime since() const { return since_; }                 // it is waiting
  SteadyTime deadline() const { return deadline_; }
  std::uint32_t wanted_events() const;  // for epoll
  std::uint32_t watched_events = 0;     // kept by the server

 private:
  enum class State {
    kReading,   // for a request
    kWorking,   // the handler has it
    kWriting,   // the reply goes out
    kFinished,  // to be closed
  };

  void Refuse(Reply reply, WallTime wall, SteadyTime now);
  void BeginReading(SteadyTime now);
  bool Fill();

  files::Fd socket_;
  const ConnectionLimits limits_;
  State state_ = State::kReading;
  SteadyTime since_, deadline_;
  std::string in_;
  std::optional<Head> head_;  // of the request that is being read or answered
  bool is_head_method_ = false;
  bool keep_alive_ = false;
  bool streaming_ = false;
  bool eof_ = false;
  std::string out_;
  std::size_t sent_ = 0;  // of out_
  std::optional<FilePart> file_;
};

}  // namespace aigc::serve

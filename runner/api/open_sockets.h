// The connections that are open, so that other threads can cut them: all of them when the program
// ends, one when its request takes too long as a whole (socket time-outs only see silence).
//
// An entry holds a duplicate of the file descriptor, because Poco may close the original at any
// time and its number may then belong to something else. Any thread.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>

#include "base/times.h"

namespace aigc::api {

class OpenSockets {
 public:
  class Entry {
   public:
    Entry(OpenSockets& owner, int fd);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    // From now on the socket is cut by ShutDownOverdue once `deadline` has passed; none: never.
    void SetDeadline(std::optional<SteadyTime> deadline);
    bool overdue() const;  // it was cut for its deadline

   private:
    friend class OpenSockets;
    OpenSockets& owner_;
    int fd_;
    std::optional<SteadyTime> deadline_;
    bool overdue_ = false;
    std::list<Entry*>::iterator place_;
  };

  // The entry must not outlive this object. After ShutDownAll, sockets are cut as they come.
  std::unique_ptr<Entry> Add(int fd) { return std::make_unique<Entry>(*this, fd); }
  void ShutDownAll();
  void ShutDownOverdue(SteadyTime now);
  bool closed() const;  // ShutDownAll was called

 private:
  mutable std::mutex mutex_;  // guards everything below and the entries' deadlines
  std::list<Entry*> entries_;
  bool closed_ = false;
};

}  // namespace aigc::api

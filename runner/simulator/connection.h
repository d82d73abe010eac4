// HTTP connections of the simulator's server: plain requests in, Reply objects carried out to the
// byte, cuts and waits included. Private to the room.
#pragma once

#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/TCPServerConnectionFactory.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>

#include "base/http.h"
#include "simulator/service.h"

namespace aigc::simulator {

// Knows the open connections and tells waiting answers when to give up. Any thread.
class Connections {
 public:
  // False when the server is stopping; the descriptor is then not kept.
  bool Add(int descriptor);
  // REQUIRES: called while the descriptor is still open.
  void Remove(int descriptor);
  // Waits unless the server stops first; false then.
  bool WaitFor(Millis delay);
  bool stopping() const;
  // Ends all waits and shuts all connections down, now and from now on.
  void Stop();

 private:
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::set<int> open_;
};

// The body of a PUT comes as `content`, any other in the request.
using Handler = std::function<Reply(const HttpRequest& request, const Content& content)>;

// `handler` is called from the connections' threads, several at once. `connections` must outlive
// the factory and all it makes.
Poco::Net::TCPServerConnectionFactory::Ptr MakeConnectionFactory(
    Handler handler, Connections& connections, Poco::Net::HTTPServerParams::Ptr params);

}  // namespace aigc::simulator

// An Exchange with the simulator's core right behind the API's codec, under a virtual clock: the
// network is a queue of events, and Wait moves the clock to the next one. A day of a batch takes
// moments, and the same seed gives the same run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <vector>

#include "api/codec.h"
#include "api/exchange.h"
#include "base/random.h"
#include "simulator/service.h"
#include "support/virtual_clock.h"

namespace aigc::testing {

// Thrown out of Wait() when the crash point is reached: the process died there.
struct Crash {};

// What the network does to requests, drawn for each of them; shares of 1.
struct Weather {
  double not_sent = 0;     // no byte leaves
  double lost = 0;         // it never arrives, and nothing comes back
  double answer_lost = 0;  // it arrives, and nothing comes back
  double late = 0;         // it arrives after the client has given it up
  Millis late_max = Seconds{280};
  std::uint64_t clears_after = 0;  // requests, over all processes; then the shares are 0
};

struct NetworkOptions {
  Millis latency_min{5}, latency_max{60};  // each way
  Millis timeout = Seconds{60};
  std::size_t creates = 8, queries = 8, downloads = 4, uploads = 2;  // at once
  bool unreachable = false;  // no host answers: every request ends kNotSent
  Weather weather{};
};

// Requests that are on the wire when nobody waits for them any more: given up, or their process
// died. They reach the service at their own time.
class Stragglers {
 public:
  void Add(WallTime at, HttpRequest request) { requests_.emplace(at, std::move(request)); }
  // Everything that is due by `until` arrives.
  void Deliver(simulator::Service& service, WallTime until);
  bool empty() const { return requests_.empty(); }
  WallTime last() const { return requests_.rbegin()->first; }
  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t requests = 0;  // started by all processes, for Weather::clears_after

 private:
  std::multimap<WallTime, HttpRequest> requests_;
  std::uint64_t delivered_ = 0;
};

class SimulatedExchange final : public api::Exchange {
 public:
  SimulatedExchange(simulator::Service& service, VirtualClock& clock, Credentials credentials,
                    std::int64_t sub_app_id, std::uint64_t seed, NetworkOptions network = {});

  std::size_t Capacity(api::Lane lane) const override;
  api::Ticket Start(api::Request request) override;
  std::vector<api::Completion> Wait(SteadyTime deadline) override;
  void Wake() override { woken_ = true; }

  // The process dies in the n-th Wait from now (from 1). Requests that had left reach the service
  // all the same, or not, as the seed says: see Drain().
  void CrashAfterWaits(std::uint64_t n) { crash_after_ = n; }
  // What was on the wire when the process died arrives at the service or is lost, half and half;
  // with stragglers some of it arrives minutes later.
  void Drain();
  // From now on requests may outlive their time-out and this process.
  void Leave(Stragglers& stragglers) { stragglers_ = &stragglers; }

  // Called with each request that leaves, with each answer that is handed over, and at the begin of
  // each Wait with its number (from 1).
  std::function<void(const api::Request&)> on_start;
  std::function<void(const api::Request&, const api::Completion&)> on_answer;
  std::function<void(std::uint64_t)> on_wait;

  // When the next thing happens by itself; max: nothing is on the wire.
  SteadyTime NextEvent() const { return events_.empty() ? SteadyTime::max() : events_.top().at; }

  NetworkOptions& network() { return network_; }
  std::uint64_t waits() const { return waits_; }
  std::uint64_t started(api::Lane lane) const { return started_[static_cast<std::size_t>(lane)]; }

 private:
  struct Event {
    SteadyTime at;
    std::uint64_t order;
    bool arrival;  // at the service; else the completion's delivery
    api::Ticket ticket;
    api::Request request;
    api::Completion completion;
    HttpRequest http{};  // as signed when it left; downloads are made up on arrival
    Millis skew{0};      // of the clock it was signed with
    bool answer_lost = false;
    std::uint64_t offset = 0;  // where the download goes on
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const {
      return a.at != b.at ? a.at > b.at : a.order > b.order;
    }
  };

  Micros Latency();
  void Arrive(Event event);
  void MeetWeather(Event& event);
  WallTime TrueTime(SteadyTime at) const;
  simulator::Reply Ask(Event& event);
  // What the network's end of a PUT does: reads the content, and stops before the end of one that
  // is not what was promised.
  std::optional<api::Completion> ReadContent(const api::PutObjectRequest& put);
  api::Completion Answer(const Event& event, simulator::Reply& reply);
  api::Completion Download(const Event& event, simulator::Reply& reply);

  simulator::Service& service_;
  VirtualClock& clock_;
  Credentials credentials_;
  api::ApiSettings settings_;
  api::SigningKeyCache keys_;
  Random random_;
  NetworkOptions network_;
  std::priority_queue<Event, std::vector<Event>, Later> events_;
  std::uint64_t next_ticket_ = 1, next_order_ = 1, waits_ = 0;
  std::uint64_t crash_after_ = 0;
  std::size_t out_[api::kLanes] = {};
  std::uint64_t started_[api::kLanes] = {};
  Millis skew_{0};
  bool woken_ = false;
  Stragglers* stragglers_ = nullptr;
};

}  // namespace aigc::testing

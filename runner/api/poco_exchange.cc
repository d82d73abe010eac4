#include "api/poco_exchange.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "api/api_caller.h"
#include "api/connection_pool.h"
#include "api/downloader.h"
#include "api/make_failure.h"
#include "api/open_sockets.h"
#include "api/tls_context.h"
#include "api/uploader.h"
#include "api/worker_lane.h"
#include "base/text.h"

namespace aigc::api {
namespace {

constexpr Millis kOverdueCheck{500};  // how often a waiting loop looks for calls that take too long

class PocoExchange final : public Exchange {
 public:
  PocoExchange(PocoExchangeOptions options, Url endpoint, ProxyChoice proxies,
               const Poco::Net::Context::Ptr& tls, const Clock& clock);
  ~PocoExchange() override;

  std::size_t Capacity(Lane lane) const override;
  void Widen(Lane lane, std::size_t workers) override;
  Ticket Start(Request request) override;
  std::vector<Completion> Wait(SteadyTime deadline) override;
  void Wake() override;

 private:
  struct LaneState {
    std::size_t limit = 0;
    std::size_t running = 0;
  };
  LaneState& State(Lane lane) { return lanes_[static_cast<std::size_t>(lane)]; }
  void Perform(Job job);
  std::vector<Completion> TakeFinished();

  const Clock& clock_;
  const ProxyChoice proxies_;
  OpenSockets sockets_;  // outlives every connection
  Dialer dialer_;
  ConnectionPool pool_;
  ApiCaller caller_;
  Downloader downloader_;
  Uploader uploader_;

  // The loop thread's own.
  std::array<LaneState, kLanes> lanes_;
  Ticket last_ticket_ = 0;

  std::mutex mutex_;  // guards the three below
  std::condition_variable changed_;
  std::vector<std::pair<Lane, Completion>> finished_;
  bool woken_ = false;

  // Last, so that the threads are gone before anything they use.
  std::array<std::unique_ptr<WorkerLane>, kLanes> workers_;
};

std::size_t MostIdle(const PocoExchangeOptions& options) {
  return std::max(options.create_workers + options.query_workers, options.download_workers);
}

PocoExchange::PocoExchange(PocoExchangeOptions options, Url endpoint, ProxyChoice proxies,
                           const Poco::Net::Context::Ptr& tls, const Clock& clock)
    : clock_(clock),
      proxies_(std::move(proxies)),
      dialer_(tls, proxies_, options.limits, sockets_, clock),
      pool_(clock, MostIdle(options)),
      caller_(endpoint, options.settings, options.credentials, options.limits, dialer_, pool_,
              clock),
      downloader_(options.settings.client, options.limits, proxies_, dialer_, pool_, clock),
      uploader_(
          std::move(endpoint), options.settings.client, std::move(options.credentials),
          options.limits, [this] { return caller_.SigningTime(); }, dialer_, pool_, clock) {
  const std::array<std::size_t, kLanes> limits = {options.create_workers, options.query_workers,
                                                  options.download_workers, options.upload_workers};
  for (std::size_t i = 0; i < limits.size(); ++i) {
    lanes_[i].limit = limits[i];
    workers_[i] =
        std::make_unique<WorkerLane>(limits[i], [this](Job job) { Perform(std::move(job)); });
  }
}

PocoExchange::~PocoExchange() {
  const SignalsBlocked blocked;  // closing connections writes to them
  for (auto& lane : workers_) lane->Stop();
  sockets_.ShutDownAll();
  for (auto& lane : workers_) lane.reset();
}

std::size_t PocoExchange::Capacity(Lane lane) const {
  const LaneState& state = lanes_[static_cast<std::size_t>(lane)];
  return state.limit - state.running;
}

void PocoExchange::Widen(Lane lane, std::size_t workers) {
  LaneState& state = State(lane);
  state.limit = std::max(state.limit, workers_[static_cast<std::size_t>(lane)]->Widen(workers));
}

Ticket PocoExchange::Start(Request request) {
  const Lane lane = LaneOf(request);
  ++State(lane).running;
  const Ticket ticket = ++last_ticket_;
  workers_[static_cast<std::size_t>(lane)]->Add({ticket, std::move(request)});
  return ticket;
}

// Runs in a worker.
void PocoExchange::Perform(Job job) {
  const Lane lane = LaneOf(job.request);
  Completion completion;
  try {
    if (const auto* download = std::get_if<DownloadRequest>(&job.request)) {
      completion.answer = downloader_.Fetch(*download);
    } else if (const auto* put = std::get_if<PutObjectRequest>(&job.request)) {
      completion = uploader_.Put(*put);
    } else {
      completion = caller_.Call(job.request);
    }
  } catch (const Poco::Exception& e) {
    // Not foreseen; whether bytes left is not known, so it counts as if they had.
    completion.answer = MakeFailure(FailureKind::kUnclear, "network", e.displayText());
  } catch (const std::exception& e) {
    completion.answer = MakeFailure(FailureKind::kUnclear, "internal", e.what());
  }
  completion.ticket = job.ticket;
  job.request = DetailRequest{};  // lets go of a sink or file before the answer is known
  {
    const std::scoped_lock lock(mutex_);
    finished_.emplace_back(lane, std::move(completion));
  }
  changed_.notify_one();
}

std::vector<Completion> PocoExchange::TakeFinished() {
  std::vector<Completion> out;
  out.reserve(finished_.size());
  for (auto& [lane, completion] : finished_) {
    --State(lane).running;
    out.push_back(std::move(completion));
  }
  finished_.clear();
  return out;
}

std::vector<Completion> PocoExchange::Wait(SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  while (finished_.empty() && !std::exchange(woken_, false)) {
    const SteadyTime now = clock_.Ticks();
    if (now >= deadline) break;
    // The lock order is free: OpenSockets takes no other lock.
    sockets_.ShutDownOverdue(now);
    changed_.wait_for(lock, std::min<Micros>(deadline - now, kOverdueCheck));
  }
  return TakeFinished();
}

void PocoExchange::Wake() {
  {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

// Without what stands before '@', which may be a password.
std::string Shown(const std::string& endpoint) {
  const auto at = endpoint.rfind('@');
  return Excerpt(at == std::string::npos ? endpoint : "…" + endpoint.substr(at), 200);
}

}  // namespace

Result<std::unique_ptr<Exchange>> MakePocoExchange(PocoExchangeOptions options,
                                                   const Clock& clock) {
  const auto endpoint = ParseUrl(options.endpoint);
  if (!endpoint || !endpoint->tls || endpoint->target != "/" || !endpoint->user_info.empty()) {
    return Error{ErrorCode::kUsage,
                 "the endpoint '" + Shown(options.endpoint) + "' cannot be used",
                 {},
                 "it has the form https://host or https://host:port; plain http is never used"};
  }
  options.settings.host = HostHeader(*endpoint);
  AIGC_ASSIGN_OR_RETURN(ProxyChoice proxies, ProxyChoice::Make(options.proxy));
  AIGC_ASSIGN_OR_RETURN(const Poco::Net::Context::Ptr tls, MakeTlsContext(options.ca_file));
  return std::unique_ptr<Exchange>(std::make_unique<PocoExchange>(std::move(options), *endpoint,
                                                                  std::move(proxies), tls, clock));
}

}  // namespace aigc::api

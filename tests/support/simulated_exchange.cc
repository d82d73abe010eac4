#include "support/simulated_exchange.h"

#include <algorithm>

#include "api/put_codec.h"
#include "base/digest.h"

namespace aigc::testing {
namespace {

std::size_t Index(api::Lane lane) { return static_cast<std::size_t>(lane); }

api::Completion Failed(api::FailureKind kind, std::string code) {
  api::Completion completion;
  completion.answer = api::Failure{kind, 0, code, "simulated: " + code};
  return completion;
}

}  // namespace

SimulatedExchange::SimulatedExchange(simulator::Service& service, VirtualClock& clock,
                                     Credentials credentials, std::int64_t sub_app_id,
                                     std::uint64_t seed, NetworkOptions network)
    : service_(service),
      clock_(clock),
      credentials_(std::move(credentials)),
      random_(seed),
      network_(network) {
  settings_.host = "127.0.0.1:443";
  settings_.sub_app_id = sub_app_id;
}

std::size_t SimulatedExchange::Capacity(api::Lane lane) const {
  const std::size_t most[] = {network_.creates, network_.queries, network_.downloads,
                              network_.uploads};
  return most[Index(lane)] - std::min(most[Index(lane)], out_[Index(lane)]);
}

Micros SimulatedExchange::Latency() {
  const auto span =
      static_cast<std::uint64_t>((network_.latency_max - network_.latency_min).count());
  return Micros{network_.latency_min + Millis{random_.Below(span + 1)}};
}

WallTime SimulatedExchange::TrueTime(SteadyTime at) const {
  return clock_.Undisturbed() + std::chrono::floor<Millis>(at - clock_.Ticks());
}

void Stragglers::Deliver(simulator::Service& service, WallTime until) {
  while (!requests_.empty() && requests_.begin()->first <= until) {
    const auto next = requests_.begin();
    service.Handle(next->second, next->first);
    requests_.erase(next);
    ++delivered_;
  }
}

api::Ticket SimulatedExchange::Start(api::Request request) {
  if (on_start) on_start(request);
  const api::Ticket ticket = next_ticket_++;
  ++out_[Index(LaneOf(request))];
  ++started_[Index(LaneOf(request))];
  Event event{clock_.Ticks() + Latency(), next_order_++,
              !network_.unreachable,      ticket,
              std::move(request),         {}};
  if (network_.unreachable) {
    event.completion = Failed(api::FailureKind::kNotSent, "refused");
  } else {
    const WallTime signing_time = clock_.Now() + skew_;
    if (const auto* put = std::get_if<api::PutObjectRequest>(&event.request)) {
      event.http = api::MakePutHead(*put, credentials_, settings_.client, signing_time);
    } else if (!std::holds_alternative<api::DownloadRequest>(event.request)) {
      event.http = MakeApiRequest(event.request, settings_, credentials_, signing_time, keys_);
      event.skew = skew_;
    }
    MeetWeather(event);
  }
  events_.push(std::move(event));
  return ticket;
}

void SimulatedExchange::MeetWeather(Event& event) {
  const Weather& weather = network_.weather;
  if (stragglers_ == nullptr || ++stragglers_->requests > weather.clears_after) return;
  // Neither outlives its connection.
  const bool file = std::holds_alternative<api::DownloadRequest>(event.request) ||
                    std::holds_alternative<api::PutObjectRequest>(event.request);
  double draw = random_.Unit();
  const auto is = [&draw](double share) {
    draw -= share;
    return draw < 0;
  };
  if (is(weather.not_sent)) {
    event.arrival = false;
    event.completion = Failed(api::FailureKind::kNotSent, "refused");
    return;
  }
  if (is(weather.answer_lost)) {
    event.answer_lost = !file;
    return;
  }
  const bool late = !is(weather.lost) && is(weather.late) && !file;
  if (draw >= 0) return;
  const bool reset = random_.Unit() < 0.5;
  const SteadyTime given_up = reset ? event.at + Latency() : clock_.Ticks() + network_.timeout;
  if (late) {
    const auto most = static_cast<std::uint64_t>(weather.late_max.count());
    stragglers_->Add(TrueTime(given_up) + Millis{random_.Below(most) + 1}, event.http);
  }
  event.arrival = false;
  event.at = given_up;
  event.completion = Failed(api::FailureKind::kUnclear, reset ? "reset" : "timeout");
}

simulator::Reply SimulatedExchange::Ask(Event& event) {
  const WallTime now = TrueTime(event.at);
  if (stragglers_ != nullptr) stragglers_->Deliver(service_, now);
  if (const auto* download = std::get_if<api::DownloadRequest>(&event.request)) {
    HttpRequest http{"GET", download->url.substr(download->url.find('/', 7))};
    http.headers.Add("Host", "127.0.0.1");
    const auto resume = download->sink->Resume();
    if (resume.ok() && resume->offset > 0) {
      event.offset = resume->offset;
      http.headers.Add("Range", "bytes=" + std::to_string(resume->offset) + "-");
      http.headers.Add("If-Range", resume->validator);
    }
    return service_.Handle(http, now);
  }
  if (const auto* put = std::get_if<api::PutObjectRequest>(&event.request)) {
    return service_.HandlePut(event.http, {put->bytes, put->sha256}, now);
  }
  return service_.Handle(event.http, now);
}

std::optional<api::Completion> SimulatedExchange::ReadContent(const api::PutObjectRequest& put) {
  std::string content;
  char piece[4096];
  while (true) {
    const auto got = put.content->Read(piece, sizeof piece);
    if (!got.ok() || *got == 0) break;
    content.append(piece, *got);
  }
  if (content.size() == put.bytes && Sha256Hex(content) == put.sha256) return std::nullopt;
  api::Completion completion;
  completion.answer =
      api::Failure{api::FailureKind::kLocal, 0, "changed", "simulated", ErrorCode::kInvalid};
  return completion;
}

void SimulatedExchange::Arrive(Event event) {
  simulator::Reply reply;
  const auto* put = std::get_if<api::PutObjectRequest>(&event.request);
  std::optional<api::Completion> stopped = put ? ReadContent(*put) : std::nullopt;
  if (stopped) {
    event.completion = *std::move(stopped);
  } else {
    reply = Ask(event);
    event.completion = Answer(event, reply);
  }
  event.at = clock_.Ticks() + Latency() + Micros{reply.delay};
  if (reply.delay > network_.timeout) {
    event.at = clock_.Ticks() + Micros{network_.timeout};
    event.completion = Failed(api::FailureKind::kUnclear, "timeout");
  }
  if (event.answer_lost) event.completion = Failed(api::FailureKind::kUnclear, "reset");
  event.arrival = false;
  event.order = next_order_++;
  events_.push(std::move(event));
}

api::Completion SimulatedExchange::Answer(const Event& event, simulator::Reply& reply) {
  if (reply.kind != simulator::Reply::Kind::kRespond) {
    return Failed(api::FailureKind::kUnclear, "reset");
  }
  if (std::holds_alternative<api::DownloadRequest>(event.request)) return Download(event, reply);
  if (std::holds_alternative<api::PutObjectRequest>(event.request)) {
    return api::DecodePutAnswer(reply.response);
  }
  if (reply.cut_after_bytes) return Failed(api::FailureKind::kUnclear, "closed");
  if (reply.filler_bytes > 0) return Failed(api::FailureKind::kUnclear, "too_long");
  api::Completion completion = DecodeApiAnswer(event.request, reply.response);
  if (auto* failure = std::get_if<api::Failure>(&completion.answer);
      failure && failure->code == "AuthFailure.SignatureExpire" && completion.server_time) {
    // As api::ApiCaller does.
    const Millis skew = *completion.server_time - clock_.Now();
    failure->clock_corrected = std::chrono::abs(skew - event.skew) >= Seconds{60};
    if (failure->clock_corrected) skew_ = skew;
  }
  return completion;
}

api::Completion SimulatedExchange::Download(const Event& event, simulator::Reply& reply) {
  const auto& request = std::get<api::DownloadRequest>(event.request);
  const HttpResponse& response = reply.response;
  if (response.status != 200 && response.status != 206) {
    api::Completion completion;
    completion.answer = api::Failure{api::FailureKind::kHttp, response.status, "http", "simulated"};
    return completion;
  }
  const auto failed = [](const Error& error) {
    api::Completion completion;
    completion.answer =
        api::Failure{api::FailureKind::kLocal, 0, "local", error.message, error.code};
    return completion;
  };
  BodyHead head;
  head.validator = response.headers.Get("ETag");
  const std::uint64_t length = response.body.size();
  head.offset = response.status == 206 ? event.offset : 0;
  head.total_bytes = head.offset + length;
  if (const auto status = request.sink->Start(head); !status.ok()) return failed(status.error());
  std::string_view body = response.body;
  if (reply.cut_after_bytes) body = body.substr(0, *reply.cut_after_bytes);
  if (const auto status = request.sink->Write(body); !status.ok()) return failed(status.error());
  if (reply.cut_after_bytes && *reply.cut_after_bytes < length) {
    return Failed(api::FailureKind::kUnclear, "cut");
  }
  auto stored = request.sink->Finish();
  if (!stored.ok()) return failed(stored.error());
  api::Completion completion;
  completion.answer = api::DownloadAnswer{std::move(stored).value()};
  return completion;
}

std::vector<api::Completion> SimulatedExchange::Wait(SteadyTime deadline) {
  if (++waits_ == crash_after_) throw Crash{};
  if (on_wait) on_wait(waits_);
  std::vector<api::Completion> done;
  while (!events_.empty() && (done.empty() || events_.top().at <= clock_.Ticks())) {
    if (woken_ || events_.top().at > deadline) break;
    Event event = events_.top();
    events_.pop();
    clock_.AdvanceTo(event.at);
    if (event.arrival) {
      Arrive(std::move(event));
      continue;
    }
    --out_[Index(LaneOf(event.request))];
    event.completion.ticket = event.ticket;
    if (on_answer) on_answer(event.request, event.completion);
    done.push_back(std::move(event.completion));
  }
  if (done.empty() && !woken_) clock_.AdvanceTo(deadline);
  woken_ = false;
  return done;
}

void SimulatedExchange::Drain() {
  while (!events_.empty()) {
    Event event = events_.top();
    events_.pop();
    if (!event.arrival || random_.Unit() < 0.5) continue;
    // Files die with the process that would write or read them.
    if (LaneOf(event.request) == api::Lane::kDownload ||
        LaneOf(event.request) == api::Lane::kUpload)
      continue;
    if (stragglers_ != nullptr) {
      const bool late = random_.Unit() < 0.3;
      const auto most = static_cast<std::uint64_t>(network_.weather.late_max.count());
      stragglers_->Add(TrueTime(event.at) + Millis{late ? random_.Below(most) : 0}, event.http);
      continue;
    }
    clock_.AdvanceTo(event.at);
    Ask(event);
  }
}

}  // namespace aigc::testing

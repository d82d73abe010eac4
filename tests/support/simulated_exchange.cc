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

api::Ticket SimulatedExchange::Start(api::Request request) {
  const api::Ticket ticket = next_ticket_++;
  ++out_[Index(LaneOf(request))];
  ++started_[Index(LaneOf(request))];
  Event event{clock_.Ticks() + Latency(), next_order_++,
              !network_.unreachable,      ticket,
              std::move(request),         {}};
  if (network_.unreachable) event.completion = Failed(api::FailureKind::kNotSent, "refused");
  events_.push(std::move(event));
  return ticket;
}

simulator::Reply SimulatedExchange::Ask(const api::Request& request) {
  if (const auto* download = std::get_if<api::DownloadRequest>(&request)) {
    HttpRequest http{"GET", download->url.substr(download->url.find('/', 7))};
    http.headers.Add("Host", "127.0.0.1");
    const auto resume = download->sink->Resume();
    if (resume.ok() && resume->offset > 0) {
      http.headers.Add("Range", "bytes=" + std::to_string(resume->offset) + "-");
      http.headers.Add("If-Range", resume->validator);
    }
    return service_.Handle(http, clock_.Now());
  }
  if (const auto* put = std::get_if<api::PutObjectRequest>(&request)) {
    return service_.HandlePut(
        api::MakePutHead(*put, credentials_, settings_.client, clock_.Now() + skew_),
        {put->bytes, put->sha256}, clock_.Now());
  }
  const HttpRequest http =
      MakeApiRequest(request, settings_, credentials_, clock_.Now() + skew_, keys_);
  return service_.Handle(http, clock_.Now());
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
    reply = Ask(event.request);
    event.completion = Answer(event.request, reply);
  }
  event.at = clock_.Ticks() + Latency() + Micros{reply.delay};
  if (reply.delay > network_.timeout) {
    event.at = clock_.Ticks() + Micros{network_.timeout};
    event.completion = Failed(api::FailureKind::kUnclear, "timeout");
  }
  event.arrival = false;
  event.order = next_order_++;
  events_.push(std::move(event));
}

api::Completion SimulatedExchange::Answer(const api::Request& request, simulator::Reply& reply) {
  if (reply.kind != simulator::Reply::Kind::kRespond) {
    return Failed(api::FailureKind::kUnclear, "reset");
  }
  if (const auto* download = std::get_if<api::DownloadRequest>(&request)) {
    return Download(*download, reply);
  }
  if (std::holds_alternative<api::PutObjectRequest>(request)) {
    return api::DecodePutAnswer(reply.response);
  }
  if (reply.cut_after_bytes) return Failed(api::FailureKind::kUnclear, "closed");
  if (reply.filler_bytes > 0) return Failed(api::FailureKind::kUnclear, "too_long");
  api::Completion completion = DecodeApiAnswer(request, reply.response);
  if (auto* failure = std::get_if<api::Failure>(&completion.answer);
      failure && failure->code == "AuthFailure.SignatureExpire" && completion.server_time &&
      !corrected_) {
    skew_ = *completion.server_time - clock_.Now();
    corrected_ = true;
    failure->clock_corrected = true;
  }
  return completion;
}

api::Completion SimulatedExchange::Download(const api::DownloadRequest& request,
                                            simulator::Reply& reply) {
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
  const auto resume = request.sink->Resume();
  head.offset = response.status == 206 && resume.ok() ? resume->offset : 0;
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
    // Downloads die with the process that would write them.
    if (std::holds_alternative<api::DownloadRequest>(event.request)) continue;
    clock_.AdvanceTo(event.at);
    Ask(event.request);
  }
}

}  // namespace aigc::testing

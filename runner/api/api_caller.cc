#include "api/api_caller.h"

#include <Poco/Exception.h>

#include <utility>

#include "api/error_class.h"
#include "api/make_failure.h"
#include "api/transport_failure.h"

namespace aigc::api {
namespace {

constexpr Millis kFresh{5000};
// The service accepts times up to 5 min off; below this it cannot be the clock that it minds.
constexpr Millis kTolerance = Seconds{60};

// How long a connection may have lain idle. Servers close idle ones without warning, and a create
// that meets such a closing is an unknown outcome that costs look-ups; so creates take none that
// has been idle for more than a few seconds.
Millis MaxIdle(bool create) { return create ? kFresh : Millis(Seconds(30)); }

}  // namespace

ApiCaller::ApiCaller(Url endpoint, ApiSettings settings, Credentials credentials, TimeLimits limits,
                     Dialer& dialer, ConnectionPool& pool, const Clock& clock)
    : endpoint_(std::move(endpoint)),
      settings_(std::move(settings)),
      credentials_(std::move(credentials)),
      limits_(limits),
      origin_("api " + Authority(endpoint_)),
      dialer_(dialer),
      pool_(pool),
      clock_(clock) {}

Millis ApiCaller::ClockOffset() {
  const std::scoped_lock lock(mutex_);
  return offset_;
}

WallTime ApiCaller::SigningTime() { return clock_.Now() + ClockOffset(); }

// An answer that finds our signature's time wrong sets the clock from its own date. True when the
// request may be signed anew and sent again: its time was indeed far from the service's. Clocks may
// be set while a run goes on (by the user, by NTP), so this may happen more than once; a service
// whose date agrees with the time it refuses is never answered twice.
bool ApiCaller::CorrectClock(const Completion& completion, Millis signed_offset) {
  if (!completion.server_time) return false;
  const Millis offset = *completion.server_time - clock_.Now();
  if (std::chrono::abs(offset - signed_offset) < kTolerance) return false;
  const std::scoped_lock lock(mutex_);
  offset_ = offset;
  return true;
}

Completion ApiCaller::Call(const Request& request) {
  const bool create = std::holds_alternative<CreateRequest>(request);
  const bool repeatable = std::holds_alternative<DetailRequest>(request) ||
                          std::holds_alternative<ListRequest>(request) ||
                          std::holds_alternative<ApplyUploadRequest>(request) ||
                          std::holds_alternative<CommitUploadRequest>(request);
  const Millis offset = ClockOffset();
  const auto text =
      RequestText(MakeApiRequest(request, settings_, credentials_, clock_.Now() + offset, keys_));
  Completion completion;
  if (!text) {
    completion.answer = MakeFailure(FailureKind::kNotSent, "header",
                                    "a setting or credential holds a line break or another control "
                                    "character and cannot be sent");
    return completion;
  }
  Reply reply = Exchange(*text, create, /*fresh=*/false);
  if (reply.may_repeat && repeatable) reply = Exchange(*text, create, /*fresh=*/true);
  if (auto* failure = std::get_if<Failure>(&reply.outcome)) {
    completion.answer = std::move(*failure);
    return completion;
  }
  completion = DecodeApiAnswer(request, std::get<HttpResponse>(reply.outcome));
  if (auto* failure = std::get_if<Failure>(&completion.answer);
      failure && failure->kind == FailureKind::kApi &&
      ClassifyApiError(failure->code, failure->message, create).error_class == ErrorClass::kClock) {
    failure->clock_corrected = CorrectClock(completion, offset);
  }
  return completion;
}

ApiCaller::Reply ApiCaller::Exchange(const std::string& text, bool create, bool fresh) {
  std::unique_ptr<Connection> connection;
  if (!fresh) connection = pool_.Take(origin_, MaxIdle(create));
  const bool kept = connection != nullptr;
  if (!kept) {
    auto dialled = dialer_.Dial(endpoint_, pool_.SessionFor(origin_), limits_.exchange);
    if (auto* failure = std::get_if<Failure>(&dialled)) return {std::move(*failure), false};
    connection = std::move(std::get<std::unique_ptr<Connection>>(dialled));
  }
  // From here on bytes may have left, whatever happens.
  connection->entry().SetDeadline(clock_.Ticks() + limits_.call);
  try {
    HttpResponse response = Converse(*connection, text);
    pool_.Put(origin_, std::move(connection));
    return {std::move(response), false};
  } catch (const Poco::Exception& e) {
    const bool overdue = connection && connection->entry().overdue();
    const std::string where = Authority(endpoint_);
    Failure failure = overdue
                          ? TransportFailure(FailureKind::kUnclear, Poco::TimeoutException(), where)
                          : TransportFailure(FailureKind::kUnclear, e, where);
    const bool silent = connection && !connection->answered();
    const bool timeout = failure.code == "timeout";
    return {std::move(failure), kept && silent && !timeout};
  }
}

HttpResponse ApiCaller::Converse(Connection& connection, const std::string& text) {
  connection.Send(text);
  Poco::Net::HTTPResponse head;
  HttpResponse response;
  response.status = connection.ReadHead(head);
  response.headers.Add("Date", head.get("Date", ""));
  connection.ReadAll(response.body, kMaxAnswerBytes);
  return response;
}

}  // namespace aigc::api

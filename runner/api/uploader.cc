#include "api/uploader.h"

#include <Poco/Exception.h>

#include <utility>
#include <vector>

#include "api/make_failure.h"
#include "api/put_codec.h"
#include "api/transport_failure.h"
#include "base/digest.h"

namespace aigc::api {
namespace {

constexpr std::size_t kPiece = 64u * 1024;
constexpr std::size_t kMaxAnswer = 64u * 1024;
constexpr std::int64_t kLeastBytesPerSecond = 10'000;  // a line slower than this is given up
constexpr std::string_view kService = ".tencentcloudapi.com";

bool IsRealService(const Url& endpoint) {
  return endpoint.host.size() > kService.size() &&
         endpoint.host.compare(endpoint.host.size() - kService.size(), kService.size(), kService) ==
             0;
}

Completion Local(ErrorCode code, std::string word, std::string message) {
  Completion completion;
  Failure failure = MakeFailure(FailureKind::kLocal, std::move(word), std::move(message));
  failure.local_code = code;
  completion.answer = std::move(failure);
  return completion;
}

// Fills `piece` as far as the content goes.
Status Fill(BodySource& content, std::vector<char>& piece, std::size_t& filled) {
  filled = 0;
  while (filled < piece.size()) {
    AIGC_ASSIGN_OR_RETURN(const std::size_t got,
                          content.Read(piece.data() + filled, piece.size() - filled));
    if (got == 0) break;
    filled += got;
  }
  return {};
}

}  // namespace

Url StorageUrl(const Url& endpoint, const UploadPlace& place) {
  if (!IsRealService(endpoint)) return endpoint;
  Url url;
  url.tls = true;
  url.host = StorageHost(place);
  url.port = 443;
  url.target = "/";
  return url;
}

Uploader::Uploader(Url endpoint, std::string client, Credentials credentials, TimeLimits limits,
                   std::function<WallTime()> signing_time, Dialer& dialer, ConnectionPool& pool,
                   const Clock& clock)
    : endpoint_(std::move(endpoint)),
      client_(std::move(client)),
      credentials_(std::move(credentials)),
      limits_(limits),
      signing_time_(std::move(signing_time)),
      dialer_(dialer),
      pool_(pool),
      clock_(clock) {}

Completion Uploader::Put(const PutObjectRequest& request) {
  const Url url = StorageUrl(endpoint_, request.place);
  const auto head = RequestText(MakePutHead(request, credentials_, client_, signing_time_()));
  Completion completion;
  if (!head) {
    completion.answer = MakeFailure(FailureKind::kUnclear, "garbage",
                                    "the service named a place that cannot be written to");
    return completion;
  }
  // Always a new connection: the content can be read only once, so that nothing could be repeated
  // on a kept one that turns out to be closed.
  auto dialled =
      dialer_.Dial(url, pool_.SessionFor("put " + Authority(url)), limits_.download_idle);
  if (auto* failure = std::get_if<Failure>(&dialled)) {
    completion.answer = std::move(*failure);
    return completion;
  }
  const auto connection = std::move(std::get<std::unique_ptr<Connection>>(dialled));
  const Millis most =
      limits_.call + Seconds{static_cast<std::int64_t>(request.bytes) / kLeastBytesPerSecond};
  connection->entry().SetDeadline(clock_.Ticks() + most);
  try {
    return Send(request, *head, *connection);
  } catch (const Poco::Exception& e) {
    completion.answer =
        connection->entry().overdue()
            ? TransportFailure(FailureKind::kUnclear, Poco::TimeoutException(), Authority(url))
            : TransportFailure(FailureKind::kUnclear, e, Authority(url));
    return completion;
  }
}

Completion Uploader::Send(const PutObjectRequest& request, const std::string& head,
                          Connection& connection) {
  const auto changed = [] {
    return Local(ErrorCode::kInvalid, "changed", "the file is not what it was when it was planned");
  };
  connection.Send(head);
  Sha256Stream hash;
  std::vector<char> piece(kPiece);
  std::uint64_t left = request.bytes;
  do {
    std::size_t filled = 0;
    if (const Status read = Fill(*request.content, piece, filled); !read.ok()) {
      return Local(read.error().code, "read", read.error().message);
    }
    if (filled > left || (filled < piece.size() && filled != left)) return changed();
    hash.Update({piece.data(), filled});
    left -= filled;
    if (left == 0) {
      std::size_t more = 0;
      std::vector<char> beyond(1);
      const Status read = Fill(*request.content, beyond, more);
      if (!read.ok() || more > 0 || Hex(hash.Finish()) != request.sha256) return changed();
    }
    connection.Send({piece.data(), filled});
  } while (left > 0);

  Poco::Net::HTTPResponse answer;
  HttpResponse response;
  response.status = connection.ReadHead(answer);
  for (const char* name : {"Date", "x-cos-request-id"})
    response.headers.Add(name, answer.get(name, ""));
  connection.ReadAll(response.body, kMaxAnswer);
  return DecodePutAnswer(response);
}

}  // namespace aigc::api

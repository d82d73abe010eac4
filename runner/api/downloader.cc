#include "api/downloader.h"

#include <Poco/Exception.h>

#include <charconv>
#include <utility>
#include <vector>

#include "api/make_failure.h"
#include "api/transport_failure.h"
#include "base/text.h"

namespace aigc::api {
namespace {

constexpr int kMaxRedirects = 5;
constexpr std::size_t kPiece = 64u * 1024;
constexpr std::uint64_t kLeastProgress = 1024;   // bytes per idle time
constexpr std::size_t kMaxDrained = 64u * 1024;  // of an error page, to keep the connection

Failure Local(const Error& error) {
  Failure failure = MakeFailure(FailureKind::kLocal, std::string(Name(error.code)), error.message);
  failure.local_code = error.code;
  return failure;
}

Failure HttpFailure(int status, const Url& url, const std::string& more) {
  Failure failure = MakeFailure(FailureKind::kHttp, "http_" + std::to_string(status),
                                "HTTP status " + std::to_string(status) + " from " +
                                    Authority(url) + (more.empty() ? "" : ": " + more));
  failure.http_status = status;
  return failure;
}

struct ContentRange {
  std::uint64_t first = 0, last = 0;
  std::optional<std::uint64_t> total;
};

bool ReadNumber(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool Skip(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// "bytes 100-199/200" or "bytes 100-199/*".
std::optional<ContentRange> ParseContentRange(std::string_view text) {
  ContentRange range;
  if (!Skip(text, "bytes ") || !ReadNumber(text, range.first) || !Skip(text, "-") ||
      !ReadNumber(text, range.last) || !Skip(text, "/") || range.last < range.first) {
    return std::nullopt;
  }
  if (text == "*") return range;
  std::uint64_t total = 0;
  if (!ReadNumber(text, total) || !text.empty() || total <= range.last) return std::nullopt;
  range.total = total;
  return range;
}

// Weak validators do not promise equal bytes.
std::string StrongTag(const std::string& etag) {
  return etag.size() >= 2 && etag.front() == '"' && etag.back() == '"' ? etag : std::string();
}

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

// What one request led to: the end of the download, another URL, or the wish to begin at 0.
struct Downloader::Step {
  std::optional<Answer> answer{};
  std::optional<Url> redirect{};
  bool from_zero = false;
  bool may_repeat = false;  // a kept connection died without a byte of answer
};

Downloader::Downloader(std::string client, TimeLimits limits, const ProxyChoice& proxies,
                       Dialer& dialer, ConnectionPool& pool, const Clock& clock)
    : client_(std::move(client)),
      limits_(limits),
      proxies_(proxies),
      dialer_(dialer),
      pool_(pool),
      clock_(clock) {}

Answer Downloader::Fetch(const DownloadRequest& request) {
  auto url = ParseUrl(request.url);
  if (!url) {
    return MakeFailure(FailureKind::kNotSent, "url",
                       "not an http or https link: " + Excerpt(request.url, 200));
  }
  auto resume = request.sink->Resume();
  if (!resume.ok()) return Local(resume.error());
  bool restarted = false;
  for (int redirects = 0; redirects <= kMaxRedirects;) {
    Step step = Get(*url, *resume, *request.sink);
    if (step.answer) return std::move(*step.answer);
    if (step.from_zero) {
      if (std::exchange(restarted, true)) return HttpFailure(416, *url, "");
      *resume = ResumePoint{};
    } else {
      url = std::move(step.redirect);
      ++redirects;
    }
  }
  return MakeFailure(FailureKind::kHttp, "redirects",
                     "more than " + std::to_string(kMaxRedirects) + " redirects");
}

std::string Downloader::OriginOf(const Url& url) const {
  const Proxy* proxy = url.tls ? nullptr : proxies_.For(url);
  return (url.tls ? "https " : "http ") + Authority(proxy ? proxy->url : url);
}

std::string Downloader::TextOf(const Url& url, const ResumePoint& resume) const {
  HttpRequest get{"GET", url.target, {}, {}};
  const Proxy* proxy = url.tls ? nullptr : proxies_.For(url);
  if (proxy) get.target = "http://" + HostHeader(url) + url.target;
  get.headers.Add("Host", HostHeader(url));
  get.headers.Add("User-Agent", client_);
  get.headers.Add("Accept", "*/*");
  get.headers.Add("Accept-Encoding", "identity");
  if (proxy && !proxy->authorization.empty()) {
    get.headers.Add("Proxy-Authorization", std::string(proxy->authorization.Reveal()));
  }
  if (resume.offset > 0) {
    get.headers.Add("Range", "bytes=" + std::to_string(resume.offset) + "-");
    get.headers.Add("If-Range", resume.validator);
  }
  return RequestText(get).value_or("");
}

Downloader::Step Downloader::Get(const Url& url, const ResumePoint& resume, BodySink& sink) {
  const std::string origin = OriginOf(url);
  const std::string text = TextOf(url, resume);
  if (text.empty()) {
    return {MakeFailure(FailureKind::kNotSent, "url", "the link cannot be sent as it is")};
  }
  for (bool fresh = false;; fresh = true) {
    auto connection = fresh ? nullptr : pool_.Take(origin, Seconds(30));
    const bool kept = connection != nullptr;
    if (!kept) {
      auto dialled = dialer_.Dial(url, pool_.SessionFor(origin), limits_.download_idle);
      if (auto* failure = std::get_if<Failure>(&dialled)) return {std::move(*failure)};
      connection = std::move(std::get<std::unique_ptr<Connection>>(dialled));
    }
    try {
      connection->Send(text);
      Step step = Receive(url, resume, sink, *connection);
      pool_.Put(origin, std::move(connection));
      return step;
    } catch (const Poco::Exception& e) {
      if (kept && connection && !connection->answered()) continue;
      Failure failure = TransportFailure(FailureKind::kUnclear, e, Authority(url));
      if (connection && connection->answered() && failure.code == "closed") failure.code = "cut";
      return {std::move(failure)};
    }
  }
}

Downloader::Step Downloader::Receive(const Url& url, const ResumePoint& resume, BodySink& sink,
                                     Connection& connection) {
  Poco::Net::HTTPResponse response;
  const int status = connection.ReadHead(response);
  BodyHead head;
  head.validator = StrongTag(response.get("ETag", ""));
  head.content_type = response.getContentType();
  if (status == 200) {
    if (response.hasContentLength() && !response.getChunkedTransferEncoding()) {
      head.total_bytes = static_cast<std::uint64_t>(response.getContentLength64());
    }
    return Store(head, sink, connection);
  }
  if (status == 206) {
    const auto range = ParseContentRange(response.get("Content-Range", ""));
    if (!range || range->first != resume.offset || resume.offset == 0) {
      return {MakeFailure(FailureKind::kUnclear, "garbage",
                          Authority(url) + " sent another part of the file than was asked for")};
    }
    head.offset = range->first;
    head.total_bytes = range->total;
    return Store(head, sink, connection);
  }
  std::string page;
  connection.ReadAll(page, kMaxDrained);
  if (status == 416 && resume.offset > 0) return {{}, {}, true};
  if (!IsRedirect(status)) return {HttpFailure(status, url, Excerpt(Trim(page), 120))};
  auto next = ResolveUrl(url, response.get("Location", ""));
  if (!next) return {HttpFailure(status, url, "it redirects to nowhere")};
  if (url.tls && !next->tls) return {HttpFailure(status, url, "it redirects from https to http")};
  return {{}, std::move(next)};
}

Downloader::Step Downloader::Store(const BodyHead& head, BodySink& sink, Connection& connection) {
  if (const auto started = sink.Start(head); !started.ok()) return {Local(started.error())};
  std::vector<char> piece(kPiece);
  SteadyTime window = clock_.Ticks();
  std::uint64_t in_window = 0;
  while (const std::size_t got = connection.Read(piece.data(), piece.size())) {
    if (const auto written = sink.Write({piece.data(), got}); !written.ok()) {
      return {Local(written.error())};
    }
    in_window += got;
    // A server that lets a byte drip now and then must not hold a worker for ever.
    if (const SteadyTime now = clock_.Ticks(); now - window >= limits_.download_idle) {
      if (in_window < kLeastProgress) throw Poco::TimeoutException("the download hardly moves");
      window = now;
      in_window = 0;
    }
  }
  auto stored = sink.Finish();
  if (!stored.ok()) return {Local(stored.error())};
  return {DownloadAnswer{std::move(stored).value()}};
}

}  // namespace aigc::api

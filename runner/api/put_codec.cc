#include "api/put_codec.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "api/cos_signer.h"
#include "api/make_failure.h"
#include "base/text.h"

namespace aigc::api {
namespace {

constexpr Seconds kSignedBefore{60};  // the signature holds from so long before …
constexpr Seconds kSignedFor{7200};   // … until so long after the signing time
constexpr std::size_t kExcerpt = 160;

// The text of <name>…</name>. The two elements wanted of the storage's small error documents are
// found as text: no parser, so no entity or nesting of a hostile answer can do anything.
std::string ElementOf(std::string_view xml, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const std::size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = xml.find("</" + std::string(name) + ">", begin);
  if (end == std::string_view::npos) return {};
  return Excerpt(xml.substr(begin + open.size(), end - begin - open.size()), kExcerpt);
}

// A code is shown and compared; anything but a word is none.
bool IsWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
  });
}

}  // namespace

std::string StorageHost(const UploadPlace& place) {
  return place.bucket + ".cos." + place.region + ".myqcloud.com";
}

HttpRequest MakePutHead(const PutObjectRequest& request, const Credentials& own,
                        const std::string& client, WallTime signing_time) {
  const UploadPlace& place = request.place;
  const Credentials& credentials = place.credentials ? *place.credentials : own;
  const std::string host = StorageHost(place);
  CosSignInput to_sign;
  to_sign.path = place.path;
  to_sign.headers = {{"host", host}};
  to_sign.begin = ToUnixSeconds(signing_time - kSignedBefore);
  to_sign.end = ToUnixSeconds(signing_time + kSignedFor);
  if (place.expires) to_sign.end = std::min(to_sign.end, ToUnixSeconds(*place.expires));

  HttpRequest out{"PUT", CosEncode(place.path, /*keep_slashes=*/true), {}, {}};
  out.headers.Add("Host", host);
  out.headers.Add("Content-Length", std::to_string(request.bytes));
  out.headers.Add("User-Agent", client);
  if (!credentials.token.empty()) {
    out.headers.Add("x-cos-security-token", std::string(credentials.token.Reveal()));
  }
  out.headers.Add("Authorization", SignCos(to_sign, credentials).authorization);
  return out;
}

Completion DecodePutAnswer(const HttpResponse& response) {
  Completion completion;
  completion.request_id = Excerpt(response.headers.Get("x-cos-request-id"), 80);
  completion.server_time = ParseHttpDate(response.headers.Get("Date"));
  if (response.status == 200) {
    completion.answer = PutObjectAnswer{};
    return completion;
  }
  const std::string status = std::to_string(response.status);
  const std::string code = ElementOf(response.body, "Code");
  const std::string told = ElementOf(response.body, "Message");
  Failure failure = MakeFailure(FailureKind::kHttp, IsWord(code) ? code : "http_" + status,
                                "HTTP status " + status + " from the storage");
  failure.http_status = response.status;
  if (IsWord(code)) failure.message += ": " + code;
  if (!told.empty()) failure.message += ": " + told;
  completion.answer = std::move(failure);
  return completion;
}

}  // namespace aigc::api

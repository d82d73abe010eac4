#include "api/exchange.h"

namespace aigc::api {

std::string_view Name(FailureKind kind) {
  switch (kind) {
    case FailureKind::kNotSent:
      return "not_sent";
    case FailureKind::kUntrusted:
      return "untrusted";
    case FailureKind::kUnclear:
      return "unclear";
    case FailureKind::kHttp:
      return "http";
    case FailureKind::kApi:
      return "api";
    case FailureKind::kLocal:
      return "local";
  }
  return "unclear";
}

Lane LaneOf(const Request& request) {
  if (std::holds_alternative<CreateRequest>(request)) return Lane::kCreate;
  if (std::holds_alternative<DownloadRequest>(request)) return Lane::kDownload;
  if (std::holds_alternative<PutObjectRequest>(request)) return Lane::kUpload;
  return Lane::kQuery;
}

}  // namespace aigc::api

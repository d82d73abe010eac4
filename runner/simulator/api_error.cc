#include "simulator/api_error.h"

namespace aigc::simulator {
namespace {

struct Text {
  std::string_view code;
  std::string_view message;
};

constexpr Text kTexts[] = {
    {"AuthFailure.InvalidAuthorization", "the Authorization header is malformed"},
    {"AuthFailure.SecretIdNotFound", "the SecretId does not exist"},
    {"AuthFailure.SignatureExpire",
     "the request timestamp differs from server time by more than five minutes"},
    {"AuthFailure.SignatureFailure", "the computed signature does not match the one supplied"},
    {"AuthFailure.TokenFailure", "the security token is invalid"},
    {"FailedOperation", "operation failed"},
    {"FailedOperation.InvalidVodUser", "the account has not activated VOD"},
    {"FailedOperation.TaskDuplicate", "the task duplicates a recent one"},
    {"InternalError", "internal error"},
    {"InvalidParameterValue.FileId", "FileId is invalid"},
    {"InvalidParameterValue.InvalidOperationType", "only waiting tasks can be aborted"},
    {"InvalidParameterValue.SessionContextTooLong",
     "SessionContext is longer than 1000 characters"},
    {"InvalidParameterValue.SessionId", "the SessionId duplicates a recent request"},
    {"InvalidParameterValue.SessionIdTooLong", "SessionId is longer than 50 characters"},
    {"InvalidParameterValue.SubAppId", "SubAppId is invalid"},
    {"InvalidParameterValue.TaskId", "the task does not exist"},
    {"LimitExceeded.Quota", "the configured AIGC quota has been used up"},
    {"RequestLimitExceeded", "the task reached the maximum concurrency"},
    {"RequestSizeLimitExceeded", "the request body is too large"},
    {"ResourceNotFound", "resource not found"},
};

}  // namespace

std::string DefaultMessage(std::string_view code, std::string_view action) {
  for (const Text& text : kTexts) {
    if (text.code == code) return std::string(text.message);
  }
  if (code == "UnauthorizedOperation" || code == "AuthFailure.UnauthorizedOperation") {
    return "you are not authorized to perform vod:" + std::string(action);
  }
  return "the request was refused";
}

}  // namespace aigc::simulator

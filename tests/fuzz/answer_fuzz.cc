// Any bytes as the service's answer to each action: an answer or a failure, never a crash; and what
// becomes part of a host name is nothing else (ApplyUpload).
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "api/codec.h"
#include "api/error_class.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace aigc::api;
  aigc::HttpResponse response;
  response.body.assign(reinterpret_cast<const char*>(data), size);
  const Request requests[] = {
      CreateRequest{},   DetailRequest{"t"},        ListRequest{},
      AbortRequest{"t"}, ApplyUploadRequest{"png"}, CommitUploadRequest{"k"}};
  for (const Request& request : requests) {
    const Completion completion = DecodeApiAnswer(request, response);
    if (const auto* failure = std::get_if<Failure>(&completion.answer)) {
      (void)ClassifyApiError(failure->code, failure->message, true);
    }
    if (const auto* place = std::get_if<UploadPlace>(&completion.answer)) {
      for (const std::string& part : {place->bucket, place->region}) {
        if (part.empty() || part.find_first_of("./:@?#% \r\n") != part.npos) std::abort();
      }
    }
    if (const auto* detail = std::get_if<TaskDetail>(&completion.answer)) {
      (void)ClassifyTaskError(detail->err_code, detail->err_code_ext, detail->message);
    }
  }
  return 0;
}

// Between PutObjectRequest and the storage's HTTP (reference 9.2), without any network and without
// the content, so that tests can put the simulator's core right behind it. Pure functions, any
// thread.
#pragma once

#include <string>

#include "api/exchange.h"
#include "base/http.h"
#include "base/secret.h"
#include "base/times.h"

namespace aigc::api {

// "BUCKET.cos.REGION.myqcloud.com": nowhere else does content go by itself.
std::string StorageHost(const UploadPlace& place);

// Head of the PUT, complete and signed; the content follows it. `own` signs where the place has no
// credentials of its own.
HttpRequest MakePutHead(const PutObjectRequest& request, const Credentials& own,
                        const std::string& client, WallTime signing_time);

// What the answer says, ticket left 0: PutObjectAnswer for 200, else kHttp with the storage's own
// code and message when its XML tells them. Never throws, whatever the bytes are.
Completion DecodePutAnswer(const HttpResponse& response);

}  // namespace aigc::api

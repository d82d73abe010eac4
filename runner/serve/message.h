// A request as the server read it and a reply as it will send it: what the layers above the sockets
// speak, so that all of them are tested without any. Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "base/json_writer.h"
#include "files/posix_file.h"

namespace aigc::serve {

struct Request {
  std::string method;             // "GET"
  std::vector<std::string> path;  // decoded parts between the slashes: /a/b%20c is {"a", "b c"}
  std::map<std::string, std::string> query{};  // decoded; of several of one name the last
  HttpHeaders headers{};
  std::string body{};

  // Empty when absent.
  std::string_view Query(const std::string& name) const {
    const auto at = query.find(name);
    return at == query.end() ? std::string_view{} : std::string_view(at->second);
  }
};

// A part of an open file.
struct FilePart {
  std::shared_ptr<files::Fd> file;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

struct Reply {
  int status = 200;
  HttpHeaders headers{};  // without Content-Length, Date and Connection, which the server adds
  std::string body{};
  std::optional<FilePart> file{};  // in place of `body`
  bool stream = false;             // stays open: Server::Publish() sends to it
};

// Gives the reply to a request: once, from any thread, at once or later.
using Respond = std::function<void(Reply)>;

inline Reply JsonReply(int status, std::string json) {
  Reply reply;
  reply.status = status;
  reply.headers.Add("Content-Type", "application/json");
  reply.headers.Add("Cache-Control", "no-store");
  reply.body = std::move(json);
  return reply;
}

// {"error": {"code": …, "message": …, "hint": …}}
inline Reply ErrorReply(int status, std::string_view code, std::string_view message,
                        std::string_view hint = "") {
  JsonWriter json;
  json.BeginObject().Key("error").BeginObject().Key("code").String(code);
  json.Key("message").String(message);
  if (!hint.empty()) json.Key("hint").String(hint);
  return JsonReply(status, json.EndObject().EndObject().Take());
}

// {"detail": …}, as the two calls under /aigc answer.
inline Reply DetailReply(int status, std::string_view detail) {
  JsonWriter json;
  return JsonReply(status, json.BeginObject().Key("detail").String(detail).EndObject().Take());
}

}  // namespace aigc::serve

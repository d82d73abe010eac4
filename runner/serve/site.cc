#include "serve/site.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "embedded_servesite.h"

namespace aigc::serve {
namespace {

// Nothing foreign, nothing inline.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src "
    "'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
// Swagger UI and Redoc write styles of their own into the page; Redoc searches in a worker.
constexpr char kDocsPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
    "data:; "
    "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";

std::optional<std::string_view> Find(std::string_view name) {
  for (const EmbeddedFile& file : embedded::ServeSite()) {
    if (file.name == name) return file.text;
  }
  return std::nullopt;
}

std::string_view TypeOf(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".json")) return "application/json";
  return "text/plain; charset=utf-8";
}

}  // namespace

Reply SitePage(std::string_view name) {
  std::string file(name);
  if (name.empty()) file = "index.html";
  const bool docs = name == "docs" || name == "redoc";
  // The full documentation where it was built in, else our own plain page.
  if (docs) file = std::string(name) + "-full.html";
  auto content = Find(file);
  const bool full = docs && content.has_value();
  if (docs && !full) {
    file = "docs.html";
    content = Find(file);
  }
  if (!content) return ErrorReply(404, "not_found", "there is nothing at this address");
  Reply reply;
  reply.headers.Add("Content-Type", std::string(TypeOf(file)));
  reply.headers.Add("Cache-Control", "no-cache");
  if (file.ends_with(".html")) {
    reply.headers.Add("Content-Security-Policy", full ? kDocsPolicy : kPolicy);
  }
  reply.body = std::string(*content);
  return reply;
}

}  // namespace aigc::serve

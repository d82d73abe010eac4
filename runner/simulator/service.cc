#include "simulator/service.h"

#include "base/digest.h"
#include "simulator/service_core.h"

namespace aigc::simulator {

Service::Service(ServiceOptions options) : core_(std::make_unique<Core>(std::move(options))) {}
Service::~Service() = default;
Reply Service::Handle(const HttpRequest& request, WallTime now) {
  if (request.method == "PUT") {
    return core_->HandlePut(request, {request.body.size(), Sha256Hex(request.body)}, now);
  }
  return core_->Handle(request, now);
}
Reply Service::HandlePut(const HttpRequest& request, const Content& content, WallTime now) {
  return core_->HandlePut(request, content, now);
}
Status Service::Load(std::span<const std::string> lines) { return core_->Load(lines); }
void Service::Advance(WallTime now) { core_->Advance(now); }
void Service::set_file_base_url(std::string url) { core_->set_file_base_url(std::move(url)); }
const Ledger& Service::ledger() const { return core_->ledger(); }

}  // namespace aigc::simulator

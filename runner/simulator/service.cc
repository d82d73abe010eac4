#include "simulator/service.h"

#include "simulator/service_core.h"

namespace aigc::simulator {

Service::Service(ServiceOptions options) : core_(std::make_unique<Core>(std::move(options))) {}
Service::~Service() = default;
Reply Service::Handle(const HttpRequest& request, WallTime now) {
  return core_->Handle(request, now);
}
Status Service::Load(std::span<const std::string> lines) { return core_->Load(lines); }
void Service::Advance(WallTime now) { core_->Advance(now); }
void Service::set_file_base_url(std::string url) { core_->set_file_base_url(std::move(url)); }
const Ledger& Service::ledger() const { return core_->ledger(); }

}  // namespace aigc::simulator

// The one TLS context of an exchange. Private to the room.
#pragma once

#include <Poco/Net/Context.h>

#include <string>

#include "base/result.h"

namespace aigc::api {

// For clients: TLS 1.2 and newer, certificate chains checked against the system's authorities (as
// SSL_CERT_FILE names them, if it does) and those in `ca_file`, if not empty. Host names are
// checked by the dialer. kUsage when ca_file cannot be read as certificates.
Result<Poco::Net::Context::Ptr> MakeTlsContext(const std::string& ca_file);

// Why the last certificate chain that this thread refused was refused ("certificate has expired");
// empty after ForgetRefusal().
const std::string& LastRefusal();
void ForgetRefusal();

}  // namespace aigc::api

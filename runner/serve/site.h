// The pages, embedded at build (site/). Any thread.
#pragma once

#include <string_view>

#include "serve/message.h"

namespace aigc::serve {

// "" is the dashboard; "docs", "redoc", "openapi.json" and the files below /assets by their names.
// 404 for anything else.
Reply SitePage(std::string_view name);

}  // namespace aigc::serve

#include "base/http.h"

#include "base/text.h"

namespace aigc {

void HttpHeaders::Add(std::string name, std::string value) {
  items_.emplace_back(std::move(name), std::move(value));
}

std::string_view HttpHeaders::Get(std::string_view name) const {
  for (const auto& [key, value] : items_) {
    if (EqualsIgnoreCase(key, name)) return value;
  }
  return {};
}

bool HttpHeaders::Has(std::string_view name) const {
  for (const auto& [key, value] : items_) {
    if (EqualsIgnoreCase(key, name)) return true;
  }
  return false;
}

}  // namespace aigc

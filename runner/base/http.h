// Plain HTTP messages, without any library's types: what the simulator's core takes and gives, and
// what the API codec makes and reads.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aigc {

// In order of arrival; names compared without case.
class HttpHeaders {
 public:
  void Add(std::string name, std::string value);
  // First value of that name; empty when absent.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return items_; }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

struct HttpRequest {
  std::string method;  // "POST"
  std::string target;  // path and query, "/"
  HttpHeaders headers{};
  std::string body{};
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers{};
  std::string body{};
};

}  // namespace aigc

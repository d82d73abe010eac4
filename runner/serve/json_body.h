// JSON bodies of requests: members with their types checked, every complaint collected. Private to
// this room. Pure functions, any thread.
#pragma once

#include <Poco/JSON/Object.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aigc::serve {

// One thing that is wrong with a body.
struct BodyError {
  std::string field;  // empty: the body as a whole
  std::string message;
};

// {"detail": [{"loc": ["body", FIELD], "msg": …, "type": "value_error"}]}
std::string DetailJson(const std::vector<BodyError>& errors);

class JsonBody {
 public:
  // Null with a complaint for anything but an object of at most 16 levels. An empty text is {}.
  static JsonBody Read(const std::string& text);

  bool ok() const { return errors_.empty(); }
  const std::vector<BodyError>& errors() const { return errors_; }
  void Complain(std::string field, std::string message);

  // Absent and null are none; another type is a complaint.
  std::optional<std::string> Text(const std::string& name, std::size_t most_bytes = 64 * 1024);
  std::optional<double> Number(const std::string& name);  // a text of digits counts
  std::optional<bool> Flag(const std::string& name);      // true, false, Enabled, Disabled
  std::vector<std::string> Texts(const std::string& name);
  // Members that nothing asked for yet.
  std::vector<std::string> Unread() const;

 private:
  Poco::Dynamic::Var Member(const std::string& name);
  Poco::JSON::Object::Ptr object_;
  std::vector<std::string> read_;
  std::vector<BodyError> errors_;
};

}  // namespace aigc::serve

#include "manifest/node_json.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/json_writer.h"
#include "manifest/scalar.h"

namespace aigc::manifest {
namespace {

class Writer {
 public:
  Writer(TextExpander& texts, ProblemList& problems) : texts_(texts), problems_(problems) {}

  // Recursion ends: the reader bounds the depth of a tree.
  bool Write(const Node* own, const Node* defaults) {
    if (own == nullptr) std::swap(own, defaults);
    if (own->is_map() && defaults != nullptr && defaults->is_map()) return WriteMap(own, defaults);
    if (own->is_map()) return WriteMap(own, nullptr);
    if (own->is_list()) {
      json_.BeginArray();
      bool ok = true;
      for (const Node* item : own->items) ok = Write(item, nullptr) && ok;
      json_.EndArray();
      return ok;
    }
    return WriteScalar(*own);
  }

  std::string Take() { return json_.Take(); }

 private:
  bool WriteMap(const Node* own, const Node* defaults) {
    bool ok = true;
    json_.BeginObject();
    const auto put = [&](const Member& member, const Node* fallback) {
      if (member.value->is_null()) return;
      json_.Key(member.key->text);
      ok = Write(member.value, fallback) && ok;
    };
    if (defaults != nullptr) {
      for (const Member& member : defaults->members) {
        const Node* over = own->Find(member.key->text);
        put({member.key, over != nullptr ? over : member.value},
            over != nullptr ? member.value : nullptr);
      }
    }
    for (const Member& member : own->members) {
      if (defaults == nullptr || defaults->Find(member.key->text) == nullptr) put(member, nullptr);
    }
    json_.EndObject();
    return ok;
  }

  bool WriteScalar(const Node& node) {
    if (node.is_null()) {
      json_.Null();
      return true;
    }
    if (node.plain) {
      if (const auto boolean = ParseBool(node.text)) {
        json_.Bool(*boolean);
        return true;
      }
      if (const auto integer = ParseInteger(node.text)) {
        json_.Int(*integer);
        return true;
      }
      if (IsLongInteger(node.text)) {
        json_.Raw(node.text);
        return true;
      }
      if (const auto number = ParseNumber(node.text)) {
        json_.Double(*number);
        return true;
      }
      if (IsInfinityOrNan(node.text)) {
        problems_.Error(node.offset, "JSON has no infinity and no NaN",
                        "quote it if it is meant as text");
        return false;
      }
    }
    const auto text = texts_.Expand(node);
    json_.String(text.value_or(""));
    return text.has_value();
  }

  // A whole number beyond 64 bits keeps its digits: as a double it would become another number.
  static bool IsLongInteger(std::string_view text) {
    if (text.substr(0, 1) == "-") text.remove_prefix(1);
    return !text.empty() && text[0] != '0' &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
  }

  static bool IsInfinityOrNan(std::string_view text) {
    constexpr std::array<std::string_view, 12> kWords = {".inf",  ".Inf",  ".INF",  "+.inf",
                                                         "+.Inf", "+.INF", "-.inf", "-.Inf",
                                                         "-.INF", ".nan",  ".NaN",  ".NAN"};
    return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
  }

  TextExpander& texts_;
  ProblemList& problems_;
  JsonWriter json_;
};

}  // namespace

std::optional<std::string> MergedJson(const Node* own, const Node* defaults, TextExpander& texts,
                                      ProblemList& problems) {
  Writer writer(texts, problems);
  if (!writer.Write(own, defaults)) return std::nullopt;
  return writer.Take();
}

}  // namespace aigc::manifest

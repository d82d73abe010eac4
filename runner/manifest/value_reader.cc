#include "manifest/value_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "manifest/scalar.h"
#include "manifest/source_check.h"

namespace aigc::manifest {
namespace {

constexpr std::size_t kListedKeys = 14;  // a hint names no more
constexpr std::size_t kQuoted = 60;      // code points of a value that a message repeats

// Words for true and false in YAML 1.1, which are text in 1.2.
constexpr std::array<std::string_view, 4> kOldTrue = {"yes", "y", "on", "enabled"};
constexpr std::array<std::string_view, 4> kOldFalse = {"no", "n", "off", "disabled"};

bool IsOneOf(std::string_view text, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return EqualsIgnoreCase(word, text); });
}

std::string BoolHint(const Value& value) {
  if (!value.node->is_scalar()) return "write true or false";
  if (ParseBool(value.text)) return "write it without quotes";
  if (IsOneOf(value.text, kOldTrue)) {
    return fmt::format("\"{}\" is text in YAML 1.2; write true", value.text);
  }
  if (IsOneOf(value.text, kOldFalse)) {
    return fmt::format("\"{}\" is text in YAML 1.2; write false", value.text);
  }
  return "write true or false";
}

std::string NumberHint(const Value& value) {
  return value.node->is_scalar() && !value.plain && ParseNumber(value.text)
             ? "write it without quotes"
             : "";
}

// The name of an API field or of another tool's, written the way our keys are.
std::string_view FromOtherSpelling(std::string_view key, std::span<const std::string_view> known) {
  constexpr std::array kOthers = std::to_array<Choice>({
      {"audiogeneration", "audio"},
      {"enablebgm", "bgm"},
      {"enhanceswitch", "enhance"},
      {"logoadd", "logo"},
      {"watermark", "logo"},
      {"storagemode", "storage"},
      {"taskspriority", "priority"},
      {"outputimagecount", "count"},
      {"outputformat", "format"},
      {"modelname", "model"},
      {"modelversion", "model"},
      {"version", "model"},
      {"image", "first_frame"},
      {"imageurl", "first_frame"},
      {"startframe", "first_frame"},
      {"endframe", "last_frame"},
      {"lastframeurl", "last_frame"},
      {"fileinfos", "inputs"},
      {"referenceimages", "references"},
      {"ratio", "aspect_ratio"},
      {"sound", "audio"},
      {"concurrency", "max_in_flight"},
      {"maxconcurrent", "max_in_flight"},
      {"rate", "submit_rate"},
      {"retries", "attempts"},
      {"timeout", "task_timeout"},
      {"appid", "sub_app_id"},
      {"subapplication", "sub_app_id"},
  });
  std::string folded = ToLower(key);
  std::erase_if(folded, [](char c) { return c == '_' || c == '-'; });
  const auto matches = [&](std::string_view name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  for (const std::string_view name : known) {
    std::string plain(name);
    std::erase(plain, '_');
    if (plain == folded) return name;
  }
  for (const Choice& other : kOthers) {
    if (other.written == folded && matches(other.sent)) return other.sent;
  }
  return {};
}

}  // namespace

std::string Describe(const Value& value) {
  switch (value.node->type) {
    case NodeType::kNull:
      return "null";
    case NodeType::kList:
      return "a list";
    case NodeType::kMap:
      return "a map";
    case NodeType::kScalar:
      break;
  }
  return fmt::format("\"{}\"", Excerpt(value.text, kQuoted));
}

void ReportType(const Value& value, std::string_view field, std::string_view wanted,
                std::string hint, ProblemList& problems) {
  problems.Error(value.node->offset,
                 fmt::format("{} must be {}, not {}", field, wanted, Describe(value)),
                 std::move(hint));
}

std::optional<std::string> ValueReader::Text(const Value& value, std::string_view field) {
  if (value.node->is_scalar()) return std::string(value.text);
  ReportType(value, field, "text", value.node->is_map() ? "quote text that begins with {" : "",
             *problems_);
  return std::nullopt;
}

std::optional<bool> ValueReader::Bool(const Value& value, std::string_view field) {
  if (value.node->is_scalar() && value.plain) {
    if (const auto parsed = ParseBool(value.text)) return parsed;
  }
  ReportType(value, field, "true or false", BoolHint(value), *problems_);
  return std::nullopt;
}

std::optional<std::int64_t> ValueReader::Integer(const Value& value, std::string_view field,
                                                 std::int64_t low, std::int64_t high) {
  if (value.node->is_scalar() && value.plain) {
    if (const auto parsed = ParseInteger(value.text)) {
      if (*parsed >= low && *parsed <= high) return parsed;
      const std::string range = high == INT64_MAX || high == INT32_MAX
                                    ? fmt::format("{} or more", low)
                                    : fmt::format("from {} to {}", low, high);
      problems_->Error(value.node->offset,
                       fmt::format("{} must be {}, not {}", field, range, *parsed));
      return std::nullopt;
    }
  }
  ReportType(value, field, "a whole number", NumberHint(value), *problems_);
  return std::nullopt;
}

std::optional<double> ValueReader::Positive(const Value& value, std::string_view field) {
  if (value.node->is_scalar() && value.plain) {
    if (const auto parsed = ParseNumber(value.text)) {
      if (*parsed > 0) return parsed;
      problems_->Error(value.node->offset,
                       fmt::format("{} must be more than 0, not {}", field, value.text));
      return std::nullopt;
    }
  }
  ReportType(value, field, "a number", NumberHint(value), *problems_);
  return std::nullopt;
}

std::optional<double> ValueReader::Seconds(const Value& value, std::string_view field) {
  if (value.node->is_scalar()) {
    std::string_view number = value.text;
    if (!number.empty() && number.back() == 's') number.remove_suffix(1);
    if (const auto parsed = ParseNumber(number)) {
      if (*parsed > 0) return parsed;
      problems_->Error(value.node->offset,
                       fmt::format("{} must be more than 0, not {}", field, value.text));
      return std::nullopt;
    }
  }
  ReportType(value, field, "a number of seconds", "write 6 or 6s", *problems_);
  return std::nullopt;
}

std::optional<Millis> ValueReader::Duration(const Value& value, std::string_view field) {
  if (value.node->is_scalar()) {
    if (const auto parsed = ParseDuration(value.text)) {
      if (*parsed > Millis{0}) return parsed;
      problems_->Error(value.node->offset,
                       fmt::format("{} must be more than 0, not {}", field, value.text));
      return std::nullopt;
    }
  }
  ReportType(value, field, "a duration", "write it like 1500ms, 6s, 30m or 2h", *problems_);
  return std::nullopt;
}

std::optional<std::string> ValueReader::OneOf(const Value& value, std::string_view field,
                                              std::span<const Choice> choices) {
  std::string wanted;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (value.node->is_scalar() &&
        (value.text == choices[i].written || value.text == choices[i].sent)) {
      return std::string(choices[i].sent);
    }
    if (i > 0) wanted += i + 1 == choices.size() ? " or " : ", ";
    wanted += choices[i].written;
  }
  std::vector<std::string_view> names;
  for (const Choice& choice : choices) names.push_back(choice.written);
  std::string hint;
  if (value.node->is_scalar()) {
    auto nearest = Nearest(value.text, names);
    for (const std::string_view name : names) {  // "temp" for temporary, "adult" for allow_adult
      if (!nearest && value.text.size() > 2 && ContainsIgnoreCase(name, value.text)) nearest = name;
    }
    if (nearest) hint = fmt::format("did you mean {}?", *nearest);
  }
  ReportType(value, field, wanted, hint, *problems_);
  return std::nullopt;
}

void CheckKeys(const Node& map, std::span<const std::string_view> known, std::string_view where,
               ProblemList& problems) {
  for (const Member& member : map.members) {
    if (problems.full()) return;
    const std::string& key = member.key->text;
    if (std::find(known.begin(), known.end(), key) != known.end() || IsSecretKey(key)) continue;
    std::string hint;
    std::string_view nearest = FromOtherSpelling(key, known);
    if (nearest.empty()) nearest = Nearest(key, known).value_or("");
    if (key == "<<") {
      hint = "merge keys belong to YAML 1.1; put shared values into defaults";
    } else if (!nearest.empty()) {
      hint = fmt::format("did you mean {}?", nearest);
    } else if (known.size() > kListedKeys) {
      hint = "`aigc-batch schema` describes all keys";
    } else {
      std::string all;
      for (const std::string_view name : known)
        all += (all.empty() ? "" : ", ") + std::string(name);
      hint = fmt::format("known keys: {}", all);
    }
    problems.Error(member.key->offset,
                   fmt::format("unknown key \"{}\" in {}", Excerpt(key, kQuoted), where),
                   std::move(hint));
  }
}

}  // namespace aigc::manifest

#include "manifest/template_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace aigc::manifest {
namespace {

constexpr int kMaxTemplateDepth = 16;  // variables inside variables
constexpr std::array<std::string_view, 3> kFileNameNames = {"output", "ext", "generation"};
constexpr std::array<std::string_view, 7> kTaskNames = {"id",   "index", "row_number", "repeat",
                                                        "kind", "model", "version"};
constexpr std::string_view kMatrix = "matrix.";
constexpr std::string_view kRow = "row.";
constexpr std::string_view kVars = "vars.";
constexpr std::string_view kRowNumber = "row_number";
constexpr std::string_view kEnv = "env:";

bool IsFileNameName(std::string_view name) {
  return std::find(kFileNameNames.begin(), kFileNameNames.end(), name) != kFileNameNames.end();
}

bool IsTaskName(std::string_view name) {
  return std::find(kTaskNames.begin(), kTaskNames.end(), name) != kTaskNames.end();
}

// Where the "${" at `value_at` of a node's text stands in the source: the texts differ by quotes,
// escapes and indentation, but hold the same templates in the same order.
std::size_t OffsetInSource(const Node& node, std::size_t value_at, const SourceText& source) {
  std::size_t wanted = 0;
  for (std::size_t at = node.text.find("${"); at < value_at; at = node.text.find("${", at + 1)) {
    ++wanted;
  }
  const std::string_view text = source.text();
  std::size_t from = node.offset;
  if (from < text.size() && (text[from] == '|' || text[from] == '>')) from = text.find('\n', from);
  std::size_t at = text.find("${", from);
  while (wanted > 0 && at != std::string_view::npos) {
    at = text.find("${", at + 1);
    --wanted;
  }
  // A "$" written as an escape has no place of its own.
  const std::string_view shown = std::string_view(node.text).substr(value_at, 4);
  if (at == std::string_view::npos || text.substr(at, shown.size()) != shown) return node.offset;
  return at;
}

}  // namespace

const std::optional<std::string>& EnvironmentCache::Get(const std::string& name) {
  const auto found = values_.find(name);
  if (found != values_.end()) return found->second;
  return values_.emplace(name, environment_ ? environment_(name) : std::nullopt).first->second;
}

TextExpander::BuiltIn& TextExpander::SlotOf(std::string_view name) {
  for (BuiltIn& known : built_ins_) {
    if (known.name == name) return known;
  }
  return built_ins_.emplace_back(BuiltIn{name, {}, false});
}

void TextExpander::SetBuiltIn(std::string_view name, std::string_view value) {
  BuiltIn& slot = SlotOf(name);
  slot.value = value;
  slot.has_value = true;
}

void TextExpander::SetBuiltIn(std::string_view name, std::int64_t value) {
  const fmt::format_int digits(value);
  SetBuiltIn(name, std::string_view(digits.data(), digits.size()));
}

void TextExpander::ForgetBuiltIn(std::string_view name) { SlotOf(name).has_value = false; }

std::optional<std::string> TextExpander::Expand(const Node& scalar) {
  std::string out;
  if (!ExpandInto(scalar, out)) return std::nullopt;
  return out;
}

std::optional<std::string> TextExpander::ExpandForeign(std::string_view text, std::size_t offset) {
  std::string out;
  if (!Append(text, {nullptr, offset, false, 0}, out)) return std::nullopt;
  return out;
}

bool TextExpander::ExpandInto(const Node& scalar, std::string& out) {
  out.clear();
  return Append(scalar.text, {&scalar, scalar.offset, false, 0}, out);
}

bool TextExpander::ExpandFileNameInto(const Node& scalar, std::string& out) {
  out.clear();
  return Append(scalar.text, {&scalar, scalar.offset, true, 0}, out);
}

bool TextExpander::ExpandFileNameInto(std::string_view text, std::size_t offset, std::string& out) {
  out.clear();
  return Append(text, {nullptr, offset, true, 0}, out);
}

std::size_t TextExpander::PlaceOf(const Job& job, std::size_t at) const {
  return job.node != nullptr ? OffsetInSource(*job.node, at, problems_->source()) : job.offset;
}

bool TextExpander::Append(std::string_view text, const Job& job, std::string& out) {
  const std::size_t before = out.size();
  int bad = 0;
  std::size_t at = 0;
  while (true) {
    const std::size_t found = text.find("${", at);
    if (found == std::string_view::npos) {
      out += text.substr(at);
      return bad == 0;
    }
    const bool escaped = found > at && text[found - 1] == '$';
    out += text.substr(at, found - at - (escaped ? 1 : 0));
    if (escaped) {
      if (job.file_name) {
        problems_->Error(PlaceOf(job, found), "a file name cannot hold a literal \"${\"");
        ++bad;
      }
      out += "${";
      at = found + 2;
      continue;
    }
    const std::size_t end = text.find('}', found);
    if (end == std::string_view::npos) {
      problems_->Error(PlaceOf(job, found), "this \"${\" is never closed",
                       "add the }; for a literal \"${\" write \"$${\"");
      return false;
    }
    const std::size_t value_at = out.size();
    if (!AppendValue(text.substr(found + 2, end - found - 2), job, found, out)) {
      // The rest of a text may be wrong too; but not on and on inside variables, where the same
      // work would be done again for each use.
      if (gave_up_ || job.depth > 0 || ++bad == kMaxBadTemplates) return false;
      out.resize(value_at);
    }
    if (out.size() - before > kMaxExpandedBytes) {
      problems_->Error(
          PlaceOf(job, found),
          fmt::format("with this, the text has more than {} bytes", kMaxExpandedBytes));
      gave_up_ = true;
      return false;
    }
    at = end + 1;
  }
}

TextExpander::Found TextExpander::AppendVariable(std::string_view name, const Job& job,
                                                 std::size_t at, std::string& out) {
  std::string_view key = name;
  const auto strip = [&](std::string_view prefix) {
    const bool has = name.substr(0, prefix.size()) == prefix;
    if (has) key = name.substr(prefix.size());
    return has;
  };
  const bool matrix = strip(kMatrix), row = strip(kRow), vars = strip(kVars);
  const bool anywhere = !matrix && !row && !vars;
  const auto search = [&](const VarTable& table) -> const Node* {
    const auto found = table.find(key);
    return found == table.end() ? nullptr : found->second;
  };
  const Node* node = nullptr;
  if (matrix_ != nullptr && (anywhere || matrix)) node = search(*matrix_);
  if (node == nullptr && row_ != nullptr && (anywhere || row)) {
    if (const std::string* cell = row_->Find(key)) {
      out += *cell;
      return Found::kYes;
    }
  }
  for (const VarTable* layer : layers_) {
    if (node == nullptr && (anywhere || vars)) node = search(*layer);
  }
  if (node == nullptr) return Found::kNo;
  if (job.depth == kMaxTemplateDepth) {
    problems_->Error(PlaceOf(job, at),
                     fmt::format("the variable \"{}\" leads back to itself, or more than {} "
                                 "variables use one another",
                                 Excerpt(key, 60), kMaxTemplateDepth));
    gave_up_ = true;
    return Found::kFailed;
  }
  const bool ok = Append(node->text, {node, node->offset, false, job.depth + 1}, out);
  return ok ? Found::kYes : Found::kFailed;
}

bool TextExpander::AppendValue(std::string_view name, const Job& job, std::size_t at,
                               std::string& out) {
  if (job.file_name && IsFileNameName(name)) {
    out.append("${").append(name).append("}");
    return true;
  }
  const std::size_t before = out.size();
  const auto built_in =
      std::find_if(built_ins_.begin(), built_ins_.end(),
                   [&](const BuiltIn& known) { return known.has_value && known.name == name; });
  if (name.substr(0, kEnv.size()) == kEnv) {
    if (!AppendEnvironment(name.substr(kEnv.size()), job, at, out)) return false;
  } else if (built_in != built_ins_.end()) {
    out += built_in->value;
  } else {
    const Found found = AppendVariable(name, job, at, out);
    if (found == Found::kNo) ReportUnknown(name, PlaceOf(job, at));
    if (found != Found::kYes) return false;
  }
  if (job.file_name && HasTemplate(std::string_view(out).substr(before))) {
    problems_->Error(PlaceOf(job, at),
                     fmt::format("the value of \"{}\" holds \"${{\", which a file name cannot",
                                 Excerpt(name, 60)));
    return false;
  }
  return true;
}

bool TextExpander::AppendEnvironment(std::string_view name, const Job& job, std::size_t at,
                                     std::string& out) {
  if (IsCredentialVariable(name)) {
    problems_->Error(PlaceOf(job, at),
                     fmt::format("{} is a credential and cannot become part of a task", name));
    return false;
  }
  const auto& value = environment_->Get(std::string(name));
  if (!value) {
    problems_->Error(PlaceOf(job, at),
                     fmt::format("the environment variable \"{}\" is not set", Excerpt(name, 60)),
                     fmt::format("export {}=…, or put it into the .env file", Excerpt(name, 60)));
    return false;
  }
  out += *value;
  return true;
}

void TextExpander::ReportUnknown(std::string_view name, std::size_t at) {
  std::string hint;
  if (IsFileNameName(name)) {
    hint = fmt::format("${{{}}} exists in output.filename only", name);
  } else if (!name.empty() && name == pending_.first) {
    hint = fmt::format("${{{}}} {}", name, pending_.second);
  } else if (name == kRowNumber) {
    hint = "${row_number} has a value in tasks with from only";
  } else if (IsTaskName(name)) {
    hint = fmt::format("${{{}}} has a value inside tasks only; output.filename may use it", name);
  } else if (name.empty()) {
    hint = "for a literal \"${\" write \"$${\"";
  } else {
    std::vector<std::string_view> known;
    std::vector<const VarTable*> tables = layers_;
    if (matrix_ != nullptr) tables.push_back(matrix_);
    for (const VarTable* table : tables) {
      for (const auto& [key, value] : *table) known.push_back(key);
    }
    if (row_ != nullptr) known.insert(known.end(), row_->names.begin(), row_->names.end());
    for (const BuiltIn& built_in : built_ins_) {
      if (built_in.has_value) known.push_back(built_in.name);
    }
    std::sort(known.begin(), known.end());  // a table's own order is not fixed
    if (const auto nearest = Nearest(name, known)) {
      hint = fmt::format("did you mean ${{{}}}?", *nearest);
    } else if (row_ != nullptr && !row_->names.empty()) {
      constexpr std::size_t kListed = 12;
      std::string columns;
      for (std::size_t i = 0; i < std::min(row_->names.size(), kListed); ++i) {
        columns += (i > 0 ? ", " : "") + Excerpt(row_->names[i], 40);
      }
      if (row_->names.size() > kListed) columns += " …";
      hint = fmt::format("the columns of this row are {}; other names are defined under vars",
                         columns);
    } else {
      hint = "define it under vars; for a literal \"${\" write \"$${\"";
    }
  }
  problems_->Error(at, fmt::format("unknown name \"{}\" in a template", Excerpt(name, 60)),
                   std::move(hint));
}

}  // namespace aigc::manifest

#include "catalog/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "catalog/facts.h"

namespace aigc::catalog {
namespace {

constexpr std::array kModes = {Mode::kTextToVideo, Mode::kFirstFrame, Mode::kFirstLastFrame,
                               Mode::kReference, Mode::kVideoInput};

// "text", "first frame" …: as short as a column needs.
std::string_view Short(Mode mode) {
  switch (mode) {
    case Mode::kTextToVideo:
      return "text";
    case Mode::kFirstFrame:
      return "first";
    case Mode::kFirstLastFrame:
      return "last";
    case Mode::kReference:
      return "refs";
    case Mode::kVideoInput:
      return "video";
  }
  return "text";
}

std::string Joined(const std::vector<std::string>& values, std::string_view separator) {
  return fmt::format("{}", fmt::join(values, separator));
}

std::string DurationsText(const Durations& durations) {
  if (durations.min) return fmt::format("{}-{}", *durations.min, *durations.max);
  std::vector<std::string> values;
  for (const int value : durations.values) values.push_back(std::to_string(value));
  return Joined(values, " ");
}

std::string ChoicesText(const Choices& choices) {
  return choices.unsupported ? "none" : Joined(choices.values, " ");
}

// '?' marks what is conditional, disputed or limited.
std::string ModesText(const Model& model) {
  std::vector<std::string> words;
  if (model.kind == Kind::kImage) {
    if (!model.references.images_min) words.emplace_back("text");
    if (model.references.images_max.value_or(0) > 0) words.emplace_back("refs");
    return Joined(words, " ");
  }
  for (const Mode mode : kModes) {
    const Support support = model.SupportOf(mode);
    if (support == Support::kNo || support == Support::kUnknown) continue;
    words.push_back(std::string(Short(mode)) + (support == Support::kYes ? "" : "?"));
  }
  return Joined(words, " ");
}

std::string PriceRange(const UnverifiedPrice& price) {
  double low = 0;
  double high = 0;
  for (const PriceRow& row : price.rows) {
    for (const auto& [tier, value] : row.by_tier) {
      low = high == 0 ? value : std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (high == 0) return "";
  if (low == high) return fmt::format("{}", low);
  return fmt::format("{}-{}", low, high);
}

// Columns of ASCII text (names and numbers of the catalog), two blanks apart.
std::string Columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

void Line(std::string& text, std::string_view name, const std::string& value) {
  if (!value.empty()) text += fmt::format("  {:<16}{}\n", name, value);
}

std::string Standard(const std::string& value) {
  return value.empty() ? "" : " (default " + value + ")";
}

std::string WithWarnings(const Choices& choices) {
  if (choices.unsupported) return "no effect";
  std::string text = Joined(choices.values, ", ") + Standard(choices.standard);
  if (!choices.warn_values.empty()) {
    text += "; with a warning: " + Joined(choices.warn_values, ", ");
  }
  if (!choices.applies_to.empty()) {
    std::vector<std::string> modes;
    for (const Mode mode : choices.applies_to) modes.emplace_back(Name(mode));
    text += "; only for " + Joined(modes, ", ");
  }
  return text;
}

std::string FullDurations(const Durations& durations) {
  if (!durations.known()) return "";
  std::string text = DurationsText(durations) + " s";
  if (durations.standard) text += fmt::format(" (default {})", *durations.standard);
  if (durations.warn_min) {
    text += fmt::format("; with a warning: {}-{} s", *durations.warn_min, *durations.warn_max);
  }
  return text;
}

std::string ReferencesText(const References& references) {
  std::vector<std::string> parts;
  const auto add = [&parts](std::optional<int> count, std::string_view one, std::string_view many) {
    if (count && *count > 0)
      parts.push_back(fmt::format("{} {}", *count, *count == 1 ? one : many));
  };
  const std::string_view subjects = references.counts_subjects ? "images and subjects" : "images";
  add(references.images_max, references.counts_subjects ? "image or subject" : "image", subjects);
  add(references.images_max_with_video, "of them beside a video", "of them beside a video");
  add(references.videos_max, "video", "videos");
  add(references.audios_max, "audio file", "audio files");
  add(references.total_max, "file in all", "files in all");
  std::string text = parts.empty() ? "" : "at most " + Joined(parts, ", ");
  if (!references.reference_types.empty()) {
    text += (text.empty() ? "" : "; ") + std::string("reference_type ") +
            Alternatives(references.reference_types);
  }
  return text;
}

std::string PriceLines(const UnverifiedPrice& price) {
  if (price.empty()) return "";
  std::string text = fmt::format("  price, unverified, in {} per {}\n", price.currency, price.unit);
  for (const PriceRow& row : price.rows) {
    std::vector<std::string> when;
    for (const Mode mode : row.modes) when.emplace_back(Name(mode));
    if (row.audio) when.emplace_back(*row.audio ? "with sound" : "without sound");
    if (row.reference_video) {
      when.emplace_back(*row.reference_video ? "with a reference video"
                                             : "without a reference video");
    }
    std::vector<std::string> tiers;
    for (const auto& [tier, value] : row.by_tier)
      tiers.push_back(fmt::format("{} {}", tier, value));
    text += "    " + (when.empty() ? "" : Joined(when, ", ") + ": ") + Joined(tiers, ", ") + "\n";
  }
  return text;
}

bool Matches(const Model& model, std::string_view name) {
  return EqualsIgnoreCase(model.full_name(), name) || EqualsIgnoreCase(model.model, name) ||
         EqualsIgnoreCase(model.version, name);
}

}  // namespace

Result<std::vector<const Model*>> Select(const Catalog& catalog, std::string_view name) {
  std::vector<const Model*> selected;
  std::vector<std::string> names;
  for (const Model& model : catalog.models()) {
    const bool wanted = name.empty() ? model.standing != Standing::kRemoved : Matches(model, name);
    if (wanted) selected.push_back(&model);
    names.push_back(model.full_name());
    names.push_back(model.model);
  }
  if (!selected.empty()) return selected;
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const auto near = Nearest(name, candidates);
  return Error{
      ErrorCode::kNotFound, "no model is called \"" + Excerpt(name, 60) + "\"", "",
      near ? "did you mean " + std::string(*near) + "?" : "`aigc-batch models` lists all of them"};
}

std::string RenderModels(const Catalog& catalog, const std::vector<const Model*>& models) {
  std::vector<std::vector<std::string>> rows = {
      {"KIND", "MODEL", "SECONDS", "RESOLUTIONS", "RATIOS", "INPUTS", "STATUS", "PRICE"}};
  const UnverifiedPrice* priced = nullptr;
  for (const Model* model : models) {
    const std::string price = PriceRange(model->price);
    if (!price.empty()) priced = &model->price;
    rows.push_back({std::string(Name(model->kind)), model->full_name(),
                    OrDash(DurationsText(model->durations)),
                    OrDash(ChoicesText(model->resolutions)),
                    OrDash(ChoicesText(model->aspect_ratios)), OrDash(ModesText(*model)),
                    std::string(Name(model->standing)), OrDash(price)});
  }
  std::string text = Columns(rows);
  text += "catalog of " + catalog.as_of() + "; -: not documented, ?: with conditions\n";
  if (priced != nullptr) {
    text += fmt::format("prices: {} per {}, copied by a third party and not confirmed\n",
                        priced->currency, priced->unit);
  }
  return text;
}

std::string RenderModel(const Catalog& catalog, const Model& model) {
  std::string text = fmt::format("{} ({}, {}, catalog of {})\n", model.full_name(),
                                 Name(model.kind), Name(model.standing), catalog.as_of());
  Line(text, "replaced by", model.replaced_by);
  if (!model.modes.empty()) {
    std::vector<std::string> words;
    for (const Mode mode : kModes) {
      words.push_back(fmt::format("{} {}", Name(mode), Name(model.SupportOf(mode))));
    }
    Line(text, "inputs", Joined(words, ", "));
  }
  Line(text, "duration", FullDurations(model.durations));
  if (model.resolutions.known()) Line(text, "resolution", WithWarnings(model.resolutions));
  if (model.aspect_ratios.known()) Line(text, "aspect_ratio", WithWarnings(model.aspect_ratios));
  if (model.kind == Kind::kVideo) Line(text, "audio", std::string(Name(model.audio)));
  Line(text, "references", ReferencesText(model.references));
  if (model.prompt_max_chars) {
    Line(text, "prompt", fmt::format("at most {} characters", *model.prompt_max_chars));
  }
  Line(text, "scene_type", Joined(model.scene_types, ", "));
  std::vector<std::string> switches;
  if (model.off_peak) switches.emplace_back("off_peak");
  if (model.frame_interpolate) switches.emplace_back("frame_interpolate");
  if (model.logo) switches.emplace_back("logo");
  Line(text, "switches", Joined(switches, ", "));
  if (model.output_count) {
    Line(text, "count",
         model.output_count->max == 1
             ? "1"
             : fmt::format("{}-{}", model.output_count->min, model.output_count->max));
  }
  Line(text, "format", Joined(model.output_formats, ", "));
  for (const Rule& rule : model.rules) {
    Line(text, rule.error ? "rule" : "rule (warning)", rule.message);
  }
  for (const std::string& note : model.notes) Line(text, "note", note);
  return text + PriceLines(model.price);
}

}  // namespace aigc::catalog

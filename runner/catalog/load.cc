// From the text of a catalog to a Catalog. yaml-cpp's exceptions end here (and, for
// price lists, in price_list.cc).
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <array>
#include <set>

#include "catalog/catalog.h"
#include "catalog/fields.h"
#include "embedded_modelcatalog.h"

namespace aigc::catalog {
namespace {

constexpr int kFormat = 1;
constexpr std::array kKinds = {Kind::kVideo, Kind::kImage};
constexpr std::array kStandings = {Standing::kListed, Standing::kUnlisted, Standing::kRemoved};
constexpr std::array kSupports = {
    Support::kYes,     Support::kNo,           Support::kConditional,      Support::kConflicting,
    Support::kUnknown, Support::kSubjectsOnly, Support::kMotionControlOnly};
constexpr std::array kModes = {Mode::kTextToVideo, Mode::kFirstFrame, Mode::kFirstLastFrame,
                               Mode::kReference, Mode::kVideoInput};

void ReadModes(ReadContext& context, const YAML::Node& node, std::vector<Mode>& modes) {
  if (!node.IsSequence()) return context.Fail(node, "a list is expected here");
  for (const YAML::Node& item : node) {
    ReadName(context, item, kModes, modes.emplace_back(Mode::kTextToVideo));
  }
}

void ReadDurations(ReadContext& context, const YAML::Node& node, Durations& durations) {
  Fields fields(context, node);
  fields.Take("values", durations.values)
      .Take("min", durations.min)
      .Take("max", durations.max)
      .Take("warn_min", durations.warn_min)
      .Take("warn_max", durations.warn_max)
      .Take("default", durations.standard)
      .Done();
  if (durations.min.has_value() != durations.max.has_value() ||
      durations.warn_min.has_value() != durations.warn_max.has_value()) {
    context.Fail(node, "min and max belong together");
  }
}

void ReadChoices(ReadContext& context, const YAML::Node& node, Choices& choices) {
  Fields(context, node)
      .Take("values", choices.values)
      .Take("warn_values", choices.warn_values)
      .Take("default", choices.standard)
      .Take("unsupported", choices.unsupported)
      .With("applies_to",
            [&](const YAML::Node& list) { ReadModes(context, list, choices.applies_to); })
      .Done();
}

void ReadReferences(ReadContext& context, const YAML::Node& node, References& references) {
  Fields(context, node)
      .Take("images_min", references.images_min)
      .Take("images_max", references.images_max)
      .Take("images_max_with_video", references.images_max_with_video)
      .Take("videos_max", references.videos_max)
      .Take("audios_max", references.audios_max)
      .Take("total_max", references.total_max)
      .Take("counts_subjects", references.counts_subjects)
      .Take("audio_alone", references.audio_alone)
      .Take("needs_text_name", references.needs_text_name)
      .Take("reference_types", references.reference_types)
      .Done();
}

void ReadCondition(ReadContext& context, const YAML::Node& node, Condition& condition) {
  Fields(context, node)
      .With("modes", [&](const YAML::Node& list) { ReadModes(context, list, condition.modes); })
      .Take("resolutions", condition.resolutions)
      .Take("durations", condition.durations)
      .Take("duration_max", condition.duration_max)
      .Take("audio", condition.audio)
      .Take("has_first_frame", condition.has_first_frame)
      .Take("has_last_frame", condition.has_last_frame)
      .Take("images_min", condition.images_min)
      .Take("images_max", condition.images_max)
      .Take("videos", condition.videos)
      .Take("videos_min", condition.videos_min)
      .Take("video_reference_types", condition.video_reference_types)
      .Take("scene_types", condition.scene_types)
      .Take("storage_modes", condition.storage_modes)
      .Take("all_files_usage", condition.all_files_usage)
      .Take("image_sizes", condition.image_sizes)
      .Take("area_factor_max", condition.area_factor_max)
      .Take("forbidden", condition.forbidden)
      .Done();
}

void ReadRules(ReadContext& context, const YAML::Node& node, std::vector<Rule>& rules) {
  if (!node.IsSequence()) return context.Fail(node, "a list is expected here");
  for (const YAML::Node& item : node) {
    Rule& rule = rules.emplace_back();
    std::string level;
    Fields(context, item)
        .Require("id")
        .Require("level")
        .Require("require")
        .Require("message")
        .Take("id", rule.id)
        .Take("level", level)
        .Take("message", rule.message)
        .With("when", [&](const YAML::Node& map) { ReadCondition(context, map, rule.when); })
        .With("require", [&](const YAML::Node& map) { ReadCondition(context, map, rule.require); })
        .Done();
    if (level != "error" && level != "warn") {
      context.Fail(item, "the level of a rule is error or warn");
    }
    rule.error = level == "error";
  }
}

void ReadPriceRow(ReadContext& context, const YAML::Node& node, PriceRow& row) {
  Fields(context, node)
      .Take("audio", row.audio)
      .Take("reference_video", row.reference_video)
      .With("modes", [&](const YAML::Node& list) { ReadModes(context, list, row.modes); })
      .With("by_tier",
            [&](const YAML::Node& map) {
              if (!map.IsMap()) return context.Fail(map, "a map is expected here");
              for (const auto& entry : map) {
                auto& [tier, price] = row.by_tier.emplace_back();
                Read(context, entry.first, tier);
                Read(context, entry.second, price);
              }
            })
      .Done();
}

void ReadPrice(ReadContext& context, const YAML::Node& node, UnverifiedPrice& price) {
  Fields(context, node)
      .Take("currency", price.currency)
      .Take("unit", price.unit)
      .With("rows",
            [&](const YAML::Node& list) {
              if (!list.IsSequence()) return context.Fail(list, "a list is expected here");
              for (const YAML::Node& row : list) {
                ReadPriceRow(context, row, price.rows.emplace_back());
              }
            })
      .Done();
}

void ReadSupports(ReadContext& context, const YAML::Node& node, Model& model) {
  Fields fields(context, node);
  for (const Mode mode : kModes) {
    fields.TakeName(Name(mode), kSupports,
                    model.modes.try_emplace(mode, Support::kUnknown).first->second);
  }
  fields.Done();
}

void ReadSwitches(ReadContext& context, const YAML::Node& node, Model& model) {
  std::vector<std::string> names;
  Read(context, node, names);
  for (const std::string& name : names) {
    if (name == "off_peak") {
      model.off_peak = true;
    } else if (name == "frame_interpolate") {
      model.frame_interpolate = true;
    } else if (name == "logo") {
      model.logo = true;
    } else {
      context.Fail(node, "\"" + Excerpt(name, 60) + "\" is no switch",
                   "the switches are off_peak, frame_interpolate and logo");
    }
  }
}

void ReadModel(ReadContext& context, const YAML::Node& node, Model& model) {
  Fields fields(context, node);
  fields.Require("kind").Require("model").Require("version").Require("status");
  fields.TakeName("kind", kKinds, model.kind)
      .Take("model", model.model)
      .Take("version", model.version)
      .TakeName("status", kStandings, model.standing)
      .Take("replaced_by", model.replaced_by)
      .With("modes", [&](const YAML::Node& map) { ReadSupports(context, map, model); })
      .With("durations",
            [&](const YAML::Node& map) { ReadDurations(context, map, model.durations); })
      .With("resolutions",
            [&](const YAML::Node& map) { ReadChoices(context, map, model.resolutions); })
      .With("aspect_ratios",
            [&](const YAML::Node& map) { ReadChoices(context, map, model.aspect_ratios); })
      .TakeName("audio", kSupports, model.audio)
      .With("references",
            [&](const YAML::Node& map) { ReadReferences(context, map, model.references); })
      .Take("prompt_max_chars", model.prompt_max_chars)
      .Take("scene_types", model.scene_types)
      .With("switches", [&](const YAML::Node& list) { ReadSwitches(context, list, model); })
      .With("count",
            [&](const YAML::Node& map) {
              OutputCount& count = model.output_count.emplace();
              Fields(context, map).Take("min", count.min).Take("max", count.max).Done();
            })
      .Take("formats", model.output_formats)
      .With("rules", [&](const YAML::Node& list) { ReadRules(context, list, model.rules); })
      .With("price_unverified",
            [&](const YAML::Node& map) { ReadPrice(context, map, model.price); })
      .Take("notes", model.notes)
      .Done();
  if (model.model.empty() || model.version.empty()) {
    context.Fail(node, "model and version must not be empty");
  }
}

std::vector<Model> ReadModels(ReadContext& context, const YAML::Node& node) {
  std::vector<Model> models;
  if (!node.IsSequence()) {
    context.Fail(node, "a list is expected here");
    return models;
  }
  std::set<std::string> seen;
  for (const YAML::Node& item : node) {
    Model& model = models.emplace_back();
    ReadModel(context, item, model);
    if (!seen.insert(ToLower(std::string(Name(model.kind)) + "/" + model.full_name())).second) {
      context.Fail(item, model.full_name() + " is given twice");
    }
  }
  return models;
}

Result<Catalog> Build(ReadContext& context, const YAML::Node& root) {
  int format = 0;
  std::string as_of;
  CommonLimits limits;
  std::vector<Model> models;
  Fields(context, root)
      .Require("catalog")
      .Require("as_of")
      .Require("limits")
      .Require("models")
      .Take("catalog", format)
      .Take("as_of", as_of)
      .With("limits",
            [&](const YAML::Node& map) {
              Fields(context, map)
                  .Take("prompt_warn_chars", limits.prompt_warn_chars)
                  .Take("negative_prompt_warn_chars", limits.negative_prompt_warn_chars)
                  .Take("media_name_max_chars", limits.media_name_max_chars)
                  .Take("audio_families", limits.audio_families)
                  .Take("video_input_regions", limits.video_input_regions)
                  .Done();
            })
      .With("models", [&](const YAML::Node& list) { models = ReadModels(context, list); })
      .Done();
  if (format != kFormat) {
    context.Fail(root, "this is no catalog of format 1", "its first line is \"catalog: 1\"");
  }
  if (auto error = context.FirstError()) return *std::move(error);
  return Catalog(std::move(as_of), std::move(limits), std::move(models));
}

}  // namespace

Result<Catalog> LoadCatalog(std::string_view text, const std::string& file_name) {
  try {
    ReadContext context{file_name};
    return Build(context, YAML::Load(std::string(text)));
  } catch (const YAML::Exception& failure) {
    return Error{
        ErrorCode::kInvalid, "not a YAML file: " + failure.msg,
        fmt::format("{}:{}:{}", file_name, failure.mark.line + 1, failure.mark.column + 1)};
  }
}

const Result<Catalog>& BuiltIn() {
  static const Result<Catalog> catalog = [] {
    const EmbeddedFile& file = embedded::ModelCatalog().front();
    return LoadCatalog(file.text, std::string(file.name));
  }();
  return catalog;
}

}  // namespace aigc::catalog

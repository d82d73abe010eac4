#include "base/json_writer.h"
#include "catalog/render.h"

namespace aigc::catalog {
namespace {

void Put(JsonWriter& json, std::string_view key, const std::string& value) {
  if (!value.empty()) json.Key(key).String(value);
}
void Put(JsonWriter& json, std::string_view key, const std::optional<int>& value) {
  if (value) json.Key(key).Int(*value);
}
void Put(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  if (values.empty()) return;
  json.Key(key).BeginArray();
  for (const std::string& value : values) json.String(value);
  json.EndArray();
}
void Put(JsonWriter& json, std::string_view key, const std::vector<Mode>& modes) {
  if (modes.empty()) return;
  json.Key(key).BeginArray();
  for (const Mode mode : modes) json.String(Name(mode));
  json.EndArray();
}

void PutDurations(JsonWriter& json, const Durations& durations) {
  if (!durations.known()) return;
  json.Key("durations").BeginObject();
  if (!durations.values.empty()) {
    json.Key("values").BeginArray();
    for (const int value : durations.values) json.Int(value);
    json.EndArray();
  }
  Put(json, "min", durations.min);
  Put(json, "max", durations.max);
  Put(json, "warn_min", durations.warn_min);
  Put(json, "warn_max", durations.warn_max);
  Put(json, "default", durations.standard);
  json.EndObject();
}

void PutChoices(JsonWriter& json, std::string_view key, const Choices& choices) {
  if (!choices.known()) return;
  json.Key(key).BeginObject();
  if (choices.unsupported) json.Key("unsupported").Bool(true);
  Put(json, "values", choices.values);
  Put(json, "warn_values", choices.warn_values);
  Put(json, "default", choices.standard);
  Put(json, "applies_to", choices.applies_to);
  json.EndObject();
}

void PutReferences(JsonWriter& json, const References& references) {
  json.Key("references").BeginObject();
  Put(json, "images_min", references.images_min);
  Put(json, "images_max", references.images_max);
  Put(json, "images_max_with_video", references.images_max_with_video);
  Put(json, "videos_max", references.videos_max);
  Put(json, "audios_max", references.audios_max);
  Put(json, "total_max", references.total_max);
  if (references.counts_subjects) json.Key("counts_subjects").Bool(true);
  if (!references.audio_alone) json.Key("audio_alone").Bool(false);
  if (references.needs_text_name) json.Key("needs_text_name").Bool(true);
  Put(json, "reference_types", references.reference_types);
  json.EndObject();
}

void PutRules(JsonWriter& json, const std::vector<Rule>& rules) {
  if (rules.empty()) return;
  json.Key("rules").BeginArray();
  for (const Rule& rule : rules) {
    json.BeginObject().Key("id").String(rule.id);
    json.Key("level").String(rule.error ? "error" : "warn");
    json.Key("message").String(rule.message).EndObject();
  }
  json.EndArray();
}

void PutPrice(JsonWriter& json, const UnverifiedPrice& price) {
  if (price.empty()) return;
  json.Key("price_unverified").BeginObject();
  json.Key("currency").String(price.currency).Key("unit").String(price.unit);
  json.Key("rows").BeginArray();
  for (const PriceRow& row : price.rows) {
    json.BeginObject();
    Put(json, "modes", row.modes);
    if (row.audio) json.Key("audio").Bool(*row.audio);
    if (row.reference_video) json.Key("reference_video").Bool(*row.reference_video);
    json.Key("by_tier").BeginObject();
    for (const auto& [tier, value] : row.by_tier) json.Key(tier).Double(value);
    json.EndObject().EndObject();
  }
  json.EndArray().EndObject();
}

void PutModel(JsonWriter& json, const Model& model) {
  json.BeginObject().Key("kind").String(Name(model.kind));
  json.Key("model").String(model.model).Key("version").String(model.version);
  json.Key("status").String(Name(model.standing));
  Put(json, "replaced_by", model.replaced_by);
  if (!model.modes.empty()) {
    json.Key("modes").BeginObject();
    for (const auto& [mode, support] : model.modes) json.Key(Name(mode)).String(Name(support));
    json.EndObject();
  }
  PutDurations(json, model.durations);
  PutChoices(json, "resolutions", model.resolutions);
  PutChoices(json, "aspect_ratios", model.aspect_ratios);
  if (model.kind == Kind::kVideo) json.Key("audio").String(Name(model.audio));
  PutReferences(json, model.references);
  Put(json, "prompt_max_chars", model.prompt_max_chars);
  Put(json, "scene_types", model.scene_types);
  std::vector<std::string> switches;
  if (model.off_peak) switches.emplace_back("off_peak");
  if (model.frame_interpolate) switches.emplace_back("frame_interpolate");
  if (model.logo) switches.emplace_back("logo");
  Put(json, "switches", switches);
  if (model.output_count) {
    json.Key("count").BeginObject().Key("min").Int(model.output_count->min);
    json.Key("max").Int(model.output_count->max).EndObject();
  }
  Put(json, "formats", model.output_formats);
  PutRules(json, model.rules);
  PutPrice(json, model.price);
  Put(json, "notes", model.notes);
  json.EndObject();
}

}  // namespace

std::string ModelsJson(const Catalog& catalog, const std::vector<const Model*>& models) {
  JsonWriter json;
  json.BeginObject().Key("as_of").String(catalog.as_of()).Key("models").BeginArray();
  for (const Model* model : models) PutModel(json, *model);
  json.EndArray().EndObject();
  return json.Take();
}

}  // namespace aigc::catalog

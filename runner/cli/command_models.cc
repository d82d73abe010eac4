// The commands that print what is built in: models, schema.
#include <fmt/format.h>

#include "catalog/catalog.h"
#include "catalog/price_list.h"
#include "catalog/render.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "manifest/schema_text.h"

namespace aigc::cli {

Result<int> ModelsCommand(const Context& context) {
  const Result<catalog::Catalog>& catalog = catalog::BuiltIn();
  if (!catalog.ok()) return catalog.error();
  const std::string& name = context.options.model;
  AIGC_ASSIGN_OR_RETURN(const auto models, catalog::Select(*catalog, name));
  std::string text;
  if (context.options.json) {
    text = catalog::ModelsJson(*catalog, models) + "\n";
  } else if (models.size() == 1 && !name.empty()) {
    text = catalog::RenderModel(*catalog, *models.front());
  } else {
    text = catalog::RenderModels(*catalog, models);
  }
  AIGC_RETURN_IF_ERROR(context.console.Out(text));
  return kExitDone;
}

Result<int> SchemaCommand(const Context& context) {
  const bool prices = context.options.schema == "prices";
  AIGC_RETURN_IF_ERROR(
      context.console.Out(prices ? catalog::PriceSchemaText() : manifest::SchemaText()));
  return kExitDone;
}

}  // namespace aigc::cli

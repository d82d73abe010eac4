// The commands that print what is built in: models, schema.
#include <fmt/format.h>

#include "catalog/catalog.h"
#include "catalog/price_list.h"
#include "catalog/render.h"
#include "cli/catalog_choice.h"
#include "cli/command.h"
#include "cli/events.h"
#include "cli/exit_code.h"
#include "manifest/schema_text.h"

namespace aigc::cli {

Result<int> ModelsCommand(const Context& context) {
  AIGC_ASSIGN_OR_RETURN(const std::shared_ptr<const catalog::Catalog> catalog,
                        ChosenCatalog(context));
  const std::string& name = context.options.model;
  AIGC_ASSIGN_OR_RETURN(const auto models, catalog::Select(*catalog, name));
  std::string text;
  if (context.options.json) {
    text = catalog::ModelsJson(*catalog, models) + "\n";
  } else if (!name.empty() && (models.size() == 1 || name.find('/') != std::string::npos)) {
    // NAME/VERSION can be two: one for videos, one for images.
    for (const catalog::Model* model : models) {
      if (!text.empty()) text += "\n";
      text += catalog::RenderModel(*catalog, *model);
    }
  } else {
    text = catalog::RenderModels(*catalog, models);
  }
  AIGC_RETURN_IF_ERROR(context.console.Out(text));
  return kExitDone;
}

Result<int> SchemaCommand(const Context& context) {
  const std::string& which = context.options.schema;
  AIGC_RETURN_IF_ERROR(context.console.Out(which == "prices"   ? catalog::PriceSchemaText()
                                           : which == "events" ? EventSchemaText()
                                                               : manifest::SchemaText()));
  return kExitDone;
}

}  // namespace aigc::cli

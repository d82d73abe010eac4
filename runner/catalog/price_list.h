// The user's own price list: a YAML file, described by schema/prices.schema.json.
//
//   prices: 1
//   currency: CNY
//   rows:
//     - {model: Kling/2.5, unit: second, price: {720P: 0.30, 1080P: 0.50}}
//
// Rows are tried from the top and the first that fits counts (prices.h), so a row that can never be
// reached is an error, as is anything else that could make a wrong sum. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/prices.h"

namespace aigc::catalog {

struct PriceProblem {
  Severity severity = Severity::kError;
  std::size_t offset = 0;  // in the text, in bytes
  std::string message;     // one sentence, no final stop
  std::string hint{};      // may be empty
};

struct PriceListResult {
  std::optional<PriceList> list;       // none when there are errors
  std::vector<PriceProblem> problems;  // all of them, not only the first
};

// `catalog` knows the names of models: one it does not know is a warning.
PriceListResult ReadPriceList(std::string_view text, const Catalog& catalog);

// schema/prices.schema.json, compiled into the program: what `aigc-batch schema prices` prints.
std::string_view PriceSchemaText();

}  // namespace aigc::catalog

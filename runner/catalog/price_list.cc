#include "catalog/price_list.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/text.h"
#include "catalog/fields.h"
#include "embedded_pricesschema.h"

namespace aigc::catalog {
namespace {

constexpr int kFormat = 1;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::array kKinds = {Kind::kVideo, Kind::kImage};
constexpr std::array kUnits = {PriceUnit::kSecond, PriceUnit::kPicture, PriceUnit::kTask};
// Those that a task can have.
constexpr std::array kModes = {Mode::kTextToVideo, Mode::kFirstFrame, Mode::kFirstLastFrame,
                               Mode::kReference};

// A price with the place it comes from.
struct PlacedPrice {
  Price price;
  YAML::Node node;   // of the amount
  YAML::Node model;  // of the model's name; null when that is not right
};

bool IsCurrency(std::string_view text) {
  return text.size() == 3 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::int64_t ReadAmount(ReadContext& context, const YAML::Node& node) {
  const std::string text = node.IsScalar() ? node.Scalar() : std::string();
  if (const auto amount = ParseAmount(text)) return *amount;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
  if (digits && text.find('.') == std::string::npos) {
    context.Fail(node,
                 fmt::format("a price of more than {} makes no sense", AmountText(kMostMicros)));
  } else if (!text.empty() && text.front() == '-') {
    context.Fail(node, fmt::format("a price cannot be negative: {}", Excerpt(text, 40)));
  } else {
    context.Fail(
        node,
        text.empty() ? "a price is expected here"
                     : fmt::format("\"{}\" is not a price", Excerpt(text, 40)),
        "write an amount such as 0.30, with a point, at most six decimals and no currency");
  }
  return 0;
}

// One text or a list of them.
template <typename Take>
void EachOf(ReadContext& context, const YAML::Node& node, const Take& take) {
  if (!node.IsSequence()) return take(node);
  if (node.size() == 0)
    context.Fail(node, "the list is empty", "leave the key out for all of them");
  for (const YAML::Node& item : node) take(item);
}

bool ReadModelName(ReadContext& context, const YAML::Node& node, Price& price) {
  std::string text;
  Read(context, node, text);
  const auto slash = text.find('/');
  price.model = text.substr(0, slash);
  if (slash != std::string::npos) price.version = text.substr(slash + 1);
  if (price.model.empty() || (slash != std::string::npos && price.version.empty())) {
    context.Fail(node, fmt::format("\"{}\" is not a model", Excerpt(text, 60)),
                 "write NAME/VERSION, or NAME for all its versions");
    return false;
  }
  return true;
}

// What the fields of a row must not say together.
void CheckRow(ReadContext& context, const YAML::Node& node, const Price& price) {
  if (price.unit == PriceUnit::kSecond && price.kind == Kind::kImage) {
    context.Fail(node, "an image has no seconds", "unit: picture, or unit: task");
  }
  if (price.unit == PriceUnit::kPicture && price.kind == Kind::kVideo) {
    context.Fail(node, "a video is not charged by the picture", "unit: second, or unit: task");
  }
  const bool image = price.kind == Kind::kImage || price.unit == PriceUnit::kPicture;
  if (image && (!price.modes.empty() || price.audio || price.off_peak || price.reference_video)) {
    context.Fail(node,
                 "mode, audio, off_peak and reference_video are about videos, and this is a "
                 "price of images");
  }
}

// The price of a row: one, or one for each resolution.
void ReadAmounts(ReadContext& context, const YAML::Node& node, const PlacedPrice& row,
                 std::vector<PlacedPrice>& prices) {
  if (!node.IsMap()) {
    PlacedPrice& placed = prices.emplace_back(row);
    placed.node.reset(node);
    placed.price.micros = ReadAmount(context, node);
    return;
  }
  if (!row.price.resolutions.empty()) {
    context.Fail(node, "the row says resolution, and its price is a map by resolution",
                 "leave one of them out");
  }
  if (node.size() == 0) context.Fail(node, "a price is expected here");
  for (const auto& entry : node) {
    PlacedPrice& placed = prices.emplace_back(row);
    placed.node.reset(entry.first);
    Read(context, entry.first, placed.price.resolutions.emplace_back());
    placed.price.micros = ReadAmount(context, entry.second);
  }
}

void ReadRow(ReadContext& context, const YAML::Node& node, std::vector<PlacedPrice>& prices) {
  const std::size_t failures = context.failures.size();
  PlacedPrice placed;
  Price& row = placed.price;
  std::string note;  // for people
  Fields fields(context, node);
  fields.Require("model").Require("unit").Require("price");
  fields
      .With("model",
            [&](const YAML::Node& name) {
              if (ReadModelName(context, name, row)) placed.model.reset(name);
            })
      .With("kind",
            [&](const YAML::Node& name) { ReadName(context, name, kKinds, row.kind.emplace()); })
      .TakeName("unit", kUnits, row.unit)
      .With("resolution",
            [&](const YAML::Node& list) {
              EachOf(context, list, [&](const YAML::Node& item) {
                Read(context, item, row.resolutions.emplace_back());
              });
            })
      .With("mode",
            [&](const YAML::Node& list) {
              EachOf(context, list, [&](const YAML::Node& item) {
                ReadName(context, item, kModes, row.modes.emplace_back());
              });
            })
      .Take("audio", row.audio)
      .Take("off_peak", row.off_peak)
      .Take("reference_video", row.reference_video)
      .Take("note", note);
  if (context.failures.size() == failures) CheckRow(context, node, row);
  if (row.unit == PriceUnit::kSecond) row.kind = Kind::kVideo;
  if (row.unit == PriceUnit::kPicture) row.kind = Kind::kImage;
  fields
      .With("price", [&](const YAML::Node& price) { ReadAmounts(context, price, placed, prices); })
      .Done();
}

template <typename T, typename Same>
bool Covers(const std::vector<T>& all, const std::vector<T>& some, Same same) {
  if (all.empty()) return true;
  return !some.empty() && std::all_of(some.begin(), some.end(), [&](const T& one) {
    return std::any_of(all.begin(), all.end(), [&](const T& other) { return same(one, other); });
  });
}

// Whether every task that `later` fits is fitted by `earlier` already. Same family.
bool Covers(const Price& earlier, const Price& later) {
  const auto same_or_any = [](const auto& a, const auto& b) { return !a || a == b; };
  const auto same_text = [](const std::string& a, const std::string& b) {
    return EqualsIgnoreCase(a, b);
  };
  return (earlier.version.empty() || EqualsIgnoreCase(earlier.version, later.version)) &&
         same_or_any(earlier.kind, later.kind) && same_or_any(earlier.audio, later.audio) &&
         same_or_any(earlier.off_peak, later.off_peak) &&
         same_or_any(earlier.reference_video, later.reference_video) &&
         Covers(earlier.resolutions, later.resolutions, same_text) &&
         Covers(earlier.modes, later.modes, std::equal_to<Mode>());
}

void CheckReachable(ReadContext& context, const std::vector<PlacedPrice>& prices) {
  std::map<std::string, std::vector<const PlacedPrice*>> families;
  for (const PlacedPrice& placed : prices) {
    auto& earlier = families[ToLower(placed.price.model)];
    const auto covering = std::find_if(earlier.begin(), earlier.end(), [&](const PlacedPrice* one) {
      return Covers(one->price, placed.price);
    });
    if (covering != earlier.end()) {
      const int line = (*covering)->node.Mark().line + 1;
      const bool same = Covers(placed.price, (*covering)->price);
      context.Fail(placed.node,
                   same ? fmt::format("the price on line {} is for the same", line)
                        : fmt::format("this price never counts: the one on line {} comes first and "
                                      "fits all that this one fits",
                                      line),
                   same ? "keep one of them" : "put the more special one first");
    }
    earlier.push_back(&placed);
  }
}

PriceProblem ProblemOf(const ReadContext::Failure& failure, std::size_t skipped) {
  return {Severity::kError, skipped + static_cast<std::size_t>(std::max(failure.mark.pos, 0)),
          failure.message, failure.hint};
}

// A model that the catalog does not know may be new, or a slip of the pen that leaves its tasks
// without a price.
void WarnOfUnknownModels(const std::vector<PlacedPrice>& prices, const Catalog& catalog,
                         std::size_t skipped, std::vector<PriceProblem>& problems) {
  std::vector<std::string> names;
  for (const Model& model : catalog.models()) {
    names.push_back(model.full_name());
    names.push_back(model.model);
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  std::string last;
  for (const auto& [price, node, model] : prices) {
    if (model.IsNull()) continue;
    const std::string name =
        price.version.empty() ? price.model : price.model + "/" + price.version;
    if (name == last) continue;
    last = name;
    if (std::any_of(views.begin(), views.end(),
                    [&](std::string_view known) { return EqualsIgnoreCase(known, name); })) {
      continue;
    }
    const auto near = Nearest(name, views);
    problems.push_back({Severity::kWarning,
                        skipped + static_cast<std::size_t>(std::max(model.Mark().pos, 0)),
                        fmt::format("the catalog has no model {}", Excerpt(name, 60)),
                        near ? fmt::format("did you mean {}?", *near) : ""});
  }
}

PriceListResult Build(const YAML::Node& root, const Catalog& catalog, std::size_t skipped) {
  PriceListResult result;
  ReadContext context;
  PriceList list;
  std::vector<PlacedPrice> prices;
  int format = kFormat;
  Fields(context, root)
      .Require("prices")
      .Require("currency")
      .Require("rows")
      .Take("prices", format)
      .With("currency",
            [&](const YAML::Node& node) {
              Read(context, node, list.currency);
              if (IsCurrency(list.currency)) return;
              context.Fail(node,
                           fmt::format("\"{}\" is not a currency", Excerpt(list.currency, 40)),
                           "write its three capital letters, such as CNY or USD");
            })
      .With("rows",
            [&](const YAML::Node& rows) {
              if (!rows.IsSequence()) return context.Fail(rows, "a list is expected here");
              if (rows.size() == 0) context.Fail(rows, "the price list has no rows");
              for (const YAML::Node& row : rows) ReadRow(context, row, prices);
            })
      .Done();
  if (format != kFormat) {
    context.Fail(root["prices"], fmt::format("this is no price list of format {}", kFormat),
                 "its first line is \"prices: 1\"");
  }
  if (context.failures.empty()) CheckReachable(context, prices);
  for (const auto& failure : context.failures) {
    result.problems.push_back(ProblemOf(failure, skipped));
  }
  WarnOfUnknownModels(prices, catalog, skipped, result.problems);
  if (!context.failures.empty()) return result;
  for (PlacedPrice& placed : prices) list.prices.push_back(std::move(placed.price));
  result.list = std::move(list);
  return result;
}

}  // namespace

PriceListResult ReadPriceList(std::string_view text, const Catalog& catalog) {
  const std::size_t skipped = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  const auto unreadable = [](std::size_t offset, std::string message, std::string hint = "") {
    return PriceListResult{{}, {{Severity::kError, offset, std::move(message), std::move(hint)}}};
  };
  if (const auto bad = FindBadUtf8(text)) {
    return unreadable(*bad, "the file is not UTF-8 here", "save it as UTF-8");
  }
  try {
    return Build(YAML::Load(std::string(text.substr(skipped))), catalog, skipped);
  } catch (const YAML::Exception& failure) {
    return unreadable(skipped + static_cast<std::size_t>(std::max(failure.mark.pos, 0)),
                      "this is not YAML: " + failure.msg);
  }
}

std::string_view PriceSchemaText() { return embedded::PricesSchema()[0].text; }

}  // namespace aigc::catalog

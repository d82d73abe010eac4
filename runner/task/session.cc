#include "task/session.h"

#include <fmt/format.h>

#include <charconv>

#include "base/digest.h"
#include "base/text.h"

namespace aigc {
namespace {

constexpr std::string_view kContextStart = "aigc-batch;";

std::optional<int> ParsePositive(std::string_view text) {
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || value < 1) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::string MakeSessionId(const SubmissionKey& key) {
  // '\n' cannot be part of an id, so the parts cannot run into each other.
  return Sha256Hex(fmt::format("{}\n{}\n{}\n{}\n{}", key.batch_uuid, key.task_id, key.generation,
                               key.submission, key.fingerprint))
      .substr(0, 40);
}

std::string MakeSessionContext(const SubmissionKey& key) {
  return fmt::format("{}b={};t={};g={};s={};f={}", kContextStart, key.batch_name, key.task_id,
                     key.generation, key.submission, key.fingerprint);
}

std::optional<SubmissionKey> ParseSessionContext(std::string_view context) {
  if (!context.starts_with(kContextStart)) return std::nullopt;
  context.remove_prefix(kContextStart.size());
  SubmissionKey key;
  const auto parts = Split(context, ';');
  if (parts.size() != 5) return std::nullopt;
  constexpr std::string_view kNames = "btgsf";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].size() < 3 || parts[i][0] != kNames[i] || parts[i][1] != '=') return std::nullopt;
  }
  const auto generation = ParsePositive(parts[2].substr(2));
  const auto submission = ParsePositive(parts[3].substr(2));
  if (!generation || !submission) return std::nullopt;
  key.batch_name = parts[0].substr(2);
  key.task_id = parts[1].substr(2);
  key.generation = *generation;
  key.submission = *submission;
  key.fingerprint = parts[4].substr(2);
  return key;
}

}  // namespace aigc

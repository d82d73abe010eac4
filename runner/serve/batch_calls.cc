// /api/v1/batches: looking at batches, and telling them what to do.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "serve/app.h"
#include "serve/json_body.h"

namespace aigc::serve {
namespace {

constexpr std::size_t kDefaultPage = 100, kLargestPage = 1000;
constexpr std::size_t kMostTexts = 1000;

Reply TextReply(const Result<StateView::Text>& text) {
  if (!text.ok()) return ErrorReply(text.error());
  return JsonReply(200, **text);
}

Reply Invalid(std::string_view message) { return ErrorReply(422, "invalid", message); }

// A whole number of the query; `absent` without one. None when it is no such number.
std::optional<std::int64_t> QueryNumber(const Request& request, const std::string& name,
                                        std::int64_t absent, std::int64_t least,
                                        std::int64_t most) {
  const std::string_view text = request.Query(name);
  if (text.empty()) return absent;
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < least || value > most) return std::nullopt;
  return value;
}

void RefuseUnread(JsonBody& body) {
  for (const std::string& name : body.Unread()) {
    body.Complain(Excerpt(name, 40), "there is no such member");
  }
}

void CheckTexts(const std::vector<std::string>& texts, const std::string& field, JsonBody& body) {
  const auto bad = [](const std::string& text) {
    return text.empty() || text.size() > 1000 || std::any_of(text.begin(), text.end(), [](char c) {
             return static_cast<unsigned char>(c) < ' ';
           });
  };
  if (texts.size() > kMostTexts || std::any_of(texts.begin(), texts.end(), bad)) {
    body.Complain(field, "at most 1000 of at most 1000 printable characters");
  }
}

}  // namespace

Reply App::ListBatches(const Request&) { return TextReply(view_.BatchesJson()); }

Reply App::ShowBatch(const Request& request) { return TextReply(view_.BatchJson(request.path[3])); }

Reply App::ListTasks(const Request& request) {
  for (const auto& [name, value] : request.query) {
    constexpr std::array<std::string_view, 6> kKnown = {"after", "limit", "state",
                                                        "model", "tag",   "text"};
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
      const auto nearest = Nearest(name, kKnown);
      return ErrorReply(422, "invalid", "there is no parameter " + Excerpt(name, 40),
                        nearest ? fmt::format("did you mean {}?", *nearest) : "");
    }
    if (value.size() > 1000) return Invalid(name + " is too long");
  }
  store::PageRequest page;
  const auto after = QueryNumber(request, "after", 0, 0, std::int64_t{1} << 53);
  if (!after) return Invalid("after must be the `next` of a page");
  page.after = *after;
  const auto limit = QueryNumber(request, "limit", kDefaultPage, 1, kLargestPage);
  if (!limit) return Invalid(fmt::format("limit must be from 1 to {}", kLargestPage));
  page.limit = static_cast<std::size_t>(*limit);
  if (const std::string_view states = request.Query("state"); !states.empty()) {
    for (const std::string_view name : Split(states, ',')) {
      const auto state = ParseTaskState(name);
      if (!state) return Invalid("there is no state " + Excerpt(name, 40));
      page.states.push_back(*state);
    }
  }
  page.model = std::string(request.Query("model"));
  page.text = std::string(request.Query("text"));
  if (const std::string_view tag = request.Query("tag"); !tag.empty()) page.tags.emplace_back(tag);
  auto json = view_.TasksJson(request.path[3], page);
  if (!json.ok()) return ErrorReply(json.error());
  return JsonReply(200, *std::move(json));
}

Reply App::ShowTask(const Request& request) {
  auto json = view_.TaskJson(request.path[3], request.path[5]);
  if (!json.ok()) return ErrorReply(json.error());
  return JsonReply(200, *std::move(json));
}

Reply App::ShowOutput(const Request& request) {
  int number = 0;
  const std::string& text = request.path[7];
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size() || number < 1) {
    return ErrorReply(404, "not_found", "outputs are numbered from 1");
  }
  auto output = view_.OpenOutput(request.path[3], request.path[5], number);
  if (!output.ok()) return ErrorReply(output.error());
  return MediaReply(request, std::move(output->media), output->path, output->sha256);
}

Reply App::Retry(const Request& request) {
  JsonBody body = JsonBody::Read(request.body);
  pipeline::BatchCommand command;
  command.action = pipeline::BatchCommand::Action::kRetry;
  command.lost = body.Flag("lost").value_or(false);
  command.again = body.Flag("again").value_or(false);
  command.cancelled = body.Flag("cancelled").value_or(false);
  command.failed =
      body.Flag("failed").value_or(!(command.lost || command.again || command.cancelled));
  return GiveTasks(request, std::move(command), body);
}

Reply App::Cancel(const Request& request) {
  JsonBody body = JsonBody::Read(request.body);
  return GiveTasks(request, {}, body);
}

Reply App::Pause(const Request& request) {
  return GiveModels(request, pipeline::BatchCommand::Action::kPause);
}

Reply App::Resume(const Request& request) {
  return GiveModels(request, pipeline::BatchCommand::Action::kResume);
}

Reply App::GiveTasks(const Request& request, pipeline::BatchCommand command, JsonBody& body) {
  command.tasks = body.Texts("tasks");
  const bool all = body.Flag("all").value_or(false);
  const bool confirmed = body.Flag("confirm").value_or(false);
  RefuseUnread(body);
  if (body.ok() && command.tasks.empty() && !all) {
    body.Complain("tasks", "name tasks (patterns with * and ?), or say \"all\": true");
  }
  CheckTexts(command.tasks, "tasks", body);
  return Give(request, command, body, confirmed);
}

Reply App::GiveModels(const Request& request, pipeline::BatchCommand::Action action) {
  JsonBody body = JsonBody::Read(request.body);
  pipeline::BatchCommand command;
  command.action = action;
  command.models = body.Texts("models");
  const bool all = body.Flag("all").value_or(false);
  RefuseUnread(body);
  if (body.ok() && command.models.empty() && !all) {
    body.Complain("models", "name models (\"Kling\" or \"Kling/2.1\"), or say \"all\": true");
  }
  CheckTexts(command.models, "models", body);
  return Give(request, command, body, /*confirmed=*/false);
}

Reply App::Give(const Request& request, const pipeline::BatchCommand& command, const JsonBody& body,
                bool confirmed) {
  if (!body.ok()) {
    const BodyError& first = body.errors().front();
    return Invalid(first.field.empty() ? first.message : first.field + ": " + first.message);
  }
  if (auto known = view_.BatchJson(request.path[3]); !known.ok()) return ErrorReply(known.error());
  const auto given = control_.Give(request.path[3], command, confirmed);
  view_.Forget(request.path[3]);
  if (!given.ok()) {
    if (given.error().code != ErrorCode::kUsage) return ErrorReply(given.error());
    return ErrorReply(409, "confirm", given.error().message, given.error().hint);
  }
  JsonWriter json;
  json.BeginObject()
      .Key("taken_up")
      .String(given->waiting  ? "waiting"
              : given->by_run ? "run"
                              : "here");
  if (!given->waiting) {
    const pipeline::CommandOutcome& outcome = given->outcome;
    json.Key("text").String(pipeline::OutcomeText(command, outcome));
    json.Key("queued").Int(outcome.queued).Key("cancelled").Int(outcome.cancelled);
    json.Key("at_service").Int(outcome.at_service).Key("unknown").Int(outcome.unknown);
    json.Key("changed").Int(outcome.changed).Key("waiting").Int(outcome.waiting);
    json.Key("followed").Int(outcome.followed);
  }
  return JsonReply(200, json.EndObject().Take());
}

}  // namespace aigc::serve

#include "base/json_writer.h"
#include "base/money.h"
#include "report/json_text.h"
#include "report/report_line.h"
#include "report/story.h"

namespace aigc::report {
namespace {

void Put(JsonWriter& json, std::string_view key, std::string_view value) {
  if (!value.empty()) json.Key(key).String(value);
}
void Put(JsonWriter& json, std::string_view key, WallTime value) {
  if (value != WallTime{}) json.Key(key).String(FormatIsoMillis(value));
}

// Stored JSON is embedded as such; should it be damaged, as text, so that the whole stays JSON.
void PutJson(JsonWriter& json, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  json.Key(key);
  if (LooksComplete(text)) {
    json.Raw(AbbreviateBase64(text));
  } else {
    json.String(text);
  }
}

void PutSubmissions(JsonWriter& json, const store::TaskStory& story) {
  json.Key("submissions").BeginArray();
  for (const store::SubmissionRow& submission : story.submissions) {
    json.BeginObject().Key("number").Int(submission.number);
    json.Key("attempt").Int(submission.attempt);
    json.Key("outcome").String(Name(submission.outcome));
    json.Key("ended").Bool(submission.ended);
    Put(json, "session_id", submission.session_id);
    Put(json, "task_id", submission.task_id);
    Put(json, "error_code", submission.error_code);
    Put(json, "error_message", submission.error_message);
    Put(json, "created_at", submission.created_at);
    Put(json, "accepted_at", submission.accepted_at);
    if (submission.charge_micros) {
      json.Key("cost").Raw(AmountText(*submission.charge_micros));
      json.Key("charge").String(Name(submission.charge));
    }
    json.Key("sends").BeginArray();
    for (const store::SendRow& send : story.sends) {
      if (send.submission != submission.number) continue;
      json.BeginObject().Key("outcome").String(Name(send.outcome));
      Put(json, "sent_at", send.sent_at);
      Put(json, "answered_at", send.answered_at);
      Put(json, "error_code", send.error_code);
      Put(json, "error_message", send.error_message);
      Put(json, "request_id", send.request_id);
      json.EndObject();
    }
    json.EndArray();
    PutJson(json, "request", submission.body);
    json.EndObject();
  }
  json.EndArray();
}

void PutOutputs(JsonWriter& json, const store::TaskStory& story) {
  json.Key("outputs").BeginArray();
  for (const store::ArtifactRow& artifact : story.artifacts) {
    json.BeginObject().Key("number").Int(artifact.number);
    if (!artifact.path.empty()) {
      json.Key("file").String(artifact.path).Key("bytes").Int(artifact.bytes);
    }
    Put(json, "sha256", artifact.sha256);
    Put(json, "url", artifact.url);
    Put(json, "expires", artifact.expires);
    Put(json, "file_id", artifact.file_id);
    Put(json, "content", artifact.content);
    json.EndObject();
  }
  json.EndArray();
}

void PutNeeds(JsonWriter& json, const store::TaskStory& story) {
  if (story.needs.empty()) return;
  json.Key("needs").BeginArray();
  for (const store::Need& need : story.needs) {
    json.BeginObject().Key("kind").String(Name(need.kind));
    json.Key("name").String(need.name).Key("met").Bool(need.met).EndObject();
  }
  json.EndArray();
}

void PutJournal(JsonWriter& json, const store::TaskStory& story) {
  json.Key("journal").BeginArray();
  for (const store::JournalRow& entry : story.journal) {
    json.BeginObject();
    Put(json, "at", entry.at);
    Put(json, "from", entry.from);
    Put(json, "to", entry.to);
    Put(json, "why", entry.why);
    json.EndObject();
  }
  json.EndArray();
}

void PutGeneration(JsonWriter& json, const store::TaskStory& story, const std::string& currency) {
  const store::TaskRow& row = story.row;
  json.BeginObject().Key("generation").Int(row.generation);
  json.Key("current").Bool(row.current).Key("listed").Bool(row.listed);
  json.Key("state").String(Name(row.state));
  json.Key("kind").String(Name(row.kind));
  Put(json, "model", row.model);
  Put(json, "version", row.version);
  Put(json, "fingerprint", row.fingerprint);
  json.Key("attempts").Int(row.attempts);
  json.Key("concurrency_refusals").Int(row.concurrency_refusals);
  if (row.estimate_micros) {
    json.Key("estimated_cost").Raw(AmountText(*row.estimate_micros));
    Put(json, "currency", currency);
  }
  Put(json, "error_code", row.error_code);
  Put(json, "error_message", row.error_message);
  Put(json, "request_id", row.request_id);
  if (row.state == TaskState::kWaitingRetry) Put(json, "due", row.due);
  Put(json, "created_at", row.created_at);
  Put(json, "submitted_at", row.submitted_at);
  Put(json, "started_at", row.started_at);
  Put(json, "finished_at", row.finished_at);
  Put(json, "downloaded_at", row.downloaded_at);
  PutJson(json, "spec", story.spec_json);
  PutNeeds(json, story);
  PutSubmissions(json, story);
  PutOutputs(json, story);
  PutJournal(json, story);
  json.EndObject();
}

}  // namespace

std::string GenerationsJson(const std::vector<store::TaskStory>& stories,
                            const std::string& currency) {
  JsonWriter json;
  json.BeginArray();
  for (const store::TaskStory& story : stories) PutGeneration(json, story, currency);
  json.EndArray();
  return json.Take();
}

std::string StoryJson(const std::vector<store::TaskStory>& stories, const std::string& currency) {
  JsonWriter json;
  json.BeginObject();
  if (!stories.empty()) json.Key("id").String(stories.front().row.id);
  json.Key("generations").Raw(GenerationsJson(stories, currency));
  json.EndObject();
  return json.Take();
}

}  // namespace aigc::report

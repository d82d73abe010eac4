#include "report/story.h"

#include <fmt/format.h>

#include "base/text.h"
#include "report/json_text.h"
#include "report/report_line.h"
#include "report/table.h"

namespace aigc::report {
namespace {

constexpr std::size_t kLineWidth = 300;  // code points of one foreign text on one line

std::string OneLine(std::string_view text) { return Excerpt(text, kLineWidth); }

std::string Millisecond(WallTime time) { return time == WallTime{} ? "-" : FormatIsoMillis(time); }

std::string Problem(const std::string& code, const std::string& message) {
  if (code.empty()) return OneLine(message);
  return OneLine(message.empty() ? code : code + ": " + message);
}

void AddFact(Table& table, std::string name, std::string value) {
  if (!value.empty()) table.AddRow({std::move(name), std::move(value)});
}

// What a blocked task still waits for.
std::string UnmetNeeds(const store::TaskStory& story) {
  std::string text;
  if (story.row.state != TaskState::kBlocked) return text;
  for (const store::Need& need : story.needs) {
    if (need.met) continue;
    text += (text.empty() ? "" : ", ") + std::string(Name(need.kind)) + " " + OneLine(need.name);
  }
  return text;
}

std::string Facts(const store::TaskStory& story) {
  const store::TaskRow& row = story.row;
  Table table({Align::kLeft, Align::kLeft});
  AddFact(table, "state", std::string(Name(row.state)) + (row.listed ? "" : " (left out)"));
  if (row.state == TaskState::kWaitingRetry) AddFact(table, "next try", TimeCell(row.due));
  AddFact(table, "waits for", UnmetNeeds(story));
  AddFact(table, "error", Problem(row.error_code, row.error_message));
  AddFact(table, "request id", OneLine(row.request_id));
  AddFact(table, "model",
          fmt::format("{}/{} ({})", OneLine(row.model), OneLine(row.version), Name(row.kind)));
  AddFact(table, "fingerprint", OneLine(row.fingerprint));
  AddFact(table, "attempts", std::to_string(row.attempts));
  if (row.concurrency_refusals > 0) {
    AddFact(table, "concurrency refusals", std::to_string(row.concurrency_refusals));
  }
  AddFact(table, "created", TimeCell(row.created_at));
  AddFact(table, "submitted", TimeCell(row.submitted_at));
  AddFact(table, "started", TimeCell(row.started_at));
  AddFact(table, "finished", TimeCell(row.finished_at));
  AddFact(table, "downloaded", TimeCell(row.downloaded_at));
  return table.Render(2);
}

// JSON as it is stored, shown so that a terminal cannot be played with.
std::string Shown(std::string_view json) {
  return Printable(PrettyJson(AbbreviateBase64(json), 2));
}

std::string Submissions(const store::TaskStory& story) {
  std::string text;
  for (const store::SubmissionRow& submission : story.submissions) {
    text += fmt::format("submission {} (attempt {}): {}{}\n", submission.number, submission.attempt,
                        Name(submission.outcome), submission.ended ? ", ended" : "");
    Table facts({Align::kLeft, Align::kLeft});
    AddFact(facts, "session id", OneLine(submission.session_id));
    AddFact(facts, "task id", OneLine(submission.task_id));
    AddFact(facts, "error", Problem(submission.error_code, submission.error_message));
    AddFact(facts, "accepted", TimeCell(submission.accepted_at));
    text += facts.Render(2);
    Table sends({Align::kLeft, Align::kLeft, Align::kLeft, Align::kLeft});
    for (const store::SendRow& send : story.sends) {
      if (send.submission != submission.number) continue;
      std::string answer = Problem(send.error_code, send.error_message);
      if (!send.request_id.empty()) {
        answer += (answer.empty() ? "request id " : ", request id ") + OneLine(send.request_id);
      }
      sends.AddRow({"sent " + Millisecond(send.sent_at),
                    "answered " + Millisecond(send.answered_at), std::string(Name(send.outcome)),
                    std::move(answer)});
    }
    text += sends.Render(2);
    if (!submission.body.empty()) text += "  request " + Shown(submission.body) + "\n";
  }
  return text;
}

std::string Outputs(const store::TaskStory& story) {
  std::string text;
  for (const store::ArtifactRow& artifact : story.artifacts) {
    text += fmt::format("output {}\n", artifact.number);
    Table facts({Align::kLeft, Align::kLeft});
    if (!artifact.path.empty()) {
      AddFact(facts, "file", fmt::format("{} ({} bytes)", OneLine(artifact.path), artifact.bytes));
      AddFact(facts, "sha256", OneLine(artifact.sha256));
    }
    AddFact(facts, "url", Printable(artifact.url));
    AddFact(facts, "expires", TimeCell(artifact.expires));
    AddFact(facts, "file id", OneLine(artifact.file_id));
    AddFact(facts, "content", OneLine(artifact.content));
    text += facts.Render(2);
  }
  return text;
}

std::string Journal(const store::TaskStory& story) {
  Table table({Align::kLeft, Align::kLeft, Align::kLeft});
  for (const store::JournalRow& entry : story.journal) {
    const bool moved = entry.from != entry.to;
    table.AddRow({Millisecond(entry.at), OneLine(moved ? entry.from + " → " + entry.to : entry.to),
                  OneLine(entry.why)});
  }
  return table.empty() ? "" : "journal\n" + table.Render(2);
}

}  // namespace

std::string RenderStory(const std::vector<store::TaskStory>& stories) {
  std::string text;
  for (const store::TaskStory& story : stories) {
    if (!text.empty()) text += "\n";
    text += fmt::format("task {}, generation {}{}\n", OneLine(story.row.id), story.row.generation,
                        story.row.current ? "" : " (earlier)");
    text += Facts(story);
    text += "task as in the manifest\n  " + Shown(story.spec_json) + "\n";
    text += Submissions(story) + Outputs(story) + Journal(story);
  }
  return text;
}

}  // namespace aigc::report

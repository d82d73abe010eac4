#include "report/story.h"

#include <gtest/gtest.h>

#include "report/json_text.h"
#include "task/task_spec.h"

namespace aigc::report {
namespace {

WallTime At(const char* text) { return *ParseIso(text); }

store::TaskStory Hero() {
  store::TaskStory story;
  story.row.id = "hero";
  story.row.model = "Kling";
  story.row.version = "2.1";
  story.row.fingerprint = "f1:00";
  story.row.state = TaskState::kSucceeded;
  story.row.attempts = 1;
  story.row.created_at = At("2026-08-20T08:00:00Z");
  TaskSpec spec;
  spec.id = "hero";
  spec.prompt = "一个小男孩";
  story.spec_json = SpecJson(spec);
  store::SubmissionRow submission;
  submission.session_id = "s-1";
  submission.task_id = "t-1";
  submission.outcome = store::SubmissionOutcome::kAccepted;
  submission.ended = true;
  submission.body = "{\"Prompt\":\"x\",\"FileInfos\":[{\"Base64\":\"" + std::string(400, 'A') +
                    "\"}],\"Empty\":{}}";
  submission.accepted_at = At("2026-08-20T08:00:06Z");
  story.submissions = {submission};
  store::SendRow send;
  send.sent_at = At("2026-08-20T08:00:05.125Z");
  send.outcome = store::SendOutcome::kUnknown;
  send.error_message = "connection reset";
  story.sends = {send};
  send.sent_at = At("2026-08-20T08:00:06Z");
  send.answered_at = At("2026-08-20T08:00:06.500Z");
  send.outcome = store::SendOutcome::kAccepted;
  send.error_message.clear();
  send.request_id = "r-1";
  story.sends.push_back(send);
  store::ArtifactRow artifact;
  artifact.url = "http://h/1.mp4";
  artifact.path = "out/hero-1.mp4";
  artifact.bytes = 10;
  artifact.sha256 = "abc";
  story.artifacts = {artifact};
  story.journal = {{At("2026-08-20T08:00:05Z"), 1, "pending", "submitting", "room"},
                   {At("2026-08-20T08:00:06Z"), 1, "submitting", "submitting", "look-up"}};
  return story;
}

TEST(Story, TellsATaskFromRequestToFile) {
  EXPECT_EQ(RenderStory({Hero()}),
            "task hero, generation 1\n"
            "  state        succeeded\n"
            "  model        Kling/2.1 (video)\n"
            "  fingerprint  f1:00\n"
            "  attempts     1\n"
            "  created      2026-08-20T08:00:00Z\n"
            "task as in the manifest\n"
            "  {\n"
            "    \"id\": \"hero\",\n"
            "    \"kind\": \"video\",\n"
            "    \"prompt\": \"一个小男孩\"\n"
            "  }\n"
            "submission 1 (attempt 1): accepted, ended\n"
            "  session id  s-1\n"
            "  task id     t-1\n"
            "  accepted    2026-08-20T08:00:06Z\n"
            "  sent 2026-08-20T08:00:05.125Z  answered -                         unknown   "
            "connection reset\n"
            "  sent 2026-08-20T08:00:06.000Z  answered 2026-08-20T08:00:06.500Z  accepted  "
            "request id r-1\n"
            "  request {\n"
            "    \"Prompt\": \"x\",\n"
            "    \"FileInfos\": [\n"
            "      {\n"
            "        \"Base64\": \"AAAAAAAAAAAA…(400 Base64 characters)\"\n"
            "      }\n"
            "    ],\n"
            "    \"Empty\": {}\n"
            "  }\n"
            "output 1\n"
            "  file    out/hero-1.mp4 (10 bytes)\n"
            "  sha256  abc\n"
            "  url     http://h/1.mp4\n"
            "journal\n"
            "  2026-08-20T08:00:05.000Z  pending → submitting  room\n"
            "  2026-08-20T08:00:06.000Z  submitting            look-up\n");
}

TEST(Story, ShowsGenerationsFailuresAndWaiting) {
  store::TaskStory newest = Hero();
  newest.row.generation = 2;
  newest.row.listed = false;
  newest.row.state = TaskState::kWaitingRetry;
  newest.row.due = At("2026-08-20T09:00:00Z");
  newest.row.error_code = "RequestLimitExceeded";
  newest.row.error_message = "slow\x1b]0;down\x07";
  store::TaskStory old = Hero();
  old.row.current = false;
  const std::string text = RenderStory({newest, old});
  EXPECT_NE(text.find("task hero, generation 2\n  state        waiting_retry (left out)\n"
                      "  next try     2026-08-20T09:00:00Z\n"
                      "  error        RequestLimitExceeded: slow ]0;down\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\ntask hero, generation 1 (earlier)\n"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Story, NamesWhatABlockedTaskStillWaitsFor) {
  store::TaskStory story = Hero();
  story.row.state = TaskState::kBlocked;
  story.needs = {{store::NeedKind::kTask, "music", true},
                 {store::NeedKind::kTask, "sky", false},
                 {store::NeedKind::kTask, "still", false}};
  EXPECT_NE(RenderStory({story}).find("  waits for    task sky, task still\n"), std::string::npos)
      << RenderStory({story});
  EXPECT_NE(StoryJson({story}).find("\"needs\":[{\"kind\":\"task\",\"name\":\"music\","
                                    "\"met\":true},"),
            std::string::npos);
  story.row.state = TaskState::kSucceeded;
  EXPECT_EQ(RenderStory({story}).find("waits for"), std::string::npos);
}

TEST(StoryJson, EmbedsTheRequest) {
  store::TaskStory story = Hero();
  story.sends.pop_back();
  story.journal.pop_back();
  EXPECT_EQ(
      StoryJson({story}),
      "{\"id\":\"hero\",\"generations\":[{\"generation\":1,\"current\":true,\"listed\":true,"
      "\"state\":\"succeeded\",\"kind\":\"video\",\"model\":\"Kling\",\"version\":\"2.1\","
      "\"fingerprint\":\"f1:00\",\"attempts\":1,\"concurrency_refusals\":0,"
      "\"created_at\":\"2026-08-20T08:00:00.000Z\","
      "\"spec\":{\"id\":\"hero\",\"kind\":\"video\",\"prompt\":\"一个小男孩\"},"
      "\"submissions\":[{\"number\":1,\"attempt\":1,\"outcome\":\"accepted\",\"ended\":true,"
      "\"session_id\":\"s-1\",\"task_id\":\"t-1\",\"accepted_at\":\"2026-08-20T08:00:06.000Z\","
      "\"sends\":[{\"outcome\":\"unknown\",\"sent_at\":\"2026-08-20T08:00:05.125Z\","
      "\"error_message\":\"connection reset\"}],"
      "\"request\":{\"Prompt\":\"x\",\"FileInfos\":[{\"Base64\":\"AAAAAAAAAAAA…(400 Base64 "
      "characters)\"}],\"Empty\":{}}}],"
      "\"outputs\":[{\"number\":1,\"file\":\"out/hero-1.mp4\",\"bytes\":10,\"sha256\":\"abc\","
      "\"url\":\"http://h/1.mp4\"}],"
      "\"journal\":[{\"at\":\"2026-08-20T08:00:05.000Z\",\"from\":\"pending\","
      "\"to\":\"submitting\",\"why\":\"room\"}]}]}");
}

TEST(StoryJson, StaysJsonWhenAStoredBodyIsDamaged) {
  store::TaskStory story = Hero();
  story.submissions[0].body = "{\"cut\": [1, ";
  EXPECT_NE(StoryJson({story}).find("\"request\":\"{\\\"cut\\\": [1, \"}"), std::string::npos);
}

TEST(PrettyJson, KeepsStringsAndOrder) {
  EXPECT_EQ(PrettyJson(R"({"b":"a,{}:\"[","a":[1,2.50,true],"e":[ ],"n":null})"),
            "{\n  \"b\": \"a,{}:\\\"[\",\n  \"a\": [\n    1,\n    2.50,\n    true\n  ],\n"
            "  \"e\": [],\n  \"n\": null\n}");
  EXPECT_EQ(PrettyJson(""), "");
  EXPECT_EQ(PrettyJson("}]\"open"), "\n}\n]\"open");
}

TEST(PrettyJson, TakesDeepNestingWithoutGrowingBeyondReason) {
  const std::string deep = std::string(100000, '[') + std::string(100000, ']');
  EXPECT_LT(PrettyJson(deep).size(), deep.size() * 140);
}

TEST(AbbreviateBase64, LeavesProseAlone) {
  const std::string prose = "\"" + std::string(300, 'a') + " and more\"";
  EXPECT_EQ(AbbreviateBase64(prose), prose);
  const std::string shorter = "\"" + std::string(255, 'a') + "\"";
  EXPECT_EQ(AbbreviateBase64(shorter), shorter);
  EXPECT_EQ(AbbreviateBase64("\"" + std::string(256, 'a') + "\""),
            "\"aaaaaaaaaaaa…(256 Base64 characters)\"");
}

TEST(LooksComplete, TellsWholeJsonFromCutJson) {
  for (const char* whole : {"{}", " [1,{\"a\":\"}\"}] ", R"({"a":"\"]"})"}) {
    EXPECT_TRUE(LooksComplete(whole)) << whole;
  }
  for (const char* broken : {"", "{", "{]", "{}x", "1", "[\"a]", "]", R"({"a":"\"})"}) {
    EXPECT_FALSE(LooksComplete(broken)) << broken;
  }
}

}  // namespace
}  // namespace aigc::report

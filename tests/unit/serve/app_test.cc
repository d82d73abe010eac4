// Requests to replies, without sockets, over a real state in a folder.
#include "serve/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../files/temp_folder.h"
#include "store/sqlite_store.h"
#include "support/virtual_clock.h"

namespace aigc::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class FolderStates final : public States {
 public:
  explicit FolderStates(std::string folder) : folder_(std::move(folder)) {}
  Result<std::vector<BatchName>> List() override {
    ++lists;
    AIGC_ASSIGN_OR_RETURN(const auto batches, store::ListBatches(folder_));
    std::vector<BatchName> names;
    for (const auto& batch : batches) names.push_back({batch.name, batch.running, batch.pid});
    return names;
  }
  Result<std::unique_ptr<store::StoreReader>> Open(const std::string& name) override {
    return store::OpenForReading(folder_, name);
  }
  int lists = 0;

 private:
  std::string folder_;
};

class RecordingControl final : public BatchControl {
 public:
  Result<Given> Give(const std::string& batch, pipeline::BatchCommand command,
                     bool confirmed) override {
    if (command.again && !confirmed) {
      return Error{ErrorCode::kUsage, "1 of these tasks is paid for again", "", "confirm"};
    }
    commands.push_back(batch + " " + std::string(Name(command.action)) + " " +
                       (!command.tasks.empty()    ? command.tasks.front()
                        : !command.models.empty() ? command.models.front()
                                                  : "all") +
                       (command.failed ? " failed" : "") + (command.again ? " again" : ""));
    Given given;
    given.by_run = true;
    given.outcome.queued = 2;
    return given;
  }
  std::vector<std::string> commands;
};

class AppTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto store = *store::OpenForRun(folder_ / "state", "spring");
    ASSERT_TRUE(store->BeginTurn().ok());
    store::BatchRecord batch;
    batch.uuid = "u";
    batch.name = "spring";
    batch.folder = folder_.path();
    batch.output_dir = "out/spring";
    batch.created_at = clock_.Now();
    ASSERT_TRUE(store->PutBatch(batch).ok());
    store::MoneyTerms terms;
    terms.currency = "CNY";
    terms.source = "list";
    terms.budget_micros = 12'500'000;
    ASSERT_TRUE(store->SetMoneyTerms(terms).ok());
    for (int i = 1; i <= 5; ++i) {
      store::NewTask task;
      task.spec.id = i == 5 ? "a/b <script>" : "clip-" + std::to_string(i);
      task.spec.model = i == 4 ? "Vidu" : "Kling";
      task.spec.version = i == 4 ? "q2" : "2.1";
      task.spec.prompt = i == 2 ? "A Lighthouse" : "\"><img onerror=x>";
      if (i == 3) task.spec.tags = {"night"};
      task.fingerprint = Fingerprint(task.spec);
      task.position = i * 10;
      ASSERT_TRUE(store->AddTask(task, clock_.Now()).ok());
    }
    const auto row = store->FindTask("clip-1");
    store::ArtifactRow artifact;
    artifact.task = row->key;
    artifact.path = "out/spring/clip-1-1.mp4";
    artifact.bytes = 10;
    artifact.sha256 = "cafe";
    ASSERT_TRUE(store->PutArtifact(artifact).ok());
    ASSERT_TRUE(store->CommitTurn().ok());
    folder_.Put("out/spring/clip-1-1.mp4", "0123456789");
    AppOptions options;
    options.version = "1.2.3";
    options.no_desk = Error{ErrorCode::kCredentials, "there are no credentials"};
    app_ = std::make_unique<App>(*view_, control_, guard_, *catalog::BuiltIn(), clock_, options);
  }

  Reply Ask(std::string method, std::vector<std::string> path,
            std::map<std::string, std::string> query = {}, std::string body = "") {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.query = std::move(query);
    request.body = std::move(body);
    request.headers.Add("Host", "localhost:1");
    if (request.method == "POST") request.headers.Add("Content-Type", "application/json");
    std::optional<Reply> got;
    app_->Answer(request, [&](Reply reply) {
      EXPECT_FALSE(got) << "answered twice";
      got = std::move(reply);
    });
    if (!got) ADD_FAILURE() << "no answer";
    return got.value_or(Reply{});
  }
  std::vector<std::string> Ids(std::map<std::string, std::string> query) {
    const Reply reply = Ask("GET", {"api", "v1", "batches", "spring", "tasks"}, std::move(query));
    EXPECT_EQ(reply.status, 200) << reply.body;
    std::vector<std::string> ids;
    for (std::size_t at = reply.body.find("{\"id\":\""); at != std::string::npos;
         at = reply.body.find("{\"id\":\"", at + 1)) {
      ids.push_back(reply.body.substr(at + 7, reply.body.find('"', at + 7) - at - 7));
    }
    return ids;
  }

  files::TempFolder folder_;
  testing::VirtualClock clock_;
  FolderStates states_{folder_ / "state"};
  std::unique_ptr<StateView> view_ = std::make_unique<StateView>(
      states_, [](std::string_view, std::string_view) { return std::string(); }, clock_);
  RecordingControl control_;
  Guard guard_{GuardOptions{}};
  std::unique_ptr<App> app_;
};

TEST_F(AppTest, TellsThatItIsThere) {
  EXPECT_EQ(Ask("GET", {"healthz"}).body, R"({"status":"ok","version":"1.2.3"})");
  EXPECT_EQ(Ask("HEAD", {"healthz"}).status, 200);
}

TEST_F(AppTest, KnowsItsAddresses) {
  EXPECT_EQ(Ask("GET", {"nothing"}).status, 404);
  EXPECT_EQ(Ask("GET", {"api", "v1", "batches", ""}).status, 404);
  const Reply wrong = Ask("POST", {"metrics"});
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.Get("Allow"), "GET, HEAD");
  EXPECT_EQ(Ask("DELETE", {"api", "v1", "batches"}).status, 405);
}

TEST_F(AppTest, ListsBatches) {
  const Reply reply = Ask("GET", {"api", "v1", "batches"});
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body,
              HasSubstr(R"("name":"spring","running":false,"tasks":5,"counts":{"pending":5})"));
  EXPECT_THAT(reply.body, HasSubstr(R"("budget":12.50)"));
}

TEST_F(AppTest, LooksAtTheStatesAtMostTwiceASecond) {
  for (int i = 0; i < 100; ++i) Ask("GET", {"api", "v1", "batches", "spring"});
  EXPECT_EQ(states_.lists, 1);
  clock_.Advance(Millis{600});
  Ask("GET", {"api", "v1", "batches", "spring"});
  EXPECT_EQ(states_.lists, 2);
}

TEST_F(AppTest, SaysWhichBatchWasMeant) {
  const Reply reply = Ask("GET", {"api", "v1", "batches", "sprnig"});
  EXPECT_EQ(reply.status, 404);
  EXPECT_THAT(reply.body, HasSubstr("did you mean spring?"));
  EXPECT_EQ(Ask("GET", {"api", "v1", "batches", "../spring"}).status, 404);
  EXPECT_THAT(reply.body, Not(HasSubstr(folder_.path())));
}

TEST_F(AppTest, PagesThroughTasks) {
  const Reply first = Ask("GET", {"api", "v1", "batches", "spring", "tasks"}, {{"limit", "2"}});
  EXPECT_THAT(first.body, HasSubstr("\"next\":20}"));
  EXPECT_THAT(Ids({{"limit", "2"}}), ElementsAre("clip-1", "clip-2"));
  EXPECT_THAT(Ids({{"limit", "2"}, {"after", "20"}}), ElementsAre("clip-3", "clip-4"));
  EXPECT_THAT(Ids({{"limit", "2"}, {"after", "40"}}), ElementsAre("a/b <script>"));
  EXPECT_THAT(Ids({{"state", "running,failed"}}), ElementsAre());
  EXPECT_THAT(Ids({{"state", "pending"}, {"model", "Vidu"}}), ElementsAre("clip-4"));
  EXPECT_THAT(Ids({{"model", "Kling/2.1"}, {"tag", "night"}}), ElementsAre("clip-3"));
  EXPECT_THAT(Ids({{"text", "LIGHTHOUSE"}}), ElementsAre("clip-2"));
  EXPECT_THAT(Ids({{"text", "Clip-3"}}), ElementsAre("clip-3"));
  EXPECT_THAT(Ids({{"text", "%"}}), ElementsAre());
}

TEST_F(AppTest, RefusesParametersThatMakeNoSense) {
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"limit", "0"}, {"after", "-1"}, {"state", "done"}, {"stat", "pending"}}) {
    EXPECT_EQ(Ask("GET", {"api", "v1", "batches", "spring", "tasks"}, {{name, value}}).status, 422)
        << name;
  }
  EXPECT_EQ(Ask("GET", {"api", "v1", "batches", "spring", "tasks"}, {{"limit", "1001"}}).status,
            422);
  EXPECT_EQ(Ask("GET", {"api", "v1", "batches", "spring", "tasks"}, {{"limit", "1x"}}).status, 422);
}

TEST_F(AppTest, TellsAllOfATaskAndSendsItsFile) {
  EXPECT_THAT(Ask("GET", {"api", "v1", "batches", "spring", "tasks", "a/b <script>"}).body,
              HasSubstr(R"("id":"a/b <script>")"));
  EXPECT_EQ(Ask("GET", {"api", "v1", "batches", "spring", "tasks", "none"}).status, 404);
  const Reply file =
      Ask("GET", {"api", "v1", "batches", "spring", "tasks", "clip-1", "outputs", "1"});
  EXPECT_EQ(file.status, 200);
  ASSERT_TRUE(file.file);
  EXPECT_EQ(file.file->bytes, 10u);
  EXPECT_EQ(file.headers.Get("Content-Type"), "video/mp4");
  EXPECT_EQ(file.headers.Get("ETag"), "\"cafe\"");
  EXPECT_EQ(
      Ask("GET", {"api", "v1", "batches", "spring", "tasks", "clip-1", "outputs", "2"}).status,
      404);
  EXPECT_EQ(
      Ask("GET", {"api", "v1", "batches", "spring", "tasks", "clip-1", "outputs", "x"}).status,
      404);
}

TEST_F(AppTest, HandsCommandsOver) {
  const std::vector<std::string> retry = {"api", "v1", "batches", "spring", "retry"};
  EXPECT_EQ(Ask("POST", retry, {}, R"({"tasks": ["clip-*"]})").status, 200);
  EXPECT_EQ(Ask("POST", retry, {}, R"({"all": true, "again": true})").status, 409);
  EXPECT_EQ(Ask("POST", retry, {}, R"({"all": true, "again": true, "confirm": true})").status, 200);
  EXPECT_EQ(
      Ask("POST", {"api", "v1", "batches", "spring", "cancel"}, {}, R"({"tasks": ["clip-1"]})")
          .status,
      200);
  EXPECT_THAT(control_.commands, ElementsAre("spring retry clip-* failed", "spring retry all again",
                                             "spring cancel clip-1"));
}

TEST_F(AppTest, HandsPausesOver) {
  const auto ask = [this](const std::string& action, const std::string& body) {
    return Ask("POST", {"api", "v1", "batches", "spring", action}, {}, body).status;
  };
  EXPECT_EQ(ask("pause", R"({"all": true})"), 200);
  EXPECT_EQ(ask("resume", R"({"models": ["Kling/2.1"]})"), 200);
  EXPECT_EQ(ask("pause", "{}"), 422);
  EXPECT_EQ(ask("pause", R"({"tasks": ["clip-1"], "all": true})"), 422);
  EXPECT_THAT(control_.commands, ElementsAre("spring pause all", "spring resume Kling/2.1"));
}

TEST_F(AppTest, TakesNoCommandThatMaySayMoreThanItUnderstands) {
  const std::vector<std::string> cancel = {"api", "v1", "batches", "spring", "cancel"};
  for (const char* body : {"{}", "", "[]", R"({"tasks": []})", R"({"task": ["x"], "all": true})",
                           R"({"tasks": [1]})", R"({"tasks": ["a\n"]})", R"({"all": "yes"})"}) {
    EXPECT_EQ(Ask("POST", cancel, {}, body).status, 422) << body;
  }
  EXPECT_EQ(Ask("POST", {"api", "v1", "batches", "none", "cancel"}, {}, R"({"all": true})").status,
            404);
  EXPECT_THAT(control_.commands, ElementsAre());
}

TEST_F(AppTest, AnswersTheTwoCallsWithoutAnAccount) {
  const Reply create = Ask("POST", {"aigc", "create"}, {}, R"({"prompt": "a"})");
  EXPECT_EQ(create.status, 500);
  EXPECT_EQ(create.body, R"({"detail":"there are no credentials"})");
  EXPECT_EQ(Ask("POST", {"aigc", "task"}, {}, R"({"task_id": " "})").status, 422);
  EXPECT_EQ(Ask("POST", {"aigc", "task"}, {}, R"({"task_id": "x"})").status, 500);
}

TEST_F(AppTest, ServesItsPagesWithAStrictPolicy) {
  for (const auto& path : std::vector<std::vector<std::string>>{{""}, {"docs"}, {"redoc"}}) {
    const Reply page = Ask("GET", path);
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.headers.Get("Content-Type"), "text/html; charset=utf-8");
    EXPECT_THAT(std::string(page.headers.Get("Content-Security-Policy")),
                HasSubstr("default-src 'none'"));
    EXPECT_EQ(page.headers.Get("X-Content-Type-Options"), "nosniff");
  }
  EXPECT_EQ(Ask("GET", {"assets", "app.js"}).status, 200);
  EXPECT_EQ(Ask("GET", {"assets", "../app.js"}).status, 404);
  EXPECT_EQ(Ask("GET", {"openapi.json"}).status, 200);
}

TEST_F(AppTest, CountsForPrometheus) {
  Ask("GET", {"nothing"});
  const std::string text = Ask("GET", {"metrics"}).body;
  EXPECT_THAT(text, HasSubstr("aigc_batch_tasks{batch=\"spring\",state=\"pending\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("aigc_batch_tasks{batch=\"spring\",state=\"lost\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("aigc_batch_cost_budget{batch=\"spring\",currency=\"CNY\"} 12.50\n"));
  EXPECT_THAT(text, HasSubstr("aigc_batch_http_requests_total{route=\"none\",status=\"404\"} 1\n"));
}

TEST_F(AppTest, TellsThoseWhoWatchWhatChanged) {
  const Reply watch = Ask("GET", {"api", "v1", "events"});
  EXPECT_TRUE(watch.stream);
  EXPECT_THAT(watch.body, HasSubstr("event: batches\ndata: {\"batches\":["));
  EXPECT_THAT(app_->NextEvent(), HasSubstr("event: batches\n"));
  EXPECT_EQ(app_->NextEvent(), "");
  for (int i = 0; i < 13; ++i) EXPECT_EQ(app_->NextEvent(), "");
  EXPECT_EQ(app_->NextEvent(), ": still here\n\n");
}

TEST_F(AppTest, ShowsABatchThatCannotBeReadAsSuch) {
  folder_.Put("state/broken.db", "this is no database, but it is long enough to look like one");
  clock_.Advance(Seconds{1});
  const Reply reply = Ask("GET", {"api", "v1", "batches"});
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr(R"("name":"broken")"));
  EXPECT_THAT(reply.body, HasSubstr(R"("problem":)"));
  EXPECT_THAT(reply.body, HasSubstr(R"("name":"spring")"));
}

}  // namespace
}  // namespace aigc::serve

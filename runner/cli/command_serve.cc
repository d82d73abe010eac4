// aigc-batch serve
#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/advice.h"
#include "cli/batch_control.h"
#include "cli/catalog_choice.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/serve_batch.h"
#include "cli/signals.h"
#include "cli/steer.h"
#include "manifest/posix_file_reader.h"
#include "serve/app.h"
#include "serve/server.h"
#include "store/sqlite_store.h"

namespace aigc::cli {
namespace {

constexpr int kDefaultPort = 8080;
constexpr char kTokenVariable[] = "AIGC_BATCH_SERVE_TOKEN";
constexpr std::size_t kShortestToken = 16;

class StateFolder final : public serve::States {
 public:
  explicit StateFolder(std::string folder) : folder_(std::move(folder)) {}

  Result<std::vector<serve::BatchName>> List() override {
    AIGC_ASSIGN_OR_RETURN(const auto batches, store::ListBatches(folder_));
    std::vector<serve::BatchName> names;
    for (const store::BatchFile& batch : batches) {
      names.push_back({batch.name, batch.running, batch.pid});
    }
    return names;
  }
  Result<std::unique_ptr<store::StoreReader>> Open(const std::string& name) override {
    return store::OpenForReading(folder_, name);
  }

 private:
  const std::string folder_;
};

class Control final : public serve::BatchControl {
 public:
  Control(std::string folder, const Clock& clock) : folder_(std::move(folder)), clock_(clock) {}

  Result<Given> Give(const std::string& batch, pipeline::BatchCommand command,
                     bool confirmed) override {
    command.given = clock_.Now();
    command.id = NewCommandId(command.given);
    AIGC_ASSIGN_OR_RETURN(Target target, OpenTarget(folder_, batch));
    if (const Status known = CheckModels(target.store(), command.models); !known.ok()) {
      const bool usage = known.error().code == ErrorCode::kUsage;
      return usage ? Error{ErrorCode::kInvalid, known.error().message, "", known.error().hint}
                   : known.error();
    }
    if (command.action == pipeline::BatchCommand::Action::kRetry && !confirmed) {
      AIGC_ASSIGN_OR_RETURN(const pipeline::RetryRisk risk,
                            pipeline::RiskOf(target.store(), command));
      if (risk.maybe_twice + risk.again > 0) {
        return Error{
            ErrorCode::kUsage,
            fmt::format("{} of these tasks may be paid for twice, and {} are paid for again",
                        risk.maybe_twice, risk.again),
            "", "send \"confirm\": true to go on"};
      }
    }
    AIGC_ASSIGN_OR_RETURN(const Delivery delivery, Deliver(std::move(target), command, clock_));
    return Given{delivery.outcome, delivery.taken_up == TakenUp::kByRun,
                 delivery.taken_up == TakenUp::kWaiting};
  }

 private:
  const std::string folder_;
  const Clock& clock_;
};

bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

Result<Secret> FindToken(const Context& context) {
  std::string token = context.environment.Get(kTokenVariable).value_or("");
  std::string origin = kTokenVariable;
  if (context.options.token_file) {
    origin = *context.options.token_file;
    manifest::PosixFileReader reader;
    const auto content = reader.Read(origin, 4096);
    if (!content.ok())
      return Error{ErrorCode::kUsage, "the token file " + content.error().message, origin};
    token = std::string(Trim(content->bytes));
  }
  if (token.empty() && !context.options.token_file) return Secret{};
  const bool plain =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (token.size() < kShortestToken || !plain) {
    return Error{ErrorCode::kUsage,
                 fmt::format("the token needs at least {} printable characters without blanks",
                             kShortestToken),
                 origin, "make one with: openssl rand -hex 24"};
  }
  // Copied: gcc 12 warns of a move out of the short string's buffer that cannot be.
  return Secret(std::string(token.data(), token.size()));
}

Result<serve::GuardOptions> SettleGuard(const Context& context) {
  serve::GuardOptions guard;
  guard.loopback = IsLoopback(context.options.listen);
  for (const std::string& name : context.options.host_names)
    guard.host_names.push_back(ToLower(name));
  AIGC_ASSIGN_OR_RETURN(guard.token, FindToken(context));
  if (!guard.loopback && guard.token.empty()) {
    return Error{
        ErrorCode::kUsage, "where others can connect, the server needs a token",
        "--host " + context.options.listen,
        fmt::format("set {} or --token-file; openssl rand -hex 24 makes one", kTokenVariable)};
  }
  return guard;
}

// Where to point a browser.
std::string Url(const std::string& address, std::uint16_t port) {
  const bool any = address == "0.0.0.0" || address == "::";
  const std::string host = any ? "localhost" : address;
  return host.find(':') == std::string::npos ? fmt::format("http://{}:{}/", host, port)
                                             : fmt::format("http://[{}]:{}/", host, port);
}

// Time limits of calls, and news for the pages that watch, until it is told to end.
class Ticker {
 public:
  Ticker(serve::Desk* desk, serve::App& app, serve::Server& server)
      : thread_([this, desk, &app, &server] {
          std::unique_lock lock(mutex_);
          for (int tick = 0; !wake_.wait_for(lock, Millis{250}, [this] { return stopping_; });
               ++tick) {
            if (desk != nullptr) desk->Tick();
            if (tick % 4 != 0 || server.streams() == 0) continue;
            if (std::string event = app.NextEvent(); !event.empty())
              server.Publish(std::move(event));
          }
        }) {}
  ~Ticker() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

Status SayWhere(const Context& context, const std::string& url, std::uint16_t port, bool calls) {
  if (context.options.json) {
    JsonWriter json;
    json.BeginObject().Key("event").String("listening").Key("url").String(url);
    json.Key("port").Int(port).Key("calls").Bool(calls);
    return context.console.Out(json.EndObject().Take() + "\n");
  }
  return context.console.Out(fmt::format("listening on {}\n", url));
}

}  // namespace

Result<int> ServeCommand(const Context& context) {
  AIGC_ASSIGN_OR_RETURN(const serve::GuardOptions guard_options, SettleGuard(context));
  AIGC_ASSIGN_OR_RETURN(Settings settings, LoadSettings(context));
  AIGC_ASSIGN_OR_RETURN(const auto catalog, ChosenCatalog(context));
  const std::string folder = settings.state_folder();
  const SystemClock clock;
  // Before any thread is started: they inherit that the signals are the watcher's.
  SignalWatcher signals(
      {.first = [&](int) { context.console.Info("stopping; once more to leave at once"); }});

  serve::AppOptions options;
  options.version = AIGC_VERSION;
  std::unique_ptr<ServeBatch> batch;
  auto made = ServeBatch::Make(context, settings, clock);
  if (made.ok()) {
    batch = *std::move(made);
    options.desk = &batch->desk();
    options.price = [raw = batch.get()](const TaskSpec& spec) { return raw->PriceOf(spec); };
  } else {
    // Looking needs no account. Flags that make no sense are another matter.
    const bool account = made.error().code == ErrorCode::kCredentials ||
                         (made.error().code == ErrorCode::kUsage && !context.options.budget &&
                          !context.options.prices && CheckFlags(context.options).ok());
    if (!account) return std::move(made).error();
    options.no_desk = made.error();
    context.console.ShowWarning("/aigc/create and /aigc/task will answer 500: " +
                                Describe(made.error()));
  }

  StateFolder states(folder);
  Control control(folder, clock);
  const serve::Guard guard(guard_options);
  serve::StateView view(states, AdviceFor, clock);
  serve::App app(view, control, guard, *catalog, clock, options);
  std::atomic<const serve::Server*> listening{nullptr};
  app.connections = [&listening]() -> std::size_t {
    const serve::Server* server = listening;
    return server == nullptr ? 0 : server->connections();
  };
  serve::ServerOptions server_options;
  server_options.address = context.options.listen;
  server_options.port =
      static_cast<std::uint16_t>(context.options.serve_port.value_or(kDefaultPort));
  AIGC_ASSIGN_OR_RETURN(const auto server,
                        serve::Server::Start(
                            server_options,
                            [&app](serve::Request request, serve::Respond respond) {
                              app.Handle(std::move(request), std::move(respond));
                            },
                            clock));
  listening = server.get();
  if (batch) batch->Start();
  AIGC_RETURN_IF_ERROR(SayWhere(context, Url(context.options.listen, server->port()),
                                server->port(), batch != nullptr));
  {
    const Ticker ticker(options.desk, app, *server);
    signals.Wait();
    // Callers are told before their connections go.
    if (batch) batch->Stop();
  }
  server->Stop();
  app.Stop();
  return kExitDone;
}

}  // namespace aigc::cli

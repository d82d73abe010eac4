#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "base/text.h"

namespace aigc::cli {
namespace {

constexpr char kFooter[] =
    "Exit status: 0 done, 1 some tasks failed, 2 usage or manifest, 3 credentials, 4 stopped on\n"
    "purpose, 5 state, 6 local disk, 7 unreachable, 130/143 interrupted (same command carries on).";

const std::map<std::string, ColorMode>& ColorNames() {
  static const std::map<std::string, ColorMode> kNames = {
      {"auto", ColorMode::kAuto}, {"always", ColorMode::kAlways}, {"never", ColorMode::kNever}};
  return kNames;
}

void AddShared(CLI::App& app, Options& options) {
  const char* group = "Shared options";
  app.add_option("--state", options.state, "Folder of the state files (default: state)")
      ->type_name("DIR")
      ->group(group);
  app.add_option("--env-file", options.env_file,
                 "File of KEY=VALUE lines (default: .env where there is one)")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--color", options.color, "auto, always or never")
      ->transform(CLI::Transformer(ColorNames()).description(""))
      ->type_name("WHEN")
      ->group(group);
  app.add_flag("--json", options.json, "Machine-readable output")->group(group);
  app.add_flag("-q,--quiet", options.quiet, "Say only what went wrong")->group(group);
  app.add_flag("-v,--verbose", options.verbose, "Say more")->group(group);
  app.add_option("--log-file", options.log_file, "Append what happens to this file")
      ->type_name("FILE")
      ->group(group);
}

void AddSim(CLI::App& app, Options& options, const char* text) {
  app.add_flag("--sim", options.sim, text);
}

void AddCatalog(CLI::App& app, Options& options) {
  app.add_option("--catalog", options.catalog, "A model catalog in place of the built-in one")
      ->type_name("FILE");
}

void AddPrices(CLI::App& app, Options& options) {
  app.add_option("--prices", options.prices, "Your own price list (default: the manifest's)")
      ->type_name("FILE");
}

void AddBudget(CLI::App& app, Options& options) {
  app.add_option("--budget", options.budget,
                 "Submit nothing that would make the batch cost more, in the prices' currency")
      ->type_name("AMOUNT");
  AddPrices(app, options);
  app.add_flag("--allow-unpriced", options.allow_unpriced,
               "Under a budget, submit also tasks whose cost is not known");
}

void AddTaskGlobs(CLI::App& app, Options& options) {
  app.add_option("--task", options.tasks, "Only tasks whose id matches (* and ?); may be repeated")
      ->type_name("GLOB")
      ->expected(1)
      ->take_all();
}

void AddSelection(CLI::App& app, Options& options) {
  AddTaskGlobs(app, options);
  app.add_option("--tag", options.tags, "Only tasks with this tag; may be repeated")
      ->type_name("TAG")
      ->expected(1)
      ->take_all();
}

// What bounds a run, and so what a plan can tell of its time.
void AddBounds(CLI::App& app, Options& options) {
  app.add_option("--max-in-flight", options.max_in_flight,
                 "How many tasks may generate at once, or auto")
      ->type_name("N");
  app.add_option("--submit-rate", options.submit_rate, "Create requests a second")->type_name("R");
}

// Where the service is and where results go.
void AddConnection(CLI::App& app, Options& options) {
  app.add_option("--endpoint", options.endpoint,
                 "Address of the API (default: https://vod.tencentcloudapi.com)")
      ->type_name("URL");
  app.add_option("--ca-file", options.ca_file, "A certificate to trust besides the system's")
      ->type_name("PEM");
  AddSim(app, options, "Run against a simulator inside this process: no account, no cost");
  app.add_option("--scenario", options.scenario, "What the simulator of --sim does wrong")
      ->type_name("FILE");
  app.add_option("--sub-app-id", options.sub_app_id, "VOD application")->type_name("ID");
  app.add_option("--output", options.output, "Folder for the results")->type_name("DIR");
  app.add_flag("--take-over", options.take_over,
               "Go on with a state copied from another machine, where no run is going on");
}

void AddRun(CLI::App& app, Options& options) {
  AddConnection(app, options);
  AddBounds(app, options);
  app.add_option("--poll-rate", options.poll_rate, "Query requests a second")->type_name("R");
  app.add_option("--stop-after", options.stop_after, "Stop after so many failures")->type_name("N");
  AddBudget(app, options);
  app.add_flag("--recover", options.recover,
               "Adopt what the service lists of this batch and a lost state file knew");
  app.add_flag("--fresh", options.fresh, "Do not look whether the service lists this batch");
  app.add_option("--canary", options.canary,
                 "Run so many tasks of each model first, the rest only if they all succeed")
      ->type_name("N");
  AddSelection(app, options);
  app.add_flag("--no-download", options.no_download, "A task is done once its result is known");
  AddCatalog(app, options);
}

void AddModels(CLI::App& app, Options& options, const char* text) {
  app.add_option("--model", options.models, text)->type_name("MODEL")->expected(1)->take_all();
}

void AddBatch(CLI::App& app, Options& options, bool required) {
  app.add_option("BATCH", options.batch, "Name of a batch, or path of its manifest")
      ->required(required)
      ->type_name("");
}

void AddManifest(CLI::App& app, Options& options) {
  app.add_option("MANIFEST", options.batch, "YAML file")->required()->type_name("");
}

void AddPlan(CLI::App& app, Options& options) {
  auto* plan = app.add_subcommand(
      "plan", "What a run would do: new, changed, kept, renamed, left out; cost and time");
  AddManifest(*plan, options);
  plan->add_flag("--detailed", options.detailed, "List every task");
  AddSim(*plan, options, "Plan against the simulated batch");
  plan->add_option("--endpoint", options.endpoint, "Address of the API that the run will use")
      ->type_name("URL");
  plan->add_option("--sub-app-id", options.sub_app_id, "VOD application")->type_name("ID");
  AddBounds(*plan, options);
  AddBudget(*plan, options);
  AddSelection(*plan, options);
  AddCatalog(*plan, options);
  plan->add_flag("--take-over", options.take_over,
                 "As for a run with a state copied from another machine");
  plan->add_flag("--recover", options.recover,
                 "Ask the service what a run with --recover would adopt, and show it");
  plan->add_option("--ca-file", options.ca_file, "With --recover: a certificate to trust")
      ->type_name("PEM");
  plan->add_option("--scenario", options.scenario, "With --sim --recover: what the simulator does")
      ->type_name("FILE");
  plan->footer(
      "Changes nothing, and may look on while a run goes on. Needs no account and no network, but\n"
      "with --recover.\n"
      "\n"
      "  +  new        ~  changed (which fields)      =  kept       -  left out\n"
      "  -> renamed    <- back at an earlier request, whose result counts again\n"
      "\n"
      "--json prints one object: plan (the format's version, 1), batch, the counts new, changed,\n"
      "remade, kept, back, renamed and left_out, to_run, to_submit, video_seconds, pictures,\n"
      "cost {amount, currency, verified, unpriced}: amount is null when it is not known; models\n"
      "(the same for each), time {at_least_seconds, generations_known, basis}, warnings, with\n"
      "--recover recover {listed, adopted, lists_generations, tasks [{id, task_id, accepted_at,\n"
      "finished, failed}]}, and with --detailed tasks [{id, what, kind, model, changed, from, "
      "state}].");
}

void AddReport(CLI::App& app, Options& options) {
  auto* report = app.add_subcommand(
      "report", "One row for each task: state, files, errors, times; or a page of pictures");
  AddBatch(*report, options, true);
  report
      ->add_option("--format", options.format,
                   "csv, jsonl (with each task's story) or html (default: by FILE's ending, else "
                   "csv)")
      ->check(CLI::IsMember({"csv", "jsonl", "html"}).description(""))
      ->type_name("FORMAT");
  report->add_option("-o,--output", options.output_file, "File to write (default: standard output)")
      ->type_name("FILE");
  report
      ->add_option("--columns", options.columns,
                   "Only these columns, in this order: id,state,files")
      ->delimiter(',')
      ->type_name("NAMES");
  report->add_flag("--failed", options.report_failed,
                   "Only what did not work out: failed, lost and skipped tasks");
  report
      ->add_option("--filter", options.filters,
                   "Only tasks that fit: state=, kind=, model=, code= or id=, with VALUE,VALUE for "
                   "either; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  AddSelection(*report, options);
  report->add_flag("--all", options.all, "Also tasks that the manifest no longer has");
  report->add_flag("--excel", options.excel,
                   "CSV: a byte-order mark, and no cell runs as a formula");
  report->add_flag("--embed", options.embed,
                   "HTML: put results of up to 1 MB inside the page (50 MB in all)");
  report
      ->add_option("--manifest-of-failed", options.manifest_of_failed,
                   "Instead: a manifest of the failed and skipped tasks, ready to edit and run")
      ->type_name("FILE");
  report->add_flag("--without-refused", options.without_refused,
                   "In that manifest: without tasks that were refused for their content");
  report->add_flag("--with-lost", options.with_lost,
                   "In that manifest: also lost and overdue tasks, which may then be paid for "
                   "twice");
  AddSim(*report, options, "Look at simulated batches");
}

void AddBatchCommands(CLI::App& app, Options& options) {
  AddPlan(app, options);
  auto* run =
      app.add_subcommand("run", "Run a manifest to the end; carries on what was interrupted");
  AddManifest(*run, options);
  AddRun(*run, options);
  run->add_flag("--dry-run", options.dry_run, "Only say what would be done, as plan does");
  run->add_flag("--detailed", options.detailed, "With --dry-run: list every task");
  run->add_flag("--yes", options.yes, "Do not ask");

  auto* resume =
      app.add_subcommand("resume", "Carry a batch on without its manifest file; ends a pause");
  AddBatch(*resume, options, true);
  AddModels(*resume, options, "Of a paused batch: end the pause of this model only");
  AddRun(*resume, options);

  auto* download =
      app.add_subcommand("download", "Fetch what succeeded and is not on disk, nothing else");
  AddBatch(*download, options, true);
  AddConnection(*download, options);
  AddSelection(*download, options);

  auto* status = app.add_subcommand("status", "Counts, failures and files of a batch, or of all");
  AddBatch(*status, options, false);
  status->add_flag("--watch", options.watch,
                   "Show how its run goes on until it ends, as the run itself does");
  AddSim(*status, options, "Look at simulated batches");

  auto* show = app.add_subcommand("show", "Everything about one task");
  AddBatch(*show, options, true);
  show->add_option("TASK", options.task, "Id of the task")->required()->type_name("");
  AddSim(*show, options, "Look at simulated batches");

  auto* list = app.add_subcommand("list", "The batches in the state folder");
  AddSim(*list, options, "Look at simulated batches");

  AddReport(app, options);
}

void AddControlCommands(CLI::App& app, Options& options) {
  auto* retry = app.add_subcommand("retry", "Put ended tasks back in the queue");
  AddBatch(*retry, options, true);
  retry->add_flag("--failed", options.retry_failed, "Those that failed (the default)");
  retry->add_flag("--lost", options.retry_lost,
                  "Lost and overdue ones, which may then be paid for twice");
  retry->add_flag("--again", options.retry_again,
                  "Those that succeeded, which are then paid for again");
  retry->add_flag("--cancelled", options.retry_cancelled, "Those that were cancelled");
  AddTaskGlobs(*retry, options);
  retry->add_flag("--yes", options.yes, "Do not ask");
  AddSim(*retry, options, "A simulated batch");

  auto* cancel = app.add_subcommand(
      "cancel", "Take tasks out: queued ones at once, those with the service if they still wait");
  AddBatch(*cancel, options, true);
  AddTaskGlobs(*cancel, options);
  AddSim(*cancel, options, "A simulated batch");
}

void AddSteering(CLI::App& app, Options& options) {
  auto* pause = app.add_subcommand(
      "pause", "Submit nothing more until resume; what the service has is followed to its end");
  AddBatch(*pause, options, true);
  AddModels(*pause, options, "Pause only this model (NAME or NAME/VERSION); may be repeated");
  AddSim(*pause, options, "A simulated batch");

  auto* set = app.add_subcommand("set", "Change limits of a batch, also while it runs");
  AddBatch(*set, options, true);
  set->add_option("KEY=VALUE", options.settings, "As under `limits` in a manifest")
      ->required()
      ->type_name("")
      ->expected(1, 100);
  AddSim(*set, options, "A simulated batch");
  set->footer(
      "Keys: submit_rate, poll_rate, first_look, look_every, max_in_flight, downloads, attempts,\n"
      "task_timeout, give_up_after, budget, and per_model.NAME (how many of one model at once).\n"
      "Values are written as in a manifest; KEY=default takes back what was set. A run that goes "
      "on\n"
      "takes it up within a second; it holds for later runs too, but for what their flags say.\n"
      "\n"
      "  aigc-batch set spring max_in_flight=4 submit_rate=5 budget=800 per_model.Kling=2");
}

void AddServe(CLI::App& app, Options& options) {
  auto* serve = app.add_subcommand(
      "serve", "Dashboard, JSON API, metrics, and the calls /aigc/create and /aigc/task over HTTP");
  serve->add_option("--host", options.listen, "Address to listen on (default: 127.0.0.1)")
      ->type_name("IP");
  serve->add_option("--port", options.serve_port, "Port (default: 8080; 0: a free one)")
      ->check(CLI::Range(0, 65535).description(""))
      ->type_name("N");
  serve
      ->add_option("--token-file", options.token_file,
                   "File with the token that callers need (or AIGC_BATCH_SERVE_TOKEN)")
      ->type_name("FILE");
  serve
      ->add_option("--host-name", options.host_names,
                   "A name this server goes by, besides its addresses; may be repeated")
      ->type_name("NAME")
      ->expected(1)
      ->take_all();
  AddConnection(*serve, options);
  AddBounds(*serve, options);
  serve->add_option("--poll-rate", options.poll_rate, "Query requests a second")->type_name("R");
  AddBudget(*serve, options);
  serve->add_flag("--no-download", options.no_download, "Do not fetch the results of calls");
  AddCatalog(*serve, options);
}

void AddOtherCommands(CLI::App& app, Options& options) {
  auto* models = app.add_subcommand("models", "What the service's models take");
  models->add_option("NAME", options.model, "Kling, or Kling/2.1")->type_name("");
  AddCatalog(*models, options);
  auto* schema =
      app.add_subcommand("schema", "Print a JSON Schema: of manifests, price lists, or events");
  schema->add_option("WHICH", options.schema, "manifest (default), prices, or events (run --json)")
      ->check(CLI::IsMember({"manifest", "prices", "events"}).description(""))
      ->type_name("");

  AddServe(app, options);

  auto* sim = app.add_subcommand("sim", "Run the simulator of the API as a server, until Ctrl-C");
  sim->add_option("--port", options.port, "Port on 127.0.0.1 (default: a free one)")
      ->check(CLI::Range(0, 65535).description(""))
      ->type_name("N");
  sim->add_option("--scenario", options.scenario, "What the simulator does wrong")
      ->type_name("FILE");
}

std::string OptionsText(const CLI::App& app) {
  return fmt::format("{} --help lists what there is",
                     app.get_parent() == nullptr ? "aigc-batch" : "aigc-batch " + app.get_name());
}

// The command whose words were read last.
const CLI::App& Deepest(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : Deepest(*chosen.front());
}

bool IsOption(const std::string& word) { return !word.empty() && word.front() == '-'; }

Error UnknownWord(const CLI::App& app, const std::string& word) {
  const CLI::App& at = Deepest(app);
  std::vector<std::string> known;
  if (IsOption(word)) {
    for (const CLI::Option* option : at.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  } else if (at.get_parent() == nullptr) {
    for (const CLI::App* sub : at.get_subcommands([](const CLI::App*) { return true; })) {
      known.push_back(sub->get_name());
    }
  }
  const std::string name = word.substr(0, word.find('='));
  const std::vector<std::string_view> views(known.begin(), known.end());
  const auto nearest = Nearest(name, views);
  const char* kind = IsOption(word)               ? "unknown option"
                     : at.get_parent() == nullptr ? "unknown command"
                                                  : "unexpected argument";
  return Error{ErrorCode::kUsage, fmt::format("{} {}", kind, Excerpt(name, 80)),
               at.get_parent() == nullptr ? std::string() : at.get_name(),
               nearest ? fmt::format("did you mean {}?", *nearest) : OptionsText(at)};
}

}  // namespace

std::string VersionText() { return "aigc-batch " AIGC_VERSION; }

Result<ParsedLine> ParseCommandLine(const std::vector<std::string>& arguments) {
  ParsedLine parsed;
  Options& options = parsed.options;
  CLI::App app("Runs large batches of AI video and image generations from one manifest.",
               "aigc-batch");
  app.footer(kFooter);
  app.set_version_flag("--version", VersionText(), "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this and exit");
  app.require_subcommand(1);
  auto* validate =
      app.add_subcommand("validate", "Check everything that can be checked without the network");
  AddManifest(*validate, options);
  AddCatalog(*validate, options);
  AddPrices(*validate, options);
  AddBatchCommands(app, options);
  AddControlCommands(app, options);
  AddSteering(app, options);
  AddOtherCommands(app, options);
  AddShared(app, options);
  for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; })) {
    AddShared(*sub, options);
  }
  std::vector<std::string> words(arguments.rbegin(), arguments.rend());
  try {
    app.parse(words);
  } catch (const CLI::CallForHelp&) {
    const CLI::App& at = Deepest(app);
    parsed.answer = at.help(at.get_parent() == nullptr ? "" : "aigc-batch");
    return parsed;
  } catch (const CLI::CallForVersion&) {
    parsed.answer = VersionText() + "\n";
    return parsed;
  } catch (const CLI::ExtrasError&) {
    const auto extras = app.remaining(true);
    return UnknownWord(app, extras.empty() ? std::string() : extras.front());
  } catch (const CLI::ParseError& error) {
    const auto extras = app.remaining(true);
    if (!extras.empty()) return UnknownWord(app, extras.front());
    const CLI::App& at = Deepest(app);
    if (arguments.empty()) {
      return Error{ErrorCode::kUsage, "there is no command", {}, OptionsText(app)};
    }
    return Error{ErrorCode::kUsage, Excerpt(error.what(), 300),
                 at.get_parent() == nullptr ? std::string() : at.get_name(), OptionsText(at)};
  }
  options.command = app.get_subcommands().front()->get_name();
  return parsed;
}

}  // namespace aigc::cli

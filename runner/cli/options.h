// What the command line said. Filled by command_line.h, read by the commands. Plain value; absent
// means "not said".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace aigc::cli {

enum class ColorMode { kAuto, kAlways, kNever };

struct Options {
  std::string command;              // "run"
  std::string batch;                // MANIFEST or BATCH, as given
  std::string task;                 // show: TASK
  std::string model;                // models: NAME
  std::string schema = "manifest";  // schema: WHICH

  // Every command.
  std::optional<std::string> state, env_file, log_file;
  ColorMode color = ColorMode::kAuto;
  bool json = false, quiet = false, verbose = false;

  // validate, run, resume, models.
  std::optional<std::string> catalog;

  // run, resume, and those that look at simulated batches.
  bool sim = false;
  std::optional<std::string> endpoint, ca_file, output;
  std::optional<std::int64_t> sub_app_id;
  std::optional<std::string> max_in_flight;  // a number or "auto"
  std::optional<double> submit_rate, poll_rate;
  std::optional<int> stop_after, canary;
  std::optional<std::string> budget, prices;
  bool allow_unpriced = false;
  std::vector<std::string> tasks, tags;
  bool watch = false;
  bool dry_run = false, detailed = false, no_download = false, yes = false, take_over = false;
  bool recover = false, fresh = false;

  // retry
  bool retry_failed = false, retry_lost = false, retry_again = false, retry_cancelled = false;

  // set; pause and resume
  std::vector<std::string> settings, models;

  // report
  std::string format;  // csv, jsonl, html; empty: by the ending of output_file, else csv
  std::optional<std::string> output_file, manifest_of_failed;
  bool excel = false, embed = false, all = false, report_failed = false;
  bool without_refused = false, with_lost = false;
  std::vector<std::string> columns, filters;

  // serve
  std::string listen = "127.0.0.1";
  std::optional<int> serve_port;
  std::optional<std::string> token_file;
  std::vector<std::string> host_names;

  // sim, and run --sim
  int port = 0;
  std::optional<std::string> scenario;
};

}  // namespace aigc::cli

#include "cli/program.h"

#include <fmt/format.h>

#include <functional>
#include <map>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/exit_code.h"

namespace aigc::cli {
namespace {

using Command = Result<int> (*)(const Context&);

const std::map<std::string, Command>& Commands() {
  static const std::map<std::string, Command> kCommands = {
      {"validate", ValidateCommand}, {"plan", PlanCommand},     {"run", RunCommand},
      {"resume", ResumeCommand},     {"status", StatusCommand}, {"show", ShowCommand},
      {"list", ListCommand},         {"retry", RetryCommand},   {"set", SetCommand},
      {"pause", PauseCommand},       {"cancel", CancelCommand}, {"download", ResumeCommand},
      {"report", ReportCommand},     {"models", ModelsCommand}, {"schema", SchemaCommand},
      {"sim", SimCommand},           {"serve", ServeCommand}};
  return kCommands;
}

Result<int> Dispatch(const Context& context) {
  const auto command = Commands().find(context.options.command);
  if (command == Commands().end()) {
    return Error{ErrorCode::kInternal, "no such command: " + context.options.command};
  }
  return command->second(context);
}

}  // namespace

int RunProgram(const std::vector<std::string>& arguments, const Environment& environment,
               Console& console) {
  Result<ParsedLine> parsed = ParseCommandLine(arguments);
  console.Configure(parsed.ok() ? parsed->options : Options{}, environment);
  if (!parsed.ok()) {
    console.ShowError(parsed.error());
    return ExitCodeOf(parsed.error().code);
  }
  Result<int> result = kExitDone;
  if (parsed->answer) {
    const Status said = console.Out(*parsed->answer);
    if (!said.ok()) result = said.error();
  } else {
    result = Dispatch(Context{parsed->options, environment, console});
  }
  if (result.ok()) return *result;
  // `aigc-batch report x | head` is no failure: the reader has what it wanted.
  if (result.error().code == ErrorCode::kInterrupted && console.out_closed()) return kExitDone;
  console.ShowError(result.error());
  return ExitCodeOf(result.error().code);
}

}  // namespace aigc::cli

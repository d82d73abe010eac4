// The commands, one file each (command_*.cc). Each returns the exit status, or the Error that main
// prints and turns into one.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/console.h"
#include "cli/environment.h"
#include "cli/options.h"
#include "cli/settings.h"

namespace aigc::cli {

struct Context {
  const Options& options;
  const Environment& environment;
  Console& console;
};

Result<int> ValidateCommand(const Context& context);
Result<int> PlanCommand(const Context& context);
Result<int> RunCommand(const Context& context);
Result<int> ResumeCommand(const Context& context);
Result<int> StatusCommand(const Context& context);
Result<int> ShowCommand(const Context& context);
Result<int> ListCommand(const Context& context);
Result<int> ReportCommand(const Context& context);
Result<int> RetryCommand(const Context& context);
Result<int> CancelCommand(const Context& context);
Result<int> SetCommand(const Context& context);
Result<int> PauseCommand(const Context& context);
Result<int> ModelsCommand(const Context& context);
Result<int> SchemaCommand(const Context& context);
Result<int> SimCommand(const Context& context);
Result<int> ServeCommand(const Context& context);

// Settings::Load, with its warnings shown.
Result<Settings> LoadSettings(const Context& context);
// The name of the batch that the command line means: itself, or that of the manifest it is the path
// of. kNotFound when it is neither.
Result<std::string> BatchName(const Context& context);

}  // namespace aigc::cli

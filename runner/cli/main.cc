// aigc-batch: the only place that catches everything and ends the process.
#include <fmt/format.h>
#include <unistd.h>

#include <exception>
#include <new>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/console.h"
#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/program.h"
#include "cli/signals.h"

int main(int argc, char** argv) {
  using aigc::cli::kExitDefect;
  aigc::cli::Console console(STDOUT_FILENO, STDERR_FILENO);
  try {
    aigc::cli::IgnoreBrokenPipes();
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    return aigc::cli::RunProgram(arguments, aigc::cli::ProcessEnvironment(), console);
  } catch (const std::bad_alloc&) {
    console.Error("error: out of memory; nothing is lost, carry on with the same command");
    return aigc::cli::kExitLocal;
  } catch (const std::exception& error) {
    console.Error(fmt::format(
        "error: a defect of this program ({}); the state is safe, carry on with the same command",
        error.what()));
  }
  return kExitDefect;
}

// `stack check`: every fault of every file in one run. Exit code 0: none has an error; 1: one has.
#include <unistd.h>

#include <cstring>
#include <memory>

#include "cmd/stack/fault_json.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/verb.h"

namespace stack::cmd {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string format = "text";
  bool codes = false;
};

std::string told(const Diagnostics& diagnostics, const std::string& format) {
  return format == "json" ? to_json_lines(diagnostics) : diagnostics.render(wants_colour(STDOUT_FILENO));
}

// A file that cannot be read is one faulty file of many.
bool check_one(const LoadOptions& stack, const std::string& format) {
  const Result<Loaded> loaded = load_stack(stack);
  if (loaded) {
    print(told(loaded->diagnostics, format));
    return !loaded->diagnostics.has_errors();
  }
  if (format != "json") {
    complain(loaded.error());
    return false;
  }
  Diagnostics unread;
  unread.error({{stack.files.empty() ? "" : stack.files.front(), 0, 0}},
               loaded.error().code == 0 ? FaultCode::invalid_name : FaultCode::unreadable_file,
               loaded.error().words);
  print(told(unread, format));
  return false;
}

std::string table_of_codes() {
  std::size_t width = 0;
  for (const FaultKind& kind : fault_kinds()) width = std::max(width, std::strlen(kind.name));
  std::string text;
  for (const FaultKind& kind : fault_kinds())
    text += kind.name + std::string(width + 2 - std::strlen(kind.name), ' ') + kind.meaning + "\n";
  return text;
}

Result<int> check(const Options& options, const Globals& globals) {
  if (options.codes) {
    print(table_of_codes());
    return 0;
  }
  LoadOptions stack = TRY(load_options(globals));
  if (options.files.empty()) return check_one(stack, options.format) ? 0 : 1;
  bool good = true;
  for (const std::string& file : options.files) {
    stack.files = {file};
    good = check_one(stack, options.format) && good;
  }
  return good ? 0 : 1;
}

}  // namespace

Run define_check(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_option("--format", options->format, "json: one object a line for each fault")
      ->check(CLI::IsMember({"text", "json"}));
  command.add_flag("--codes", options->codes, "Print what the codes of faults mean, and read no file");
  command.add_option("FILE", options->files, "Each a stack of its own; none: the stack's file as for \"up\"");
  return [options, &globals] { return check(*options, globals); };
}

}  // namespace stack::cmd

// `stack check`: every fault of every file in one run. Exit code 0: none has an error; 1: one has.
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/verb.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

struct Options {
  std::vector<std::string> files;
  std::string format = "text";
};

json to_json(const Diagnostic& diagnostic) {
  return {{"file", diagnostic.pos.file},
          {"line", diagnostic.pos.line},
          {"column", diagnostic.pos.column},
          {"length", diagnostic.length},
          {"severity", diagnostic.severity == Severity::error ? "error" : "warning"},
          {"message", diagnostic.message},
          {"hint", diagnostic.hint}};
}

// A line of JSON for each fault, or the text of them.
std::string told(const Diagnostics& diagnostics, const std::string& format) {
  if (format != "json") return diagnostics.render(wants_colour(STDOUT_FILENO));
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.all())
    text += to_json(diagnostic).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  return text;
}

// A file that cannot be read is one faulty file of many.
bool check_one(const LoadOptions& stack, const std::string& format) {
  const Result<Loaded> loaded = load_stack(stack);
  if (!loaded) {
    complain(loaded.error());
    return false;
  }
  print(told(loaded->diagnostics, format));
  return !loaded->diagnostics.has_errors();
}

Result<int> check(const Options& options, const Globals& globals) {
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
  command.add_option("FILE", options->files, "Each a stack of its own; none: the stack's file as for \"up\"");
  return [options, &globals] { return check(*options, globals); };
}

}  // namespace stack::cmd

// `stack ls`: every stack of this host that has a reconciler.

#include <map>
#include <memory>

#include "cmd/stack/format.h"
#include "cmd/stack/output.h"
#include "cmd/stack/request.h"
#include "cmd/stack/running_stacks.h"
#include "cmd/stack/verb.h"
#include "specs/text.h"

namespace stack::cmd {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPatience{
    2};  // with a reconciler that hangs: the others are shown all the same

struct Options {
  std::string format = "table";
  bool quiet = false;
};

struct Row {
  std::string name, status, files;
};

// "running(3), exited(1)"
std::string summary(const json& containers) {
  std::map<std::string, int> counts;
  for (const json& container : containers) ++counts[container.value("state", "")];
  counts.erase("absent");  // a service that has no container
  std::vector<std::string> words;
  for (auto it = counts.rbegin(); it != counts.rend(); ++it)
    words.push_back(it->first + "(" + std::to_string(it->second) + ")");
  return words.empty() ? "empty" : joined(words, ", ");
}

Row row_of(const std::string& project) {
  Ask status;
  status.project = project;
  status.request = {{"verb", "ps"}};
  status.deadline = std::chrono::steady_clock::now() + kPatience;
  const auto answer = ask(status);
  if (!answer && control::is_absent(answer.error()))
    return {project, "dead (take it down with \"stack -p " + project + " down\")", ""};
  if (!answer) return {project, "unknown (" + answer.error().words + ")", ""};
  const auto files = answer->data.value("files", std::vector<std::string>{});
  return {project, summary(answer->data.value("containers", json::array())), joined(files, ",")};
}

Result<int> ls(const Options& options) {
  std::vector<std::vector<std::string>> table{{"NAME", "STATUS", "CONFIG FILES"}};
  json list = json::array();
  std::string names;
  for (const std::string& project : running_stacks()) {
    names += project + "\n";
    if (options.quiet) continue;
    const Row row = row_of(project);
    table.push_back({row.name, row.status, row.files});
    list.push_back({{"Name", row.name}, {"Status", row.status}, {"ConfigFiles", row.files}});
  }
  if (options.quiet)
    print(names);
  else if (options.format == "json")
    print(list.dump() + "\n");
  else
    print(columns(table));
  return 0;
}

}  // namespace

Run define_ls(CLI::App& command, const Globals&) {
  auto options = std::make_shared<Options>();
  command.add_option("--format", options->format)->check(CLI::IsMember({"table", "json"}));
  command.add_flag("-q,--quiet", options->quiet, "The names alone");
  return [options] { return ls(*options); };
}

}  // namespace stack::cmd

// The verbs of `stack`, one file each: a verb adds its options to the parser and gives what is to be run once
// the line is read.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cmd/stack/output.h"
#include "specs/result.h"

namespace stack::cmd {

// The options that stand before the verb and are the same for all.
struct Globals {
  std::vector<std::string> files;
  std::string project_name;
  std::string project_directory;
  std::vector<std::string> env_files;
  std::vector<std::string> profiles;
  Display display;
  bool dry_run = false;  // of `up` alone
};

using Run = std::function<Result<int>()>;  // the exit code

struct Verb {
  const char* name;
  const char* summary;
  Run (*define)(CLI::App& command, const Globals& globals);
};

const std::vector<Verb>& verbs();

// A verb that is a group of verbs: `stack image rm`. Alone it shows its help.
Run define_group(CLI::App& command, const Globals& globals, const std::vector<Verb>& verbs);

Run define_up(CLI::App& command, const Globals& globals);
Run define_scale(CLI::App& command, const Globals& globals);
Run define_create(CLI::App& command, const Globals& globals);
Run define_down(CLI::App& command, const Globals& globals);
Run define_ps(CLI::App& command, const Globals& globals);
Run define_logs(CLI::App& command, const Globals& globals);
Run define_exec(CLI::App& command, const Globals& globals);
Run define_run(CLI::App& command, const Globals& globals);
Run define_start(CLI::App& command, const Globals& globals);
Run define_stop(CLI::App& command, const Globals& globals);
Run define_restart(CLI::App& command, const Globals& globals);
Run define_kill(CLI::App& command, const Globals& globals);
Run define_rm(CLI::App& command, const Globals& globals);
Run define_pause(CLI::App& command, const Globals& globals);
Run define_unpause(CLI::App& command, const Globals& globals);
Run define_wait(CLI::App& command, const Globals& globals);
Run define_port(CLI::App& command, const Globals& globals);
Run define_cp(CLI::App& command, const Globals& globals);
Run define_watch(CLI::App& command, const Globals& globals);
Run define_attach(CLI::App& command, const Globals& globals);
Run define_export(CLI::App& command, const Globals& globals);
Run define_inspect(CLI::App& command, const Globals& globals);
Run define_diff(CLI::App& command, const Globals& globals);
Run define_events(CLI::App& command, const Globals& globals);
Run define_history(CLI::App& command, const Globals& globals);
Run define_rollback(CLI::App& command, const Globals& globals);
Run define_stats(CLI::App& command, const Globals& globals);
Run define_top(CLI::App& command, const Globals& globals);
Run define_bundle(CLI::App& command, const Globals& globals);
Run define_config(CLI::App& command, const Globals& globals);
Run define_check(CLI::App& command, const Globals& globals);
Run define_plan(CLI::App& command, const Globals& globals);
Run define_ls(CLI::App& command, const Globals& globals);
Run define_build(CLI::App& command, const Globals& globals);
Run define_pull(CLI::App& command, const Globals& globals);
Run define_images(CLI::App& command, const Globals& globals);
Run define_rmi(CLI::App& command, const Globals& globals);
Run define_load(CLI::App& command, const Globals& globals);
Run define_import(CLI::App& command, const Globals& globals);
Run define_image(CLI::App& command, const Globals& globals);
Run define_network(CLI::App& command, const Globals& globals);
Run define_volume(CLI::App& command, const Globals& globals);
Run define_completion(CLI::App& command, const Globals& globals);
Run define_version(CLI::App& command, const Globals& globals);

// The verbs directly within `app`.
std::vector<const CLI::App*> verbs_within(const CLI::App& app);
// Its options and arguments, those in groups too (the parser keeps a group as a verb without a name), but not
// the refused ones.
std::vector<const CLI::Option*> options_of(const CLI::App& app);
// Where else its options come from: the verb or the whole that it is in. Null where a program's own options
// follow.
CLI::App* next_outwards(CLI::App& app);
// Whether a value follows.
bool takes_value(const CLI::Option& option);
// The verb of that name directly within `app`, null where there is none.
CLI::App* find_verb(CLI::App& app, const std::string& name);
// How it is called: "stack image rm".
std::string line_to(const CLI::App& app);

// An option of docker compose that is not kept: who gives it is told why, and nothing is done.
enum class Takes { nothing, value };
void refuse_option(CLI::App& command, const std::string& name, Takes takes, const std::string& why);

// An option given once for each value: `-f a -f b`, never `-f a b`, which would swallow the services behind
// it.
CLI::Option* add_repeatable(CLI::App& command, const std::string& names, std::vector<std::string>& values,
                            const std::string& words);

}  // namespace stack::cmd

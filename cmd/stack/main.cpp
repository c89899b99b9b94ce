// `stack`: reads the command line, runs one verb, and tells a failure as `stack: words`. Exit codes: 0 done,
// 1 failed or not understood, 2 `plan` with changes pending, 130 interrupted; `exec`, `run` and `wait` pass
// on a program's.
#include <algorithm>
#include <set>
#include <string_view>

#include "cmd/stack/completion.h"
#include "cmd/stack/man_pages.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/verb.h"
#include "core/reconcile/reconciler.h"
#include "specs/diagnostics.h"

namespace stack::cmd {

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> kVerbs = {
      {"up", "Make the stack as its file says, and keep it so", define_up},
      {"scale", "Have more or fewer containers of services", define_scale},
      {"create", "Make all of the stack but the processes, which `start` starts", define_create},
      {"down", "Stop the stack and remove all that is its", define_down},
      {"ps", "Show the containers, how they are and why", define_ps},
      {"logs", "Show what the services wrote", define_logs},
      {"exec", "Run a command in a running service", define_exec},
      {"run", "Run a command in a container of its own, made as a service's", define_run},
      {"start", "Start services that were stopped", define_start},
      {"stop", "Stop services, keeping their files", define_stop},
      {"restart", "Stop services and start them again", define_restart},
      {"kill", "Send a signal to services", define_kill},
      {"rm", "Remove the containers of services that have ended", define_rm},
      {"pause", "Hold the processes of services still", define_pause},
      {"unpause", "Let the processes of paused services go on", define_unpause},
      {"wait", "Wait until services have ended", define_wait},
      {"port", "Show where the ports of a service are published", define_port},
      {"top", "Show the processes of services", define_top},
      {"events", "Show what happens to the services, and what was mended below them", define_events},
      {"history", "Show the generations of the stack and how each went", define_history},
      {"rollback", "Make the stack as it was in an earlier generation", define_rollback},
      {"stats", "Show what services take of the host", define_stats},
      {"cp", "Copy files between a service and the host", define_cp},
      {"watch", "Do what the file says when files of the host change", define_watch},
      {"attach", "Show what a service writes and pass keys and signals to it", define_attach},
      {"export", "Write a container's root as a tar", define_export},
      {"diff", "Show what a container has changed of its root", define_diff},
      {"inspect", "Show all that is known of containers", define_inspect},
      {"bundle", "Write the stack and its images into one file, for machines without a network",
       define_bundle},
      {"config", "Check the file and show it in full", define_config},
      {"check", "Show every fault of stack files", define_check},
      {"plan", "Show what `up` would do and why, changing nothing", define_plan},
      {"ls", "Show the running stacks", define_ls},
      {"build", "Build the images of services", define_build},
      {"pull", "Pull the images of services, or single images", define_pull},
      {"images", "Show the images of the stack, or all that are here", define_images},
      {"rmi", "Remove images", define_rmi},
      {"load", "Take in images from an archive", define_load},
      {"import", "Make an image of a root file system", define_import},
      {"image", "List, tag, look into and remove images", define_image},
      {"network", "List and look into networks", define_network},
      {"volume", "List, make, look into and remove volumes", define_volume},
      {"completion", "Print the script that completes this command line in a shell", define_completion},
      {"version", "Show the version", define_version},
  };
  return kVerbs;
}

namespace {

struct Parser {
  CLI::App app{"stack: a Compose file made so on this host, and kept so", "stack"};
  Globals globals;
  std::map<const CLI::App*, Run> runs;
  CLI::App* help = nullptr;
  std::vector<std::string> help_verbs;
};

// Of the verbs that the line does not name, the name and the summary are enough: their options would cost
// every command a millisecond. The manual has all.
void define(Parser& parser, const std::set<std::string_view>& words) {
  const bool all = words.contains(kMan);
  CLI::App& app = parser.app;
  app.require_subcommand(0, 1);  // one at most: a service may be named as a verb is
  app.allow_extras();            // told by ourselves, with the nearest valid name
  app.set_version_flag("-v,--version", "stack " STACK_VERSION);
  add_repeatable(app, "-f,--file", parser.globals.files,
                 "The stack's file; - is standard input; given again, the next one is merged")
      ->type_name("FILE");
  app.add_option("-p,--project-name", parser.globals.project_name, "The stack's name")->type_name("STACK");
  app.add_option("--project-directory", parser.globals.project_directory,
                 "What relative paths are relative to");
  add_repeatable(app, "--env-file", parser.globals.env_files, "Where variables come from instead of .env");
  add_repeatable(app, "--profile", parser.globals.profiles,
                 "Services of this profile too, * is every one; instead of COMPOSE_PROFILES")
      ->type_name("PROFILE");
  app.add_option("--ansi", parser.globals.display.ansi, "Colours and redrawn lines; instead of COMPOSE_ANSI")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->envname("COMPOSE_ANSI");
  app.add_option("--progress", parser.globals.display.progress,
                 "How what is done is shown; instead of COMPOSE_PROGRESS")
      ->check(CLI::IsMember({"auto", "tty", "plain", "json", "quiet"}))
      ->envname("COMPOSE_PROGRESS");
  app.add_flag("--dry-run", parser.globals.dry_run, "Of `up`: show what it would do, and change nothing");
  refuse_option(app, "--compatibility", Takes::nothing, "names are those of Compose 2, with hyphens");
  refuse_option(app, "--parallel", Takes::value, "what can be done at once is; there is no number of it");
  for (const Verb& verb : verbs()) {
    CLI::App* command = app.add_subcommand(verb.name, verb.summary);
    command->fallthrough();  // `stack up -f FILE` as well as `stack -f FILE up`
    if (all || words.contains(verb.name)) parser.runs[command] = verb.define(*command, parser.globals);
  }
  parser.help = app.add_subcommand("help", "Show how a verb is used");
  parser.help->add_option("VERB", parser.help_verbs);
}

Error not_understood(const std::string& kind, const std::string& word,
                     const std::vector<std::string>& candidates) {
  return fault("unknown " + kind + " \"" + word +
               "\": " + did_you_mean(word, candidates, "see \"stack help\""));
}

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : verbs_within(app)) names.push_back(verb->get_name());
  return names;
}

// The verb that the line is about, of a group the one in it: `rm` of `stack image rm`.
const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.front());
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent())
    for (const CLI::Option* option : options_of(*app))
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

Result<int> show_help(Parser& parser) {
  CLI::App* about = &parser.app;
  for (const std::string& word : parser.help_verbs) {
    CLI::App* const within = about;
    about = find_verb(*within, word);
    if (about == nullptr) return not_understood("verb", word, verb_names(*within));
  }
  // App::help() of the whole would be that of `help`, the verb that the line has chosen.
  print(about == &parser.app
            ? about->get_formatter()->make_help(about, about->get_name(), CLI::AppFormatMode::Normal)
            : about->help(line_to(*about->get_parent())));
  return 0;
}

Result<int> run_parsed(Parser& parser) {
  const auto chosen = parser.app.get_subcommands();
  const std::vector<std::string> extras = parser.app.remaining();
  if (!extras.empty()) {
    const std::string& word = extras.front();
    const CLI::App& command = innermost(parser.app);
    if (word.starts_with("-"))
      return not_understood("option", word.substr(0, word.find('=')), option_names(command));
    const std::vector<std::string> verbs = verb_names(command);
    if (!verbs.empty()) return not_understood("verb", word, verbs);
    return fault("\"" + line_to(command) + "\" takes no argument \"" + word + "\"");
  }
  if (chosen.empty() || chosen.front() == parser.help) return show_help(parser);
  if (parser.globals.dry_run && chosen.front()->get_name() != "up")
    return fault("\"" + line_to(*chosen.front()) + "\" has no --dry-run: only `up` has");
  choose_display(parser.globals.display);
  return parser.runs.at(chosen.front())();
}

// CLI11 throws: it is caught here and nowhere else.
Result<int> run(int argc, char** argv) {
  Parser parser;
  define(parser, {argv, argv + argc});
  if (argc > 2 && argv[1] == kComplete) {
    print_candidates(parser.app, parser.globals, {argv + 2, argv + argc});
    return 0;
  }
  if (argc == 3 && argv[1] == kMan) {
    TRY(write_man_pages(parser.app, STACK_VERSION, argv[2]));
    return 0;
  }
  try {
    parser.app.parse(argc, argv);
  } catch (const CLI::CallForVersion& version) {
    print(std::string(version.what()) + "\n");
    return 0;
  } catch (const CLI::CallForHelp&) {
    print(parser.app.help());
    return 0;
  } catch (const CLI::ParseError& error) {
    return fault(std::string(error.what()));
  }
  return run_parsed(parser);
}

}  // namespace
}  // namespace stack::cmd

int main(int argc, char** argv) {
  // How the keeper starts the reconciler: nothing of the command line's machinery stays in that process.
  if (argc == 3 && std::string_view(argv[1]) == "reconcile") return stack::run_reconciler(argv[2]);
  const stack::Result<int> code = stack::cmd::run(argc, argv);
  if (code) return *code;
  if (code.error().code != stack::cmd::kFaultsShown) stack::cmd::complain(code.error());
  return 1;
}

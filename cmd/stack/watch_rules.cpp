#include "cmd/stack/watch_rules.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "core/images/build_arguments.h"
#include "core/sys/files.h"
#include "core/watch/tree_watch.h"

namespace stack::cmd {
namespace {

using watch::is_within;
using watch::Patterns;

// What version control and editors write beside the files that are meant.
const Patterns& passing_files() {
  static const Patterns kPatterns({"**/.git", "**/.hg", "**/.svn", "**/*~", "**/.*.sw?", "**/.*.swpx",
                                   "**/4913", "**/.#*", "**/#*#", "**/*.kate-swp", "**/.goutputstream-*",
                                   "**/.idea", "**/*___jb_tmp___", "**/*___jb_old___"});
  return kPatterns;
}

// What stands below a folder that a path is within; "" for the folder itself.
std::string relative_to(const std::string& folder, const std::string& path) {
  if (path == folder) return "";
  return path.substr(folder == "/" ? 1 : folder.size() + 1);
}

std::string without_symlinks(const std::string& path) {
  std::error_code error;
  std::string real = std::filesystem::weakly_canonical(path, error).string();
  if (error) return path;  // what is wrong with it shows when it is watched
  if (real.size() > 1 && real.ends_with('/')) real.pop_back();
  return real;
}

// In the order in which buildah looks (containerignore(5)).
Result<Patterns> ignored_by(const BuildSpec& build) {
  std::vector<std::string> files;
  if (!build.dockerfile.empty())
    for (const char* end : {".containerignore", ".dockerignore"}) files.push_back(build.dockerfile + end);
  for (const char* name : {"/.containerignore", "/.dockerignore"}) files.push_back(build.context + name);
  for (const std::string& file : files) {
    const auto text = read_file(file);
    if (text) return Patterns(watch::pattern_lines(*text));
    if (text.error().code != ENOENT) return text.error();
  }
  return Patterns();
}

bool shows_in_container(const ServiceSpec& service, const std::string& path) {
  return std::any_of(service.mounts.begin(), service.mounts.end(), [&](const Mount& mount) {
    return mount.type == Mount::Type::bind && is_within(without_symlinks(mount.source), path);
  });
}

}  // namespace

Result<PathRule> PathRule::make(const ServiceSpec& service, WatchRule rule) {
  PathRule one;
  one.service_ = service.name;
  one.include_ = Patterns(rule.include);
  one.ignore_ = Patterns(rule.ignore);
  rule.path = without_symlinks(rule.path);
  one.rule_ = std::move(rule);
  if (service.build && has_local_context(*service.build)) {
    one.context_ = without_symlinks(service.build->context);
    one.of_context_ = TRY(ignored_by(*service.build).with(service.name));
  }
  return one;
}

bool PathRule::syncs() const {
  return rule_.action != WatchRule::Action::rebuild && rule_.action != WatchRule::Action::restart;
}

bool PathRule::applies(const std::string& path) const {
  if (!is_within(rule_.path, path)) return false;
  // A file that the rule itself names is meant, whatever it is called.
  const std::string within = relative_to(rule_.path, path);
  if (!within.empty() && !include_.empty() && !include_.match(within)) return false;
  if (!within.empty() && (ignore_.match(within) || passing_files().match(within))) return false;
  return of_context_.empty() || !is_within(context_, path) || path == context_ ||
         !of_context_.match(relative_to(context_, path));
}

bool PathRule::skips(const std::string& folder) const {
  if (!is_within(rule_.path, folder)) return !is_within(folder, rule_.path);
  const std::string within = relative_to(rule_.path, folder);
  if (within.empty()) return false;
  if (passing_files().match(within) || (!ignore_.has_exceptions() && ignore_.match(within))) return true;
  return !of_context_.empty() && !of_context_.has_exceptions() && is_within(context_, folder) &&
         folder != context_ && of_context_.match(relative_to(context_, folder));
}

std::string PathRule::target_of(const std::string& path) const {
  const std::string within = relative_to(rule_.path, path);
  if (within.empty()) return rule_.target;
  return rule_.target.ends_with('/') ? rule_.target + within : rule_.target + "/" + within;
}

Result<std::vector<PathRule>> path_rules(const StackSpec& spec, const std::set<std::string>& services,
                                         void (*tell)(const std::string& words)) {
  std::vector<PathRule> rules;
  for (const std::string& name : services) {
    const ServiceSpec& service = spec.services.at(name);
    for (const WatchRule& rule : service.develop) {
      if (rule.action == WatchRule::Action::rebuild && !service.build)
        return fault(name + ": watch \"" + rule.path + "\": action \"rebuild\" needs a \"build\"");
      PathRule one = TRY(PathRule::make(service, rule));
      if (one.syncs() && shows_in_container(service, one.rule().path))
        tell(name + ": \"" + rule.path + "\" is not watched: a bind mount shows it in the container anyhow");
      else
        rules.push_back(std::move(one));
    }
  }
  return rules;
}

}  // namespace stack::cmd

#include "core/images/bundle_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <set>
#include <vector>

#include "core/images/bundle.h"
#include "core/images/layers.h"
#include "core/sys/dir.h"
#include "core/sys/files.h"

namespace stack {
namespace {

namespace fs = std::filesystem;

// Beside the project's folder. What has the second name is whole: the next bundle or, after the exchange, the
// last one.
std::string growing(const std::string& bundles, const std::string& project) {
  return bundles + "/.new-" + project;
}
std::string exchanged(const std::string& bundles, const std::string& project) {
  return bundles + "/.ready-" + project;
}

bool exists(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0;
}

// Which paths below the folder are of the bundle itself.
std::set<std::string> own_paths(const std::string& folder) {
  std::set<std::string> paths;
  const Result<std::string> text = read_file(folder + "/" + kBundleManifest);
  if (!text.ok()) return paths;
  paths.insert(kBundleManifest);
  const Result<BundleManifest> manifest = parse_bundle_manifest(*text);
  if (!manifest.ok()) return paths;
  for (const auto& [name, entry] : manifest->entries)
    if (name.starts_with(kBundledStack)) paths.insert(name);
  return paths;
}

bool has_some_below(const std::set<std::string>& paths, const std::string& folder) {
  const auto next = paths.lower_bound(folder + "/");
  return next != paths.end() && next->starts_with(folder + "/");
}

class CarryingOver {
 public:
  CarryingOver(std::string from, std::string to)
      : from_(std::move(from)), to_(std::move(to)), own_(own_paths(from_)) {}

  Result<void> run(const std::string& below = "") {
    for (const std::string& name : TRY(names_in(from_ + "/" + below))) {
      const std::string path = below.empty() ? name : below + "/" + name;
      if (own_.contains(path)) continue;
      TRY(has_some_below(own_, path) ? run(path) : move(path));
    }
    return {};
  }

 private:
  Result<void> move(const std::string& path) {
    const std::string from = from_ + "/" + path;
    const std::string to = to_ + "/" + path;
    TRY(make_folders(fs::path(to).parent_path(), 0700));
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
    if (errno != EEXIST) return os_error("move \"" + from + "\" to \"" + to + "\"");
    // The new bundle has brought it itself, or something in it.
    return is_folder(from) && is_folder(to) ? run(path) : Result<void>();
  }

  std::string from_, to_;
  std::set<std::string> own_;
};

// What a crash has left, or the last bundle.
Result<void> settle(const std::string& bundles, const std::string& project) {
  const std::string rest = exchanged(bundles, project);
  const std::string current = bundles + "/" + project;
  if (exists(rest) && exists(current)) TRY(CarryingOver(rest, current).run());
  TRY(remove_tree(rest));
  return remove_tree(growing(bundles, project));
}

Result<void> fill(const std::string& folder, const BundleManifest& manifest, const std::string& staged) {
  TRY(make_folders((fs::path(folder) / kBundledStack / manifest.directory).lexically_normal(), 0700));
  for (const auto& [name, entry] : manifest.entries) {
    if (!name.starts_with(kBundledStack)) continue;
    const fs::path path = folder + "/" + name;
    TRY(make_folders(path.parent_path(), 0700));
    TRY(replace_file(path, TRY(read_file(staged + "/" + name)), 0600, Durability::disk));
  }
  return replace_file(folder + "/" + kBundleManifest, to_text(manifest), 0600, Durability::disk);
}

Result<void> swap_in(const std::string& next, const std::string& current) {
  const unsigned flags = exists(current) ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, next.c_str(), AT_FDCWD, current.c_str(), flags) != 0)
    return os_error("rename \"" + next + "\" to \"" + current + "\"");
  return {};
}

// Folders that nothing is left in go too.
Result<void> remove_own(const std::string& folder, const std::set<std::string>& own) {
  for (const std::string& path : own) {
    const std::string file = folder + "/" + path;
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) return os_error("remove \"" + file + "\"");
  }
  for (const std::string& path : own) {
    fs::path around = folder + "/" + path;
    do around = around.parent_path();
    while (::rmdir(around.c_str()) == 0 && around != folder);
  }
  return {};
}

}  // namespace

Result<void> put_stack_files(const std::string& bundles, const std::string& project,
                             const BundleManifest& manifest, const std::string& staged) {
  const UniqueFd lock = TRY(lock_folder(bundles, {}));
  TRY(settle(bundles, project));
  const std::string next = growing(bundles, project);
  TRY(fill(next, manifest, staged));
  const std::string ready = exchanged(bundles, project);
  if (::rename(next.c_str(), ready.c_str()) != 0) return os_error("rename \"" + next + "\"");
  TRY(swap_in(ready, bundles + "/" + project));
  TRY(sync_folder(bundles));
  return settle(bundles, project);
}

Result<void> forget_bundle(const std::string& bundles, const std::string& project) {
  const std::string folder = bundles + "/" + project;
  if (!exists(folder)) return {};
  {
    const UniqueFd lock = TRY(lock_folder(bundles, {}));
    TRY(settle(bundles, project));
    TRY(remove_own(folder, own_paths(folder)));
  }
  (void)::rmdir(bundles.c_str());  // the last one takes it away
  return {};
}

}  // namespace stack

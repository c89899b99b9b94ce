#include "core/reconcile/id_ranges.h"

#include <dirent.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>

#include "core/sys/files.h"

namespace stack {
namespace {

constexpr char kFolder[] = "/run/stack/.ids";
constexpr std::uint32_t kSlots = 4080;

std::string slot_path(std::uint32_t slot) {
  return std::string(kFolder) + "/" + std::to_string(slot);
}

// FNV-1a: the same name begins its search at the same slot on every run, which std::hash does not promise.
std::uint32_t first_slot(const std::string& name) {
  std::uint32_t hash = 2166136261u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash % kSlots;
}

bool holds(const std::string& path, const std::string& claim) {
  const auto content = read_file(path);
  return content && *content == claim;
}

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

}  // namespace

Result<IdSlot> claim_ids(const std::string& project, const std::string& group) {
  TRY(make_folders(kFolder, 0700));
  const std::string claim = project + "/" + group;
  const std::string draft = std::string(kFolder) + "/.claim-" + std::to_string(::getpid());
  TRY(replace_file(draft, claim, 0600, Durability::none));
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    const std::uint32_t slot = (first_slot(claim) + i) % kSlots;
    const int made = ::link(draft.c_str(), slot_path(slot).c_str());
    const int code = errno;
    const bool ours = made == 0 || holds(slot_path(slot), claim);
    if (ours) {
      ::unlink(draft.c_str());
      return IdSlot{slot};
    }
    if (code != EEXIST) return os_error("claim ids \"" + slot_path(slot) + "\"", code);
  }
  ::unlink(draft.c_str());
  return fault("claim ids for \"" + claim + "\": all " + std::to_string(kSlots) + " ranges are taken");
}

Result<void> release_ids(const std::string& project) {
  const std::unique_ptr<DIR, DirCloser> dir(::opendir(kFolder));
  if (!dir) return {};  // no claim was ever made
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string path = std::string(kFolder) + "/" + entry->d_name;
    if (entry->d_name[0] == '.') continue;
    const auto claim = read_file(path);
    if (claim && claim->starts_with(project + "/")) TRY(remove_tree(path));
  }
  ::rmdir(kFolder);  // fails while others have claims, which is right
  return {};
}

}  // namespace stack

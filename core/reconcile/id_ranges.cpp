#include "core/reconcile/id_ranges.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "core/sys/dir.h"
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

// Every claim of this host: "project/group" by slot. One that is given back meanwhile is left out.
std::map<std::uint32_t, std::string> all_claims() {
  std::map<std::uint32_t, std::string> claims;
  const Dir dir(::opendir(kFolder));
  if (!dir) return claims;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (entry->d_name[0] == '.') continue;
    std::error_code error;
    const auto claim = std::filesystem::read_symlink(std::string(kFolder) + "/" + entry->d_name, error);
    if (!error) claims[static_cast<std::uint32_t>(std::strtoul(entry->d_name, nullptr, 10))] = claim.string();
  }
  return claims;
}

Result<IdSlot> claim_free(const std::string& claim, const std::map<std::uint32_t, std::string>& taken) {
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    const std::uint32_t slot = (first_slot(claim) + i) % kSlots;
    if (taken.contains(slot)) continue;
    if (::symlink(claim.c_str(), slot_path(slot).c_str()) == 0) return IdSlot{slot};
    if (errno != EEXIST) return os_error("claim ids \"" + slot_path(slot) + "\"");
  }
  return fault("claim ids for \"" + claim + "\": all " + std::to_string(kSlots) + " ranges are taken");
}

}  // namespace

Result<std::map<std::string, IdSlot>> claim_ids(const std::string& project,
                                                const std::set<std::string>& groups) {
  TRY(make_folders(kFolder, 0700));
  const std::map<std::uint32_t, std::string> taken = all_claims();
  std::map<std::string, IdSlot> slots;
  for (const auto& [slot, claim] : taken)
    if (claim.starts_with(project + "/")) slots[claim.substr(project.size() + 1)] = IdSlot{slot};
  std::erase_if(slots, [&](const auto& slot) { return !groups.contains(slot.first); });
  for (const std::string& group : groups)
    if (!slots.contains(group)) slots[group] = TRY(claim_free(project + "/" + group, taken));
  return slots;
}

Result<void> release_id(const std::string& project, const std::string& group) {
  for (const auto& [slot, claim] : all_claims())
    if (claim == project + "/" + group) TRY(remove_tree(slot_path(slot)));
  return {};
}

Result<void> release_ids(const std::string& project) {
  for (const auto& [slot, claim] : all_claims())
    if (claim.starts_with(project + "/")) TRY(remove_tree(slot_path(slot)));
  ::rmdir(kFolder);  // fails while others have claims, which is right
  return {};
}

}  // namespace stack

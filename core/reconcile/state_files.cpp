#include "core/reconcile/state_files.h"

#include <cerrno>
#include <functional>

#include "core/sys/files.h"

namespace stack {
namespace {

std::size_t hash_of(const std::string& text) {
  return std::hash<std::string>{}(text);
}

}  // namespace

Result<void> StateFiles::write(const std::string& path, const std::string& text) {
  TRY(replace_file(path, text, 0600, Durability::none));
  written_[path] = hash_of(text);
  return {};
}

Result<void> StateFiles::keep(const ContainerRecord& record) {
  return write(paths_.container_state(record.service), record_text(record));
}

Result<void> StateFiles::drop(const std::string& service) {
  written_.erase(paths_.container_state(service));
  return remove_tree(paths_.container_state(service));
}

Result<void> StateFiles::keep(const Intent& intent, const std::string& wire) {
  const std::string text = intent_text(intent, wire);
  TRY(save_intent(paths_, text));
  written_[paths_.intent()] = hash_of(text);
  return {};
}

Result<void> StateFiles::keep_again(const Intent& intent, const std::string& wire) {
  const std::string text = intent_text(intent, wire);
  TRY(make_folders(paths_.lib, 0700));
  TRY(replace_file(paths_.intent(), text, 0600, Durability::disk));
  written_[paths_.intent()] = hash_of(text);
  return {};
}

Result<void> StateFiles::keep_kernel_state(const std::string& text) {
  return write(paths_.kernel_state(), text);
}

void StateFiles::take_over(const Records& records) {
  std::vector<std::string> paths{paths_.kernel_state(), paths_.intent()};
  for (const auto& [service, record] : records) paths.push_back(paths_.container_state(service));
  for (const std::string& path : paths)
    if (const auto text = read_file(path)) written_[path] = hash_of(*text);
}

std::string StateFiles::name_of(const std::string& path) const {
  if (!written_.contains(path)) return "";
  const std::string& folder = path == paths_.intent() ? paths_.lib : paths_.runtime();
  return path.substr(folder.size() + 1);
}

std::map<std::string, std::string> StateFiles::all() const {
  std::map<std::string, std::string> names;
  for (const auto& [path, hash] : written_) names[name_of(path)] = path;
  return names;
}

std::string StateFiles::difference(const std::string& path) const {
  const auto written = written_.find(path);
  if (written == written_.end()) return "";
  const auto text = read_file(path);
  if (!text) return text.error().code == ENOENT || text.error().code == ENOTDIR ? "deleted" : "unreadable";
  return hash_of(*text) == written->second ? "" : "changed";
}

}  // namespace stack

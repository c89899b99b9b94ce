// A tree as text, entry by entry, with all that a copy is to keep.
#pragma once

#include <ftw.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "core/sys/files.h"

namespace stack::volumes {

inline std::string xattrs_of(const std::string& path) {
  char names[4096];
  const ssize_t size = ::llistxattr(path.c_str(), names, sizeof names);
  std::set<std::string> sorted;
  for (ssize_t at = 0; at < size;) {
    const std::string name = names + at;
    at += static_cast<ssize_t>(name.size()) + 1;
    char value[4096];
    const ssize_t length = ::lgetxattr(path.c_str(), name.c_str(), value, sizeof value);
    sorted.insert(name + "=" + std::string(value, length < 0 ? 0 : static_cast<std::size_t>(length)));
  }
  std::string text;
  for (const std::string& xattr : sorted) text += " " + xattr;
  return text;
}

inline std::string describe(const std::string& path) {
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0) return "not there";
  std::ostringstream text;
  text << std::oct << st.st_mode << std::dec << " " << st.st_uid << ":" << st.st_gid << " mtime "
       << st.st_mtim.tv_sec << "." << st.st_mtim.tv_nsec;
  if (!S_ISDIR(st.st_mode)) text << " names " << st.st_nlink << " size " << st.st_size;
  if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode)) text << " device " << st.st_rdev;
  if (S_ISLNK(st.st_mode)) text << " -> " << std::filesystem::read_symlink(path).string();
  if (S_ISREG(st.st_mode) && st.st_size < 8'000'000)
    text << " content " << std::hash<std::string>()(*read_file(path));
  return text.str() + xattrs_of(path);
}

// By the path below `top`; those with the same inode name the first of them.
inline std::map<std::string, std::string> listing(const std::string& top) {
  std::map<std::string, std::string> entries{{".", describe(top)}};
  std::set<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(top))
    paths.insert(entry.path().string());
  std::map<ino_t, std::string> first;
  for (const std::string& path : paths) {
    struct stat st {};
    if (::lstat(path.c_str(), &st) != 0) continue;
    const std::string name = path.substr(top.size() + 1);
    entries[name] = describe(path) + " same as " + first.try_emplace(st.st_ino, name).first->second;
  }
  return entries;
}

}  // namespace stack::volumes

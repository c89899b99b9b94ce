#include "core/engine/host_skeleton.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "core/sys/files.h"

namespace stack::engine {
namespace {

constexpr char kSkeleton[] = "/var/lib/stack/host-skeleton";

struct Folder {
  const char* path;
  mode_t mode;
};
constexpr Folder kFolders[] = {
    {"dev", 0755},      {"etc", 0755},           {"etc/alternatives", 0755},
    {"etc/ssl", 0755},  {"etc/ssl/certs", 0755}, {"home", 0755},
    {"mnt", 0755},      {"opt", 0755},           {"proc", 0555},
    {"root", 0700},     {"run", 0755},           {"run/lock", 01777},
    {"srv", 0755},      {"sys", 0555},           {"tmp", 01777},
    {"usr", 0755},      {"var", 0755},           {"var/cache", 0755},
    {"var/lib", 0755},  {"var/local", 0755},     {"var/log", 0755},
    {"var/mail", 0755}, {"var/opt", 0755},       {"var/spool", 0755},
    {"var/tmp", 01777},
};

struct Text {
  const char* path;
  const char* content;
};
constexpr Text kTexts[] = {
    {"etc/nsswitch.conf",
     "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: "
     "files\nservices: files\n"},
    {"etc/host.conf", "multi on\n"},
    {"etc/shells", "/bin/sh\n/bin/bash\n"},
    {"etc/ld.so.cache", ""},  // mount points
    {"etc/ssl/openssl.cnf", ""},
};

// Public facts that programs look for; copied once, where the host has them.
constexpr const char* kCopies[] = {"etc/services", "etc/protocols", "etc/mime.types", "etc/timezone",
                                   "etc/debian_version"};
// Copied whenever the host's changed: who an installed package runs as. Never shadow.
constexpr const char* kFresh[] = {"etc/passwd", "etc/group"};
constexpr const char* kLinks[] = {"bin",   "sbin",   "lib",           "lib32",
                                  "lib64", "libx32", "etc/localtime", "etc/os-release"};

bool is_link(const std::string& path, std::string& target) {
  std::array<char, PATH_MAX> buffer{};
  const ssize_t n = ::readlink(path.c_str(), buffer.data(), buffer.size());
  if (n <= 0) return false;
  target.assign(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

Result<void> copy_file(const std::string& from, const std::string& to) {
  struct stat st {};
  if (::stat(from.c_str(), &st) != 0) return {};  // this host has none
  TRY(replace_file(to, TRY(read_file(from)), 0644, Durability::none));
  const timespec times[2] = {st.st_mtim, st.st_mtim};
  if (::utimensat(AT_FDCWD, to.c_str(), times, 0) != 0) return os_error("set the time of \"" + to + "\"");
  return {};
}

// A host without merged /usr has folders of its own there, which are bound as /usr is.
Result<void> copy_links(const std::string& root) {
  for (const char* path : kLinks) {
    const std::string host = std::string("/") + path;
    const std::string own = root + "/" + path;
    std::string target;
    struct stat st {};
    if (is_link(host, target)) {
      if (::symlink(target.c_str(), own.c_str()) != 0) return os_error("link \"" + own + "\"");
    } else if (::stat(host.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) {
      TRY(make_folders(own, 0755));
    } else {
      TRY(copy_file(host, own));
    }
  }
  if (::symlink("/run", (root + "/var/run").c_str()) != 0) return os_error("link \"" + root + "/var/run\"");
  if (::symlink("/run/lock", (root + "/var/lock").c_str()) != 0)
    return os_error("link \"" + root + "/var/lock\"");
  if (::symlink("/proc/self/mounts", (root + "/etc/mtab").c_str()) != 0)
    return os_error("link \"" + root + "/etc/mtab\"");
  return {};
}

Result<void> fill(const std::string& root) {
  TRY(make_folders(root, 0755));
  for (const Folder& folder : kFolders) {
    const std::string path = root + "/" + folder.path;
    TRY(make_folders(path, folder.mode));
    if (::chmod(path.c_str(), folder.mode) != 0)
      return os_error("chmod \"" + path + "\"");  // whatever the umask
  }
  TRY(copy_links(root));
  for (const Text& text : kTexts)
    TRY(replace_file(root + "/" + text.path, text.content, 0644, Durability::none));
  for (const char* path : kCopies) TRY(copy_file(std::string("/") + path, root + "/" + path));
  for (const char* path : kFresh) TRY(copy_file(std::string("/") + path, root + "/" + path));
  return {};
}

Result<void> refresh(const char* path) {
  struct stat host {};
  struct stat own {};
  const std::string from = std::string("/") + path;
  const std::string to = std::string(kSkeleton) + "/" + path;
  if (::stat(from.c_str(), &host) != 0) return {};
  const bool same = ::stat(to.c_str(), &own) == 0 && own.st_mtim.tv_sec == host.st_mtim.tv_sec &&
                    own.st_mtim.tv_nsec == host.st_mtim.tv_nsec && own.st_size == host.st_size;
  return same ? Result<void>() : copy_file(from, to);
}

}  // namespace

Result<std::string> host_skeleton() {
  struct stat st {};
  if (::stat(kSkeleton, &st) != 0) {
    // Another stack may be at it at the same moment: each fills a folder of its own, and the first rename
    // wins.
    const std::string own = std::string(kSkeleton) + "." + std::to_string(::getpid());
    TRY(remove_tree(own));
    TRY(make_folders("/var/lib/stack", 0711));
    TRY(fill(own));
    if (::rename(own.c_str(), kSkeleton) != 0) {
      if (errno != EEXIST && errno != ENOTEMPTY)
        return os_error("rename \"" + own + "\" to \"" + kSkeleton + "\"");
      TRY(remove_tree(own));
    }
  }
  for (const char* path : kFresh) TRY(refresh(path));
  return std::string(kSkeleton);
}

std::vector<std::string> host_programs() {
  // Of /etc/ssl only what is public: its folder "private" holds the host's keys.
  std::vector<std::string> paths;
  struct stat st {};
  for (const char* path : {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
                           "/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl/certs", "/etc/ssl/openssl.cnf"})
    if (::lstat(path, &st) == 0 && !S_ISLNK(st.st_mode)) paths.emplace_back(path);
  return paths;
}

}  // namespace stack::engine

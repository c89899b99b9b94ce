#include "core/images/folder_tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <vector>

#include "core/images/archive.h"
#include "core/images/layer_xattrs.h"
#include "core/sys/dir.h"
#include "core/sys/unique_fd.h"

namespace stack {
namespace {

struct WriteCloser {
  void operator()(struct archive* archive) const { archive_write_free(archive); }
};
struct EntryCloser {
  void operator()(struct archive_entry* entry) const { archive_entry_free(entry); }
};
using WriteArchive = std::unique_ptr<struct archive, WriteCloser>;
using Entry = std::unique_ptr<struct archive_entry, EntryCloser>;

class FolderTar {
 public:
  FolderTar(std::string folder, dev_t device)
      : folder_(std::move(folder)), device_(device), archive_(archive_write_new()) {}

  Result<void> write(const std::string& tar) {
    archive_write_set_format_pax_restricted(archive_.get());
    archive_write_set_options(archive_.get(), "hdrcharset=BINARY");
    if (archive_write_open_filename(archive_.get(), tar.c_str()) != ARCHIVE_OK)
      return archive_fault(archive_.get(), "write \"" + tar + "\"");
    TRY(add("."));
    if (archive_write_close(archive_.get()) != ARCHIVE_OK)
      return archive_fault(archive_.get(), "write \"" + tar + "\"");
    return {};
  }

 private:
  [[nodiscard]] std::string full(const std::string& path) const { return folder_ + "/" + path; }

  Result<void> add(const std::string& path) {
    struct stat st {};
    if (::lstat(full(path).c_str(), &st) != 0) return os_error("stat \"" + full(path) + "\"");
    if (S_ISSOCK(st.st_mode)) return {};
    const Entry entry(archive_entry_new());
    archive_entry_copy_pathname(entry.get(), path.c_str());
    archive_entry_copy_stat(entry.get(), &st);
    if (!S_ISDIR(st.st_mode) && st.st_nlink > 1 && is_known_link(entry.get(), path, st))
      return header(entry.get());
    TRY(add_link_target(entry.get(), path, st));
    add_xattrs(entry.get(), path);
    TRY(header(entry.get()));
    if (S_ISREG(st.st_mode)) return add_content(path, st.st_size);
    if (S_ISDIR(st.st_mode) && st.st_dev == device_) return add_children(path);
    return {};
  }

  bool is_known_link(struct archive_entry* entry, const std::string& path, const struct stat& st) {
    const auto [first, is_new] = links_.try_emplace({st.st_dev, st.st_ino}, path);
    if (is_new) return false;
    archive_entry_copy_hardlink(entry, first->second.c_str());
    archive_entry_unset_size(entry);
    return true;
  }

  Result<void> add_link_target(struct archive_entry* entry, const std::string& path,
                               const struct stat& st) const {
    if (!S_ISLNK(st.st_mode)) return {};
    std::string target(4096, '\0');
    const ssize_t n = ::readlink(full(path).c_str(), target.data(), target.size());
    if (n < 0) return os_error("read link \"" + full(path) + "\"");
    target.resize(static_cast<std::size_t>(n));
    archive_entry_copy_symlink(entry, target.c_str());
    return {};
  }

  void add_xattrs(struct archive_entry* entry, const std::string& path) const {
    std::vector<char> names(std::size_t{64} << 10);
    const ssize_t size = ::llistxattr(full(path).c_str(), names.data(), names.size());
    for (ssize_t i = 0; i < size;) {
      const std::string name = &names[static_cast<std::size_t>(i)];
      i += static_cast<ssize_t>(name.size()) + 1;
      if (!may_come_from_image(name)) continue;
      std::vector<char> value(std::size_t{64} << 10);
      const ssize_t n = ::lgetxattr(full(path).c_str(), name.c_str(), value.data(), value.size());
      if (n >= 0)
        archive_entry_xattr_add_entry(entry, name.c_str(), value.data(), static_cast<std::size_t>(n));
    }
  }

  Result<void> header(struct archive_entry* entry) {
    if (archive_write_header(archive_.get(), entry) < ARCHIVE_WARN)
      return archive_fault(archive_.get(), "write the tar");
    return {};
  }

  // As much as the header says: a file that shrinks meanwhile is filled up by libarchive.
  Result<void> add_content(const std::string& path, off_t size) {
    const UniqueFd file(::open(full(path).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file) return os_error("open \"" + full(path) + "\"");
    while (size > 0) {
      const ssize_t n =
          ::read(file.get(), buffer_.data(), std::min(buffer_.size(), static_cast<std::size_t>(size)));
      if (n < 0) return os_error("read \"" + full(path) + "\"");
      if (n == 0) break;
      if (archive_write_data(archive_.get(), buffer_.data(), static_cast<std::size_t>(n)) < 0)
        return archive_fault(archive_.get(), "write the tar");
      size -= n;
    }
    return {};
  }

  Result<void> add_children(const std::string& path) {
    std::vector<std::string> names = TRY(names_in(full(path)));
    std::sort(names.begin(), names.end());  // the same folder gives the same digest
    for (const std::string& name : names) TRY(add(path + "/" + name));
    return {};
  }

  std::string folder_;
  dev_t device_;
  WriteArchive archive_;
  std::map<std::pair<dev_t, ino_t>, std::string> links_;
  std::vector<char> buffer_ = std::vector<char>(std::size_t{256} << 10);
};

}  // namespace

Result<void> write_folder_tar(const std::string& folder, const std::string& tar) {
  struct stat st {};
  if (::stat(folder.c_str(), &st) != 0) return os_error("stat \"" + folder + "\"");
  return FolderTar(folder, st.st_dev).write(tar);
}

}  // namespace stack

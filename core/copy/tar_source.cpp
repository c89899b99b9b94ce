#include "core/copy/tar_source.h"

#include <archive.h>
#include <archive_entry.h>

#include <climits>

#include "core/images/archive.h"
#include "specs/text.h"
#include "specs/utf8.h"

namespace stack::copy {
namespace {

constexpr std::size_t kReadSize = std::size_t{64} << 10;

// A name that is UTF-8 in the tar is nothing that the C locale could say: then it is taken as it stands.
std::string text_of(const char* text, const char* utf8) {
  const char* const one = text != nullptr ? text : utf8;
  return one == nullptr ? "" : one;
}

class TarReading {
 public:
  TarReading(Sink& sink, const LeftOut& left_out)
      : archive_(archive_read_new()), sink_(sink), left_out_(left_out) {}

  Result<void> read(int fd) {
    archive_read_support_filter_gzip(archive_.get());
    archive_read_support_filter_zstd(archive_.get());
    archive_read_support_format_tar(archive_.get());
    if (archive_read_open_fd(archive_.get(), fd, kReadSize) != ARCHIVE_OK)
      return archive_fault(archive_.get(), "read the tar");
    for (;;) {
      struct archive_entry* header = nullptr;
      const int status = archive_read_next_header(archive_.get(), &header);
      if (status == ARCHIVE_EOF) return {};
      if (status < ARCHIVE_WARN) return archive_fault(archive_.get(), "read the tar");
      TRY(take(header));
    }
  }

 private:
  Result<void> take(struct archive_entry* header) {
    const std::string name = text_of(archive_entry_pathname(header), archive_entry_pathname_utf8(header));
    if (name.empty()) return fault("the tar has an entry without a name");
    const auto path = clean_path(name);
    if (!path) return fault("the tar has an entry \"" + printable(name) + "\", which is no path below it");
    Entry entry;
    entry.path = *path;
    entry.mode = archive_entry_perm(header);
    entry.uid = static_cast<std::uint32_t>(archive_entry_uid(header));
    entry.gid = static_cast<std::uint32_t>(archive_entry_gid(header));
    entry.changed = {archive_entry_mtime(header), archive_entry_mtime_nsec(header)};
    if (archive_entry_hardlink(header) != nullptr || archive_entry_hardlink_utf8(header) != nullptr)
      return take_hard_link(header, std::move(entry));
    switch (archive_entry_filetype(header)) {
      case AE_IFDIR:
        entry.kind = Kind::folder;
        return sink_.put(entry, {});
      case AE_IFLNK:
        entry.kind = Kind::symlink;
        entry.link = text_of(archive_entry_symlink(header), archive_entry_symlink_utf8(header));
        return sink_.put(entry, {});
      case AE_IFREG:
        entry.size = static_cast<std::uint64_t>(archive_entry_size(header));
        return sink_.put(entry, [this](char* buffer, std::size_t size) { return content(buffer, size); });
      default:
        left_out_("\"" + entry.path + "\" is neither a file, a folder nor a link");
        return {};
    }
  }

  Result<void> take_hard_link(struct archive_entry* header, Entry entry) {
    const std::string target = text_of(archive_entry_hardlink(header), archive_entry_hardlink_utf8(header));
    const auto path = clean_path(target);
    if (!path || path->empty())
      return fault("the tar has a link to \"" + printable(target) + "\", which is no path below it");
    entry.kind = Kind::hard_link;
    entry.link = *path;
    return sink_.put(entry, {});
  }

  Result<std::size_t> content(char* buffer, std::size_t size) {
    const la_ssize_t n = archive_read_data(archive_.get(), buffer, size);
    if (n < 0) return archive_fault(archive_.get(), "read the tar");
    return static_cast<std::size_t>(n);
  }

  ReadArchive archive_;
  Sink& sink_;
  const LeftOut& left_out_;
};

}  // namespace

Result<void> read_tar(int fd, Sink& sink, const LeftOut& left_out) {
  return TarReading(sink, left_out).read(fd);
}

std::optional<std::string> clean_path(const std::string& path) {
  if (path.size() >= PATH_MAX || path.find('\0') != std::string::npos) return std::nullopt;
  std::string clean;
  for (const std::string_view part : split_views(path, '/')) {
    if (part == "..") return std::nullopt;
    if (part.empty() || part == ".") continue;
    clean += (clean.empty() ? "" : "/") + std::string(part);
  }
  return clean;
}

}  // namespace stack::copy

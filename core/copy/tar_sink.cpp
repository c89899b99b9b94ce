#include "core/copy/tar_sink.h"

#include <archive.h>
#include <archive_entry.h>

#include "core/images/archive.h"

namespace stack::copy {
namespace {

struct EntryCloser {
  void operator()(struct archive_entry* entry) const { archive_entry_free(entry); }
};
using TarEntry = std::unique_ptr<struct archive_entry, EntryCloser>;

mode_t type_of(Kind kind) {
  return kind == Kind::folder ? AE_IFDIR : kind == Kind::symlink ? AE_IFLNK : AE_IFREG;
}

TarEntry header_of(const Entry& entry) {
  TarEntry header(archive_entry_new());
  const std::string name = entry.path.empty() ? "." : entry.path;
  archive_entry_copy_pathname(header.get(), name.c_str());
  archive_entry_set_mode(header.get(), type_of(entry.kind) | entry.mode);
  archive_entry_set_uid(header.get(), entry.uid);
  archive_entry_set_gid(header.get(), entry.gid);
  archive_entry_set_mtime(header.get(), entry.changed.tv_sec, entry.changed.tv_nsec);
  if (entry.kind == Kind::file) archive_entry_set_size(header.get(), static_cast<la_int64_t>(entry.size));
  if (entry.kind == Kind::symlink) archive_entry_copy_symlink(header.get(), entry.link.c_str());
  if (entry.kind == Kind::hard_link) archive_entry_copy_hardlink(header.get(), entry.link.c_str());
  return header;
}

}  // namespace

Result<std::unique_ptr<TarSink>> TarSink::open(int fd) {
  std::unique_ptr<TarSink> sink(new TarSink(archive_write_new()));
  archive_write_set_format_pax_restricted(sink->archive_);
  archive_write_set_bytes_in_last_block(sink->archive_, 1);
  if (archive_write_open_fd(sink->archive_, fd) != ARCHIVE_OK)
    return archive_fault(sink->archive_, "write the tar");
  return sink;
}

TarSink::~TarSink() {
  archive_write_free(archive_);
}

Result<void> TarSink::put(const Entry& entry, const Content& content) {
  const TarEntry header = header_of(entry);
  if (archive_write_header(archive_, header.get()) < ARCHIVE_WARN)
    return archive_fault(archive_, "write \"" + entry.path + "\" into the tar");
  return entry.kind == Kind::file ? write_content(content) : Result<void>();
}

Result<void> TarSink::write_content(const Content& content) {
  buffer_.resize(kBuffer);
  while (const std::size_t n = TRY(content(buffer_.data(), buffer_.size())))
    if (archive_write_data(archive_, buffer_.data(), n) < 0) return archive_fault(archive_, "write the tar");
  return {};
}

Result<void> TarSink::finish() {
  if (archive_write_close(archive_) != ARCHIVE_OK) return archive_fault(archive_, "write the tar");
  return {};
}

}  // namespace stack::copy

#include "core/images/bundle_tar.h"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>

#include "core/images/archive.h"
#include "specs/text.h"

namespace stack {

BundleTar::BundleTar(Sink sink) : sink_(std::move(sink)), archive_(archive_write_new()) {}

BundleTar::~BundleTar() {
  // An end that nobody asked for would go to the sink.
  archive_write_fail(archive_);
  archive_write_free(archive_);
}

Result<std::unique_ptr<BundleTar>> BundleTar::open(Sink sink) {
  std::unique_ptr<BundleTar> tar(new BundleTar(std::move(sink)));
  archive_write_set_format_pax_restricted(tar->archive_);
  archive_write_set_bytes_per_block(tar->archive_, 0);
  TRY(tar->checked(archive_write_open(tar->archive_, tar.get(), nullptr, &BundleTar::deliver, nullptr)));
  return tar;
}

long BundleTar::deliver(struct archive* archive, void* self, const void* bytes, std::size_t count) {
  auto* tar = static_cast<BundleTar*>(self);
  tar->delivered_ = tar->sink_({static_cast<const char*>(bytes), count});
  if (tar->delivered_.ok()) return static_cast<long>(count);
  archive_set_error(archive, EIO, "not written");
  return -1;
}

Result<void> BundleTar::checked(long status) {
  if (!delivered_.ok()) return delivered_;
  // A name that is not ASCII is taken as its bytes, with a warning.
  if (status < ARCHIVE_WARN) return archive_fault(archive_, "write the tar");
  return {};
}

Result<void> BundleTar::begin(const std::string& name, std::uint64_t size) {
  struct archive_entry* entry = archive_entry_new();
  archive_entry_copy_pathname(entry, name.c_str());
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0600);
  archive_entry_set_uid(entry, 0);
  archive_entry_set_gid(entry, 0);
  archive_entry_set_mtime(entry, 0, 0);
  archive_entry_set_size(entry, static_cast<std::int64_t>(size));
  const int status = archive_write_header(archive_, entry);
  archive_entry_free(entry);
  return checked(status);
}

Result<void> BundleTar::write(std::string_view bytes) {
  return checked(archive_write_data(archive_, bytes.data(), bytes.size()));
}

Result<void> BundleTar::end() {
  return checked(archive_write_finish_entry(archive_));
}

Result<void> BundleTar::add(const std::string& name, std::string_view content) {
  TRY(begin(name, content.size()));
  TRY(write(content));
  return end();
}

Result<void> BundleTar::close() {
  return checked(archive_write_close(archive_));
}

Result<std::string> seal_of(const Blake2bDigest& before) {
  std::string bytes;
  const auto tar = TRY(BundleTar::open([&bytes](std::string_view more) -> Result<void> {
    bytes += more;
    return {};
  }));
  TRY(tar->add(kSealEntry, to_hex(before) + "\n"));
  TRY(tar->close());
  return bytes;
}

}  // namespace stack

#include "core/images/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <vector>

#include "core/images/archive.h"
#include "core/images/layer_entry.h"
#include "core/images/layer_names.h"
#include "core/images/layer_stream.h"
#include "core/images/layer_tree.h"
#include "core/sys/dir.h"
#include "core/sys/files.h"

namespace stack {
namespace {

constexpr std::uint64_t kLookAtDiskEvery = std::uint64_t{64} << 20;

// Names are bytes: in a UTF-8 locale libarchive would compose them anew (archive_string.c,
// SCONV_NORMALIZATION_C).
class PlainLocale {
 public:
  PlainLocale() : plain_(::newlocale(LC_ALL_MASK, "C", nullptr)), before_(::uselocale(plain_)) {}
  PlainLocale(const PlainLocale&) = delete;
  PlainLocale& operator=(const PlainLocale&) = delete;
  ~PlainLocale() {
    ::uselocale(before_);
    ::freelocale(plain_);
  }

 private:
  locale_t plain_, before_;
};

la_ssize_t next_block(struct archive* archive, void* stream, const void** bytes) {
  const Result<std::string_view> block = static_cast<LayerStream*>(stream)->next();
  if (!block.ok()) {
    archive_set_error(archive, block.error().code, "%s", block.error().words.c_str());
    return -1;
  }
  *bytes = block->data();
  return static_cast<la_ssize_t>(block->size());
}

class Unpacking {
 public:
  Unpacking(LayerTree tree, LayerStream& stream, std::string folder, const LayerLimits& limits)
      : tree_(std::move(tree)),
        stream_(stream),
        folder_(std::move(folder)),
        limits_(limits),
        most_bytes_(std::max(limits.floor, stream.blob_size() * limits.ratio)) {}

  Result<UnpackedLayer> run() {
    TRY(look_at_disk());
    const PlainLocale locale;
    archive_read_support_format_tar(archive_.get());
    archive_read_support_format_empty(archive_.get());
    if (archive_read_open(archive_.get(), &stream_, nullptr, &next_block, nullptr) != ARCHIVE_OK)
      return archive_fault(archive_.get(), "read the tar");
    while (TRY(next_entry())) {
    }
    TRY(tree_.finish());
    result_.digests = TRY(stream_.finish());
    return result_;
  }

 private:
  Result<bool> next_entry() {
    const int status = archive_read_next_header(archive_.get(), &entry_);
    if (status == ARCHIVE_EOF) return false;
    // A warning is about a name that is not of the locale, which it does not have to be.
    if (status < ARCHIVE_WARN) return archive_fault(archive_.get(), "read the tar");
    if (++result_.entries > limits_.entries)
      return fault("more than " + std::to_string(limits_.entries) + " entries");
    TRY(put());
    return true;
  }

  Result<void> put() {
    const char* path = archive_entry_pathname(entry_);
    if (path == nullptr) return fault("an entry without a name");
    const EntryName name = TRY(parse_entry_name(path, limits_));
    switch (name.kind) {
      case EntryName::Kind::ignored:
        return {};
      case EntryName::Kind::whiteout:
        return tree_.put_whiteout(name);
      case EntryName::Kind::opaque:
        return tree_.put_opaque(name);
      case EntryName::Kind::root:
        if (archive_entry_hardlink(entry_) != nullptr || archive_entry_filetype(entry_) != AE_IFDIR)
          return fault(std::string("entry \"") + path + "\" would take the place of the layer's top folder");
        break;
      case EntryName::Kind::plain:
        break;
    }
    return put_thing(name);
  }

  Result<void> put_thing(const EntryName& name) {
    if (const char* target = archive_entry_hardlink(entry_)) return put_hard_link(name, target);
    const EntryAttributes attributes = TRY(attributes_of(entry_).with("entry \"" + name.name + "\""));
    switch (archive_entry_filetype(entry_)) {
      case AE_IFREG:
        return put_file(name, attributes);
      case AE_IFDIR:
        return tree_.put_folder(name, attributes);
      case AE_IFLNK:
        return put_symlink(name, attributes);
      case AE_IFCHR:
        return tree_.put_node(name, {S_IFCHR, archive_entry_rdev(entry_)}, attributes);
      case AE_IFBLK:
        return tree_.put_node(name, {S_IFBLK, archive_entry_rdev(entry_)}, attributes);
      case AE_IFIFO:
        return tree_.put_node(name, {S_IFIFO, 0}, attributes);
      default:
        return fault("entry \"" + name.name + "\" is of a kind that there is not");
    }
  }

  Result<void> put_hard_link(const EntryName& name, const char* target) {
    const EntryName to = TRY(parse_entry_name(target, limits_).with("hard link \"" + name.name + "\""));
    if (to.kind != EntryName::Kind::plain)
      return fault("hard link \"" + name.name + "\" to \"" + target + "\", which is no file");
    return tree_.put_hard_link(name, to);
  }

  Result<void> put_symlink(const EntryName& name, const EntryAttributes& attributes) {
    const char* target = archive_entry_symlink(entry_);
    if (target == nullptr || *target == '\0') return fault("link \"" + name.name + "\" to nothing");
    return tree_.put_symlink(name, target, attributes);
  }

  Result<void> put_file(const EntryName& name, const EntryAttributes& attributes) {
    const std::int64_t size = archive_entry_size(entry_);
    TRY(count(size));
    const UniqueFd file = TRY(tree_.put_file(name));
    TRY(write_content(file.get(), size).with("write \"" + name.name + "\""));
    return tree_.seal_file(file.get(), attributes).with("\"" + name.name + "\"");
  }

  // Holes count as well: what is said to be there is what a container reads.
  Result<void> count(std::int64_t size) {
    if (size < 0) return fault("a file of less than no bytes");
    if (static_cast<std::uint64_t>(size) > most_bytes_ - result_.bytes)
      return fault("more than " + std::to_string(most_bytes_) + " bytes come out of a blob of " +
                   std::to_string(stream_.blob_size()) + ": this is no honest layer");
    result_.bytes += static_cast<std::uint64_t>(size);
    return {};
  }

  Result<void> write_content(int file, std::int64_t size) {
    std::int64_t end = 0;
    for (;;) {
      const void* bytes = nullptr;
      std::size_t count = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(archive_.get(), &bytes, &count, &offset);
      if (status == ARCHIVE_EOF) break;
      if (status < ARCHIVE_WARN) return archive_fault(archive_.get(), "read the tar");
      if (offset < 0 || offset > size || static_cast<std::uint64_t>(size - offset) < count)
        return fault("more content than the entry says");
      TRY(write_at(file, {static_cast<const char*>(bytes), count}, offset));
      end = std::max(end, offset + static_cast<std::int64_t>(count));
    }
    if (end < size && ::ftruncate(file, size) != 0) return os_error("set its size");
    return {};
  }

  Result<void> write_at(int file, std::string_view bytes, off_t offset) {
    since_look_ += bytes.size();
    if (since_look_ >= kLookAtDiskEvery) TRY(look_at_disk());
    return write_all_at(file, bytes, offset);
  }

  // Of the disk that every container's writable layer is on as well.
  Result<void> look_at_disk() {
    since_look_ = 0;
    struct statvfs disk {};
    if (::statvfs(folder_.c_str(), &disk) != 0) return os_error("look at the disk of \"" + folder_ + "\"");
    const std::uint64_t total = std::uint64_t{disk.f_blocks} * disk.f_frsize;
    const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (total != 0 && free < std::min(limits_.disk_reserve, total / 20))
      return os_error("keep a reserve", ENOSPC);
    return {};
  }

  LayerTree tree_;
  LayerStream& stream_;
  std::string folder_;
  LayerLimits limits_;
  std::uint64_t most_bytes_;
  ReadArchive archive_{archive_read_new()};
  struct archive_entry* entry_ = nullptr;
  UnpackedLayer result_;
  std::uint64_t since_look_ = 0;
};

Result<void> compare(const char* what, const std::string& expected, const std::string& found) {
  if (expected.empty() || expected == found) return {};
  return {Error{EBADMSG, std::string(what) + " is " + found + ", not " + expected}};
}

Result<UnpackedLayer> unpack_into(const std::string& blob, const std::string& folder,
                                  const LayerDigests& expected, const LayerLimits& limits,
                                  const std::stop_token& stop) {
  const std::unique_ptr<LayerStream> stream = TRY(LayerStream::open(blob, stop));
  Unpacking unpacking(TRY(LayerTree::open(folder)), *stream, folder, limits);
  UnpackedLayer layer = TRY(unpacking.run());
  TRY(compare("the blob's digest", expected.blob, layer.digests.blob));
  TRY(compare("the layer's diff id", expected.diff_id, layer.digests.diff_id));
  return layer;
}

void empty_folder(const std::string& folder) {
  const auto names = names_in(folder);
  if (!names) return;
  // What cannot be removed is in the way of the next try, which says so.
  for (const std::string& name : *names) (void)remove_tree(folder + "/" + name);
}

Error told(Error error, const std::string& blob, const std::string& folder) {
  error = error.with("unpack \"" + blob + "\"");
  if (error.code == ENOSPC || error.code == EDQUOT)
    error.words += ": no room is left on the disk of \"" + folder +
                   "\"; `stack image prune -a` removes images that no stack uses";
  return error;
}

}  // namespace

Result<UnpackedLayer> unpack_layer(const std::string& blob, const std::string& folder,
                                   const LayerDigests& expected, const LayerLimits& limits,
                                   const std::stop_token& stop) {
  Result<UnpackedLayer> layer = unpack_into(blob, folder, expected, limits, stop);
  if (layer.ok()) return layer;
  empty_folder(folder);
  return told(layer.error(), blob, folder);
}

Result<LayerDigests> digest_layer(const std::string& blob, const std::stop_token& stop) {
  const std::unique_ptr<LayerStream> stream = TRY(LayerStream::open(blob, stop));
  return stream->finish();
}

}  // namespace stack

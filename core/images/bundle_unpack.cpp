#include "core/images/bundle_unpack.h"

#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <vector>

#include "core/images/archive.h"
#include "core/images/bundle_tar.h"
#include "core/images/digest.h"
#include "core/images/json.h"
#include "core/sys/files.h"

namespace stack {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

// What libarchive reads goes through here, so that nothing is taken that was not digested.
struct Input {
  int file;
  std::uint64_t at = 0;
  Blake2b digest{};
  std::vector<char> piece = std::vector<char>(kPiece);

  la_ssize_t next() {
    ssize_t n = 0;
    do n = ::pread(file, piece.data(), piece.size(), static_cast<off_t>(at));
    while (n < 0 && errno == EINTR);
    if (n <= 0) return n;
    digest.add({piece.data(), static_cast<std::size_t>(n)});
    at += static_cast<std::uint64_t>(n);
    return n;
  }
};

la_ssize_t read_next(struct archive*, void* data, const void** bytes) {
  auto* input = static_cast<Input*>(data);
  *bytes = input->piece.data();
  return input->next();
}

class Unpacking {
 public:
  Unpacking(int file, const Store& store, const PullFolder& folder, const Interrupted& interrupted)
      : store_(store),
        folder_(folder),
        interrupted_(interrupted),
        input_{file},
        archive_(archive_read_new()) {}

  Result<BundleManifest> run(const Blake2bDigest& whole) {
    archive_read_support_format_tar(archive_.get());
    if (archive_read_open(archive_.get(), &input_, nullptr, &read_next, nullptr) != ARCHIVE_OK)
      return archive_fault(archive_.get(), "open it");
    TRY(read_manifest());
    while (TRY(next())) TRY(take());
    for (const auto& [name, entry] : manifest_.entries)
      if (!taken_.contains(name)) return fault("\"" + name + "\" is missing in it");
    while (input_.next() > 0) {
    }
    if (input_.digest.digest() != whole) return fault("it has been changed while it was read");
    return std::move(manifest_);
  }

 private:
  // Whether there is one more; then it is a plain file.
  Result<bool> next() {
    const int status = archive_read_next_header(archive_.get(), &entry_);
    if (status == ARCHIVE_EOF) return false;
    if (status != ARCHIVE_OK) return archive_fault(archive_.get(), "read its tar");
    const char* name = archive_entry_pathname(entry_);
    name_ = name != nullptr ? name : "";
    const bool plain = archive_entry_filetype(entry_) == AE_IFREG &&
                       archive_entry_hardlink(entry_) == nullptr && archive_entry_sparse_count(entry_) == 0;
    if (!plain) return fault("\"" + name_ + "\" in it is no plain file");
    return true;
  }

  Result<void> read_manifest() {
    if (!TRY(next()) || name_ != kBundleManifest) return fault("it does not begin with its manifest");
    if (archive_entry_size(entry_) > static_cast<std::int64_t>(json::kMostBytes))
      return fault("its manifest is too large");
    std::string text;
    TRY(read([&](std::string_view bytes) -> Result<void> {
      text += bytes;
      return {};
    }));
    manifest_ = TRY(parse_bundle_manifest(text));
    return {};
  }

  Result<void> take() {
    if (name_ == kSealEntry) return {};  // checked before
    const auto listed = manifest_.entries.find(name_);
    if (listed == manifest_.entries.end()) return fault("\"" + name_ + "\" in it is not in its manifest");
    if (!taken_.insert(name_).second) return fault("\"" + name_ + "\" is in it twice");
    if (archive_entry_size(entry_) != static_cast<std::int64_t>(listed->second.size))
      return fault("\"" + name_ + "\" in it has another size than its manifest says");
    const std::string path = place_of(listed->second.digest);
    UniqueFd file;
    if (!path.empty()) file = TRY(open_fd(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    Sha256 sum;
    TRY(read([&](std::string_view bytes) -> Result<void> {
      sum.add(bytes.data(), bytes.size());
      return file ? write_all(file.get(), bytes, path) : Result<void>();
    }));
    const std::string digest = sum.digest();
    if (digest == listed->second.digest) return {};
    return Error{EBADMSG,
                 "\"" + name_ + "\" in it has the digest " + digest + ", not " + listed->second.digest};
  }

  // Empty where its digest is all that is wanted of it.
  [[nodiscard]] std::string place_of(const std::string& digest) const {
    if (name_.starts_with(kBundledBlobs)) {
      folder_.link_from(store_, digest);
      return folder_.has(digest) ? "" : folder_.blob_path(digest);
    }
    if (!name_.starts_with(kBundledStack)) return "";
    std::string path = folder_.path() + "/" + name_;
    // What is wrong with it is told by the opening of the file.
    (void)make_folders(std::filesystem::path(path).parent_path(), 0700);
    return path;
  }

  template <typename Take>
  Result<void> read(const Take& take) {
    std::vector<char> piece(kPiece);
    std::int64_t left = archive_entry_size(entry_);
    for (;;) {
      if (interrupted_ && interrupted_()) return os_error("open it", EINTR);
      const la_ssize_t n = archive_read_data(archive_.get(), piece.data(), piece.size());
      if (n < 0) return archive_fault(archive_.get(), "read \"" + name_ + "\" in it");
      if (n == 0) break;
      left -= n;
      TRY(take(std::string_view(piece.data(), static_cast<std::size_t>(n))));
    }
    if (left != 0) return fault("\"" + name_ + "\" in it is cut");
    return {};
  }

  const Store& store_;
  const PullFolder& folder_;
  const Interrupted& interrupted_;
  Input input_;
  ReadArchive archive_;
  struct archive_entry* entry_ = nullptr;
  std::string name_;
  BundleManifest manifest_;
  std::set<std::string> taken_;
};

}  // namespace

Result<BundleManifest> unpack_bundle(int file, const Blake2bDigest& whole, const Store& store,
                                     const PullFolder& folder, const Interrupted& interrupted) {
  return Unpacking(file, store, folder, interrupted).run(whole);
}

}  // namespace stack

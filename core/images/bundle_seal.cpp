#include "core/images/bundle_seal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "core/images/bundle_tar.h"

namespace stack {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

// As many bytes as there are, at most `count`.
Result<std::string_view> read_at(int file, std::vector<char>& into, std::uint64_t offset, std::size_t count) {
  std::size_t got = 0;
  while (got < count) {
    const ssize_t n = ::pread(file, into.data() + got, count - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("read it");
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  return std::string_view(into.data(), got);
}

Error damaged() {
  return {EBADMSG,
          "it is damaged or was cut: its digest is not the one that it was made with; copy it again"};
}

Result<std::uint64_t> size_of(int file) {
  struct stat st {};
  if (::fstat(file, &st) != 0) return os_error("stat it");
  if (!S_ISREG(st.st_mode)) return fault("it is no regular file");
  return static_cast<std::uint64_t>(st.st_size);
}

}  // namespace

bool begins_as_bundle(int file) {
  std::vector<char> start(std::char_traits<char>::length(kBundleManifest) + 1);
  const auto bytes = read_at(file, start, 0, start.size());
  return bytes.ok() && *bytes == std::string_view(kBundleManifest, start.size());
}

Result<BundleBytes> digest_bundle(int file, const Interrupted& interrupted) {
  BundleBytes bytes;
  bytes.size = TRY(size_of(file));
  if (!begins_as_bundle(file)) return fault("it is no bundle as `stack bundle` makes it");
  if (bytes.size <= kSealSize) return damaged();
  std::vector<char> piece(kPiece);
  Blake2b sum;
  for (std::uint64_t at = 0; at < bytes.size;) {
    if (interrupted && interrupted()) return os_error("open it", EINTR);
    const std::uint64_t seal = bytes.size - kSealSize;
    if (at == seal) bytes.before_seal = sum.digest();
    const std::uint64_t until = at < seal ? seal : bytes.size;
    const std::string_view got =
        TRY(read_at(file, piece, at, static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, until - at))));
    if (got.empty()) return damaged();
    sum.add(got);
    at += got.size();
  }
  bytes.whole = sum.digest();
  return bytes;
}

Result<void> check_seal(int file, const BundleBytes& bytes) {
  std::vector<char> end(kSealSize);
  const std::string_view found = TRY(read_at(file, end, bytes.size - kSealSize, kSealSize));
  if (found != TRY(seal_of(bytes.before_seal))) return damaged();
  return {};
}

bool is_bundle(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat st {};
  if (!file || ::fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode)) return false;
  return path.ends_with(kBundleSuffix) || begins_as_bundle(file.get());
}

}  // namespace stack

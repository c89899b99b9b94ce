#include "core/images/digest.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "core/sys/files.h"
#include "specs/text.h"

namespace stack {
namespace {

constexpr std::string_view kPrefix = "sha256:";

}  // namespace

std::string Sha256::digest() {
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> bytes{};
  nettle_sha256_digest(&context_, bytes.size(), bytes.data());
  return std::string(kPrefix) + to_hex(bytes);
}

std::string digest_of(std::string_view bytes) {
  Sha256 sum;
  sum.add(bytes.data(), bytes.size());
  return sum.digest();
}

Result<std::string> digest_of_file(const std::string& path) {
  const UniqueFd file = TRY(open_fd(path, O_RDONLY));
  Sha256 sum;
  std::vector<char> buffer(std::size_t{256} << 10);
  for (;;) {
    const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("read \"" + path + "\"");
    if (n == 0) return sum.digest();
    sum.add(buffer.data(), static_cast<std::size_t>(n));
  }
}

bool is_digest(std::string_view text) {
  return text.size() == kPrefix.size() + std::size_t{2} * SHA256_DIGEST_SIZE && text.starts_with(kPrefix) &&
         is_hex(text.substr(kPrefix.size()));
}

std::string hex_of(const std::string& digest) {
  return digest.starts_with(kPrefix) ? digest.substr(kPrefix.size()) : digest;
}

}  // namespace stack

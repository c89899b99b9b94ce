// SHA-256 as images name things by it: "sha256:" and 64 small hex digits.
#pragma once

#include <nettle/sha2.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "specs/result.h"

namespace stack {

class Sha256 {
 public:
  Sha256() { nettle_sha256_init(&context_); }
  void add(const void* bytes, std::size_t count) {
    nettle_sha256_update(&context_, count, static_cast<const std::uint8_t*>(bytes));
  }
  // Of everything added since the last one.
  std::string digest();

 private:
  sha256_ctx context_{};
};

std::string digest_of(std::string_view bytes);
Result<std::string> digest_of_file(const std::string& path);
// Nothing else may become part of a path.
bool is_digest(std::string_view text);
// Without "sha256:".
std::string hex_of(const std::string& digest);

}  // namespace stack

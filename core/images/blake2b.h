// BLAKE2b with 512 bits, as b2sum(1) and minisign count it.
#pragma once

#include <sodium.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace stack {

using Blake2bDigest = std::array<unsigned char, crypto_generichash_blake2b_BYTES_MAX>;

// A copy goes its own way: the digest of a beginning, and then of the whole.
class Blake2b {
 public:
  Blake2b() {
    // It chooses the code for this machine's vector unit; a second call does nothing.
    static const int kReady = ::sodium_init();
    (void)kReady;
    crypto_generichash_blake2b_init(&state_, nullptr, 0, Blake2bDigest().size());
  }
  void add(std::string_view bytes) {
    crypto_generichash_blake2b_update(&state_, reinterpret_cast<const unsigned char*>(bytes.data()),
                                      bytes.size());
  }
  [[nodiscard]] Blake2bDigest digest() const {
    crypto_generichash_blake2b_state copy = state_;
    Blake2bDigest digest{};
    crypto_generichash_blake2b_final(&copy, digest.data(), digest.size());
    return digest;
  }

 private:
  crypto_generichash_blake2b_state state_{};
};

}  // namespace stack

// Signatures as minisign makes them (https://jedisct1.github.io/minisign/): Ed25519 over the BLAKE2b digest
// of a file, and over the comment that the signer vouches for.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/images/blake2b.h"
#include "specs/result.h"

namespace stack {

using KeyId = std::array<unsigned char, 8>;

struct PublicKey {
  KeyId id{};
  std::array<unsigned char, crypto_sign_ed25519_PUBLICKEYBYTES> key{};
};

struct Signature {
  KeyId id{};
  std::array<unsigned char, crypto_sign_ed25519_BYTES> of_digest{};
  std::string comment;  // the trusted one
  std::array<unsigned char, crypto_sign_ed25519_BYTES> of_comment{};
};

// From the texts of `minisign.pub` and `FILE.minisig`.
Result<PublicKey> parse_public_key(std::string_view text);
Result<Signature> parse_signature(std::string_view text);
// Whether the signature is of that key and of a file with that digest; an error says what is not.
Result<void> verify(const Signature& signature, const PublicKey& key, const Blake2bDigest& digest);

}  // namespace stack

#include "core/images/minisign.h"

#include <algorithm>
#include <vector>

namespace stack {
namespace {

constexpr std::string_view kUntrusted = "untrusted comment: ";
constexpr std::string_view kTrusted = "trusted comment: ";
constexpr std::string_view kKeyKind = "Ed";
constexpr std::string_view kDigestKind = "ED";  // of the file's digest
constexpr std::string_view kWholeKind = "Ed";   // of the file itself, which would have to be in memory whole

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// Exactly so many bytes, or nothing.
std::string decode(std::string_view base64, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t count = 0;
  const char* end = nullptr;
  const int failed =
      ::sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), base64.data(),
                          base64.size(), nullptr, &count, &end, sodium_base64_VARIANT_ORIGINAL);
  const bool whole = failed == 0 && count == size && end == base64.data() + base64.size();
  return whole ? bytes : "";
}

template <std::size_t kSize>
void take(std::string_view& bytes, std::array<unsigned char, kSize>& into) {
  std::copy_n(bytes.begin(), kSize, into.begin());
  bytes.remove_prefix(kSize);
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// As minisign shows it: the last byte first.
std::string text_of(const KeyId& id) {
  std::string text;
  for (auto byte = id.rbegin(); byte != id.rend(); ++byte) {
    text += "0123456789ABCDEF"[*byte >> 4];
    text += "0123456789ABCDEF"[*byte & 15];
  }
  return text;
}

}  // namespace

Result<PublicKey> parse_public_key(std::string_view text) {
  const std::vector<std::string_view> lines = lines_of(text);
  PublicKey key;
  const std::size_t at = !lines.empty() && lines[0].starts_with(kUntrusted) ? 1 : 0;
  const std::string decoded =
      lines.size() > at ? decode(lines[at], kKeyKind.size() + key.id.size() + key.key.size()) : "";
  if (!decoded.starts_with(kKeyKind)) return fault("it is no public key as `minisign -G` writes it");
  std::string_view bytes = decoded;
  bytes.remove_prefix(kKeyKind.size());
  take(bytes, key.id);
  take(bytes, key.key);
  return key;
}

Result<Signature> parse_signature(std::string_view text) {
  const std::vector<std::string_view> lines = lines_of(text);
  const Error wrong = fault("it is no signature as `minisign -S` writes it");
  if (lines.size() < 4 || !lines[0].starts_with(kUntrusted) || !lines[2].starts_with(kTrusted)) return wrong;
  Signature signature;
  const std::string decoded =
      decode(lines[1], kDigestKind.size() + signature.id.size() + signature.of_digest.size());
  if (decoded.starts_with(kWholeKind))
    return fault("it is of the kind that is not prehashed: sign again with `minisign -S -H`");
  const std::string of_comment = decode(lines[3], signature.of_comment.size());
  if (!decoded.starts_with(kDigestKind) || of_comment.empty()) return wrong;
  std::string_view bytes = decoded;
  bytes.remove_prefix(kDigestKind.size());
  take(bytes, signature.id);
  take(bytes, signature.of_digest);
  signature.comment = lines[2].substr(kTrusted.size());
  std::copy_n(of_comment.begin(), signature.of_comment.size(), signature.of_comment.begin());
  return signature;
}

Result<void> verify(const Signature& signature, const PublicKey& key, const Blake2bDigest& digest) {
  if (signature.id != key.id)
    return fault("the signature is of the key " + text_of(signature.id) + ", not of " + text_of(key.id));
  if (crypto_sign_ed25519_verify_detached(signature.of_digest.data(), digest.data(), digest.size(),
                                          key.key.data()) != 0)
    return fault("the signature is not of this file: one of the two has been changed");
  const std::string vouched =
      std::string(signature.of_digest.begin(), signature.of_digest.end()) + signature.comment;
  if (crypto_sign_ed25519_verify_detached(signature.of_comment.data(), bytes_of(vouched), vouched.size(),
                                          key.key.data()) != 0)
    return fault("the signature's trusted comment has been changed");
  return {};
}

}  // namespace stack

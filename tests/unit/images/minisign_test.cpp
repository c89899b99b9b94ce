#include "core/images/minisign.h"

#include "tests/unit/images/live_bundle.h"

namespace stack::test {
namespace {

// Made by minisign 0.11: `minisign -S -m m` of "hello bundle\n".
constexpr const char* kSigned = "hello bundle\n";
constexpr const char* kKey =
    "untrusted comment: minisign public key 47EB8D70BD10A737\n"
    "RWQ3pxC9cI3rR6+8EKLacZNyc9/7lWYePR/OjVCapgtCavXphmQ/93nb\n";
constexpr const char* kSignature =
    "untrusted comment: signature from minisign secret key\n"
    "RUQ3pxC9cI3rR1ICzVfhWrLCBHnSiiKuHns4UO7ibgRrLvI+ybuPKO2SY3B+qJw5cDhQV5aNv5aWwms+SLDNmKT9V6B/CEvKRwY=\n"
    "trusted comment: timestamp:1795625641\tfile:m\thashed\n"
    "hP8SBfEnw381rhN8k2URluZF6OY2pIL6UXdMWpyZktlgr0aBObFPaWRl/r9T/nHjpOlr9r8Q+l9TeLH+dI5dAA==\n";

Blake2bDigest digest(std::string_view text) {
  Blake2b sum;
  sum.add(text);
  return sum.digest();
}

TEST(Minisign, VerifiesWhatMinisignSigned) {
  const auto verified = verify(*parse_signature(kSignature), *parse_public_key(kKey), digest(kSigned));
  EXPECT_TRUE(verified.ok()) << verified.error().words;
}

TEST(Minisign, RefusesAnotherFile) {
  const auto verified = verify(*parse_signature(kSignature), *parse_public_key(kKey), digest("hello bundle"));
  ASSERT_FALSE(verified.ok());
  EXPECT_NE(verified.error().words.find("is not of this file"), std::string::npos);
}

TEST(Minisign, RefusesAChangedTrustedComment) {
  std::string text = kSignature;
  text.replace(text.find("file:m"), 6, "file:n");
  EXPECT_FALSE(verify(*parse_signature(text), *parse_public_key(kKey), digest(kSigned)).ok());
}

TEST(Minisign, RefusesAnyChangedCharacterOfTheSignature) {
  const std::string text = kSignature;
  for (std::size_t at = text.find('\n') + 1; at + 1 < text.size(); ++at) {
    std::string changed = text;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    const auto signature = parse_signature(changed);
    EXPECT_FALSE(signature.ok() && verify(*signature, *parse_public_key(kKey), digest(kSigned)).ok()) << at;
  }
}

TEST(Minisign, ReadsAKeyWithoutItsComment) {
  EXPECT_TRUE(parse_public_key("RWQ3pxC9cI3rR6+8EKLacZNyc9/7lWYePR/OjVCapgtCavXphmQ/93nb").ok());
  EXPECT_TRUE(parse_public_key("RWQ3pxC9cI3rR6+8EKLacZNyc9/7lWYePR/OjVCapgtCavXphmQ/93nb\r\n").ok());
}

TEST(Minisign, RefusesWhatIsNoKey) {
  for (const char* text : {"", "\n", "not a key\n", "untrusted comment: x\n", "untrusted comment: x\nAAAA\n",
                           "RUQ3pxC9cI3rR6+8EKLacZNyc9/7lWYePR/OjVCapgtCavXphmQ/93nb",
                           "RWQ3pxC9cI3rR6+8EKLacZNyc9/7lWYePR/OjVCapgtCavXphmQ/93nbAAAA"})
    EXPECT_FALSE(parse_public_key(text).ok()) << text;
}

TEST(Minisign, RefusesWhatIsNoSignature) {
  for (const char* text : {"", "x\n", "untrusted comment: x\nAAAA\ntrusted comment: y\nAAAA\n"})
    EXPECT_FALSE(parse_signature(text).ok()) << text;
}

TEST(Minisign, NamesWhatIsNotPrehashed) {
  std::string text = kSignature;
  text.replace(text.find("RUQ3"), 4, "RWQ3");
  const auto signature = parse_signature(text);
  ASSERT_FALSE(signature.ok());
  EXPECT_NE(signature.error().words.find("prehashed"), std::string::npos);
}

std::string base64(const std::string& bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  ::sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                      bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();
  return text;
}

class SignedBundle : public LiveBundle {
 protected:
  struct Keys {
    std::string id, key, secret;
  };

  static Keys keys(char seed) {
    const std::string bytes(crypto_sign_ed25519_SEEDBYTES, seed);
    Keys keys{std::string(8, seed), std::string(crypto_sign_ed25519_PUBLICKEYBYTES, '\0'),
              std::string(crypto_sign_ed25519_SECRETKEYBYTES, '\0')};
    crypto_sign_ed25519_seed_keypair(reinterpret_cast<unsigned char*>(keys.key.data()),
                                     reinterpret_cast<unsigned char*>(keys.secret.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()));
    return keys;
  }

  static std::string sign(const std::string& what, const Keys& keys) {
    std::string signature(crypto_sign_ed25519_BYTES, '\0');
    crypto_sign_ed25519_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                                 reinterpret_cast<const unsigned char*>(what.data()), what.size(),
                                 reinterpret_cast<const unsigned char*>(keys.secret.data()));
    return signature;
  }

  void sign_file(const std::string& name, const Keys& keys) {
    const Blake2bDigest sum = digest(content_of(here_ / name));
    const std::string signature = sign(std::string(sum.begin(), sum.end()), keys);
    here_.write(name + ".minisig", "untrusted comment: x\n" + base64("ED" + keys.id + signature) +
                                       "\ntrusted comment: y\n" + base64(sign(signature + "y", keys)) + "\n");
  }

  OpenOptions with(const Keys& keys) {
    OpenOptions with = options();
    with.verify_key =
        here_.write("key.pub", "untrusted comment: x\n" + base64("Ed" + keys.id + keys.key) + "\n");
    return with;
  }
};

TEST_F(SignedBundle, IsOpenedWithItsKey) {
  const std::string path = make();
  sign_file("app.stack", keys('a'));
  const auto opened = open(path, with(keys('a')));
  ASSERT_TRUE(opened.ok()) << opened.error().words;
}

TEST_F(SignedBundle, IsRefusedWithAnotherKey) {
  const std::string path = make();
  sign_file("app.stack", keys('b'));
  expect_refused(path, "the signature is of the key", with(keys('a')));
}

TEST_F(SignedBundle, IsRefusedWithAnotherKeyOfTheSameId) {
  const std::string path = make();
  Keys other = keys('b');
  other.id = keys('a').id;
  sign_file("app.stack", other);
  expect_refused(path, "the signature is not of this file", with(keys('a')));
}

TEST_F(SignedBundle, IsRefusedWithoutASignature) {
  expect_refused(make(), "there is no signature", with(keys('a')));
}

TEST_F(SignedBundle, IsRefusedWhenItIsAnotherThanWasSigned) {
  make();
  sign_file("app.stack", keys('a'));
  BundleContents other = contents();
  other.files[0].content = "services: {evil: {}}\n";
  expect_refused(make(other), "the signature is not of this file", with(keys('a')));
}

TEST_F(SignedBundle, HasItsSignatureCheckedBeforeAnythingOfItIsUnderstood) {
  const std::string path =
      here_.write("app.stack", sealed(tar_of({file("bundle.json", "no manifest")}, TarFormat::ustar)));
  sign_file("app.stack", keys('b'));
  expect_refused(path, "the signature is of the key", with(keys('a')));
}

TEST_F(SignedBundle, NamesAKeyThatIsNone) {
  OpenOptions bad = options();
  bad.verify_key = here_.write("bad.pub", "not a key\n");
  expect_refused(make(), "bad.pub", bad);
  bad.verify_key = here_ / "none.pub";
  expect_refused(make(), "none.pub", bad);
}

}  // namespace
}  // namespace stack::test

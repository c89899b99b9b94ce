#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/images/skopeo.h"
#include "specs/text.h"

namespace stack {
namespace {

enum class Kind {
  unknown_image,
  login,
  limit,
  tls,
  unreachable,
  disk,
  policy_file,
  policy,
  missing_file,
  damaged
};

struct Sign {
  const char* text;  // in what skopeo says, small letters
  Kind kind;
};

// In this order: a refused login, say, is told together with "denied", which an unknown image of Docker Hub
// is as well.
constexpr std::array kSigns = {
    Sign{"toomanyrequests", Kind::limit},
    Sign{"too many requests", Kind::limit},
    Sign{"policy.json: no such file", Kind::policy_file},
    Sign{"no space left on device", Kind::disk},
    Sign{"disk quota exceeded", Kind::disk},
    Sign{"source image rejected", Kind::policy},
    Sign{"manifest unknown", Kind::unknown_image},
    Sign{"name unknown", Kind::unknown_image},
    Sign{"repository name not known", Kind::unknown_image},
    Sign{"status 404", Kind::unknown_image},
    Sign{"no descriptor found for reference", Kind::unknown_image},
    Sign{"not found", Kind::unknown_image},
    Sign{"http response to https client", Kind::tls},
    Sign{"x509:", Kind::tls},
    Sign{"tls:", Kind::tls},
    Sign{"unauthorized", Kind::login},
    Sign{"authentication required", Kind::login},
    Sign{"invalid username/password", Kind::login},
    Sign{"denied", Kind::login},
    Sign{"status 401", Kind::login},
    Sign{"status 403", Kind::login},
    Sign{"no such host", Kind::unreachable},
    Sign{"server misbehaving", Kind::unreachable},
    Sign{"connection refused", Kind::unreachable},
    Sign{"connection reset", Kind::unreachable},
    Sign{"unreachable", Kind::unreachable},
    Sign{"i/o timeout", Kind::unreachable},
    Sign{"client.timeout", Kind::unreachable},
    Sign{"tls handshake timeout", Kind::unreachable},
    Sign{"pinging container registry", Kind::unreachable},
    Sign{"no such file or directory", Kind::missing_file},
    Sign{"does not match", Kind::damaged},
    Sign{"digest mismatch", Kind::damaged},
    Sign{"unexpected eof", Kind::damaged},
};

// `time="..." level=fatal msg="the \"words\""`: the last such line's words.
std::string words_of(const std::string& said) {
  const auto fatal = said.rfind("level=fatal msg=\"");
  if (fatal == std::string::npos) return said.substr(0, said.find_last_not_of('\n') + 1);
  std::string words;
  for (std::size_t i = fatal + std::strlen("level=fatal msg=\""); i < said.size() && said[i] != '"'; ++i) {
    if (said[i] == '\\' && i + 1 < said.size()) ++i;
    words += said[i] == 'n' && said[i - 1] == '\\' ? ' ' : said[i];
  }
  return words;
}

// It comes from the registry too, and goes to a terminal.
std::string printable(std::string words) {
  constexpr std::size_t kMost = 600;
  std::replace_if(
      words.begin(), words.end(), [](unsigned char c) { return c < ' ' || c == 127; }, ' ');
  if (words.size() > kMost) words = words.substr(0, kMost) + "...";
  return words;
}

const Sign* sign_in(const std::string& said) {
  const std::string words = lower_case(said);
  for (const Sign& sign : kSigns)
    if (words.find(sign.text) != std::string::npos) return &sign;
  return nullptr;
}

Error told(Kind kind, const std::string& registry) {
  switch (kind) {
    case Kind::unknown_image:
      return {ENOENT, "there is no such image; check its name and tag"};
    case Kind::login:
      return {EACCES,
              "the registry gives it to nobody who has not logged in, or does not have it: skopeo login " +
                  registry};
    case Kind::limit:
      return {EBUSY, "the registry's limit of pulls is reached: wait, or log in: skopeo login " + registry};
    case Kind::tls:
      return {0, registry +
                     " has no TLS certificate that is trusted; put its CA into /etc/containers/certs.d/" +
                     registry +
                     "/ca.crt, or, for one without TLS, say in /etc/containers/registries.conf: [[registry]] "
                     "location = \"" +
                     registry + "\", insecure = true"};
    case Kind::unreachable:
      return {ENETUNREACH, registry + " does not answer; check the network, and its name"};
    case Kind::disk:
      return {ENOSPC, "the disk is full; `stack image prune -a` removes images that no stack uses"};
    case Kind::policy_file:
      return {0,
              "skopeo has no signature policy: apt install golang-github-containers-common, or write "
              "/etc/containers/policy.json"};
    case Kind::policy:
      return {EPERM, "the signature policy of /etc/containers/policy.json refuses it"};
    case Kind::missing_file:
      return {ENOENT, "it is not there"};
    case Kind::damaged:
      return {EBADMSG, "what has come is damaged; try again"};
  }
  return {};
}

}  // namespace

Error skopeo_fault(const std::string& said, const std::string& image, const std::string& registry) {
  const std::string words = printable(words_of(said));
  const std::string what = "pull \"" + image + "\"";
  const Sign* sign = sign_in(words);
  if (sign == nullptr) return fault(what + ": skopeo: " + words);
  Error error = told(sign->kind, registry).with(what);
  error.words += " (skopeo: " + words + ")";
  return error;
}

}  // namespace stack

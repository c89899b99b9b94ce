#include "specs/image_reference.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "specs/service.h"
#include "specs/text.h"

namespace stack {
namespace {

using Kind = ImageRef::Kind;

constexpr std::string_view kHub = "docker.io";
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestTag = 128;

// Where an image lies that is in no registry.
struct Transport {
  std::string_view prefix;
  Kind kind;
  const char* needs;
};
constexpr std::array<Transport, 4> kTransports = {{{"rootfs:", Kind::rootfs, "a folder"},
                                                   {"oci:", Kind::oci, "a folder"},
                                                   {"oci-archive:", Kind::oci_archive, "a file"},
                                                   {"docker-archive:", Kind::docker_archive, "a file"}}};
// Of containers-transports(5), but not ours.
constexpr std::array<std::string_view, 5> kForeign = {
    "dir:", "docker-daemon:", "containers-storage:", "ostree:", "sif:"};

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_of(std::string_view text, bool (*test)(char)) {
  return std::all_of(text.begin(), text.end(), test);
}

// a-z and 0-9; between them one ".", one or two "_", or any number of "-".
bool is_component(std::string_view text) {
  const auto is_end = [](char c) { return is_lower(c) || is_digit(c); };
  if (text.empty() || !is_end(text.front()) || !is_end(text.back())) return false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (is_end(c)) {
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find_first_not_of(c, at), text.size());
    const std::size_t most = c == '-' ? text.size() : c == '_' ? 2 : c == '.' ? 1 : 0;
    if (end - at > most || !is_end(text[end])) return false;
    at = end;
  }
  return true;
}

bool is_tag(std::string_view text) {
  return !text.empty() && text.size() <= kLongestTag && text.front() != '.' && text.front() != '-' &&
         all_of(text, [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_digest(std::string_view text) {
  return text.starts_with("sha256:") && text.size() == 7 + 64 && is_hex(text.substr(7));
}

bool is_host_part(std::string_view text) {
  return !text.empty() && text.front() != '-' && text.back() != '-' &&
         all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_host(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    const std::string_view inside = text.substr(1, text.size() - 2);
    return inside.size() >= 2 && all_of(inside, [](char c) {
             return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
           });
  }
  const std::vector<std::string_view> parts = split_views(text, '.');
  return std::all_of(parts.begin(), parts.end(), is_host_part);
}

// HOST[:PORT], the host by name or address, IPv6 in brackets.
bool is_registry(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && text.back() != ']';
  if (has_port) {
    const std::string_view port = text.substr(colon + 1);
    if (port.empty() || port.size() > 5 || !all_of(port, is_digit)) return false;
  }
  return is_host(has_port ? text.substr(0, colon) : text);
}

// The first part of a name is a registry where it cannot be anything else.
bool looks_like_registry(std::string_view text) {
  return text == "localhost" || text.find_first_of(".:") != std::string_view::npos;
}

Error no_name(const std::string& text, const std::string& why) {
  return fault("\"" + text + "\" is no image name: " + why);
}

Result<void> check_repository(const std::string& text, std::string_view repository) {
  for (const std::string& part : split(repository, '/')) {
    if (part.empty()) return no_name(text, "a part of it is empty");
    if (part != lower_case(part)) return no_name(text, "repositories are written in lower case");
    if (!is_component(part))
      return no_name(text, "\"" + part + "\" may be of a-z and 0-9, with \".\", \"_\" or \"-\" in between");
  }
  return {};
}

// Registry and repository in full.
Result<std::string> full_repository(const std::string& text, std::string_view repository) {
  std::string registry(kHub);
  const std::size_t slash = repository.find('/');
  if (slash != std::string_view::npos && looks_like_registry(repository.substr(0, slash))) {
    registry = repository.substr(0, slash);
    repository.remove_prefix(slash + 1);
    if (!is_registry(registry))
      return no_name(text, "\"" + registry + "\" is no host name with an optional port");
    if (registry == "index.docker.io") registry = kHub;
  }
  TRY(check_repository(text, repository));
  if (repository.size() > kLongestName)
    return no_name(text, "the repository has more than " + std::to_string(kLongestName) + " characters");
  const bool official = registry == kHub && repository.find('/') == std::string_view::npos;
  if (official && repository.size() == 64 && is_hex(repository))
    return no_name(text, "64 hexadecimal digits are an image's id");
  return registry + "/" + (official ? "library/" : "") + std::string(repository);
}

Result<ImageRef> registry_name(const std::string& text, std::string_view name) {
  const std::size_t at = name.find('@');
  const std::string digest(at == std::string_view::npos ? "" : name.substr(at + 1));
  if (at != std::string_view::npos && !is_digest(digest))
    return no_name(text, "the digest \"" + digest + "\" must be \"sha256:\" and 64 hexadecimal digits");
  name = name.substr(0, at);
  const std::size_t colon = name.rfind(':');
  const bool has_tag = colon != std::string_view::npos && name.find('/', colon) == std::string_view::npos;
  const std::string tag(has_tag ? name.substr(colon + 1) : "");
  if (has_tag && !is_tag(tag))
    return no_name(
        text, tag.empty()
                  ? "there is no tag after the \":\""
                  : "the tag \"" + tag + "\" may be of letters, digits, \"_\", \".\" and \"-\", at most 128");
  const std::string_view repository = has_tag ? name.substr(0, colon) : name;
  if (repository.empty()) return no_name(text, "there is nothing before the tag or digest");
  if (repository == "sha256" && is_hex(tag) && tag.size() == 64) return no_name(text, "it is an image's id");
  ImageRef image;
  image.kind = Kind::registry;
  image.name = TRY(full_repository(text, repository));
  if (has_tag || digest.empty()) image.name += ":" + (has_tag ? tag : "latest");
  if (!digest.empty()) image.name += "@" + digest;
  return image;
}

// PATH[:TAG]. As for skopeo the first colon ends the path (the whole rest is that of a rootfs).
Result<ImageRef> on_disk(const Transport& transport, std::string_view rest, const Surroundings& around) {
  const std::string prefix(transport.prefix);
  const bool has_tag = transport.kind != Kind::rootfs && rest.find(':') != std::string_view::npos;
  const std::string path(has_tag ? rest.substr(0, rest.find(':')) : rest);
  const std::string tag(has_tag ? rest.substr(rest.find(':') + 1) : "");
  if (path.empty()) return fault("\"" + prefix + "\" needs " + transport.needs);
  const bool good = !tag.empty() && tag.size() <= kLongestName + kLongestTag && all_of(tag, [](char c) {
    return is_letter_or_digit(c) || std::string_view("._-:/@+").find(c) != std::string_view::npos;
  });
  if (has_tag && !good)
    return fault("\"" + tag + "\" is no name of an image in \"" + prefix + path +
                 "\": letters, digits and \"._-:/@+\" are");
  ImageRef image;
  image.kind = transport.kind;
  image.path = absolute_path(path, around);
  image.name = tag;
  return image;
}

std::string path_and_tag(const ImageRef& image, const std::string& prefix) {
  return prefix + image.path + (image.name.empty() ? "" : ":" + image.name);
}

bool is_good(const std::string& text) {
  return parse_image(text, "/").ok();
}

std::string without(const std::string& text, std::string_view characters) {
  const std::size_t first = text.find_first_not_of(characters);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(characters) - first + 1);
}

}  // namespace

Result<ImageRef> parse_image(const std::string& text, const std::string& project_dir,
                             const std::string& home) {
  const Surroundings around{"", project_dir, "", nullptr, home};
  if (text.empty()) return fault("the image has no name");
  if (text == "host:") return ImageRef{};
  if (text.starts_with("host:")) return fault("nothing may follow \"host:\"");
  for (const Transport& transport : kTransports) {
    if (text.starts_with(transport.prefix))
      return on_disk(transport, std::string_view(text).substr(transport.prefix.size()), around);
  }
  for (const std::string_view prefix : kForeign) {
    // "dir:7" is a name with a tag.
    const bool is_name = prefix.find('-') == std::string_view::npos && text.find('/') == std::string::npos;
    if (text.starts_with(prefix) && !is_name)
      return fault("images of \"" + std::string(prefix) + "\" are not supported");
  }
  if (text.starts_with("docker://")) return registry_name(text, std::string_view(text).substr(9));
  return registry_name(text, text);
}

std::string image_hint(const std::string& text) {
  const std::string trimmed = without(text, " \t\r\n:/@");
  const std::size_t scheme = trimmed.find("://");
  const std::string bare = scheme == std::string::npos ? trimmed : trimmed.substr(scheme + 3);
  // The tag may have capitals; the repository may not.
  const std::size_t colon = bare.rfind(':');
  const std::string lower =
      lower_case(bare.substr(0, colon)) + (colon == std::string::npos ? "" : bare.substr(colon));
  for (const std::string& candidate : {trimmed, bare, lower, lower_case(bare)}) {
    if (candidate != text && is_good(candidate)) return "did you mean \"" + candidate + "\"?";
  }
  if (text.starts_with("host:")) return "\"rootfs:DIR\" is a folder as image";
  for (const std::string_view prefix : kForeign) {
    if (text.starts_with(prefix))
      return "\"oci:DIR\", \"oci-archive:FILE\", \"docker-archive:FILE\" and \"rootfs:DIR\" are";
  }
  return "";
}

std::string short_name(const ImageRef& image) {
  if (image.kind == Kind::host) return "host:";
  for (const Transport& transport : kTransports) {
    if (transport.kind == image.kind) return path_and_tag(image, std::string(transport.prefix));
  }
  for (const char* prefix : {"docker.io/library/", "docker.io/"}) {
    if (!image.name.starts_with(prefix)) continue;
    const std::string name = image.name.substr(std::string_view(prefix).size());
    // "docker.io/library/oci:7" is not "oci:7", which is a folder.
    const auto again = parse_image(name, "/");
    if (again && again->kind == Kind::registry && again->name == image.name) return name;
  }
  return image.name;
}

}  // namespace stack

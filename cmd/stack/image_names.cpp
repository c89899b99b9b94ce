#include "cmd/stack/image_names.h"

#include <cstdlib>
#include <filesystem>

#include "cmd/stack/image_text.h"
#include "specs/diagnostics.h"
#include "specs/image_reference.h"

namespace stack::cmd {
namespace {

constexpr std::size_t kPrefix = 7;  // "sha256:"
constexpr std::size_t kLeastDigits = 4;

bool may_be_id(const std::string& text) {
  const std::string hex = text.starts_with("sha256:") ? text.substr(kPrefix) : text;
  return hex.size() >= kLeastDigits && hex.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Error not_here(const std::string& text, const std::vector<StoredImage>& images) {
  std::vector<std::string> names;
  for (const StoredImage& image : images)
    if (!image.name.empty()) names.push_back(short_image_name(image.name));
  return fault("image \"" + text +
               "\" is not here: " + did_you_mean(text, names, "\"stack image ls\" shows what is"));
}

}  // namespace

Result<ImageRef> image_of(const std::string& text) {
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  if (error) return os_error("find the current folder", error.value());
  const char* home = std::getenv("HOME");
  auto image = parse_image(text, here, home == nullptr ? "" : home);
  if (image) return image;
  const std::string hint = image_hint(text);
  return hint.empty() ? image.error() : fault(image.error().words + ": " + hint);
}

Result<std::string> new_name_of(const std::string& text) {
  const ImageRef image = TRY(image_of(text));
  if (image.kind == ImageRef::Kind::registry && image.name.find('@') == std::string::npos) return image.name;
  return fault("\"" + text + "\" is no name for an image: want one such as \"shop/web:2\"");
}

Result<NamedImage> find_image(const Store& store, const std::string& text) {
  const std::vector<StoredImage> images = TRY(store.list());
  const auto ref = image_of(text);
  const std::string name = ref && is_stored(*ref) ? store_name(*ref) : "";
  if (!name.empty())
    for (const StoredImage& image : images)
      if (image.name == name) return NamedImage{TRY(store.find(name)), name};
  if (!may_be_id(text)) return ref ? not_here(text, images) : ref.error();
  auto found = store.find(text);
  if (found) return NamedImage{*std::move(found), text};
  for (const StoredImage& image : images)
    if (image.id.substr(kPrefix).starts_with(text) || image.id.starts_with(text)) return found.error();
  return not_here(text, images);
}

std::string shown_name(const StoredImage& image) {
  return image.name.empty() ? "sha256:" + short_id(image.id) : short_image_name(image.name);
}

}  // namespace stack::cmd

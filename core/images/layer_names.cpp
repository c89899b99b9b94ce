#include "core/images/layer_names.h"

#include <climits>
#include <vector>

#include "specs/text.h"

namespace stack {
namespace {

// image-spec layer.md, "Whiteouts".
constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kReserved = ".wh..wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";

// An error of a hostile name must not fill the terminal.
std::string quoted(std::string_view path) {
  constexpr std::size_t kShown = 200;
  return "\"" + std::string(path.substr(0, kShown)) + (path.size() > kShown ? "...\"" : "\"");
}

Result<std::vector<std::string_view>> parts_of(std::string_view path, const LayerLimits& limits) {
  if (path.size() > limits.path_length)
    return fault("entry " + quoted(path) + ": its name has " + std::to_string(path.size()) +
                 " bytes, more than " + std::to_string(limits.path_length));
  std::vector<std::string_view> parts;
  for (const std::string_view part : split_views(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return fault("entry " + quoted(path) + " leads out of the layer");
    if (part.size() > NAME_MAX)
      return fault("entry " + quoted(path) + ": a part of its name has more than 255 bytes");
    parts.push_back(part);
  }
  if (parts.size() > limits.depth)
    return fault("entry " + quoted(path) + " is " + std::to_string(parts.size()) +
                 " folders deep, more than " + std::to_string(limits.depth));
  return parts;
}

Result<EntryName> hiding(EntryName entry, std::string_view path) {
  entry.name.erase(0, kWhiteout.size());
  entry.kind = EntryName::Kind::whiteout;
  if (entry.name.empty() || entry.name == "." || entry.name == "..")
    return fault("entry " + quoted(path) + " hides no name that there can be");
  return entry;
}

}  // namespace

Result<EntryName> parse_entry_name(std::string_view path, const LayerLimits& limits) {
  const std::vector<std::string_view> parts = TRY(parts_of(path, limits));
  EntryName entry;
  if (parts.empty()) {
    entry.kind = EntryName::Kind::root;
    return entry;
  }
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (parts[i].starts_with(kReserved)) {
      entry.kind = EntryName::Kind::ignored;
      return entry;
    }
    if (parts[i].starts_with(kWhiteout))
      return fault("entry " + quoted(path) + " is below a mark, not a folder");
    if (i > 0) entry.parent += '/';
    entry.parent += parts[i];
  }
  entry.name = parts.back();
  if (entry.name == kOpaque) {
    entry.kind = EntryName::Kind::opaque;
    return entry;
  }
  if (entry.name.starts_with(kReserved) && entry.name != kReserved && entry.name != ".wh..wh..") {
    entry.kind = EntryName::Kind::ignored;
    return entry;
  }
  return entry.name.starts_with(kWhiteout) ? hiding(std::move(entry), path)
                                           : Result<EntryName>(std::move(entry));
}

}  // namespace stack

#include "core/copy/mirror.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>

#include "core/copy/acting.h"
#include "core/copy/tree_sink.h"
#include "core/copy/tree_source.h"
#include "core/sys/files.h"
#include "core/sys/open_below.h"

namespace stack::copy {
namespace {

constexpr std::uint64_t kBelow = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

// The nearest folder of the container on the way to a path that is there, and what follows it.
struct Place {
  UniqueFd folder;
  std::string rest;
};

Result<Place> place_of(const Tree& container, const std::string& target) {
  Split split = split_path(target);
  std::string rest = split.name;
  if (rest.empty()) return fault("\"" + target + "\" is the container's root");
  for (;;) {
    auto folder = container.open(split.folder, O_RDONLY | O_DIRECTORY, Tree::Links::last_too);
    if (folder) return Place{*std::move(folder), rest};
    if (folder.error().code != ENOENT || split.folder == "/") return folder.error();
    split = split_path(split.folder);
    rest = split.name + "/" + rest;
  }
}

// Nothing where nothing is there.
Result<std::optional<mode_t>> kind_at(const Place& place) {
  const UniqueFd fd = open_below(place.folder.get(), place.rest.c_str(), O_PATH | O_NOFOLLOW, kBelow);
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::optional<mode_t>();
  if (!fd) return os_error("look at \"" + place.rest + "\"");
  return std::optional(TRY(stat_of(fd.get())).st_mode & S_IFMT);
}

Result<void> remove(const Place& place) {
  const Split split = split_path(place.rest);
  const UniqueFd folder =
      open_below(place.folder.get(), split.folder.c_str(), O_RDONLY | O_DIRECTORY, kBelow);
  if (!folder && (errno == ENOENT || errno == ENOTDIR)) return {};
  if (!folder) return os_error("open \"" + split.folder + "\"");
  if (is_view_of_kernel(folder.get())) return fault("\"" + split.folder + "\" is a view of the kernel");
  return remove_tree_at(folder.get(), split.name);
}

Result<void> put(const UniqueFd& source, mode_t kind, Place place, const IdShift& ids,
                 const LeftOut& left_out) {
  const auto there = TRY(kind_at(place));
  if (there && S_ISDIR(*there) != S_ISDIR(kind)) TRY(remove(place));
  TreeSink sink(std::move(place.folder), Keeping{ids, false, 07777});
  TRY(read_one(source, place.rest, IdShift{}, sink, left_out));
  return sink.finish();
}

}  // namespace

Result<void> mirror(const Tree& container, const std::string& source, const std::string& target,
                    const LeftOut& left_out) {
  const auto from = Tree::of_host().open(source, O_PATH, Tree::Links::on_the_way);
  const bool is_gone = !from && (from.error().code == ENOENT || from.error().code == ENOTDIR);
  if (!from && !is_gone) return from.error();
  const auto acting = TRY(ActingAs::user(container.ids().base, container.ids().base));
  // The container's root itself is there, and stays.
  if (!is_gone && split_path(target).name.empty()) {
    if (S_ISDIR(TRY(stat_of(from->get())).st_mode)) return {};
  }
  Place place = TRY(place_of(container, target));
  if (is_gone) return remove(place);
  const mode_t kind = TRY(stat_of(from->get())).st_mode & S_IFMT;
  return put(*from, kind, std::move(place), container.ids(), left_out);
}

}  // namespace stack::copy

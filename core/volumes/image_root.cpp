#include "core/volumes/image_root.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/sys/files.h"
#include "core/sys/open_below.h"

namespace stack::volumes {
namespace {

constexpr unsigned long kHarmless = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

// Without what is mounted below it: open_tree(2) is not told to be recursive.
Result<UniqueFd> clone_layer(const std::string& layer) {
  UniqueFd tree(::open_tree(AT_FDCWD, layer.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
  if (!tree) return os_error("open layer \"" + layer + "\"");
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  if (::mount_setattr(tree.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
    return os_error("make layer \"" + layer + "\" read-only");
  return tree;
}

// The names of layers, which may be long and have any character, become numbers. mount(2) and not
// fsconfig(2), which takes no more than 255 bytes of `lowerdir` at a time.
Result<std::string> name_layers(const std::vector<std::string>& layers, const std::string& scratch) {
  std::string lowerdir;
  for (std::size_t i = layers.size(); i-- > 0;) {  // overlayfs wants the highest first
    const std::string number = std::to_string(i);
    if (::symlink(layers[i].c_str(), (scratch + "/" + number).c_str()) != 0)
      return os_error("link layer \"" + layers[i] + "\"");
    lowerdir += (lowerdir.empty() ? "" : ":") + number;
  }
  return lowerdir;
}

}  // namespace

Result<UniqueFd> mount_image(const std::vector<std::string>& layers, const std::string& scratch) {
  if (layers.size() == 1) return clone_layer(layers.front());
  if (::mount("stack", scratch.c_str(), "tmpfs", kHarmless & ~MS_RDONLY, "mode=0700") != 0)
    return os_error("mount a tmpfs at \"" + scratch + "\"");
  if (::chdir(scratch.c_str()) != 0) return os_error("enter \"" + scratch + "\"");
  if (::mkdir("image", 0700) != 0) return os_error("mkdir \"image\" in \"" + scratch + "\"");
  // Layers are not to say that a folder's content is somewhere else (the kernel's overlayfs.rst on untrusted
  // layers).
  const std::string options =
      "lowerdir=" + TRY(name_layers(layers, scratch)) + ",redirect_dir=nofollow,metacopy=off";
  if (::mount("stack", "image", "overlay", kHarmless, options.c_str()) != 0)
    return os_error("stack the image's " + std::to_string(layers.size()) + " layers with overlayfs");
  return open_fd("image", O_PATH | O_DIRECTORY);
}

Result<UniqueFd> open_image_folder(int root, const std::string& folder) {
  UniqueFd fd = open_below(root, folder.c_str(), O_RDONLY | O_DIRECTORY,
                           RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
  if (!fd && errno != ENOENT) return os_error("open folder \"" + folder + "\" of the image");
  return fd;
}

}  // namespace stack::volumes

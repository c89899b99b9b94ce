#include "core/images/layer_changes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cerrno>
#include <optional>
#include <set>

#include "core/sys/dir.h"
#include "core/sys/files.h"
#include "core/sys/open_below.h"
#include "core/sys/overlayfs.h"

namespace stack {
namespace {

using Kind = LayerChange::Kind;

constexpr int kDeepest = 256;  // folders, as in a layer (core/images/unpack.h)
constexpr std::uint64_t kBelow = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

UniqueFd open_folder(int top, const std::string& path) {
  return open_below(top, path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY, kBelow);
}

bool is_opaque(int folder) {
  char value = 0;
  return ::fgetxattr(folder, kOverlayOpaque, &value, 1) == 1 && value == 'y';
}

// Takes the descriptor.
Result<std::set<std::string>> names_of(UniqueFd folder) {
  const Dir dir(::fdopendir(folder.get()));
  if (!dir) return os_error("read a folder of a layer");
  static_cast<void>(folder.release());  // now owned by `dir`
  std::set<std::string> names;
  for (errno = 0; const dirent* entry = ::readdir(dir.get()); errno = 0) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.insert(name);
  }
  if (errno != 0) return os_error("read a folder of a layer");
  return names;
}

enum class Says { there, gone, nothing };

// What one layer says of a path: it has it; it takes it, or a folder above it, away; nothing, and the next
// layer below is to be asked.
Says ask(int layer, const std::string& path) {
  for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    const UniqueFd fd = open_below(layer, part.c_str(), O_PATH | O_NOFOLLOW, kBelow);
    if (!fd) return Says::nothing;
    struct stat st {};
    if (::fstat(fd.get(), &st) != 0) return Says::nothing;
    if (is_whiteout(st)) return Says::gone;
    if (end == std::string::npos) return Says::there;
    if (!S_ISDIR(st.st_mode)) return Says::gone;
    // Opaque, and the path is not in it: no layer below it counts.
    const UniqueFd folder = open_folder(layer, part);
    const UniqueFd whole = open_below(layer, path.c_str(), O_PATH | O_NOFOLLOW, kBelow);
    if (folder && !whole && is_opaque(folder.get())) return Says::gone;
  }
}

class Lower {
 public:
  static Result<Lower> open(const std::vector<std::string>& folders) {
    Lower lower;
    for (const std::string& folder : folders)
      lower.layers_.push_back(TRY(open_fd(folder, O_RDONLY | O_DIRECTORY)));
    return lower;
  }

  [[nodiscard]] bool has(const std::string& path) const {
    for (const UniqueFd& layer : layers_) {
      const Says says = ask(layer.get(), path);
      if (says != Says::nothing) return says == Says::there;
    }
    return false;
  }

  [[nodiscard]] Result<std::set<std::string>> names_in(const std::string& path) const {
    std::set<std::string> names;
    for (const UniqueFd& layer : layers_) {
      UniqueFd folder = open_folder(layer.get(), path);
      if (!folder) continue;
      for (const std::string& name : TRY(names_of(std::move(folder))))
        if (has(path + "/" + name)) names.insert(name);
    }
    return names;
  }

 private:
  std::vector<UniqueFd> layers_;
};

class Comparison {
 public:
  Comparison(int upper, const Lower& lower) : upper_(upper), lower_(lower) {}

  Result<void> folder(const std::string& path, int depth) {
    if (depth > kDeepest)
      return fault("\"/" + path + "\" is more than " + std::to_string(kDeepest) + " folders deep");
    UniqueFd fd = open_folder(upper_, path);
    if (!fd && errno == ENOENT) return {};  // removed meanwhile
    if (!fd) return os_error("read \"/" + path + "\"");
    const bool opaque = !path.empty() && is_opaque(fd.get());
    std::set<std::string> names = TRY(names_of(std::move(fd)));
    const std::set<std::string> own = names;
    if (opaque) names.merge(TRY(lower_.names_in(path)));
    for (const std::string& name : names) {
      const std::string below = path.empty() ? name : path + "/" + name;
      if (own.contains(name))
        TRY(entry(below, depth));
      else
        add(Kind::deleted, below);
    }
    return {};
  }

  std::vector<LayerChange> take() { return std::move(changes_); }

 private:
  Result<void> entry(const std::string& path, int depth) {
    const UniqueFd fd = open_below(upper_, path.c_str(), O_PATH | O_NOFOLLOW, kBelow);
    if (!fd && errno == ENOENT) return {};
    if (!fd) return os_error("open \"/" + path + "\"");
    struct stat st {};
    if (::fstat(fd.get(), &st) != 0) return os_error("stat \"/" + path + "\"");
    const bool was = lower_.has(path);
    if (is_whiteout(st)) {
      // Of what came and went in this layer alone nothing is left but its whiteout.
      if (was) add(Kind::deleted, path);
      return {};
    }
    add(was ? Kind::changed : Kind::added, path);
    return S_ISDIR(st.st_mode) ? folder(path, depth + 1) : Result<void>();
  }

  void add(Kind kind, const std::string& path) { changes_.push_back({kind, "/" + path}); }

  int upper_;
  const Lower& lower_;
  std::vector<LayerChange> changes_;
};

}  // namespace

Result<std::vector<LayerChange>> layer_changes(const std::string& upper,
                                               const std::vector<std::string>& lower) {
  const UniqueFd top = TRY(open_fd(upper, O_RDONLY | O_DIRECTORY));
  const Lower below = TRY(Lower::open(lower));
  Comparison comparison(top.get(), below);
  TRY(comparison.folder("", 0));
  return comparison.take();
}

}  // namespace stack

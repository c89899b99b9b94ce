#include "core/volumes/subpath.h"

#include <cerrno>

#include "core/sys/open_below.h"

namespace stack::volumes {

Result<UniqueFd> open_subpath(int data, const std::string& subpath) {
  constexpr int kTries = 64;
  const std::string what = "subpath \"" + subpath + "\"";
  for (int i = 0; i < kTries; ++i) {
    UniqueFd fd = open_below(data, subpath.c_str(), O_PATH, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
    if (fd) return fd;
    // A rename or mount somewhere raced with a ".." of the path (openat2(2)).
    if (errno != EAGAIN) break;
  }
  if (errno == EXDEV)
    return Error{
        EXDEV, what + ": leads out of the volume; it must be relative, and so must each symlink on its way"};
  return os_error(what);
}

}  // namespace stack::volumes

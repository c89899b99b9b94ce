// How a layer says that what lies below it is not there (the kernel's overlayfs.rst, "whiteouts and opaque
// directories").
#pragma once

#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace stack {

// Of a folder: "y" where nothing of the layers below shows in it.
inline constexpr const char* kOverlayOpaque = "trusted.overlay.opaque";

inline bool is_whiteout(const struct stat& st) {
  return S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0);
}

}  // namespace stack

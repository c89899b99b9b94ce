// What is copied, entry by entry: a source (a tree of files, a tar) puts them into a sink (the same).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <functional>
#include <string>

#include "specs/result.h"

namespace stack::copy {

enum class Kind { folder, file, symlink, hard_link };

struct Entry {
  std::string path;  // below the sink's folder: no "..", no blank part; "" is that folder itself
  Kind kind = Kind::file;
  mode_t mode = 0;                 // permission bits, setuid and the like among them
  std::uint32_t uid = 0, gid = 0;  // as the source itself numbers its users
  timespec changed{};
  std::uint64_t size = 0;  // of a file
  std::string link;        // of a symlink what it says, of a hard link the path of the entry that it is
};

// The bytes of a file, in order. 0 at its end.
using Content = std::function<Result<std::size_t>(char* buffer, std::size_t size)>;

// Told of what is left out: `"run/a.sock" is a socket`.
using LeftOut = std::function<void(const std::string& words)>;

class Sink {
 public:
  virtual ~Sink() = default;
  // Folders come before what is in them. `content` is that of a file.
  virtual Result<void> put(const Entry& entry, const Content& content) = 0;
  // After the last one.
  virtual Result<void> finish() = 0;
};

inline constexpr std::size_t kBuffer = std::size_t{256} << 10;
inline constexpr int kDeepest = 256;  // folders, as in a layer (core/images/unpack.h)

}  // namespace stack::copy

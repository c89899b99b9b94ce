// What a file is beside its content.
#pragma once

#include <sys/stat.h>

#include <string>

#include "specs/result.h"

namespace stack::volumes {

// `name` in an open folder; "." is the folder itself. Symlinks are not followed.
struct Entry {
  int folder = -1;
  const char* name = ".";
};

// Owner, mode, xattrs and times, in the order in which none undoes another. `st` is that of `from`.
Result<void> copy_attributes(Entry from, Entry to, const struct stat& st);

}  // namespace stack::volumes

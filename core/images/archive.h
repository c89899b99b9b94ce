// libarchive's reader with one owner, and its errors in our words.
#pragma once

#include <archive.h>

#include <memory>
#include <string>

#include "specs/result.h"

namespace stack {

struct ArchiveCloser {
  void operator()(struct archive* archive) const { archive_read_free(archive); }
};
using ReadArchive = std::unique_ptr<struct archive, ArchiveCloser>;

inline Error archive_fault(struct archive* archive, const std::string& what) {
  const char* words = archive_error_string(archive);
  const int code = archive_errno(archive);
  // ARCHIVE_ERRNO_MISC and the like are no errnos.
  return {code > 0 ? code : 0, what + ": " + (words != nullptr ? words : "damaged")};
}

}  // namespace stack

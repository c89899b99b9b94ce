#include "core/sys/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "core/sys/files.h"

namespace stack {

Result<NewFile> NewFile::create(const std::string& path) {
  const std::filesystem::path final(path);
  const std::filesystem::path folder = final.has_parent_path() ? final.parent_path() : ".";
  std::string name = (folder / ("." + final.filename().string() + ".new-XXXXXX")).string();
  UniqueFd fd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) return os_error("make a file in \"" + folder.string() + "\"");
  return NewFile(path, std::move(name), std::move(fd));
}

NewFile::~NewFile() {
  if (fd_) ::unlink(name_.c_str());
}

Result<void> NewFile::publish() {
  if (::fsync(fd_.get()) != 0) return os_error("fsync \"" + name_ + "\"");
  if (::rename(name_.c_str(), path_.c_str()) != 0)
    return os_error("rename \"" + name_ + "\" to \"" + path_ + "\"");
  fd_.reset();
  return sync_folder(std::filesystem::path(name_).parent_path().string());
}

}  // namespace stack

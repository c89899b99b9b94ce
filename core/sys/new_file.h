// A large file written under another name beside its own, which it gets when it is whole. One that is not
// published goes with the object.
#pragma once

#include <string>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

class NewFile {
 public:
  // Mode 0600.
  static Result<NewFile> create(const std::string& path);
  NewFile(NewFile&&) noexcept = default;
  NewFile& operator=(NewFile&&) = delete;
  NewFile(const NewFile&) = delete;
  ~NewFile();

  // To be written to.
  [[nodiscard]] int fd() const { return fd_.get(); }
  // For the words of an error.
  [[nodiscard]] const std::string& name() const { return name_; }
  // On the disk, and in the place of what had its name.
  Result<void> publish();

 private:
  NewFile(std::string path, std::string name, UniqueFd fd)
      : path_(std::move(path)), name_(std::move(name)), fd_(std::move(fd)) {}

  std::string path_, name_;
  UniqueFd fd_;
};

}  // namespace stack

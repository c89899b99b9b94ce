// Writes into a folder in which somebody else may write too, who means no good: every part of a path is a
// real folder below it or an error, and what is made gets its attributes through its own descriptor.
#pragma once

#include <string>
#include <vector>

#include "core/copy/entry.h"
#include "core/copy/ids.h"
#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack::copy {

struct Keeping {
  IdShift ids;
  bool owners = false;  // else what is made is whoever's it is by itself
  mode_t mode = 07777;  // the bits of an entry's mode that are kept
};

class TreeSink final : public Sink {
 public:
  // A file in the way is replaced, a folder is gone on with as it is; a file never takes the place of a
  // folder, nor a folder that of a file.
  TreeSink(UniqueFd folder, const Keeping& keeping) : root_(std::move(folder)), keeping_(keeping) {}

  Result<void> put(const Entry& entry, const Content& content) override;
  // The times of the folders that were made, which every entry put into them has changed.
  Result<void> finish() override;

 private:
  struct Place {
    int folder;
    std::string name;
  };
  struct FolderTime {
    std::string path;
    timespec changed;
  };

  Result<UniqueFd> open_folder(const std::string& path) const;
  Result<Place> place_of(const std::string& path);
  Result<void> make_missing(const std::string& path);
  Result<void> put_folder(const Place& at, const Entry& entry);
  Result<void> put_file(const Place& at, const Entry& entry, const Content& content);
  Result<void> fill(int file, const Entry& entry, const Content& content);
  Result<void> put_symlink(const Place& at, const Entry& entry);
  Result<void> put_hard_link(const Place& at, const Entry& entry);
  Result<void> give_attributes(int fd, const Entry& entry) const;
  Result<std::pair<uid_t, gid_t>> owner_of(const Entry& entry) const;

  UniqueFd root_;
  Keeping keeping_;
  std::string parent_path_;
  UniqueFd parent_;  // of the last entry
  std::vector<FolderTime> folder_times_;
  std::vector<char> buffer_;
};

}  // namespace stack::copy

// The files of a LogStream: opened where the last keeper left off, and rotated.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "cmd/keeper/log_stream.h"
#include "cmd/keeper/words.h"
#include "core/keeper/protocol.h"
#include "core/logs/format.h"

namespace stack::keeper {
namespace {

using logs::IndexHeader;
using logs::Piece;

constexpr std::size_t kFilePathBytes = wire::kPathBytes + 32;
constexpr mode_t kMode = 0600;
constexpr int kFolderTries = 100;

std::int64_t modified_ns(const struct stat& st) {
  return static_cast<std::int64_t>(st.st_mtim.tv_sec) * 1'000'000'000 + st.st_mtim.tv_nsec;
}

}  // namespace

bool LogStream::name_file(char* path, std::size_t size, const char* kind, std::uint32_t number) const {
  Text text(path, size);
  text << folder_ << "/" << stream_ << "." << kind;
  if (number > 0) text << "." << std::uint64_t{number};
  return !text.cut();
}

bool LogStream::open(Missing missing) {
  char path[kFilePathBytes];
  if (!name_file(path, sizeof path, "log", 0)) return false;
  const int create = missing == Missing::create ? O_CREAT : 0;
  // Whoever is taking the folder away may do so again just after it was made.
  int tries = create != 0 ? kFolderTries : 1;
  do {
    if (create != 0 && !make_folders(folder_)) continue;
    // Not O_APPEND, which splice(2) refuses; we are the only writer.
    data_ = ::open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | create, kMode);
  } while (data_ < 0 && errno == ENOENT && --tries > 0);
  if (data_ < 0) {
    if (create != 0) give_up("open", errno);
    return false;
  }
  struct stat st {};
  if (::fstat(data_, &st) == 0) {
    size_ = static_cast<std::uint64_t>(st.st_size);
    if (open_index(st.st_ino, modified_ns(st))) {
      retry_at_ns_ = 0;
      return true;
    }
  }
  give_up("open the index of", errno);
  close_files();
  return false;
}

// What the index says and what the data holds may differ after a crash: the data is right.
bool LogStream::open_index(std::uint64_t inode, std::int64_t modified_ns) {
  char path[kFilePathBytes];
  if (!name_file(path, sizeof path, "idx", 0)) return false;
  index_ = ::open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kMode);
  struct stat st {};
  if (index_ < 0 || ::fstat(index_, &st) != 0) return false;
  IndexHeader header;
  const bool ours = ::pread(index_, &header, sizeof header, 0) == sizeof header &&
                    header.magic == logs::kIndexMagic && header.data_inode == inode;
  if (!ours && !start_index(inode)) return false;
  index_size_ = sizeof header;
  std::uint64_t told = 0;
  Piece last;
  if (ours) {
    const auto pieces = (static_cast<std::uint64_t>(st.st_size) - sizeof header) / sizeof(Piece);
    index_size_ += pieces * sizeof(Piece);
    // Pieces of data that a power failure took: a piece more would not help, so they go.
    while (index_size_ > sizeof header) {
      const auto at = static_cast<off_t>(index_size_ - sizeof last);
      if (::pread(index_, &last, sizeof last, at) != sizeof last) return false;
      if (last.end <= size_) break;
      index_size_ -= sizeof last;
    }
    if (index_size_ > sizeof header) told = last.end;
    if (::ftruncate(index_, static_cast<off_t>(index_size_)) != 0) return false;
  }
  ended_ = index_size_ > sizeof header && (last.flags & Piece::kEnded) != 0;
  if (told < size_) note(modified_ns, Piece::kRecovered);
  return true;
}

bool LogStream::is_named(const char* kind, int fd) const {
  char path[kFilePathBytes];
  struct stat named {};
  struct stat held {};
  return name_file(path, sizeof path, kind, 0) && ::fstat(fd, &held) == 0 && ::lstat(path, &named) == 0 &&
         named.st_ino == held.st_ino && named.st_dev == held.st_dev;
}

// An index tells of the file of one inode, which the next file may get.
void LogStream::reopen() {
  if (data_ < 0 && retry_at_ns_ == 0) return;  // nothing has come yet
  if (data_ >= 0 && is_named("log", data_) && is_named("idx", index_)) return;
  char index[kFilePathBytes];
  if (data_ >= 0 && !is_named("log", data_) && name_file(index, sizeof index, "idx", 0)) ::unlink(index);
  close_files();
  static_cast<void>(open(Missing::create));  // it has told why not
}

bool LogStream::start_index(std::uint64_t inode) {
  IndexHeader header;
  header.data_inode = inode;
  if (::ftruncate(index_, 0) != 0) return false;
  const ssize_t n = ::pwrite(index_, &header, sizeof header, 0);
  if (n >= 0 && n != sizeof header) errno = ENOSPC;
  return n == sizeof header;
}

// Each becomes one older; the oldest is overwritten.
bool LogStream::rename_all(const char* kind) const {
  char from[kFilePathBytes];
  char to[kFilePathBytes];
  if (max_files_ == 1) {
    if (!name_file(from, sizeof from, kind, 0)) return false;
    return ::unlink(from) == 0 || errno == ENOENT;
  }
  for (std::uint32_t number = max_files_ - 1; number > 0; --number) {
    if (!name_file(from, sizeof from, kind, number - 1) || !name_file(to, sizeof to, kind, number))
      return false;
    if (::rename(from, to) != 0 && errno != ENOENT) return false;
  }
  return true;
}

// The indices go first: an index that outlived its data could be taken for that of a later file with the same
// inode number.
bool LogStream::rotate() {
  if (!rename_all("idx") || !rename_all("log")) {
    give_up("rotate", errno);
    return false;
  }
  close_files();
  return open(Missing::create);
}

}  // namespace stack::keeper

// Which file a StreamReader reads: the keeper renames them under it, so the open file is the truth and its
// number is looked up.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "core/logs/stream_reader.h"
#include "core/sys/dir.h"
#include "core/sys/files.h"

namespace stack::logs {
namespace {

constexpr int kTries = 100;  // of a keeper that rotates while we look

const char* name_of(Stream stream) {
  return stream == Stream::out ? "stdout" : "stderr";
}

// "stdout.log.12" -> 12, "stdout.log" -> 0; false for what is no such name.
bool number_in(const std::string& name, const std::string& base, unsigned& number) {
  number = 0;
  if (name == base) return true;
  if (!name.starts_with(base + ".")) return false;
  const char* begin = name.data() + base.size() + 1;
  const char* end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(begin, end, number);
  return error == std::errc() && rest == end && number > 0;
}

// Sorted: the newest first.
Result<std::vector<unsigned>> numbers_of(const std::string& folder, const std::string& base) {
  std::vector<unsigned> numbers;
  unsigned number = 0;
  for (const std::string& name : TRY(names_in(folder)))
    if (number_in(name, base, number)) numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

std::string StreamReader::path(const char* kind, unsigned number) const {
  std::string text = folder_ + "/" + name_of(stream_) + "." + kind;
  if (number > 0) text += "." + std::to_string(number);
  return text;
}

Result<bool> StreamReader::open_first() {
  const std::string base = std::string(name_of(stream_)) + ".log";
  for (int i = 0; i < kTries; ++i) {
    const auto numbers = TRY(numbers_of(folder_, base));
    if (numbers.empty()) return false;
    auto oldest = open_fd(path("log", numbers.back()), O_RDONLY | O_NOFOLLOW);
    if (!oldest && oldest.error().code == ENOENT) continue;  // renamed just now
    if (!oldest) return oldest.error();
    // It may have been renamed between the list and the open: then there is an older one than the one opened.
    if (TRY(numbers_of(folder_, base)) != numbers) continue;
    TRY(begin(*std::move(oldest)));
    return true;
  }
  return false;
}

Result<void> StreamReader::begin(UniqueFd data) {
  struct stat st {};
  if (::fstat(data.get(), &st) != 0) return os_error("stat a log of \"" + folder_ + "\"");
  data_ = std::move(data);
  inode_ = st.st_ino;
  device_ = st.st_dev;
  data_offset_ = 0;
  index_.reset();
  return {};
}

Result<bool> StreamReader::is_rotated() const {
  struct stat st {};
  if (::stat(path("log", 0).c_str(), &st) == 0) return st.st_ino != inode_ || st.st_dev != device_;
  // Between the renames, or removed: whether there is a next file is seen at the next poll.
  if (errno == ENOENT) return false;
  return os_error("stat \"" + path("log", 0) + "\"");
}

Result<bool> StreamReader::number_of_current(unsigned& number) const {
  for (const unsigned candidate : TRY(numbers_of(folder_, std::string(name_of(stream_)) + ".log"))) {
    struct stat st {};
    if (::stat(path("log", candidate).c_str(), &st) != 0 || st.st_ino != inode_ || st.st_dev != device_)
      continue;
    number = candidate;
    return true;
  }
  return false;
}

Result<bool> StreamReader::is_dropped() const {
  struct stat st {};
  if (::fstat(data_.get(), &st) != 0) return os_error("stat a log of \"" + folder_ + "\"");
  return st.st_nlink == 0;
}

// Ours has number N: the next is N-1, unless another rotation came in between, which the numbers before and
// after tell.
Result<bool> StreamReader::open_next(const Sink& sink) {
  for (int i = 0; i < kTries; ++i) {
    unsigned before = 0;
    if (!TRY(number_of_current(before))) {
      if (!TRY(is_dropped())) continue;  // renamed while we looked
      give_partial(sink);                // the rest of that line is not what comes next
      return open_first();
    }
    if (before == 0) return false;
    auto next = open_fd(path("log", before - 1), O_RDONLY | O_NOFOLLOW);
    unsigned after = 0;
    if (!next || !TRY(number_of_current(after)) || after != before) continue;
    TRY(begin(*std::move(next)));
    return true;
  }
  return false;
}

// The one whose header names our data; an unset descriptor where there is none (yet).
Result<UniqueFd> StreamReader::find_index() {
  for (const unsigned number : TRY(numbers_of(folder_, std::string(name_of(stream_)) + ".idx"))) {
    auto fd = open_fd(path("idx", number), O_RDONLY | O_NOFOLLOW);
    if (!fd) continue;  // renamed just now
    IndexHeader header;
    if (::pread(fd->get(), &header, sizeof header, 0) != sizeof header) continue;
    if (header.magic != kIndexMagic || header.data_inode != inode_) continue;
    index_offset_ = sizeof header;
    return *std::move(fd);
  }
  return UniqueFd();
}

}  // namespace stack::logs

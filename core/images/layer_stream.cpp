#include "core/images/layer_stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <cerrno>
#include <utility>

#include "core/images/archive.h"
#include "core/sys/files.h"

namespace stack {
namespace {

constexpr std::size_t kReadSize = std::size_t{256} << 10;
constexpr std::size_t kBlockSize = std::size_t{512} << 10;
constexpr std::size_t kBlocksAhead = 4;
constexpr int kMostWindowLog =
    25;  // 32 MiB: what the best level of buildkit's and podman's compressor asks for

Error zstd_fault(const std::string& path, std::size_t code) {
  const bool window = ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge;
  return fault("decompress \"" + path + "\": zstd: " + ZSTD_getErrorName(code) +
               (window ? ": compress it without --ultra and --long" : ""));
}

}  // namespace

// The blob as libarchive reads it.
struct LayerStream::Input {
  int fd;
  const std::stop_token& stop;
  std::vector<char> buffer = std::vector<char>(kReadSize);
  Sha256 sum{};

  // Bytes read, 0 at the end, or -1 with errno.
  ssize_t read() {
    if (stop.stop_requested()) {
      errno = ECANCELED;
      return -1;
    }
    ssize_t n = 0;
    do {
      n = ::read(fd, buffer.data(), buffer.size());
    } while (n < 0 && errno == EINTR);
    if (n > 0) sum.add(buffer.data(), static_cast<std::size_t>(n));
    return n;
  }

  static la_ssize_t read_for(struct archive* archive, void* self, const void** bytes) {
    auto* input = static_cast<Input*>(self);
    *bytes = input->buffer.data();
    const ssize_t n = input->read();
    if (n < 0) archive_set_error(archive, errno, "%s", os_error("read").words.c_str());
    return n;
  }
};

Result<Compression> compression_of(const std::string& file) {
  const UniqueFd fd = TRY(open_fd(file, O_RDONLY));
  unsigned char magic[4] = {};
  if (::pread(fd.get(), magic, sizeof magic, 0) < 0) return os_error("read \"" + file + "\"");
  if (magic[0] == 0x1f && magic[1] == 0x8b) return Compression::gzip;
  const bool zstd = magic[0] == 0x28 && magic[1] == 0xb5 && magic[2] == 0x2f && magic[3] == 0xfd;
  return zstd ? Compression::zstd : Compression::none;
}

Result<std::unique_ptr<LayerStream>> LayerStream::open(const std::string& blob, std::stop_token stop) {
  UniqueFd fd(::open(blob.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return os_error("open \"" + blob + "\"");
  struct stat st {};
  if (::fstat(fd.get(), &st) != 0) return os_error("stat \"" + blob + "\"");
  if (!S_ISREG(st.st_mode)) return fault("open \"" + blob + "\": not a file");
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<LayerStream>(
      new LayerStream(std::move(fd), blob, static_cast<std::uint64_t>(st.st_size), std::move(stop)));
}

LayerStream::LayerStream(UniqueFd blob, std::string path, std::uint64_t size, std::stop_token stop)
    : blob_(std::move(blob)),
      path_(std::move(path)),
      blob_size_(size),
      stop_(std::move(stop)),
      thread_([this] { decompress(); }) {}

LayerStream::~LayerStream() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<std::string_view> LayerStream::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !ready_.empty() || ended_; });
  if (ready_.empty()) {
    if (error_) return *error_;
    return std::string_view();
  }
  current_ = std::move(ready_.front());
  ready_.pop_front();
  lock.unlock();
  changed_.notify_all();
  diff_id_.add(current_.data(), current_.size());
  return std::string_view(current_.data(), current_.size());
}

Result<LayerDigests> LayerStream::finish() {
  while (!TRY(next()).empty()) {
  }
  return LayerDigests{blob_digest_, diff_id_.digest()};
}

void LayerStream::decompress() {
  Input input{blob_.get(), stop_};
  Result<void> outcome = decompress_all(input);
  // What the decompressor left unread belongs to the blob all the same.
  ssize_t n = 1;
  while (outcome.ok() && n > 0) n = input.read();
  if (outcome.ok() && n < 0) outcome = os_error("read \"" + path_ + "\"");
  const std::lock_guard lock(mutex_);
  if (!outcome.ok()) error_ = outcome.error();
  blob_digest_ = input.sum.digest();
  ended_ = true;
  changed_.notify_all();
}

Result<void> LayerStream::decompress_all(Input& input) {
  if (TRY(compression_of(path_)) == Compression::zstd) return decompress_zstd(input);
  const ReadArchive archive(archive_read_new());
  archive_read_support_filter_gzip(archive.get());
  archive_read_support_format_raw(archive.get());
  archive_read_support_format_empty(archive.get());
  if (archive_read_open(archive.get(), &input, nullptr, &Input::read_for, nullptr) != ARCHIVE_OK)
    return archive_fault(archive.get(), "decompress \"" + path_ + "\"");
  struct archive_entry* entry = nullptr;
  const int status = archive_read_next_header(archive.get(), &entry);
  if (status == ARCHIVE_EOF) return {};
  if (status < ARCHIVE_WARN) return archive_fault(archive.get(), "decompress \"" + path_ + "\"");
  return fill(archive.get());
}

Result<void> LayerStream::fill(void* raw) {
  auto* archive = static_cast<struct archive*>(raw);
  for (;;) {
    Block block(kBlockSize);
    const la_ssize_t n = archive_read_data(archive, block.data(), block.size());
    if (n < 0) return archive_fault(archive, "decompress \"" + path_ + "\"");
    if (n == 0) return {};
    block.resize(static_cast<std::size_t>(n));
    if (!hand_over(std::move(block))) return os_error("decompress \"" + path_ + "\"", ECANCELED);
  }
}

// Not by libarchive, which has no bound for the window: a frame may ask for 128 MiB of memory.
Result<void> LayerStream::decompress_zstd(Input& input) {
  static std::mutex one_at_a_time;  // so that there is one window
  const std::lock_guard alone(one_at_a_time);
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> zstd(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  ZSTD_DCtx_setParameter(zstd.get(), ZSTD_d_windowLogMax, kMostWindowLog);
  std::size_t wanted = 0;  // 0 between two frames
  for (;;) {
    const ssize_t n = input.read();
    if (n < 0) return os_error("read \"" + path_ + "\"");
    if (n == 0) break;
    ZSTD_inBuffer in{input.buffer.data(), static_cast<std::size_t>(n), 0};
    bool more = true;
    while (more) {
      Block block(kBlockSize);
      ZSTD_outBuffer out{block.data(), block.size(), 0};
      wanted = ZSTD_decompressStream(zstd.get(), &out, &in);
      if (ZSTD_isError(wanted) != 0) return zstd_fault(path_, wanted);
      // With nothing to read or to write it would ask for the header of a next frame.
      more = in.pos < in.size || (out.pos == out.size && wanted != 0);
      block.resize(out.pos);
      if (!block.empty() && !hand_over(std::move(block)))
        return os_error("decompress \"" + path_ + "\"", ECANCELED);
    }
  }
  return wanted == 0 ? Result<void>() : fault("decompress \"" + path_ + "\": truncated zstd input");
}

bool LayerStream::hand_over(Block block) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready_.size() < kBlocksAhead || abandoned_; });
  if (abandoned_) return false;
  ready_.push_back(std::move(block));
  changed_.notify_all();
  return true;
}

}  // namespace stack

// One stream of a container on its way to the disk: splice(2) from its pipe to STREAM.log, so that no byte
// passes through our memory, and the time of each piece to STREAM.idx. The container never waits for the disk
// to have room: what cannot be written is thrown away, counted, and noted as lost as soon as writing works
// again.
//
// splice is also what makes a kill -9 of the keeper harmless: the kernel takes bytes out of the pipe only as
// it puts them into the file. (A file system without splice_write would be a fault told on standard error;
// Linux has none that a log lies on.) A terminal cannot be spliced: what comes from one goes through a
// buffer, a page at a time.
#pragma once

#include <cstdint>

namespace stack::keeper {

enum class Drained { empty, more, ended };

class LogStream {
 public:
  // `folder` must outlive this. `stream` is "stdout" or "stderr". Nothing is opened before the first byte
  // comes. With `max_bytes` 0 nothing is kept.
  void begin(int pipe, const char* folder, const char* stream, std::uint64_t max_bytes,
             std::uint32_t max_files);
  // Moves what the pipe holds, at most a bounded number of pieces; `ended` is the end of file.
  Drained drain();
  // Makes its files anew where somebody has deleted them, or moved them away.
  void reopen();
  // Notes that the writer has ended, and closes all, the pipe too.
  void finish();
  [[nodiscard]] int pipe() const { return pipe_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  void add_lost(std::uint64_t bytes) { lost_ += bytes; }

 private:
  enum class Missing { create, leave };

  bool open(Missing missing);
  bool open_index(std::uint64_t inode, std::int64_t modified_ns);
  bool start_index(std::uint64_t inode);
  bool rotate();
  [[nodiscard]] bool is_named(const char* kind, int fd) const;
  bool name_file(char* path, std::size_t size, const char* kind, std::uint32_t number) const;
  bool rename_all(const char* kind) const;
  void note(std::int64_t time_ns, std::uint32_t flags);
  // Writing failed: the next second's bytes are thrown away.
  void give_up(const char* what, int error);
  // As splice(2) of at most `room` bytes; into the log, or away.
  long move_to_log(std::uint64_t room);
  long throw_away() const;
  Drained discard();
  void close_files();

  [[nodiscard]] bool keeps_nothing() const { return max_bytes_ == 0; }

  int pipe_ = -1;
  bool is_terminal_ = false;
  int data_ = -1;
  int index_ = -1;
  const char* folder_ = nullptr;
  const char* stream_ = nullptr;
  std::uint64_t max_bytes_ = 0;
  std::uint32_t max_files_ = 1;
  std::uint64_t size_ = 0;
  std::uint64_t index_size_ = 0;
  std::uint64_t lost_ = 0;
  std::int64_t retry_at_ns_ = 0;
  bool ended_ = false;  // the last piece says so
};

// mkdir -p, 0700.
bool make_folders(const char* path);

}  // namespace stack::keeper

// The reconciler as a child process: started, started again when it dies, and signalled.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace stack::keeper {

class ReconcilerProcess {
 public:
  struct Program {
    const char* path = nullptr;  // of `stack`
    const char* project = nullptr;
    const char* own_path = nullptr;  // of stack-keeper: for the reconciler, should we die
    std::uint64_t descriptors = 0;   // soft RLIMIT_NOFILE to start it with
  };

  void set_program(const Program& program) { program_ = program; }
  // Starts it when it is due. False: it is not due, or could not be started, and will be tried again.
  bool start(int control);
  // It is dead: reaped, its socket closed. A restart is due at `due_ns`.
  void bury();
  // As it was before an upgrade.
  void resume(pid_t pid, int pidfd, int socket);
  void signal(int number) const;
  // Milliseconds until a restart is due, -1 for never, as epoll_wait(2) wants them.
  [[nodiscard]] int timeout_ms() const;

  [[nodiscard]] bool runs() const { return pid_ > 0; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int pidfd() const { return pidfd_; }
  [[nodiscard]] int socket() const { return socket_; }

 private:
  bool spawn(int control, int socket);
  void schedule();

  Program program_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  int socket_ = -1;
  std::int64_t started_ns_ = 0;
  std::int64_t due_ns_ = 0;
  std::int64_t pause_ns_ = 0;
};

}  // namespace stack::keeper

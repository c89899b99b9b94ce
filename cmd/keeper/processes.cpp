#include "cmd/keeper/processes.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "cmd/keeper/exit_status.h"
#include "cmd/keeper/slots.h"
#include "cmd/keeper/words.h"

namespace stack::keeper::processes {
namespace {

constinit Slots<Process, kMost> table{};
std::uint32_t next_generation = 1;

Event event_of(const Process& process, Source source) {
  return {source, static_cast<std::uint16_t>(table.index(process)), process.generation, 0};
}

Process* find(pid_t pid, const char* name) {
  return table.find([&](const Process& process) {
    return process.watch.pid == pid && ::strcmp(process.watch.name, name) == 0;
  });
}

void close_log(LogStream& log) {
  if (log.pipe() < 0) return;
  events::remove(log.pipe());
  log.finish();
}

// Everything that is in the pipe by now. Bounded, for somebody else may still be writing: a pipe of 1 MiB has
// 256 buffers, and each piece empties one at least.
void drain_all(LogStream& log) {
  constexpr int kRounds = 64;
  if (log.pipe() < 0) return;
  for (int i = 0; i < kRounds && log.drain() == Drained::more; ++i) {
  }
}

void finish_log(LogStream& log) {
  drain_all(log);
  close_log(log);
}

void begin_log(Process& process, LogStream& log, int pipe, Source source) {
  const wire::WatchMessage& watch = process.watch;
  const bool out = source == Source::out;
  log.begin(pipe, watch.log_dir, out ? "stdout" : "stderr", watch.max_bytes, watch.max_files);
  log.add_lost(watch.lost[out ? 0 : 1]);
  // A pipe that cannot be watched is still read when its process ends.
  events::add(pipe, EPOLLIN, event_of(process, source));
}

// Two writers of one file would overwrite each other: what an earlier run left in its pipes goes before us.
void finish_logs_in(const char* folder) {
  for (int i = 0; i < table.end(); ++i) {
    Process* process = table.at(i);
    if (process == nullptr || ::strcmp(process->watch.log_dir, folder) != 0) continue;
    finish_log(process->out);
    finish_log(process->err);
  }
}

void take_pipe(Process& process, LogStream& log, int& kept, int pipe, Source source) {
  if (pipe < 0) return;
  if (process.watch.log_dir[0] == '\0')
    kept = pipe;
  else
    begin_log(process, log, pipe, source);
}

void notice_exit(Process& process) {
  wire::ExitBody& exit = process.watch.exit;
  if (exit.ended != 0) return;
  peek_exit(process.pidfd, process.watch.pid, process.watch.start_time, exit);
  if (exit.ended == 0) return;
  // A pidfd of a zombie stays readable. What was written before the end is in the pipe: on the disk before it
  // is reported.
  events::remove(process.pidfd);
  drain_all(process.out);
  drain_all(process.err);
}

void release(Process& process) {
  finish_log(process.out);
  finish_log(process.err);
  if (process.kept_out >= 0) ::close(process.kept_out);
  if (process.kept_err >= 0) ::close(process.kept_err);
  reap(process.pidfd);
  events::remove(process.pidfd);
  ::close(process.pidfd);
  table.give_back(process);
}

bool refuse(const wire::WatchMessage& message, int pidfd, const char* why) {
  complain(why, message.name, 0);
  if (pidfd >= 0) {
    static_cast<void>(
        ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0));  // ESRCH: it is dead already
    ::close(pidfd);
  }
  return false;
}

}  // namespace

bool watch(const wire::WatchMessage& message, channel::Fds& fds) {
  const int pidfd = (message.fds & wire::kHasPidfd) != 0 ? fds.take() : -1;
  if (pidfd < 0) return refuse(message, pidfd, "watch without a pidfd");
  if (find(message.pid, message.name) != nullptr) {
    ::close(pidfd);
    return true;
  }
  if (message.log_dir[0] != '\0') finish_logs_in(message.log_dir);
  Process* process = table.take();
  if (process == nullptr) return refuse(message, pidfd, "no room to watch");
  process->generation = next_generation++;
  process->pidfd = pidfd;
  process->reported = message.reported != 0;
  process->stopped = message.stopped != 0;
  process->watch = message;
  process->watch.name[wire::kNameBytes - 1] = process->watch.log_dir[wire::kPathBytes - 1] = '\0';
  if ((message.fds & wire::kHasOut) != 0)
    take_pipe(*process, process->out, process->kept_out, fds.take(), Source::out);
  if ((message.fds & wire::kHasErr) != 0)
    take_pipe(*process, process->err, process->kept_err, fds.take(), Source::err);
  if (process->watch.exit.ended == 0) events::add(pidfd, EPOLLIN, event_of(*process, Source::process));
  return true;
}

void acknowledge(pid_t pid, const char* name) {
  Process* process = find(pid, name);
  // Unknown: acknowledged before. Still running: its exit is not what was acknowledged.
  if (process == nullptr || process->watch.exit.ended == 0) return;
  release(*process);
}

void reopen_log(pid_t pid, const char* name) {
  Process* process = find(pid, name);
  if (process == nullptr) return;
  process->out.reopen();
  process->err.reopen();
}

// One SIGCHLD stands for any number of children, so all are asked about. A stop is told once (waitid(2)),
// which is also what ends this loop; bounded, for one that is stopped and continued without end is no reason
// to stay.
void notice_stops() {
  for (int i = 0; i < kMost; ++i) {
    siginfo_t info;
    ::memset(&info, 0, sizeof info);
    if (::waitid(P_ALL, 0, &info, WSTOPPED | WNOHANG | __WALL) != 0 || info.si_pid == 0) return;
    // The pid of a child that has not been reaped is nobody else's.
    Process* process = table.find(
        [&](const Process& one) { return one.watch.pid == info.si_pid && one.watch.exit.ended == 0; });
    if (process != nullptr) process->stopped = true;
  }
}

void serve(const Event& event) {
  Process* process = table.at(event.slot);
  if (process == nullptr || process->generation != event.generation) return;
  if (event.source == Source::process) return notice_exit(*process);
  LogStream& log = event.source == Source::out ? process->out : process->err;
  if (log.pipe() < 0) return;
  if (log.drain() == Drained::ended) close_log(log);
}

int end() {
  return table.end();
}
Process* at(int slot) {
  return table.at(slot);
}

bool is_watched(pid_t pid) {
  return table.find([&](const Process& process) { return process.watch.pid == pid; }) != nullptr;
}

wire::WatchMessage describe(const Process& process, channel::Fds& fds) {
  wire::WatchMessage message = process.watch;
  message.fds = wire::kHasPidfd;
  fds.add(process.pidfd);
  const int out = process.out.pipe() >= 0 ? process.out.pipe() : process.kept_out;
  const int err = process.err.pipe() >= 0 ? process.err.pipe() : process.kept_err;
  if (out >= 0) {
    message.fds |= wire::kHasOut;
    fds.add(out);
  }
  if (err >= 0) {
    message.fds |= wire::kHasErr;
    fds.add(err);
  }
  message.reported = process.reported ? 1 : 0;
  message.stopped = process.stopped ? 1 : 0;
  message.lost[0] = process.out.lost();
  message.lost[1] = process.err.lost();
  return message;
}

}  // namespace stack::keeper::processes

// `stack attach`: what leads to a service's standard input. Its output is read where it is logged.
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <nlohmann/json.hpp>

#include "core/reconcile/reconciler.h"
#include "core/reconcile/session.h"
#include "core/sys/files.h"
#include "core/sys/syscalls.h"

namespace stack {
namespace {

using nlohmann::json;

bool is_pipe(int fd) {
  struct stat st {};
  struct statfs system {};
  return ::fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && ::fstatfs(fd, &system) == 0 &&
         system.f_type == PIPEFS_MAGIC;
}

// The service may have put anything in the place of its standard input: looked at before it is opened, and
// only a pipe is.
Result<UniqueFd> open_input(const Process& process, pid_t pid) {
  const UniqueFd input = TRY(open_fd("/proc/" + std::to_string(pid) + "/fd/0", O_PATH));
  if (pidfd_send_signal(process.pidfd.get(), 0) != 0) return os_error("find the service's process");
  if (!is_pipe(input.get())) return fault("the service has replaced its standard input");
  return open_fd("/proc/self/fd/" + std::to_string(input.get()), O_WRONLY | O_NONBLOCK);
}

Result<UniqueFd> duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return os_error("duplicate a descriptor");
  return copy;
}

}  // namespace

Result<void> Reconciler::verb_attach(const SessionPtr& session, const json& request) {
  const std::string service = request.value("service", "");
  const auto want = world_.desired.containers.find(service);
  const auto process = world_.processes.find(service);
  if (want == world_.desired.containers.end()) return fault("no service \"" + service + "\"");
  const ContainerRecord& record = world_.records.at(service);
  if (process == world_.processes.end() || record.state != ContainerState::running)
    return fault("\"" + service + "\" is not running: start it with \"stack start " + service + "\"");
  if (record.paused)
    return fault("\"" + service + "\" is paused: let it go on with \"stack unpause " + service + "\"");
  if (process->second.limits.max_bytes == keeper::kNoLog)
    return fault("\"" + service +
                 "\" keeps no output (logging driver \"none\"), so there is none to attach to");
  const ServiceSpec& spec = *want->second.spec;
  const bool tty = spec.tty.value_or(false);
  UniqueFd input;
  if (spec.stdin_open.value_or(false) && request.value("stdin", false))
    input = TRY(tty ? duplicate(process->second.out.get()) : open_input(process->second, record.pid));
  const bool has_input = input.valid();
  session->send({{"event", "started"}, {"tty", tty}, {"stdin", has_input}, {"pid", record.pid}},
                std::move(input));
  session->result(0);
  return {};
}

}  // namespace stack

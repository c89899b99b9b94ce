#include "core/images/skopeo.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/images/find_program.h"
#include "core/images/json.h"
#include "core/sys/files.h"
#include "core/sys/pipes.h"
#include "core/sys/spawn.h"

namespace stack {
namespace {

constexpr std::size_t kMostErrors = std::size_t{64} << 10;

Result<std::string> find_skopeo() {
  return find_program("skopeo", "skopeo, which pulls images, is not installed: apt install skopeo");
}

Error cancelled() {
  return os_error("pull", ECANCELED);
}

}  // namespace

std::vector<std::string> platform_options(const Platform& platform) {
  std::vector<std::string> options{"--override-os=" + platform.os,
                                   "--override-arch=" + platform.architecture};
  if (!platform.variant.empty()) options.push_back("--override-variant=" + platform.variant);
  return options;
}

Result<SkopeoRun> SkopeoRun::start(std::vector<std::string> arguments, int kept_open) {
  const std::string program = TRY(find_skopeo());
  Pipe output = TRY(make_pipe());
  Pipe errors = TRY(make_pipe());
  const UniqueFd nothing = TRY(open_fd("/dev/null", O_RDONLY));
  std::vector<int> descriptors{nothing.get(), output.write.get(), errors.write.get()};
  if (kept_open >= 0) descriptors.push_back(kept_open);
  arguments.insert(arguments.begin(), program);
  SkopeoRun run;
  run.pid_ = TRY(spawn(program, std::move(arguments), descriptors, SpawnSession::ours));
  run.process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, run.pid_, 0)));
  if (!run.process_) return os_error("watch \"" + program + "\"");
  run.output_pipe_ = std::move(output.read);
  run.error_pipe_ = std::move(errors.read);
  return run;
}

SkopeoRun::SkopeoRun(SkopeoRun&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      process_(std::move(other.process_)),
      output_pipe_(std::move(other.output_pipe_)),
      error_pipe_(std::move(other.error_pipe_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)) {}

SkopeoRun::~SkopeoRun() {
  if (pid_ < 0) return;
  // What it has of a blob is dropped anyway, and the blobs that are whole stay.
  ::kill(pid_, SIGKILL);
  (void)exit_code_of(pid_, "skopeo");
}

bool SkopeoRun::wait(std::chrono::milliseconds time) {
  pollfd watched[] = {
      {output_pipe_.get(), POLLIN, 0}, {error_pipe_.get(), POLLIN, 0}, {process_.get(), POLLIN, 0}};
  if (::poll(watched, 3, static_cast<int>(time.count())) <= 0) return false;
  if (watched[0].revents != 0) take(output_pipe_, output_, json::kMostBytes + 1);
  if (watched[1].revents != 0) take(error_pipe_, errors_, kMostErrors);
  // What is left in the pipes is taken before the end is told.
  return watched[2].revents != 0 && watched[0].revents == 0 && watched[1].revents == 0;
}

void SkopeoRun::take(UniqueFd& pipe, std::string& text, std::size_t most) {
  char buffer[16384];
  const ssize_t n = ::read(pipe.get(), buffer, sizeof buffer);
  if (n < 0 && errno == EINTR) return;
  if (n <= 0) {
    pipe.reset();  // poll(2) passes over a negative one
    return;
  }
  text.append(buffer, std::min(static_cast<std::size_t>(n), most - text.size()));
}

Result<std::string> SkopeoRun::output() {
  const int code = TRY(exit_code_of(std::exchange(pid_, -1), "skopeo"));
  if (code == 128 + SIGINT || code == 128 + SIGTERM) return cancelled();
  if (code != 0) return fault(errors_.empty() ? "skopeo ended with " + std::to_string(code) : errors_);
  return std::move(output_);
}

Result<std::string> run_skopeo(std::vector<std::string> arguments, const std::stop_token& stop) {
  SkopeoRun run = TRY(SkopeoRun::start(std::move(arguments), -1));
  while (!run.wait(std::chrono::milliseconds(100)))
    if (stop.stop_requested()) return cancelled();
  return run.output();
}

}  // namespace stack

#include "core/images/skopeo.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "core/images/json.h"
#include "core/sys/files.h"
#include "core/sys/pipes.h"

namespace stack {
namespace {

constexpr std::size_t kMostErrors = std::size_t{64} << 10;

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
  const std::string program = find_program("skopeo", search_path());
  if (program.empty())
    return Error{ENOENT, "skopeo, which pulls images, is not installed: apt install skopeo"};
  Pipe output = TRY(make_pipe());
  Pipe errors = TRY(make_pipe());
  const UniqueFd nothing = TRY(open_fd("/dev/null", O_RDONLY));
  std::vector<int> descriptors{nothing.get(), output.write.get(), errors.write.get()};
  if (kept_open >= 0) descriptors.push_back(kept_open);
  arguments.insert(arguments.begin(), program);
  Child child = TRY(Child::start(program, std::move(arguments), descriptors, SpawnSession::ours));
  return SkopeoRun(std::move(child), std::move(output.read), std::move(errors.read));
}

bool SkopeoRun::wait(std::chrono::milliseconds time) {
  pollfd watched[] = {
      {output_pipe_.get(), POLLIN, 0}, {error_pipe_.get(), POLLIN, 0}, {child_.pidfd(), POLLIN, 0}};
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
  const int code = TRY(child_.end());
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

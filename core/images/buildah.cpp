#include "core/images/buildah.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>

#include "core/sys/files.h"
#include "core/sys/pipes.h"
#include "core/sys/spawn.h"
#include "core/sys/unique_fd.h"

namespace stack {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kLongestLine = std::size_t{64} << 10;
constexpr int kLookEveryMs = 100;
constexpr std::chrono::seconds kPatience{5};

// Bytes in, lines out. Of a line that was written over (a meter of progress), the last state.
class Lines {
 public:
  explicit Lines(const LineSink& sink) : sink_(sink) {}

  void add(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '\n' || text_.size() >= kLongestLine) end();
      if (c != '\n') text_ += c;
    }
  }

  void end() {
    if (text_.ends_with('\r')) text_.pop_back();
    const auto overwritten = text_.rfind('\r');
    sink_(overwritten == std::string::npos ? text_ : text_.substr(overwritten + 1));
    text_.clear();
  }

  void finish() {
    if (!text_.empty()) end();
  }

 private:
  const LineSink& sink_;
  std::string text_;
};

// One run, in a session of its own: Ctrl-C is ours to pass on, and its group holds what it starts.
class BuildahRun {
 public:
  static Result<BuildahRun> start(std::vector<std::string> arguments);

  // Takes in what it says for a moment at most; whether it has ended.
  bool wait(Lines& lines);
  void signal(int number) const { child_.signal(number); }
  Result<int> end() { return child_.end(); }

 private:
  BuildahRun(Child child, UniqueFd output) : child_(std::move(child)), output_(std::move(output)) {}

  Child child_;
  UniqueFd output_;
};

Result<BuildahRun> BuildahRun::start(std::vector<std::string> arguments) {
  const std::string program = find_program("buildah", search_path());
  if (program.empty())
    return Error{ENOENT, "buildah, which builds images, is not installed: apt install buildah"};
  Pipe output = TRY(make_pipe());
  const UniqueFd nothing = TRY(open_fd("/dev/null", O_RDONLY));
  arguments.insert(arguments.begin(), program);
  Child child =
      TRY(Child::start(program, std::move(arguments), {nothing.get(), output.write.get(), output.write.get()},
                       SpawnSession::its_own));
  return BuildahRun(std::move(child), std::move(output.read));
}

bool BuildahRun::wait(Lines& lines) {
  pollfd watched[] = {{output_.get(), POLLIN, 0}, {child_.pidfd(), POLLIN, 0}};
  if (::poll(watched, 2, kLookEveryMs) <= 0) return false;
  const bool ended = watched[1].revents != 0;
  if (ended) signal(SIGKILL);  // who stays behind would hold the pipe
  if (watched[0].revents == 0) return ended;
  char buffer[16384];
  const ssize_t n = ::read(output_.get(), buffer, sizeof buffer);
  if (n > 0)
    lines.add({buffer, static_cast<std::size_t>(n)});
  else if (n == 0 || errno != EINTR)
    output_.reset();  // poll(2) passes over a negative one
  return false;       // what is left in the pipe is taken before the end is told
}

std::string output_of(std::vector<std::string> arguments) {
  std::string text;
  const Result<int> code =
      run_buildah(std::move(arguments), [&](const std::string& line) { text += line + "\n"; }, {});
  return code.ok() && *code == 0 ? text : "";
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t start = 0; (start = text.find_first_not_of(" \n", start)) != std::string::npos;) {
    const std::size_t end = std::min(text.find_first_of(" \n", start), text.size());
    words.push_back(text.substr(start, end - start));
    start = end;
  }
  return words;
}

}  // namespace

Result<int> run_buildah(std::vector<std::string> arguments, const LineSink& line,
                        const std::stop_token& stop) {
  BuildahRun run = TRY(BuildahRun::start(std::move(arguments)));
  Lines lines(line);
  std::optional<Clock::time_point> asked;
  while (!run.wait(lines)) {
    if (!stop.stop_requested()) continue;
    if (!asked) {
      run.signal(SIGTERM);
      asked = Clock::now();
    } else if (Clock::now() - *asked > kPatience) {
      run.signal(SIGKILL);
    }
  }
  lines.finish();
  return run.end();
}

void remove_working_containers(const std::string& mark) {
  // Where containers/storage keeps what buildah knows of a container; buildah itself does not show it all.
  const std::string folder =
      output_of({"info", "--format={{.store.GraphRoot}}/{{.store.GraphDriverName}}-containers"});
  for (const std::string& id : words_of(output_of({"containers", "--all", "--quiet", "--notruncate"}))) {
    const auto record = read_file(folder.substr(0, folder.find('\n')) + "/" + id + "/userdata/buildah.json");
    if (record.ok() && record->find("id=" + mark + ",") != std::string::npos)
      (void)output_of({"rm", "--", id});
  }
}

}  // namespace stack

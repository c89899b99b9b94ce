#include "cmd/stack/builds.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "cmd/stack/build_order.h"
#include "cmd/stack/file_sources.h"
#include "cmd/stack/output.h"
#include "core/images/build.h"
#include "core/sys/unique_fd.h"
#include "specs/image_reference.h"
#include "specs/utf8.h"

namespace stack::cmd {
namespace {

BuildSecret secret_of(const StackSpec& spec, const std::string& key) {
  const FileSource& source = spec.secrets.at(key);
  if (source.external) return {key, std::string(kExternalFiles) + "/secrets/" + source.name, ""};
  return {key, source.file, source.environment};
}

ImageBuild image_build(const StackSpec& spec, const ServiceSpec& service, const BuildOptions& options) {
  ImageBuild build{service.image.name, *service.build, service.platform, {}};
  build.spec.no_cache |= options.no_cache;
  build.spec.pull |= options.pull;
  for (const auto& [name, value] : options.build_args) build.spec.args[name] = value;
  for (const std::string& key : build.spec.secrets) build.secrets.push_back(secret_of(spec, key));
  for (auto& [key, context] : build.spec.additional_contexts) {
    const auto other = spec.services.find(service_of_context(context));
    if (other != spec.services.end()) context = "docker-image://" + other->second.image.name;
  }
  return build;
}

std::vector<std::string> platforms_of(const ServiceSpec& service, const BuildOptions& options) {
  if (!options.every_platform || service.build->platforms.empty()) return {service.platform};
  return service.build->platforms;
}

// One build in a thread of its own, while this one shows what it says and waits for signals.
class Building {
 public:
  Building(ImageBuild build, const BuildOptions& options, Progress& progress, Interrupts& interrupts,
           UniqueFd bell)
      : build_(std::move(build)),
        quiet_(options.quiet),
        terminal_(::isatty(STDERR_FILENO) == 1),
        progress_(progress),
        interrupts_(interrupts),
        bell_(std::move(bell)) {}

  Result<void> run() {
    tell("working", "Building");
    {
      const std::jthread thread([this](const std::stop_token&) { build(); });
      attend();
    }
    if (interrupted_) return Error{EINTR, "interrupted while building: what was built before is kept"};
    if (*done_) {
      tell("done", "Built");
      return {};
    }
    tell("error", "Not built");
    show_last_lines();
    return done_->error();
  }

 private:
  // In the thread.
  void build() {
    BuildWatch watch;
    watch.line = [this](const std::string& line) { with_lock([&] { lines_.push_back(line); }); };
    watch.built = [this] { with_lock([&] { storing_ = true; }); };
    watch.stop = stop_.get_token();
    Store store;
    Result<StoredImage> image = build_image(store, build_, watch);
    with_lock([&] { done_.emplace(std::move(image)); });
  }

  template <typename Change>
  void with_lock(Change change) {
    const std::lock_guard guard(lock_);
    change();
    ::eventfd_write(bell_.get(), 1);
  }

  void attend() {
    bool over = false;
    while (!over) {
      pollfd fds[] = {{bell_.get(), POLLIN, 0}, {interrupts_.fd(), POLLIN, 0}};
      if (::poll(fds, 2, progress_.tick_ms()) == 0) progress_.tick();
      eventfd_t rings = 0;
      if ((fds[0].revents & POLLIN) != 0) ::eventfd_read(bell_.get(), &rings);
      if ((fds[1].revents & POLLIN) != 0 && interrupts_.take()) {
        interrupted_ = true;
        stop_.request_stop();
      }
      over = show_news();
    }
  }

  // Whether the build is over.
  bool show_news() {
    const std::lock_guard guard(lock_);
    for (std::string& line : lines_) {
      if (quiet_)
        keep(std::move(line));
      else
        show(line);
    }
    lines_.clear();
    if (storing_ && !done_) tell("working", "Storing");
    storing_ = false;
    return done_.has_value();
  }

  void show(const std::string& line) {
    progress_.finish();  // the list stays above
    print_error((terminal_ ? printable(line) : line) + "\n");
  }

  void keep(std::string line) {
    constexpr std::size_t kLast = 20;
    last_lines_.push_back(std::move(line));
    if (last_lines_.size() > kLast) last_lines_.pop_front();
  }

  void show_last_lines() {
    for (const std::string& line : last_lines_) show(line);
  }

  void tell(const char* status, const char* text) {
    ImageRef image;
    image.kind = ImageRef::Kind::registry;
    image.name = build_.name;
    progress_.show({{"id", "Image " + short_name(image)},
                    {"status", status},
                    {"text", text},
                    {"details", build_.platform}});
  }

  const ImageBuild build_;
  const bool quiet_, terminal_;
  Progress& progress_;
  Interrupts& interrupts_;
  UniqueFd bell_;
  std::stop_source stop_;
  bool interrupted_ = false;
  std::deque<std::string> last_lines_;

  std::mutex lock_;  // of what the thread tells:
  std::vector<std::string> lines_;
  bool storing_ = false;
  std::optional<Result<StoredImage>> done_;
};

Result<void> build_one(const StackSpec& spec, const ServiceSpec& service, const BuildOptions& options,
                       Progress& progress, Interrupts& interrupts) {
  for (const std::string& platform : platforms_of(service, options)) {
    UniqueFd bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!bell) return os_error("make an eventfd");
    ImageBuild build = image_build(spec, service, options);
    build.platform = platform;
    const auto built = Building(std::move(build), options, progress, interrupts, std::move(bell)).run();
    if (built) continue;
    return built.error().code == EINTR ? built.error() : built.error().with(service.name);
  }
  return {};
}

// Services that share an image and say the same of how it is made.
bool is_same(const ServiceSpec& a, const ServiceSpec& b) {
  return a.image == b.image && a.build == b.build && a.platform == b.platform;
}

}  // namespace

Result<void> build_all(const StackSpec& spec, const std::set<std::string>& services,
                       const BuildOptions& options, Progress& progress, Interrupts& interrupts) {
  std::vector<const ServiceSpec*> built;
  for (const std::string& name : TRY(build_order(spec, services))) {
    const ServiceSpec& service = spec.services.at(name);
    if (std::any_of(built.begin(), built.end(), [&](const auto* one) { return is_same(*one, service); }))
      continue;
    TRY(build_one(spec, service, options, progress, interrupts));
    built.push_back(&service);
  }
  return {};
}

}  // namespace stack::cmd

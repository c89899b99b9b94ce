#include "cmd/stack/pulls.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "cmd/stack/format.h"
#include "core/sys/unique_fd.h"
#include "specs/image_reference.h"

namespace stack::cmd {
namespace {

using Clock = std::chrono::steady_clock;

// What one thread tells and the drawing one reads.
struct Running {
  std::mutex lock;
  PullProgress at;
  bool news = false;
  std::optional<Result<PulledImage>> done;
};

// Where something began, to tell its rate from.
struct Start {
  std::uint64_t bytes = 0;
  Clock::time_point when;
  bool over = false;
};

struct Shown {
  PullPhase phase = PullPhase::done;  // none yet
  Start start;
  bool over = false;
};

// ", 4.1MB/s", once that says something.
std::string rate_since(const Start& start, std::uint64_t bytes) {
  const double seconds = std::chrono::duration<double>(Clock::now() - start.when).count();
  if (seconds < 0.5 || bytes <= start.bytes) return "";
  return ", " + human_size(static_cast<std::uint64_t>(static_cast<double>(bytes - start.bytes) / seconds)) +
         "/s";
}

std::uint64_t sum(const std::vector<LayerProgress>& layers, std::uint64_t LayerProgress::*field) {
  std::uint64_t total = 0;
  for (const LayerProgress& layer : layers) total += layer.*field;
  return total;
}

const char* word_of(PullPhase phase) {
  switch (phase) {
    case PullPhase::looking:
      return "Looking";
    case PullPhase::copying:
      return "Pulling";
    case PullPhase::unpacking:
      return "Unpacking";
    case PullPhase::done:
      break;
  }
  return "Pulled";
}

class Pulls {
 public:
  Pulls(const std::vector<PullJob>& jobs, Progress& progress, Interrupts& interrupts, UniqueFd bell)
      : jobs_(jobs),
        progress_(progress),
        interrupts_(interrupts),
        bell_(std::move(bell)),
        running_(jobs.size()),
        shown_(jobs.size()) {}

  Result<std::vector<PulledImage>> run() {
    {
      std::vector<std::jthread> threads;
      for (std::size_t n = 0; n < jobs_.size(); ++n)
        threads.emplace_back([this, n](const std::stop_token&) { pull_one(n); });
      attend();
    }
    if (interrupted_) return Error{EINTR, "interrupted while pulling: what has come is kept"};
    return collect();
  }

 private:
  void pull_one(std::size_t n) {
    PullOptions options;
    options.policy = jobs_[n].policy;
    options.platform = jobs_[n].platform;
    options.force = jobs_[n].force;
    options.stop = stop_.get_token();
    options.under_way = &under_way_;
    options.progress = [this, n](const PullProgress& at) {
      const std::lock_guard guard(running_[n].lock);
      running_[n].at = at;
      running_[n].news = true;
      ring();
    };
    Store store;
    Result<PulledImage> pulled = pull(store, jobs_[n].image, options);
    const std::lock_guard guard(running_[n].lock);
    running_[n].done.emplace(std::move(pulled));
    ring();
  }

  void ring() { ::eventfd_write(bell_.get(), 1); }

  // Until the last thread has ended.
  void attend() {
    while (!all_over()) {
      pollfd fds[] = {{bell_.get(), POLLIN, 0}, {interrupts_.fd(), POLLIN, 0}};
      const int ready = ::poll(fds, 2, progress_.tick_ms());
      if (ready == 0) progress_.tick();
      eventfd_t rings = 0;
      if ((fds[0].revents & POLLIN) != 0) ::eventfd_read(bell_.get(), &rings);
      if ((fds[1].revents & POLLIN) != 0 && interrupts_.take()) {
        interrupted_ = true;
        stop_.request_stop();
      }
      for (std::size_t n = 0; n < jobs_.size(); ++n) show(n);
    }
  }

  [[nodiscard]] bool all_over() const {
    for (const Shown& shown : shown_)
      if (!shown.over) return false;
    return true;
  }

  void show(std::size_t n) {
    Running& running = running_[n];
    const std::lock_guard guard(running.lock);
    Shown& shown = shown_[n];
    if (shown.over) return;
    if (running.done) {
      shown.over = true;
      if (!*running.done)
        tell(n, "error", "Not pulled", "");
      else if (!(**running.done).note.empty())
        tell(n, "warning", "Pulled", (**running.done).note);
      else if ((**running.done).moved)
        tell(n, "done", "Pulled", size_words(running.at));
      else if (shown.phase != PullPhase::done)
        tell(n, "done", "Up to date", "");
      return;
    }
    if (!running.news || running.at.phase == PullPhase::done) return;  // the end is told with its outcome
    running.news = false;
    show_progress(n, running.at);
  }

  void show_progress(std::size_t n, const PullProgress& at) {
    Shown& shown = shown_[n];
    // A pipe gets a line when something begins, a terminal the bytes too.
    if (at.phase == shown.phase && progress_.tick_ms() < 0) return;
    const std::uint64_t bytes = sum(at.layers, &LayerProgress::bytes);
    if (at.phase != shown.phase) shown.start = {bytes, Clock::now()};
    shown.phase = at.phase;
    const bool counted = at.phase == PullPhase::copying && progress_.tick_ms() >= 0;
    tell(n, "working", word_of(at.phase), counted ? count_words(shown, at, bytes) : "");
    if (counted) show_layers(at);
  }

  // A line a layer, on a terminal; one that several images share has one.
  void show_layers(const PullProgress& at) {
    for (const LayerProgress& layer : at.layers) {
      if (layer.total == 0) continue;
      const bool whole = layer.bytes >= layer.total;
      const auto [it, fresh] = layers_.try_emplace(layer.digest, Start{layer.bytes, Clock::now()});
      if (it->second.over) continue;
      it->second.over = whole;
      const std::string size = human_size(layer.total);
      progress_.show(
          {{"id", "Layer " + layer.digest.substr(layer.digest.find(':') + 1, 12)},
           {"status", whole ? "done" : "working"},
           {"text", !whole  ? "Pulling"
                    : fresh ? "Here already"
                            : "Pulled"},
           {"details",
            whole ? size : human_size(layer.bytes) + " of " + size + rate_since(it->second, layer.bytes)}});
    }
  }

  // "3/5 layers, 12.3MB of 80MB, 4.1MB/s"
  static std::string count_words(const Shown& shown, const PullProgress& at, std::uint64_t bytes) {
    std::size_t whole = 0;
    for (const LayerProgress& layer : at.layers)
      whole += layer.total != 0 && layer.bytes >= layer.total ? 1 : 0;
    return std::to_string(whole) + "/" + std::to_string(at.layers.size()) + " layers, " + human_size(bytes) +
           " of " + human_size(sum(at.layers, &LayerProgress::total)) + rate_since(shown.start, bytes);
  }

  static std::string size_words(const PullProgress& at) {
    const std::uint64_t total = sum(at.layers, &LayerProgress::total);
    return total == 0 ? "" : human_size(total) + " in " + std::to_string(at.layers.size()) + " layers";
  }

  void tell(std::size_t n, const char* status, const char* text, const std::string& details) {
    progress_.show({{"id", "Image " + short_name(jobs_[n].image)},
                    {"status", status},
                    {"text", text},
                    {"details", details}});
  }

  Result<std::vector<PulledImage>> collect() {
    std::vector<PulledImage> images;
    std::string words;
    for (std::size_t n = 0; n < jobs_.size(); ++n) {
      Result<PulledImage>& done = *running_[n].done;
      if (done)
        images.push_back(*std::move(done));
      else
        words += (words.empty() ? "" : "\n") + wanted_by(jobs_[n]) + done.error().words;
    }
    if (!words.empty()) return fault(words);
    return images;
  }

  static std::string wanted_by(const PullJob& job) {
    std::string words;
    for (const std::string& service : job.services) words += (words.empty() ? "" : ", ") + service;
    return words.empty() ? "" : words + ": ";
  }

  const std::vector<PullJob>& jobs_;
  Progress& progress_;
  Interrupts& interrupts_;
  UniqueFd bell_;
  std::stop_source stop_;
  BlobsUnderWay under_way_;
  std::vector<Running> running_;
  std::vector<Shown> shown_;
  std::map<std::string, Start> layers_;  // by digest
  bool interrupted_ = false;
};

}  // namespace

Result<std::vector<PulledImage>> pull_all(const std::vector<PullJob>& jobs, Progress& progress,
                                          Interrupts& interrupts) {
  UniqueFd bell(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell) return os_error("make an eventfd");
  return Pulls(jobs, progress, interrupts, std::move(bell)).run();
}

}  // namespace stack::cmd

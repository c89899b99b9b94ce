// Unpacks the layers of an image, two at a time, while others are still on their way.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "core/images/layers.h"
#include "core/images/store.h"
#include "specs/result.h"

namespace stack {

struct LayerJob {
  std::string blob;  // path
  LayerDigests digests;
  Proof proof = Proof::none;
};

class LayerWorkers {
 public:
  explicit LayerWorkers(const Store& store);
  LayerWorkers(const LayerWorkers&) = delete;
  LayerWorkers& operator=(const LayerWorkers&) = delete;
  // Stops what is under way.
  ~LayerWorkers();

  void add(LayerJob job);
  void stop() { stop_.request_stop(); }
  [[nodiscard]] bool failed() const;
  [[nodiscard]] bool idle() const;
  // Of the first job that failed, with the job.
  struct Failure {
    LayerJob job;
    Error error;
  };
  [[nodiscard]] std::optional<Failure> failure() const;

 private:
  void work();

  const Store& store_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<LayerJob> waiting_;
  std::size_t running_ = 0;
  bool closed_ = false;
  std::optional<Failure> failure_;
  std::array<std::thread, 2> threads_;
};

}  // namespace stack

// Unpacks the layers of an image, two at a time, while others are still on their way.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "core/images/layers.h"
#include "core/images/store.h"
#include "specs/result.h"

namespace stack {

// Blob and diff id of layers: which blob has been checked to unpack to which layer.
using ProvenLayers = std::set<std::pair<std::string, std::string>>;

// Of every image in the store: each pair was checked when it came.
Result<ProvenLayers> proven_layers(const Store& store);

class LayerWorkers {
 public:
  LayerWorkers(const Store& store, ProvenLayers proven);
  LayerWorkers(const LayerWorkers&) = delete;
  LayerWorkers& operator=(const LayerWorkers&) = delete;
  // Stops what is under way.
  ~LayerWorkers() { end(); }

  // `blob` is the path. What was given before is not done again.
  void add(const std::string& blob, const LayerDigests& digests);
  // What was given is unpacked again if it is given again: somebody has removed it.
  void forget_given();
  // Until all is unpacked or one has failed; false where `interrupted` said so.
  [[nodiscard]] bool wait(const std::function<bool()>& interrupted) const;
  [[nodiscard]] bool failed() const;
  // Of the first layer that failed, with its blob.
  struct Failure {
    std::string blob;  // path
    LayerDigests digests;
    Error error;
  };
  [[nodiscard]] std::optional<Failure> failure() const;

  // Stops what is under way. The diff ids of layers that were not in the store before.
  std::set<std::string> end();

 private:
  struct Job {
    std::string blob;
    LayerDigests digests;
  };
  void work();
  [[nodiscard]] bool idle() const;

  const Store& store_;
  const ProvenLayers proven_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::pair<std::string, std::string>> given_;
  std::deque<Job> waiting_;
  std::size_t running_ = 0;
  bool closed_ = false;
  std::optional<Failure> failure_;
  std::set<std::string> unpacked_;
  std::array<std::thread, 2> threads_;
};

}  // namespace stack

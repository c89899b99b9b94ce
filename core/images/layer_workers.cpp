#include "core/images/layer_workers.h"

#include <chrono>

#include "core/images/index.h"

namespace stack {
namespace {

constexpr std::chrono::milliseconds kLookEvery{10};

}  // namespace

Result<ProvenLayers> proven_layers(const Store& store) {
  ProvenLayers proven;
  for (const IndexEntry& entry : TRY(read_index(store.root()))) {
    const Result<Manifest> manifest = manifest_of(store, entry);
    const Result<ImageConfig> config = config_of(store, entry.image);
    if (!manifest.ok() || !config.ok() || manifest->layers.size() != config->diff_ids.size()) continue;
    for (std::size_t i = 0; i < manifest->layers.size(); ++i)
      proven.emplace(manifest->layers[i].digest, config->diff_ids[i]);
  }
  return proven;
}

LayerWorkers::LayerWorkers(const Store& store, ProvenLayers proven)
    : store_(store), proven_(std::move(proven)) {
  for (std::thread& thread : threads_) thread = std::thread([this] { work(); });
}

std::set<std::string> LayerWorkers::end() {
  stop_.request_stop();
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
  return unpacked_;
}

void LayerWorkers::add(const std::string& blob, const LayerDigests& digests) {
  {
    const std::lock_guard lock(mutex_);
    if (!given_.emplace(digests.blob, digests.diff_id).second) return;
    waiting_.push_back({blob, digests});
  }
  changed_.notify_one();
}

void LayerWorkers::forget_given() {
  const std::lock_guard lock(mutex_);
  given_.clear();
}

bool LayerWorkers::wait(const std::function<bool()>& interrupted) const {
  while (!idle() && !failed()) {
    if (interrupted && interrupted()) return false;
    std::this_thread::sleep_for(kLookEvery);
  }
  return true;
}

bool LayerWorkers::failed() const {
  const std::lock_guard lock(mutex_);
  return failure_.has_value();
}

bool LayerWorkers::idle() const {
  const std::lock_guard lock(mutex_);
  return waiting_.empty() && running_ == 0;
}

std::optional<LayerWorkers::Failure> LayerWorkers::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void LayerWorkers::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (closed_) return;
    const Job job = std::move(waiting_.front());
    waiting_.pop_front();
    ++running_;
    lock.unlock();
    const bool proven = proven_.contains({job.digests.blob, job.digests.diff_id});
    const Result<bool> added =
        add_layer(store_, job.blob, job.digests, proven ? Proof::known : Proof::none, stop_.get_token());
    lock.lock();
    --running_;
    if (added.ok() && *added) unpacked_.insert(job.digests.diff_id);
    if (!added.ok() && !failure_) failure_ = Failure{job.blob, job.digests, added.error()};
  }
}

}  // namespace stack

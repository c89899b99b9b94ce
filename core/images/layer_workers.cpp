#include "core/images/layer_workers.h"

#include <utility>

namespace stack {

LayerWorkers::LayerWorkers(const Store& store) : store_(store) {
  for (std::thread& thread : threads_) thread = std::thread([this] { work(); });
}

LayerWorkers::~LayerWorkers() {
  stop();
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void LayerWorkers::add(LayerJob job) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
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
    const LayerJob job = std::move(waiting_.front());
    waiting_.pop_front();
    ++running_;
    lock.unlock();
    const Result<void> done = add_layer(store_, job.blob, job.digests, job.proof, stop_.get_token());
    lock.lock();
    --running_;
    if (!done.ok() && !failure_) failure_ = Failure{job, done.error()};
  }
}

}  // namespace stack

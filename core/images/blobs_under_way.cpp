#include "core/images/blobs_under_way.h"

#include <algorithm>

namespace stack {

BlobsUnderWay::Claim::~Claim() {
  if (of_ == nullptr) return;
  const std::lock_guard guard(of_->lock_);
  for (const std::string& digest : digests_) of_->digests_.erase(digest);
  of_->changed_.notify_all();
}

BlobsUnderWay::Claim BlobsUnderWay::claim(const std::set<std::string>& digests, const std::stop_token& stop) {
  std::unique_lock guard(lock_);
  const auto free = [&] {
    return std::none_of(digests.begin(), digests.end(),
                        [&](const std::string& digest) { return digests_.contains(digest); });
  };
  if (!changed_.wait(guard, stop, free)) return {};
  digests_.insert(digests.begin(), digests.end());
  return {*this, digests};
}

}  // namespace stack

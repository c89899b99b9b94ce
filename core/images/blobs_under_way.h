// Blobs that some pull of this process is bringing: a layer that several images share comes once, although
// the images are pulled side by side.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <utility>

namespace stack {

class BlobsUnderWay {
 public:
  // Held while its blobs are brought. Whoever waits for one of them finds it in the store afterwards, or
  // brings it itself.
  class Claim {
   public:
    Claim() = default;
    Claim(BlobsUnderWay& of, std::set<std::string> digests) : of_(&of), digests_(std::move(digests)) {}
    Claim(Claim&& other) noexcept
        : of_(std::exchange(other.of_, nullptr)), digests_(std::move(other.digests_)) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim();

   private:
    BlobsUnderWay* of_ = nullptr;
    std::set<std::string> digests_;
  };

  // Waits until nobody brings any of them, and takes all of them at once, so nobody waits for who waits for
  // him. Empty-handed where `stop` came first.
  Claim claim(const std::set<std::string>& digests, const std::stop_token& stop);

 private:
  std::mutex lock_;
  std::condition_variable_any changed_;
  std::set<std::string> digests_;
};

}  // namespace stack

// The tar of a bundle: the same content gives the same bytes, and its last entry seals all that is before it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/images/blake2b.h"
#include "specs/result.h"

struct archive;

namespace stack {

class BundleTar {
 public:
  using Sink = std::function<Result<void>(std::string_view)>;

  // Every byte goes to the sink at once.
  static Result<std::unique_ptr<BundleTar>> open(Sink sink);
  BundleTar(const BundleTar&) = delete;
  BundleTar& operator=(const BundleTar&) = delete;
  ~BundleTar();

  Result<void> begin(const std::string& name, std::uint64_t size);
  Result<void> write(std::string_view bytes);
  Result<void> end();
  Result<void> add(const std::string& name, std::string_view content);
  Result<void> close();

 private:
  explicit BundleTar(Sink sink);
  static long deliver(struct archive* archive, void* self, const void* bytes, std::size_t count);
  Result<void> checked(long status);

  Sink sink_;
  Result<void> delivered_;
  struct archive* archive_;
};

// What ends a bundle: the entry with the digest of all bytes before it, and the end of the tar. Of that size.
inline constexpr std::size_t kSealSize = 2048;
inline constexpr const char* kSealEntry = "b2sum";
Result<std::string> seal_of(const Blake2bDigest& before);

}  // namespace stack

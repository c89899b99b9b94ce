// The calling thread inside another network namespace for the length of a scope.
#pragma once

#include <utility>

#include "specs/result.h"

namespace stack::net {

class InNetns {
 public:
  // `home` is the namespace to come back to; both descriptors are the caller's and outlive the scope.
  static Result<InNetns> enter(int netns, int home);
  InNetns(InNetns&& other) noexcept : home_(std::exchange(other.home_, -1)) {}
  InNetns& operator=(InNetns&&) = delete;
  ~InNetns();

 private:
  explicit InNetns(int home) : home_(home) {}
  int home_;
};

}  // namespace stack::net

// A table of at most N things, in memory that the kernel gives only as it is touched: the lowest free slot is
// taken, and nothing behind the last one in use is ever looked at.
#pragma once

#include <new>

namespace stack::keeper {

template <typename T, int N>
class Slots {
 public:
  // Nothing when all are taken.
  T* take() {
    for (int i = 0; i < N; ++i) {
      if (used_[i]) continue;
      used_[i] = true;
      if (i >= end_) end_ = i + 1;
      return new (storage_ + static_cast<unsigned long>(i) * sizeof(T)) T();
    }
    return nullptr;
  }
  void give_back(const T& thing) {
    used_[index(thing)] = false;
    while (end_ > 0 && !used_[end_ - 1]) --end_;
  }
  template <typename Matches>
  T* find(Matches matches) {
    for (int i = 0; i < end_; ++i)
      if (T* thing = at(i); thing != nullptr && matches(*thing)) return thing;
    return nullptr;
  }
  // Nothing where the slot is free.
  T* at(int i) {
    if (!used_[i]) return nullptr;
    return reinterpret_cast<T*>(storage_ + static_cast<unsigned long>(i) * sizeof(T));
  }
  [[nodiscard]] int index(const T& thing) const {
    return static_cast<int>((reinterpret_cast<const char*>(&thing) - storage_) /
                            static_cast<long>(sizeof(T)));
  }
  [[nodiscard]] int end() const { return end_; }

 private:
  bool used_[N];
  int end_;
  alignas(T) char storage_[static_cast<unsigned long>(N) * sizeof(T)];
};

}  // namespace stack::keeper

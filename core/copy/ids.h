// Users of a container and what they are outside of it.
#pragma once

#include <cstdint>
#include <optional>

namespace stack::copy {

struct IdShift {
  std::uint32_t base = 0;  // what 0 inside is outside
  std::uint32_t count = 0xffffffff;

  // Who is outside of the range looks to the container as the kernel shows such users, nobody.
  [[nodiscard]] std::uint32_t inside(std::uint32_t id) const {
    constexpr std::uint32_t kOverflow = 65534;
    return id >= base && id - base < count ? id - base : kOverflow;
  }
  [[nodiscard]] std::optional<std::uint32_t> outside(std::uint32_t id) const {
    if (id >= count) return std::nullopt;
    return base + id;
  }
};

}  // namespace stack::copy

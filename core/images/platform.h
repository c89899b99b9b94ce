// "linux/arm64/v8" and what is meant by it.
#pragma once

#include <compare>
#include <string>

#include "specs/result.h"

namespace stack {

struct Platform {
  std::string os, architecture, variant;
  auto operator<=>(const Platform&) const = default;
};

// "os/arch[/variant]" or "arch", with the other names of an architecture (x86_64, aarch64); empty is this
// machine's.
Result<Platform> parse_platform(const std::string& text);
// In one form, so that the same platform compares equal: arm64 without v8, arm as arm/v7.
std::string canonical_platform(const Platform& platform);
// Whether an image that says `image` of itself is meant by `wanted`; the smaller the better, negative is no.
int platform_distance(const Platform& wanted, const Platform& image);

}  // namespace stack

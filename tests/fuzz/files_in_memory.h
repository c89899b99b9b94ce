// The files of one run of the fuzzer: what specs/source_files.h asks the kernel for is answered from here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace stack::fuzz {

inline constexpr const char* kFolder = "/project";

// The bytes up to the first line "=== NAME" are /project/compose.yaml, those behind it /project/NAME, and so
// on.
void take_files(const std::uint8_t* bytes, std::size_t size);

}  // namespace stack::fuzz

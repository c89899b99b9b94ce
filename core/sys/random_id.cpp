#include "core/sys/random_id.h"

#include <sys/random.h>

#include <array>
#include <cstdint>

#include "specs/text.h"

namespace stack {

Result<std::string> random_id() {
  std::array<std::uint8_t, 32> bytes{};
  // Of so few bytes it gives all or none (getrandom(2)).
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return os_error("get random bytes");
  return to_hex(bytes);
}

}  // namespace stack

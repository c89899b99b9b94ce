#include "specs/result.h"

#include <cerrno>
#include <cstring>

namespace stack {

Error os_error(const std::string& what) {
  return os_error(what, errno);
}

Error os_error(const std::string& what, int code) {
  return {code, what + ": " + std::strerror(code)};
}

}  // namespace stack

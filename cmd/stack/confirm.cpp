#include "cmd/stack/confirm.h"

#include <unistd.h>

#include <iostream>

#include "cmd/stack/output.h"

namespace stack::cmd {

Result<bool> confirm(const std::string& what) {
  if (::isatty(STDIN_FILENO) != 1)
    return fault(what + ", and there is no terminal to ask on: -f does it without asking");
  print_error("WARNING: " + what + "\nAre you sure? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

void tell_of_wait() {
  print_error("stack: waiting for a stack that is being brought up\n");
}

}  // namespace stack::cmd

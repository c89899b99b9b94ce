#include "cmd/stack/output.h"
#include "cmd/stack/verb.h"

namespace stack::cmd {

Run define_version(CLI::App& command, const Globals&) {
  auto brief = std::make_shared<bool>(false);
  command.add_flag("--short", *brief, "The number alone");
  return [brief]() -> Result<int> {
    print(*brief ? STACK_VERSION "\n" : "stack " STACK_VERSION "\n");
    return 0;
  };
}

}  // namespace stack::cmd

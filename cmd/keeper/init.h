// The first process of a container that asks for `init: true`: passes signals on, reaps whoever is orphaned,
// and ends as the program does. Here because this is our one static program: it needs nothing of the
// container's.
#pragma once

namespace stack::keeper {

inline constexpr char kInitName[] = "init";

// argv: "init", the program's path, the program's own argv.
int run_init(char** argv);

}  // namespace stack::keeper

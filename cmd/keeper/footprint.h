// What the keeper takes from the machine while it does nothing: its memory, and its place in the OOM killer's
// list.
#pragma once

namespace stack::keeper::footprint {

// Before a sleep: unmaps the program's own pages, at most once a second. What is needed again comes back from
// the page cache.
void shed_code();
// It dies after every container; those have scores of their own.
void hide_from_oom_killer();

}  // namespace stack::keeper::footprint

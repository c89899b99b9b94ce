// What a process that mostly sleeps takes from the machine meanwhile.
#pragma once

namespace stack {

// Gives back the heap's free pages, and unmaps the program's own unchanged pages: what is needed again comes
// back from the page cache, a fault for 64 KiB. For the time before a sleep.
void shed_memory();

}  // namespace stack

// The test program is also the reconciler that the keeper under test starts: it clones, watches and
// acknowledges as it is told on the control socket, one command a line, each answered by one line.
//   pid                     -> own pid
//   keeper                  -> pid of the parent
//   spawn NAME LOGDIR CMD   -> pid, once it is watched and released
//   stray                   -> pid of a sibling that is never handed over
//   ack NAME PID            -> ok
//   inventory               -> what the keeper said at the start: " NAME:PID:running" or " NAME:PID:STATUS"
//   each, sorted
//   exits                   -> what it reported since
//   stops                   -> " NAME:PID" each, sorted: whom a signal has stopped
//   store KEY TEXT          -> ok; a memfd
//   with that text stored                  -> " KEY=TEXT" each, sorted
#pragma once

#include <string>

namespace stack::keeper {

int run_fake_reconciler(const std::string& project);

}  // namespace stack::keeper

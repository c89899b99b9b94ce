// The control socket, /run/stack/PROJECT/control.sock: a stream of JSON objects, one a line. The client sends
// one request and reads events until "result". Only root's and the stack owner's peers are answered
// (SO_PEERCRED).
//
// Requests: {"verb": V, ...}
//   up       spec: wire text of the StackSpec (specs/canonical.h), its images resolved; contents:
//   {"secret/KEY":
//            base64} of its configs and secrets; services: [names] (empty: all); wait: bool;
//            force_recreate, no_recreate, no_deps, remove_orphans: bool; timeout: seconds of grace or absent;
//            no_start: bool (all is made but the processes; who runs unchanged runs on)
//            -> result when every container is started (wait: running and healthy, or an error that names who
//            is not)
//   plan     spec, services: as up, changing nothing -> result.data = {"steps": [{"action", "object",
//   "reason"}]} down     timeout; keep_files: bool (the end of a foreground `up`: writable layers and logs
//   stay) -> result; then the
//            reconciler and the keeper end, and the socket is removed
//   stop, start, restart, kill    services, timeout, signal ("SIGKILL")
//   rm       services -> result when nothing is left of those that had ended, their logs neither
//   pause, unpause    services (empty: those that run)
//   rollback generation, wait -> result as of up
//   history  -> result.data = {"generations": [{"generation", "since_ns", "current", "good", "back_to" (0: a
//   new
//            model), "changes": ["~web"], "failed": why (absent where it did not)}], newest first, "faults":
//            [..]}
//   ps       -> result.data = {"project", "files": [..], "containers": [Container]}
//   watch    -> events "container" at every change of state until the client hangs up
//   events   since: nanoseconds of CLOCK_REALTIME, follow: bool -> events "event": those kept since then,
//   then
//            as they come until the client hangs up; without follow a result after the kept ones
//   exec     service, argv, env: ["K=V"], user, working_dir, tty, privileged: bool. Without a tty three
//   descriptors ride
//            on the request (SCM_RIGHTS: stdin, stdout, stderr). Event "started" carries "exec" (an id) and
//            with a tty the pty's master as SCM_RIGHTS. result.code is the process's exit code (128 + n for
//            signal n).
//   run      name: "SERVICE@ID" and its id (core/reconcile/one_offs.h), a service of spec; spec, contents as
//   up;
//            remove, detach, remove_orphans: bool. Descriptors ride on it: a pipe whose other end the client
//            holds as long as it lives; without detach also either stdin, stdout and stderr, or a socket to
//            which the pty's master is sent. Events "accepted" (from here on "wait" asks for it), "started"
//            {"id"}, "exited" {"code", "error"}; the result repeats those when what is to go is gone. With
//            detach the result comes with the start. Asked again under the same name it is the same one-off.
//   attach   service, stdin: bool -> event "started" {"pid", "tty", "stdin"}, with stdin as SCM_RIGHTS what
//            leads to the standard input: the pty's master, or the pipe's end; nothing where the service has
//            none. Its output is in its log.
//   signal   run: name, signal -> nothing
//   wait     exec: id, or run: name -> events and result as of that exec or run (a client reconnects so when
//            the reconciler was restarted under it)
//
// Events: {"event": E, ...}
//   progress   id ("Container shop-web-1", "Network shop_back"), status ("working", "done", "warning",
//   "error"),
//              text ("Starting", "Started", ...), details
//   container  one Container, as below
//   event      type ("container", "drift"), action ("start", "die", "drift", "mended", ...), id (of the
//              container; what drifted: "network front"), services: [those that it is about], time_ns,
//              attributes: {name: text}
//   started    see exec; accepted, exited: see run
//   result     code: exit code for the shell; error: words (absent when well); data
//
// Container: {"name", "service", "one_off" (its name, of a one-off alone), "id", "image", "command": [..],
// "state": absent|created|starting|running|paused|stopping|exited|restarting|waiting,
//   "health": ""|starting|healthy|unhealthy, "pid", "created_at", "started_at", "finished_at" (seconds,
//   CLOCK_REALTIME, with fraction; 0 is never), "exit_code" (absent while unknown or running),
//   "last_exit_code" (of the last run; absent where unknown), "exit_reason"
//   ("exit 3", "signal 9 (SIGKILL)", "out of memory (memory limit 64 MiB)", "unknown", ""), "restarts",
//   "waiting_for" (words, when waiting), "next_start" (seconds, when backing off), "ports": [{"host_ip",
//   "published", "target", "protocol"}], "networks": {key: {"ipv4", "ipv6"}}, "log_dir", "labels": {},
//   "drifts" (absent where there was none): {"count", "last": words, "last_at": seconds},
//   "weakened": [words of what is less safe than the default: "privileged", "userns_mode host", ...]}
#pragma once

namespace stack::control {

inline constexpr unsigned kMaxRequestBytes = 16u << 20;

}  // namespace stack::control

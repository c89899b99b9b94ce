// Containers on the real kernel for the tests of the engine. Their processes are children of the test
// program, which is what the keeper is in production: a forked launcher clones them with CLONE_PARENT.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <string>
#include <vector>

#include "core/engine/launch.h"
#include "core/engine/namespaces.h"
#include "core/engine/runtime_folder.h"
#include "core/engine/staging.h"
#include "core/sys/files.h"
#include "core/sys/pipes.h"
#include "core/sys/syscalls.h"

namespace stack::engine {

inline Result<void> pin_sandbox(const std::string& user, const IdRange& range, const PinPaths& paths) {
  return make_sandbox({user, range, paths});
}

struct Launched {
  pid_t pid = -1;
  std::string error;
};

// Starts in a launcher, waits for the outcome there, and has the process as a child of ours afterwards.
inline Launched launch_as_sibling(const std::function<Result<Pending>()>& start) {
  Pipe answer = std::move(make_pipe()).value();
  const pid_t launcher = ::fork();
  if (launcher == 0) {
    Result<Pending> pending = start();
    std::string text = pending ? std::to_string(pending->pid) + "\n" : "-1\n" + pending.error().words;
    if (pending) {
      Result<void> went = release(*pending);
      if (went) went = outcome(*pending);
      if (!went) text += went.error().words;
    }
    const ssize_t written = ::write(answer.write.get(), text.data(), text.size());
    ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  answer.write.reset();
  const std::string text = read_to_end(answer.read.get());
  ::waitpid(launcher, nullptr, 0);
  const std::size_t line = text.find('\n');
  if (line == std::string::npos) return {-1, "the launcher died"};
  return {static_cast<pid_t>(std::stol(text)), text.substr(line + 1)};
}

inline int exit_code(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid) return -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// A stack of one service named "web", cleaned away afterwards.
class LiveContainer : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kDefaultCapabilities = 0xa80425fb;

  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    ASSERT_TRUE(make_folders(run_, 0700));
    ASSERT_TRUE(make_folders(lib_, 0700));
    const Result<void> folder = make_runtime_folder(pins_);
    ASSERT_TRUE(folder) << folder.error().words;
    const Result<void> pinned = pin_sandbox(pins_ + "/web.user", ids_, pins());
    ASSERT_TRUE(pinned) << pinned.error().words;
    Result<Staging> staging = Staging::make({run_, lib_});
    ASSERT_TRUE(staging) << staging.error().words;
    staging_ = std::move(*staging);
    service_.name = "web";
    service_.entrypoint = std::vector<std::string>{"/bin/sh", "-c"};
  }

  void TearDown() override {
    for (const pid_t pid : running_) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    EXPECT_TRUE(remove_container_files(run_ + "/web", lib_ + "/web"));
    EXPECT_TRUE(remove_runtime_folder(pins_));
    EXPECT_TRUE(remove_tree(run_));
    EXPECT_TRUE(remove_tree(lib_));
  }

  [[nodiscard]] PinPaths pins() const {
    return {pins_ + "/web.net", pins_ + "/web.ipc", pins_ + "/web.uts", "box", "example.org"};
  }

  [[nodiscard]] ContainerLaunch launch() const {
    ContainerLaunch launch;
    launch.service = &service_;
    launch.id = std::string(64, 'a');
    launch.run_dir = run_ + "/web";
    launch.state_dir = lib_ + "/web";
    launch.staging = staging_.fd();
    launch.ids = ids_;
    if (!service_.userns_host) {
      launch.user_ns = pins_ + "/web.user";
      launch.net_ns = pins_ + "/web.net";
      launch.ipc_ns = pins_ + "/web.ipc";
      launch.uts_ns = pins_ + "/web.uts";
    }
    launch.hostname = "box";
    launch.init_program = STACK_KEEPER_PROGRAM;
    launch.hosts = "127.0.0.1 localhost\n10.9.8.7 box\n";
    launch.resolv_conf = "nameserver 127.0.0.11\n";
    launch.capabilities = {capabilities_, capabilities_};
    return launch;
  }

  struct Output {
    int code = -1;
    std::string text, error;
  };

  // Runs `script` as the service's command to its end; standard error goes where standard output goes.
  Output run(const std::string& script) {
    service_.command = {script};
    return finish([&](int out) {
      ContainerLaunch it = launch();
      it.stdio.out = it.stdio.err = out;
      return start_container(it);
    });
  }

  Output finish(const std::function<Result<Pending>(int)>& start) {
    Pipe pipe = std::move(make_pipe()).value();
    const Launched launched = launch_as_sibling([&] { return start(pipe.write.get()); });
    pipe.write.reset();
    Output output;
    output.error = launched.error;
    output.text = read_to_end(pipe.read.get());
    if (launched.pid > 0) output.code = exit_code(launched.pid);
    return output;
  }

  // Leaves it running; its pid.
  pid_t start(const std::string& script) {
    service_.command = {script};
    const Launched launched = launch_as_sibling([&] { return start_container(launch()); });
    EXPECT_EQ(launched.error, "");
    if (launched.pid > 0) running_.push_back(launched.pid);
    return launched.pid;
  }

  Output exec(pid_t container, const std::vector<std::string>& argv, const std::string& user = "") {
    return finish([&](int out) {
      const UniqueFd pidfd(pidfd_open(container));
      ExecLaunch it;
      it.service = &service_;
      it.container = pidfd.get();
      it.argv = argv;
      it.user = user;
      it.ids = ids_;
      it.user_ns = service_.userns_host ? "" : pins_ + "/web.user";
      it.state_dir = lib_ + "/web";
      it.capabilities = {capabilities_, capabilities_};
      it.stdio.out = it.stdio.err = out;
      return start_exec(it);
    });
  }

  const std::string name_ = "stack-unit-" + std::to_string(::getpid());
  const std::string run_ = "/run/" + name_;
  const std::string lib_ = "/var/lib/" + name_;
  const std::string pins_ = run_ + "/ns";
  Staging staging_;
  IdRange ids_{0x40000000, 65536};
  std::uint64_t capabilities_ = kDefaultCapabilities;
  ServiceSpec service_;
  std::vector<pid_t> running_;
};

}  // namespace stack::engine

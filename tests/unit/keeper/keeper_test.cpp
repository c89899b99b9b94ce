// A real keeper, a real kernel, and a reconciler that does as it is told.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/logs/log_reader.h"
#include "core/sys/files.h"
#include "tests/unit/keeper/live_keeper.h"

namespace stack::keeper {
namespace {

std::string entry(const std::string& name, pid_t pid, const std::string& how) {
  return " " + name + ":" + std::to_string(pid) + ":" + how;
}

std::string numbered(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) text += std::to_string(i) + "\n";
  return text;
}

bool tells_of_a_gap(const std::string& folder) {
  auto reader = logs::LogReader::open(folder);
  if (!reader) return false;
  const auto lines = reader->poll();
  return lines && std::any_of(lines->begin(), lines->end(), [](const logs::Line& line) {
           return line.text.find("bytes were lost here") != std::string::npos;
         });
}

TEST_F(LiveKeeper, ASecondOneIsTurnedAway) {
  EXPECT_EQ(run_keeper(), 3);
}

TEST_F(LiveKeeper, AnExitIsReportedAndKeptUntilAcknowledged) {
  const pid_t pid = spawn("a", "exit 7");
  eventually([&] { return ask("exits") == entry("a", pid, "7"); }, "the exit is reported");
  EXPECT_TRUE(is_zombie(pid));
  kill_and_wait(reconciler());
  EXPECT_EQ(ask("inventory"), entry("a", pid, "7"));
  EXPECT_TRUE(is_zombie(pid));
  ask("ack a " + std::to_string(pid));
  eventually([&] { return !is_alive(pid); }, "it is reaped");
  kill_and_wait(reconciler());
  EXPECT_EQ(ask("inventory"), "");
}

TEST_F(LiveKeeper, AKillIsToldFromAnExitCode) {
  const pid_t pid = spawn("a", "exec sleep 1000");
  ::kill(pid, SIGKILL);
  eventually([&] { return ask("exits") == entry("a", pid, "signal9"); }, "the exit is reported");
}

TEST_F(LiveKeeper, AStopByASignalIsToldEachTimeAndToTheNextReconcilerOfAnUpgradedKeeper) {
  const pid_t pid = spawn("a", "exec sleep 1000");
  std::string told;
  for (int i = 0; i < 2; ++i) {
    ::kill(pid, SIGSTOP);
    told += " a:" + std::to_string(pid);
    eventually([&] { return ask("stops") == told; }, "the stop is told");
    ::kill(pid, SIGCONT);
  }
  EXPECT_EQ(ask("exits"), "");
  ::kill(keeper(), SIGHUP);
  ::kill(pid, SIGSTOP);
  told += " a:" + std::to_string(pid);
  eventually([&] { return ask("stops") == told; }, "the stop is told by the same process");
  ::kill(pid, SIGKILL);
}

TEST_F(LiveKeeper, FiftyMegabytesAreKeptByteForByteAndApart) {
  const std::string source = folder_ + "/source";
  ASSERT_EQ(std::system(("head -c 50000000 /dev/urandom > " + source).c_str()), 0);
  const pid_t pid = spawn("a", "cat " + source + "; echo complaint >&2");
  eventually([&] { return ask("exits") == entry("a", pid, "0"); }, "the exit is reported");
  ask("ack a " + std::to_string(pid));
  eventually([&] { return !is_alive(pid); }, "it is reaped");
  EXPECT_TRUE(content(folder_ + "/a/stdout.log") == content(source));
  EXPECT_EQ(content(folder_ + "/a/stderr.log"), "complaint\n");
}

TEST_F(LiveKeeper, RotationBoundsTheDiskUnderAFollowingReader) {
  const std::string folder = folder_ + "/small";
  const pid_t pid = spawn("small", "i=100000; while [ $i -lt 150000 ]; do i=$((i+1)); echo $i; done");
  eventually([&] { return ::access((folder + "/stdout.log").c_str(), F_OK) == 0; }, "it writes");
  auto reader = logs::LogReader::open(folder);
  ASSERT_TRUE(reader);
  int last = 0;
  bool in_order = true;
  const auto take = [&](const logs::Line& line) {
    if (line.text.size() != 6) return;  // its beginning or its end went with a file that was dropped
    const int number = std::atoi(line.text.c_str());
    in_order = in_order && number > last;
    last = number;
  };
  eventually(
      [&] {
        const auto lines = reader->poll();
        if (lines) std::for_each(lines->begin(), lines->end(), take);
        return last == 150000;
      },
      "the reader comes to the last line");
  EXPECT_TRUE(in_order);
  eventually([&] { return ask("exits") == entry("small", pid, "0"); }, "the exit is reported");
  ask("ack small " + std::to_string(pid));
  eventually([&] { return !is_alive(pid); }, "it is reaped");
  std::uintmax_t used = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) used += file.file_size();
  EXPECT_LE(used, 3u * (64u << 10));
}

TEST_F(LiveKeeper, WhoeverWasNotHandedOverDiesWithTheReconciler) {
  const pid_t stray = std::stoi(ask("stray"));
  const pid_t kept = spawn("a", "exec sleep 1000");
  EXPECT_TRUE(is_alive(stray));
  kill_and_wait(reconciler());
  eventually([&] { return !is_alive(stray); }, "the stray is killed and reaped");
  EXPECT_EQ(ask("inventory"), entry("a", kept, "running"));
  ::kill(kept, SIGKILL);
}

TEST_F(LiveKeeper, FiftyDeathsOfTheReconcilerLoseNothing) {
  const pid_t writer = spawn("writer", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo $i; done");
  const pid_t quiet = spawn("quiet", "exec sleep 1000");
  const pid_t ended = spawn("ended", "exit 3");
  ask("store dns 53");
  for (int i = 0; i < 50; ++i) {
    kill_and_wait(reconciler());
    ASSERT_NE(ask("inventory").find(entry("quiet", quiet, "running")), std::string::npos);
  }
  eventually([&] { return is_zombie(writer); }, "the writer ends");
  kill_and_wait(reconciler());
  EXPECT_EQ(ask("inventory"),
            entry("ended", ended, "3") + entry("quiet", quiet, "running") + entry("writer", writer, "0"));
  EXPECT_EQ(ask("stored"), " dns=53");
  ask("ack writer " + std::to_string(writer));
  eventually([&] { return !is_alive(writer); }, "the writer is reaped");
  EXPECT_TRUE(content(folder_ + "/writer/stdout.log") == numbered(1, 30000));
  ::kill(quiet, SIGKILL);
}

TEST_F(LiveKeeper, AKilledKeeperIsReplacedByOneThatHoldsTheSame) {
  const pid_t writer = spawn("writer", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo $i; done; exit 5");
  ask("store dns 53");
  for (int i = 0; i < 5; ++i) {
    const pid_t before = keeper();
    const pid_t brain = reconciler();
    ::kill(before, SIGKILL);
    eventually([&] { return reconciler() != brain; }, "another reconciler");
    EXPECT_NE(keeper(), before);
  }
  eventually(
      [&] {
        return (ask("inventory") + ask("exits")).find(entry("writer", writer, "5")) != std::string::npos;
      },
      "the exit is known though the child was not the new keeper's");
  EXPECT_EQ(ask("stored"), " dns=53");
  ask("ack writer " + std::to_string(writer));
  eventually([&] { return content(folder_ + "/writer/stdout.log") == numbered(1, 30000); },
             "all is on the disk");
}

// Whoever was handed everything is killed before it could give it on: the one that handed over has it still.
TEST_F(LiveKeeper, AKeeperKilledBeforeItsReconcilerHasEverythingLosesNothing) {
  const pid_t sleeper = spawn("sleeper", "sleep 1000");
  ask("store dns 53");
  const pid_t brain = reconciler();
  std::ofstream(run_ + "/hold") << "";
  pid_t keeper_now = keeper();
  for (int i = 0; i < 3; ++i) {
    ::kill(keeper_now, SIGKILL);
    const pid_t before = keeper_now;
    eventually(
        [&] {
          const std::string held = content(run_ + "/held");
          keeper_now = held.empty() ? before : std::stoi(held);
          return keeper_now != before;
        },
        "another keeper has started a reconciler");
  }
  EXPECT_EQ(::unlink((run_ + "/hold").c_str()), 0);
  EXPECT_NE(reconciler(), brain);
  EXPECT_EQ(ask("inventory"), entry("sleeper", sleeper, "running"));
  EXPECT_EQ(ask("stored"), " dns=53");
  eventually([&] { return !is_alive(brain) || is_zombie(brain); }, "the one that handed over ends");
  ::kill(sleeper, SIGKILL);
}

TEST_F(LiveKeeper, AnUpgradeInPlaceKeepsChildrenLogsAndReconciler) {
  const pid_t writer = spawn("writer", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo $i; done; exit 5");
  const pid_t ended = spawn("ended", "exit 3");
  eventually([&] { return is_zombie(ended); }, "it ends");
  ask("store dns 53");
  const pid_t before = keeper();
  const pid_t brain = reconciler();
  const std::string cmdline = "/proc/" + std::to_string(before) + "/cmdline";
  for (int i = 0; i < 5; ++i) {
    ::kill(before, SIGHUP);
    eventually([&] { return content(cmdline).find("--resume") != std::string::npos; }, "it is executed anew");
    EXPECT_EQ(reconciler(), brain);
  }
  EXPECT_EQ(keeper(), before);
  eventually([&] { return ask("exits") == entry("ended", ended, "3") + entry("writer", writer, "5"); },
             "both exits");
  kill_and_wait(brain);
  EXPECT_EQ(ask("stored"), " dns=53");
  EXPECT_EQ(ask("inventory"), entry("ended", ended, "3") + entry("writer", writer, "5"));
  ask("ack writer " + std::to_string(writer));
  eventually([&] { return !is_alive(writer); }, "the writer is reaped: it is still a child");
  EXPECT_TRUE(content(folder_ + "/writer/stdout.log") == numbered(1, 30000));
}

TEST_F(LiveKeeper, AFullDiskBlocksNobodyAndTheGapIsTold) {
  const std::string small = folder_ + "/a";
  ASSERT_EQ(::mkdir(small.c_str(), 0700), 0);
  ASSERT_EQ(::mount("tmpfs", small.c_str(), "tmpfs", 0, "size=256k"), 0);
  const pid_t pid = spawn("a", "head -c 5000000 /dev/zero; echo; touch " + folder_ +
                                   "/full; while :; do echo again; sleep 0.05; done");
  eventually([&] { return ::access((folder_ + "/full").c_str(), F_OK) == 0; }, "5 MB pass through 256 KiB");
  ASSERT_EQ(::mount("tmpfs", small.c_str(), "tmpfs", MS_REMOUNT, "size=8m"), 0);
  eventually([&] { return content(small + "/stdout.log").ends_with("again\n"); }, "it is written again");
  kill_and_wait(pid);
  ask("ack a " + std::to_string(pid));
  EXPECT_TRUE(tells_of_a_gap(small));
  eventually([&] { return ::umount(small.c_str()) == 0; }, "the keeper has let go of it");
}

long pss_kib_of(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  long pss = 0;
  for (std::string word; rollup >> word;)
    if (word == "Pss:") rollup >> pss;
  return pss;
}

TEST_F(LiveKeeper, IsSmall) {
  std::vector<pid_t> pids;
  for (int i = 0; i < 20; ++i) pids.push_back(spawn("s" + std::to_string(i), "echo hello; exec sleep 1000"));
  const pid_t pid = keeper();
  eventually(
      [&] {
        ask("store a b");  // so that it goes to sleep once more
        const long pss = pss_kib_of(pid);
        return pss > 0 && pss < 300;
      },
      "less than 300 KiB");
  for (const pid_t child : pids) kill_and_wait(child);
}

}  // namespace
}  // namespace stack::keeper

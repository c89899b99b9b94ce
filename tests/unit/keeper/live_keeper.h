// A real keeper for one test, with the fake reconciler under it. Needs root.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <functional>
#include <string>

namespace stack::keeper {

class LiveKeeper : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // One command to the reconciler, asked again where it is killed under it.
  std::string ask(const std::string& command);
  // Waits for it; the test fails after 20 s.
  static void eventually(const std::function<bool()>& condition, const char* what);
  // Kills it and waits for the end of exactly that process.
  static void kill_and_wait(pid_t pid);
  static bool is_alive(pid_t pid);  // a zombie is
  static bool is_zombie(pid_t pid);
  static std::string content(const std::string& path);
  int run_keeper();
  pid_t reconciler() { return std::stoi(ask("pid")); }
  pid_t keeper() { return std::stoi(ask("keeper")); }
  pid_t spawn(const std::string& name, const std::string& command) {
    return std::stoi(ask("spawn " + name + " " + folder_ + "/" + name + " " + command));
  }

  std::string project_, run_, folder_;
};

}  // namespace stack::keeper

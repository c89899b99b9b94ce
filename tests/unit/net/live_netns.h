// A host and a container that the test has for itself: two new network namespaces, the test's thread in that
// of the host. They go with the last descriptor, and with them all links, rules and settings.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <regex>
#include <string>

#include "core/sys/unique_fd.h"
#include "net/links.h"
#include "net/netns.h"

namespace stack::net {

#define EXPECT_OK(...)                                  \
  do {                                                  \
    const auto ok_ = (__VA_ARGS__);                     \
    EXPECT_TRUE(ok_) << (ok_ ? "" : ok_.error().words); \
  } while (false)

// What a command prints, also what it complains of; in the namespace of the calling thread.
inline std::string shell(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen(("exec 2>&1; " + command).c_str(), "re");
  char buffer[4096];
  while (pipe && ::fgets(buffer, sizeof buffer, pipe)) text += buffer;
  if (!pipe || ::pclose(pipe) != 0) ADD_FAILURE() << command << ": " << text;
  return text;
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Without what the kernel finds out in its own time: whether there is a carrier, and how long a timer has yet
// to run.
inline std::string settled(const std::string& text) {
  static const std::regex kPassing(
      "NO-CARRIER,|,LOWER_UP|,M-DOWN| state [A-Z]+| linkdown|[a-z_]+_timer +[0-9.]+");
  return std::regex_replace(text, kPassing, "");
}

inline UniqueFd netns_of_thread() {
  return UniqueFd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

inline UniqueFd new_netns() {
  EXPECT_EQ(::unshare(CLONE_NEWNET), 0) << std::strerror(errno);
  return netns_of_thread();
}

class LiveNetns : public testing::Test {
 protected:
  void SetUp() override {
    home_ = netns_of_thread();
    ASSERT_TRUE(home_);
    box_ = new_netns();
    host_ = new_netns();
    ASSERT_FALSE(HasFailure()) << "no namespaces of the test's own";
    auto links = Links::open();
    ASSERT_TRUE(links) << links.error().words;
    links_.emplace(*std::move(links));
  }

  void TearDown() override {
    EXPECT_TRUE(same_netns(host_)) << "the thread was left in another namespace";
    ASSERT_EQ(::setns(home_.get(), CLONE_NEWNET), 0) << std::strerror(errno);
  }

  static bool same_netns(const UniqueFd& other) {
    struct stat here {
    }, there{};
    return ::stat("/proc/thread-self/ns/net", &here) == 0 && ::fstat(other.get(), &there) == 0 &&
           here.st_ino == there.st_ino;
  }

  // The same inside the container.
  std::string inside(const std::string& command) const {
    const auto scope = InNetns::enter(box_.get(), host_.get());
    EXPECT_TRUE(scope);
    return shell(command);
  }

  std::optional<LinkState> link(const std::string& ifname) {
    const auto all = links_->list();
    EXPECT_TRUE(all);
    for (const LinkState& one : *all)
      if (one.ifname == ifname) return one;
    return std::nullopt;
  }

  int ifindex(const std::string& ifname) {
    const auto found = link(ifname);
    return found ? found->ifindex : 0;
  }

  UniqueFd home_, box_, host_;
  std::optional<Links> links_;
};

// The addresses of a link that reach further than it, IPv4 first: "10.1.0.1/24 fd01::1/64 ".
inline std::string addresses_of(const std::string& ifname) {
  return "ip -o address show dev " + ifname + " scope global | awk '{printf \"%s \", $4}'";
}

}  // namespace stack::net

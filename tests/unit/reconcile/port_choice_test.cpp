// Which host port an entry gets that leaves it open.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "core/reconcile/port_reservations.h"

namespace stack {
namespace {

// A TCP port of 127.0.0.1 that is taken as long as this lives, the two behind it free when it was made.
class TakenPort {
 public:
  TakenPort() {
    for (int tries = 0; tries < 100; ++tries) {
      fd_ = bound(0);
      number_ = number_of(fd_);
      if (number_ < 65000 && bound(number_ + 1) && bound(number_ + 2)) return;
    }
    ADD_FAILURE() << "no three free ports in a row";
  }
  [[nodiscard]] std::uint16_t number(int behind = 0) const {
    return static_cast<std::uint16_t>(number_ + behind);
  }

 private:
  static UniqueFd bound(int number) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(number));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool done = ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    return done ? std::move(fd) : UniqueFd();
  }
  static int number_of(const UniqueFd& fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    return ntohs(address.sin_port);
  }

  UniqueFd fd_;
  int number_ = 0;
};

StackSpec publishing(const std::vector<PublishedPort>& ports) {
  StackSpec spec;
  spec.services["web"].name = "web";
  spec.services["web"].ports = ports;
  return spec;
}

PublishedPort range(const TakenPort& taken, int last) {
  return {"127.0.0.1", taken.number(), 80, "tcp", taken.number(last)};
}

TEST(PortChoice, TakesTheFirstFreePortOfARange) {
  const TakenPort taken;
  StackSpec spec = publishing({range(taken, 2)});
  const auto chosen = choose_free_ports(spec, nullptr);
  ASSERT_TRUE(chosen) << chosen.error().words;
  EXPECT_EQ(spec.services["web"].ports[0].published, taken.number(1));
  EXPECT_EQ(spec.services["web"].ports[0].published_last, 0);
}

TEST(PortChoice, GivesNoPortTwiceAndNoneThatTheFileNames) {
  const TakenPort taken;
  StackSpec spec = publishing({range(taken, 2), {"127.0.0.1", taken.number(1), 81, "tcp"}});
  const auto chosen = choose_free_ports(spec, nullptr);
  ASSERT_TRUE(chosen) << chosen.error().words;
  EXPECT_EQ(spec.services["web"].ports[0].published, taken.number(2));
  StackSpec two = publishing({range(taken, 2), range(taken, 2)});
  two.services["web"].ports[1].target = 81;
  ASSERT_TRUE(choose_free_ports(two, nullptr));
  EXPECT_EQ(two.services["web"].ports[0].published, taken.number(1));
  EXPECT_EQ(two.services["web"].ports[1].published, taken.number(2));
}

TEST(PortChoice, KeepsWhatWasChosenBeforeWhileItIsOfTheRange) {
  const TakenPort taken;
  StackSpec before = publishing({{"127.0.0.1", taken.number(2), 80, "tcp"}});
  StackSpec spec = publishing({range(taken, 2)});
  ASSERT_TRUE(choose_free_ports(spec, &before));
  EXPECT_EQ(spec.services["web"].ports[0].published, taken.number(2));
  StackSpec narrower = publishing({range(taken, 1)});
  ASSERT_TRUE(choose_free_ports(narrower, &before));
  EXPECT_EQ(narrower.services["web"].ports[0].published, taken.number(1));
}

TEST(PortChoice, SaysWhenARangeIsUsedUp) {
  const TakenPort taken;
  StackSpec spec = publishing({range(taken, 1), {"127.0.0.1", taken.number(1), 81, "tcp"}});
  const auto chosen = choose_free_ports(spec, nullptr);
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().words, "web: publish 127.0.0.1:" + std::to_string(taken.number()) +
                                      "/tcp: every port to " + std::to_string(taken.number(1)) + " is taken");
}

}  // namespace
}  // namespace stack

// The server on real sockets, in a network namespace made for the test, with upstreams that the test plays
// itself. There is one thread: the server's loop runs while the test waits for something to come in.
#include "net/dns_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>

#include "tests/unit/net/dns_questions.h"

namespace stack::net {
namespace {

using namespace dns;

constexpr const char* kServer = "127.0.0.11";

sockaddr_in address_of(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  inet_pton(AF_INET, text.c_str(), &address.sin_addr);
  return address;
}

UniqueFd connected(const std::string& to, int type = SOCK_DGRAM) {
  UniqueFd fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const sockaddr_in address = address_of(to);
  EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0)
      << strerror(errno);
  return fd;
}

UniqueFd bound(const std::string& to, int type = SOCK_DGRAM) {
  UniqueFd fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const sockaddr_in address = address_of(to);
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0)
      << strerror(errno);
  if (type == SOCK_STREAM) {
    EXPECT_EQ(listen(fd.get(), 8), 0);
  }
  return fd;
}

void send_message(const UniqueFd& fd, const Message& message) {
  EXPECT_EQ(send(fd.get(), message.data(), message.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(message.size()));
}

Message framed(const Message& message) {
  Message frame;
  append16(frame, static_cast<unsigned>(message.size()));
  frame.insert(frame.end(), message.begin(), message.end());
  return frame;
}

// What came to an upstream, and from where.
struct Asked {
  Message message;
  sockaddr_in from{};

  [[nodiscard]] Message reply(Rcode rcode = kNoError, std::size_t padding = 0) const {
    Message text = message;
    text[2] |= 0x80;
    text[3] = static_cast<std::uint8_t>(rcode);
    text.resize(text.size() + padding);
    return text;
  }
  void answer(const UniqueFd& fd, const Message& text) const {
    sendto(fd.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&from), sizeof from);
  }
};

class DnsServerLive : public testing::Test {
 protected:
  void SetUp() override {
    home_ = UniqueFd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(unshare(CLONE_NEWNET), 0) << strerror(errno);
    const UniqueFd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq lo{};
    std::strcpy(lo.ifr_name, "lo");
    lo.ifr_flags = IFF_UP | IFF_RUNNING;
    ASSERT_EQ(ioctl(fd.get(), SIOCSIFFLAGS, &lo), 0);
    const UniqueFd here(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    auto opened = open_dns_sockets(here.get());
    ASSERT_TRUE(opened) << opened.error().words;
    sockets_ = *std::move(opened);
    server_.emplace(io_);
  }
  void TearDown() override {
    server_.reset();
    io_.run_for(std::chrono::seconds(1));
    EXPECT_TRUE(io_.stopped()) << "the server left work behind";
    ASSERT_EQ(setns(home_.get(), CLONE_NEWNET), 0);
  }

  void serve(std::vector<std::string> upstreams = {}) {
    auto view = std::make_shared<DnsView>();
    view->names["cache"] = {"10.1.0.2"};
    view->upstreams = std::move(upstreams);
    server_->set_view("web", view);
    const auto served = server_->serve("web", sockets_.udp.get(), sockets_.tcp.get());
    ASSERT_TRUE(served) << served.error().words;
  }

  // Runs the server until something can be read (or accepted, or the end is seen). False: nothing for five
  // seconds.
  bool await(const UniqueFd& fd) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (std::chrono::steady_clock::now() < deadline) {
      if (readable(fd)) return true;
      if (io_.stopped()) io_.restart();
      io_.run_one_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  static bool readable(const UniqueFd& fd) {
    pollfd entry{fd.get(), POLLIN, 0};
    return ::poll(&entry, 1, 0) == 1;
  }

  Message receive(const UniqueFd& fd) {
    Message message(kMaxMessageSize);
    const ssize_t size = await(fd) ? recv(fd.get(), message.data(), message.size(), MSG_DONTWAIT) : -1;
    message.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return message;
  }
  Message receive_framed(const UniqueFd& fd) {
    Message all;
    while (all.size() < 2 || all.size() < 2U + read16(all, 0)) {
      const Message more = receive(fd);
      if (more.empty()) return {};
      all.insert(all.end(), more.begin(), more.end());
    }
    return {all.begin() + 2, all.end()};
  }
  Asked receive_question(const UniqueFd& fd) {
    Asked asked;
    asked.message.resize(kMaxMessageSize);
    socklen_t size = sizeof asked.from;
    const ssize_t got = await(fd) ? recvfrom(fd.get(), asked.message.data(), asked.message.size(),
                                             MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&asked.from), &size)
                                  : -1;
    asked.message.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    EXPECT_GE(got, static_cast<ssize_t>(kHeaderSize)) << "nothing came to the upstream";
    if (got < static_cast<ssize_t>(kHeaderSize)) asked.message.resize(kHeaderSize);
    return asked;
  }

  boost::asio::io_context io_;
  UniqueFd home_;
  DnsSockets sockets_;
  std::optional<DnsServer> server_;
};

using Records = std::vector<std::string>;

TEST_F(DnsServerLive, AnswersOverUdpAndSeveralTimesOverOneConnection) {
  serve();
  const UniqueFd udp = connected(kServer), tcp = connected(kServer, SOCK_STREAM);
  send_message(udp, question("cache", kTypeA));
  EXPECT_EQ(read_reply(receive(udp)).records, Records{"10.1.0.2"});
  for (int i = 0; i < 3; ++i) {
    send_message(tcp, framed(question("cache", kTypeA)));
    EXPECT_EQ(read_reply(receive_framed(tcp)).records, Records{"10.1.0.2"});
  }
}

TEST_F(DnsServerLive, QuestionsWaitInTheSocketsForTheNextServer) {
  serve();
  server_.reset();
  io_.run_for(std::chrono::seconds(1));
  const UniqueFd udp = connected(kServer), tcp = connected(kServer, SOCK_STREAM);
  send_message(udp, question("cache", kTypeA));
  send_message(tcp, framed(question("cache", kTypeA)));
  server_.emplace(io_);
  serve();
  EXPECT_EQ(read_reply(receive(udp)).records, Records{"10.1.0.2"});
  EXPECT_EQ(read_reply(receive_framed(tcp)).records, Records{"10.1.0.2"});
}

TEST_F(DnsServerLive, ServingAgainAndStoppingLeaveNoWaitBehind) {
  serve();
  serve();
  const UniqueFd udp = connected(kServer);
  send_message(udp, question("cache", kTypeA));
  EXPECT_FALSE(receive(udp).empty());
  server_->stop("web");
  io_.run_for(std::chrono::seconds(1));
  EXPECT_TRUE(io_.stopped());
}

TEST_F(DnsServerLive, ForwardsWithAnIdAndPortThatCannotBeGuessed) {
  serve({"127.9.0.1"});
  const UniqueFd upstream = bound("127.9.0.1"), client = connected(kServer);
  std::set<std::uint16_t> ids, ports;
  for (int i = 0; i < 8; ++i) {
    send_message(client, question("example.com", kTypeA));
    const Asked asked = receive_question(upstream);
    ids.insert(id_of(asked.message));
    ports.insert(asked.from.sin_port);
    asked.answer(upstream, asked.reply());
    const Message reply = receive(client);
    ASSERT_TRUE(read_reply(reply).well_formed);
    EXPECT_EQ(id_of(reply), 0x1234);
  }
  EXPECT_GE(ids.size(), 7U);
  EXPECT_GE(ports.size(), 7U);
}

TEST_F(DnsServerLive, AForgeryNeitherReachesTheAskerNorEndsTheWait) {
  serve({"127.9.0.1"});
  const UniqueFd upstream = bound("127.9.0.1"), stranger = bound("127.9.0.2"), client = connected(kServer);
  send_message(client, question("example.com", kTypeA));
  const Asked asked = receive_question(upstream);
  Message wrong_id = asked.reply(kUnknownName), wrong_name = asked.reply(kUnknownName);
  wrong_id[0] ^= 1;
  wrong_name[13] ^= 1;
  asked.answer(stranger, asked.reply(kUnknownName));
  asked.answer(upstream, wrong_id);
  asked.answer(upstream, wrong_name);
  asked.answer(upstream, Message(3, 0));
  asked.answer(upstream, asked.reply());
  EXPECT_EQ(read_reply(receive(client)).rcode, kNoError);
}

TEST_F(DnsServerLive, AsksTheNextServerWhenOneFailsAndRemembersWhoAnswered) {
  serve({"127.9.0.1", "127.9.0.2"});
  const UniqueFd bad = bound("127.9.0.1"), well = bound("127.9.0.2"), client = connected(kServer);
  send_message(client, question("example.com", kTypeA));
  const Asked first = receive_question(bad);
  first.answer(bad, first.reply(kFailure));
  const Asked second = receive_question(well);
  second.answer(well, second.reply());
  EXPECT_EQ(read_reply(receive(client)).rcode, kNoError);

  send_message(client, question("example.org", kTypeA));
  const Asked third = receive_question(well);
  third.answer(well, third.reply());
  EXPECT_EQ(read_reply(receive(client)).rcode, kNoError);
  EXPECT_FALSE(readable(bad));
}

TEST_F(DnsServerLive, SaysThatItFailedWhenNobodyListensUpstream) {
  serve({"127.9.0.1"});
  const UniqueFd udp = connected(kServer), tcp = connected(kServer, SOCK_STREAM);
  send_message(udp, question("example.com", kTypeA));
  send_message(tcp, framed(question("example.com", kTypeA)));
  const Message reply = receive(udp);
  EXPECT_EQ(read_reply(reply).rcode, kFailure);
  EXPECT_EQ(id_of(reply), 0x1234);
  EXPECT_EQ(read_reply(receive_framed(tcp)).rcode, kFailure);
}

TEST_F(DnsServerLive, NothingIsForwardedFromInternalNetworks) {
  const UniqueFd upstream = bound("127.9.0.1"), client = connected(kServer);
  serve();
  send_message(client, question("example.com", kTypeA));
  EXPECT_EQ(read_reply(receive(client)).rcode, kUnknownName);
  EXPECT_FALSE(readable(upstream));
}

TEST_F(DnsServerLive, BoundsWhatIsUnderWayAndStillAnswersOwnNames) {
  serve({"127.9.0.1"});
  const UniqueFd upstream = bound("127.9.0.1"), client = connected(kServer);
  constexpr int kFlood = 100, kBound = 64;
  for (int i = 0; i < kFlood; ++i) send_message(client, question("example.com", kTypeA));
  for (int i = kBound; i < kFlood; ++i) EXPECT_EQ(read_reply(receive(client)).rcode, kFailure);
  send_message(client, question("cache", kTypeA));
  EXPECT_EQ(read_reply(receive(client)).records, Records{"10.1.0.2"});
  for (int i = 0; i < kBound; ++i) {
    const Asked asked = receive_question(upstream);
    asked.answer(upstream, asked.reply());
    EXPECT_EQ(read_reply(receive(client)).rcode, kNoError);
  }
}

TEST_F(DnsServerLive, ALongReplyIsCutToWhatTheAskerTakes) {
  serve({"127.9.0.1"});
  const UniqueFd upstream = bound("127.9.0.1"), client = connected(kServer);
  send_message(client, question("example.com", kTypeA));
  const Asked asked = receive_question(upstream);
  asked.answer(upstream, asked.reply(kNoError, 2000));
  const Message reply = receive(client);
  EXPECT_LE(reply.size(), kPlainUdpSize);
  EXPECT_TRUE(read_reply(reply).truncated);
}

TEST_F(DnsServerLive, WhoAsksOverTcpIsServedOverTcp) {
  serve({"127.9.0.1"});
  const UniqueFd upstream = bound("127.9.0.1", SOCK_STREAM), client = connected(kServer, SOCK_STREAM);
  send_message(client, framed(question("example.com", kTypeA)));
  ASSERT_TRUE(await(upstream));
  const UniqueFd link(accept(upstream.get(), nullptr, nullptr));
  const Asked asked{receive_framed(link)};
  send_message(link, framed(asked.reply(kNoError, 60'000)));
  EXPECT_GT(receive_framed(client).size(), 60'000U);
}

TEST_F(DnsServerLive, IdleConnectionsShutNobodyOut) {
  serve();
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 12; ++i) {
    idle.push_back(connected(kServer, SOCK_STREAM));
    send_message(idle.back(), {0});  // half a length, and then nothing
  }
  const UniqueFd client = connected(kServer, SOCK_STREAM);
  send_message(client, framed(question("cache", kTypeA)));
  EXPECT_EQ(read_reply(receive_framed(client)).records, Records{"10.1.0.2"});
  EXPECT_TRUE(readable(idle.front()));  // the end
}

TEST_F(DnsServerLive, AConnectionThatTalksNonsenseIsEnded) {
  serve();
  for (const Message& nonsense : {Message{0xff, 0xff}, Message{0, 0}, Message{0, 3, 1, 2, 3}}) {
    const UniqueFd client = connected(kServer, SOCK_STREAM);
    send_message(client, nonsense);
    EXPECT_TRUE(await(client));
    EXPECT_TRUE(receive(client).empty());
  }
}

}  // namespace
}  // namespace stack::net

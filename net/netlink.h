// Messages to the kernel and their answers, over libnl's sockets and attributes: several requests leave in
// one sendmsg(2), each is acknowledged, and the kernel's own words (NETLINK_EXT_ACK) come back with the
// errno.
#pragma once

#include <linux/netlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/socket.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "specs/result.h"

namespace stack::net {

class Message {
 public:
  // `header` is the fixed part that follows nlmsghdr: ifinfomsg, ifaddrmsg, rtmsg, tcmsg, nfgenmsg.
  template <typename Header>
  Message(int type, int flags, const Header& header) : Message(type, flags, &header, sizeof header) {}

  Message& put(int attribute, const void* data, std::size_t size);
  Message& put(int attribute, std::string_view text);  // with its NUL
  Message& put32(int attribute, std::uint32_t value) { return put(attribute, &value, sizeof value); }
  Message& put8(int attribute, std::uint8_t value) { return put(attribute, &value, sizeof value); }
  // A fixed part inside an attribute, as VETH_INFO_PEER begins with an ifinfomsg.
  Message& append(const void* data, std::size_t size);

  // Attributes put by `fill` are nested in `attribute`.
  template <typename Fill>
  Message& nest(int attribute, Fill fill) {
    nlattr* const start = ::nla_nest_start(message_.get(), attribute);
    fits_ = fits_ && start != nullptr;
    fill();
    if (start) ::nla_nest_end(message_.get(), start);
    return *this;
  }

  [[nodiscard]] nlmsghdr* header() const { return ::nlmsg_hdr(message_.get()); }
  [[nodiscard]] bool fits() const { return fits_; }

 private:
  Message(int type, int flags, const void* header, std::size_t size);
  struct Free {
    void operator()(nl_msg* message) const { ::nlmsg_free(message); }
  };
  std::unique_ptr<nl_msg, Free> message_;
  bool fits_ = true;
};

struct Ack {
  int error = 0;      // errno
  std::string words;  // the kernel's explanation, where it gave one
  [[nodiscard]] Error to_error(const std::string& what) const;
};

class Netlink {
 public:
  using Visit = std::function<void(const nlmsghdr*)>;

  // In the network namespace of the calling thread, where the socket stays. `protocol` as NETLINK_ROUTE.
  static Result<Netlink> open(int protocol);

  // One request; an errno in `fine` is a success ("already there", "already gone").
  Result<void> run(Message& message, const std::string& what, std::initializer_list<int> fine = {});
  // Requests in one system call; one answer each, in their order. The kernel goes on after one that failed.
  Result<std::vector<Ack>> run_all(std::span<Message> messages);
  // The one answer to a GET; false where the kernel says `missing` (ENODEV, ENOENT).
  Result<bool> get(Message& message, const std::string& what, int missing, const Visit& visit);
  // A dump, repeated where the kernel says that it changed underway: `restart` forgets what was visited.
  Result<void> dump(Message& message, const std::string& what, const std::function<void()>& restart,
                    const Visit& visit);
  // A transaction of nfnetlink: sent as one piece, no answer but errors and that to the last inner message.
  Result<Ack> transaction(std::span<Message> messages);

 private:
  struct Close {
    void operator()(nl_sock* socket) const { ::nl_socket_free(socket); }
  };
  explicit Netlink(nl_sock* socket) : socket_(socket) {}

  std::uint32_t number(Message& message, int extra_flags);
  Result<void> send(std::span<Message> messages);
  Result<std::size_t> receive();  // into buffer_
  Result<bool> dump_once(Message& message, const std::string& what, const Visit& visit);

  std::unique_ptr<nl_sock, Close> socket_;
  std::unique_ptr<char[]> buffer_;
  std::uint32_t sequence_ = 0;
};

// Attributes of a message by number, no further than `max`.
template <int kMax>
struct Parsed {
  nlattr* at[kMax + 1] = {};
  [[nodiscard]] std::uint32_t u32(int attribute) const {
    return at[attribute] ? ::nla_get_u32(at[attribute]) : 0;
  }
  [[nodiscard]] std::uint8_t u8(int attribute) const {
    return at[attribute] ? ::nla_get_u8(at[attribute]) : 0;
  }
  [[nodiscard]] std::string text(int attribute) const {
    return at[attribute] ? std::string(::nla_get_string(at[attribute])) : std::string();
  }
};
// A parse error leaves the attributes after the bad one absent: the kernel sends none that are bad.
template <int kMax>
Parsed<kMax> parse(const nlmsghdr* message, std::size_t header_size) {
  Parsed<kMax> parsed;
  ::nlmsg_parse(const_cast<nlmsghdr*>(message), static_cast<int>(header_size), parsed.at, kMax, nullptr);
  return parsed;
}
template <int kMax>
Parsed<kMax> parse_nested(nlattr* attribute) {
  Parsed<kMax> parsed;
  if (attribute) ::nla_parse_nested(parsed.at, kMax, attribute, nullptr);
  return parsed;
}

}  // namespace stack::net

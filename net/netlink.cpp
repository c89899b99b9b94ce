#include "net/netlink.h"

#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace stack::net {
namespace {

constexpr std::size_t kBufferSize = 32768;  // the largest piece in which the kernel sends a dump
constexpr std::size_t kMessageSize = 1024;  // none of ours comes near
constexpr int kDumpAttempts = 16;

std::string kernel_words(const nlmsghdr* header) {
  if (!(header->nlmsg_flags & NLM_F_ACK_TLVS)) return {};
  // With NETLINK_CAP_ACK the request's payload is not echoed: the attributes follow the nlmsgerr.
  const auto parsed = parse<NLMSGERR_ATTR_MAX>(header, sizeof(nlmsgerr));
  return parsed.text(NLMSGERR_ATTR_MSG);
}

Ack ack_of(const nlmsghdr* header) {
  const auto* error = static_cast<const nlmsgerr*>(::nlmsg_data(header));
  return {-error->error, kernel_words(header)};
}

template <typename Each>
void each_message(const char* buffer, std::size_t size, Each each) {
  int left = static_cast<int>(size);
  const auto* header = reinterpret_cast<const nlmsghdr*>(buffer);
  for (; ::nlmsg_ok(header, left); header = ::nlmsg_next(const_cast<nlmsghdr*>(header), &left)) each(header);
}

}  // namespace

Message::Message(int type, int flags, const void* header, std::size_t size)
    : message_(::nlmsg_alloc_size(kMessageSize)) {
  if (!message_) {
    fits_ = false;
    return;
  }
  fits_ = ::nlmsg_put(message_.get(), 0, 0, type, 0, flags | NLM_F_REQUEST) != nullptr;
  append(header, size);
}

Message& Message::append(const void* data, std::size_t size) {
  fits_ = fits_ && ::nlmsg_append(message_.get(), const_cast<void*>(data), size, NLMSG_ALIGNTO) == 0;
  return *this;
}

Message& Message::put(int attribute, const void* data, std::size_t size) {
  fits_ = fits_ && ::nla_put(message_.get(), attribute, static_cast<int>(size), data) == 0;
  return *this;
}

Message& Message::put(int attribute, std::string_view text) {
  fits_ = fits_ && ::nla_put_string(message_.get(), attribute, std::string(text).c_str()) == 0;
  return *this;
}

Error Ack::to_error(const std::string& what) const {
  return os_error(words.empty() ? what : what + ": " + words, error);
}

Result<Netlink> Netlink::open(int protocol) {
  Netlink netlink(::nl_socket_alloc());
  if (!netlink.socket_) return os_error("open netlink socket", ENOMEM);
  if (const int error = ::nl_connect(netlink.socket_.get(), protocol); error < 0)
    return fault(std::string("open netlink socket: ") + ::nl_geterror(error));
  const int fd = ::nl_socket_get_fd(netlink.socket_.get());
  const int on = 1;
  if (::setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on) != 0 ||
      ::setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on) != 0)
    return os_error("set options of netlink socket");
  netlink.buffer_ = std::make_unique<char[]>(kBufferSize);
  return netlink;
}

std::uint32_t Netlink::number(Message& message, int extra_flags) {
  nlmsghdr* header = message.header();
  header->nlmsg_flags = static_cast<std::uint16_t>(header->nlmsg_flags | extra_flags);
  header->nlmsg_pid = 0;
  return header->nlmsg_seq = ++sequence_;
}

Result<void> Netlink::send(std::span<Message> messages) {
  std::vector<iovec> pieces;
  for (const Message& message : messages) {
    if (!message.fits()) return os_error("build netlink message", EMSGSIZE);
    // Lengths are padded already: libnl appends in units of NLMSG_ALIGNTO.
    pieces.push_back({message.header(), NLMSG_ALIGN(message.header()->nlmsg_len)});
  }
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  msghdr header{};
  header.msg_name = &kernel;
  header.msg_namelen = sizeof kernel;
  header.msg_iov = pieces.data();
  header.msg_iovlen = pieces.size();
  const int fd = ::nl_socket_get_fd(socket_.get());
  while (::sendmsg(fd, &header, 0) < 0)
    if (errno != EINTR) return os_error("send netlink message");
  return {};
}

Result<std::size_t> Netlink::receive() {
  const int fd = ::nl_socket_get_fd(socket_.get());
  for (;;) {
    // MSG_TRUNC: the real length, so that a message that did not fit is told from a whole one.
    const ssize_t n = ::recv(fd, buffer_.get(), kBufferSize, MSG_TRUNC);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error("receive netlink message");
    if (static_cast<std::size_t>(n) > kBufferSize) return os_error("receive netlink message", EMSGSIZE);
    return static_cast<std::size_t>(n);
  }
}

Result<std::vector<Ack>> Netlink::run_all(std::span<Message> messages) {
  std::vector<Ack> acks(messages.size());
  if (messages.empty()) return acks;
  const std::uint32_t first = sequence_ + 1;
  for (Message& message : messages) number(message, NLM_F_ACK);
  TRY(send(messages));
  for (std::size_t missing = messages.size(); missing > 0;) {
    const std::size_t size = TRY(receive());
    each_message(buffer_.get(), size, [&](const nlmsghdr* header) {
      const std::uint32_t index =
          header->nlmsg_seq - first;  // an answer to an older request wraps to a huge one
      if (header->nlmsg_type != NLMSG_ERROR || index >= acks.size()) return;
      acks[index] = ack_of(header);
      --missing;
    });
  }
  return acks;
}

Result<void> Netlink::run(Message& message, const std::string& what, std::initializer_list<int> fine) {
  const std::vector<Ack> acks = TRY(run_all({&message, 1}).with(what));
  const Ack& ack = acks.front();
  if (ack.error == 0 || std::find(fine.begin(), fine.end(), ack.error) != fine.end()) return {};
  return ack.to_error(what);
}

Result<bool> Netlink::get(Message& message, const std::string& what, int missing, const Visit& visit) {
  const std::uint32_t sequence = number(message, 0);
  TRY(send({&message, 1}).with(what));
  for (;;) {
    const std::size_t size = TRY(receive().with(what));
    bool answered = false;
    Ack ack;
    each_message(buffer_.get(), size, [&](const nlmsghdr* header) {
      if (header->nlmsg_seq != sequence) return;
      answered = true;
      if (header->nlmsg_type == NLMSG_ERROR) {
        ack = ack_of(header);
      } else {
        visit(header);
      }
    });
    if (!answered) continue;
    if (ack.error == 0) return true;
    if (ack.error == missing) return false;
    return ack.to_error(what);
  }
}

Result<bool> Netlink::dump_once(Message& message, const std::string& what, const Visit& visit) {
  const std::uint32_t sequence = number(message, NLM_F_DUMP);
  TRY(send({&message, 1}).with(what));
  bool done = false;
  bool consistent = true;
  Ack ack;
  while (!done) {
    const std::size_t size = TRY(receive().with(what));
    each_message(buffer_.get(), size, [&](const nlmsghdr* header) {
      if (header->nlmsg_seq != sequence || done) return;
      if (header->nlmsg_flags & NLM_F_DUMP_INTR) consistent = false;
      if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR) {
        done = true;
        if (header->nlmsg_type == NLMSG_ERROR) ack = ack_of(header);
      } else {
        visit(header);
      }
    });
  }
  if (ack.error != 0) return ack.to_error(what);
  return consistent;
}

Result<void> Netlink::dump(Message& message, const std::string& what, const std::function<void()>& restart,
                           const Visit& visit) {
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    restart();
    if (TRY(dump_once(message, what, visit))) return {};
  }
  return os_error(what, EBUSY);
}

Result<Ack> Netlink::transaction(std::span<Message> messages) {
  const std::uint32_t begin = sequence_ + 1;
  for (Message& message : messages) number(message, 0);
  Message& last = messages[messages.size() - 2];  // the one before NFNL_MSG_BATCH_END
  last.header()->nlmsg_flags |= NLM_F_ACK;
  const std::uint32_t sequence = last.header()->nlmsg_seq;
  TRY(send(messages));
  for (;;) {
    const std::size_t size = TRY(receive());
    Ack first;
    bool done = false;
    each_message(buffer_.get(), size, [&](const nlmsghdr* header) {
      const bool ours =
          header->nlmsg_seq - begin < messages.size();  // not left over from one that failed before
      if (header->nlmsg_type != NLMSG_ERROR || !ours) return;
      const Ack ack = ack_of(header);
      if (first.error == 0) first = ack;
      if (header->nlmsg_seq == sequence || ack.error != 0) done = true;
    });
    if (done) return first;
  }
}

}  // namespace stack::net

// What all listeners of one DnsServer share: the loop, the buffers of a single thread, the bound on what is
// under way.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>

#include "core/sys/unique_fd.h"
#include "net/dns_wire.h"

namespace stack::net::dns {

using Descriptor = boost::asio::posix::stream_descriptor;

struct Common {
  explicit Common(boost::asio::io_context& loop) : io(loop) {}

  boost::asio::io_context& io;
  std::size_t exchanges = 0;  // questions under way to upstreams, of all listeners
  unsigned rotation = 0;
  // Filled and read within one handler. Not cleared: pages that are never needed are never there.
  std::array<std::uint8_t, kMaxQuerySize + 1> question;  // one more, so that what is too long is seen to be
  std::array<std::uint8_t, kMaxMessageSize> reply;
};

// Ends all waits on a descriptor and closes it. Not Descriptor::close(): asio leaves it to the kernel to drop
// a closed descriptor from epoll, which does not happen while the keeper holds a duplicate of the same
// socket.
inline void close_descriptor(Descriptor& descriptor) {
  if (descriptor.is_open()) UniqueFd(descriptor.release()).reset();
}

}  // namespace stack::net::dns

// Writes a reply into a fixed buffer: the question as it was asked, records named as the question, the
// asker's EDNS.
#pragma once

#include <cstdint>
#include <string_view>

#include "net/dns_query.h"

namespace stack::net::dns {

class ReplyWriter {
 public:
  // The question is echoed octet for octet, its case too (askers check it: draft-vixie-dnsext-dns0x20).
  // `buffer` is at least kPlainUdpSize long and is what the reply may take.
  ReplyWriter(MutableBytes buffer, Bytes message, const Query& query, Rcode rcode);

  // Records of the answer section. One that does not fit is left out, and the reply will be marked truncated.
  void add_address(Bytes octets, std::uint32_t ttl);             // 4 octets are an A, 16 an AAAA
  void add_pointer(std::string_view target, std::uint32_t ttl);  // a PTR to a name in text
  // Completes header and EDNS. Returns the size.
  std::size_t finish();

 private:
  bool begin_record(std::uint16_t type, std::uint32_t ttl, std::size_t data_size);
  void put16(std::uint16_t value);
  void put(Bytes octets);

  MutableBytes buffer_;
  const Query& query_;
  Rcode rcode_;
  std::size_t size_ = kHeaderSize;
  std::size_t limit_;
  std::uint16_t flags_ = 0;
  std::uint16_t answers_ = 0;
  bool truncated_ = false;
};

}  // namespace stack::net::dns

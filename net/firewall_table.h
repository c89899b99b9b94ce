// A stack's table as the kernel has it, read through one socket that stays open: where rules were dropped,
// the kernel closes a socket of nfnetlink, whosever it is, only when no reader of them is left
// (nft_rcv_nl_event), some 15 ms later.
#pragma once

#include <memory>
#include <string>

#include "specs/result.h"

namespace stack::net {

class Netlink;

class FirewallTable {
 public:
  // In the network namespace of the calling thread.
  static Result<FirewallTable> open(const std::string& project);
  FirewallTable(FirewallTable&&) noexcept;
  FirewallTable& operator=(FirewallTable&&) noexcept;
  ~FirewallTable();

  [[nodiscard]] const std::string& name() const { return name_; }
  Result<bool> present();
  // A checksum of it, its chains and rules with their handles: it is another one after every change. "" where
  // there is no table.
  Result<std::string> digest();

 private:
  FirewallTable(std::unique_ptr<Netlink> netfilter, std::string name);
  std::unique_ptr<Netlink> netfilter_;
  std::string name_;
};

}  // namespace stack::net

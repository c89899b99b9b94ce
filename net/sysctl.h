// Settings under /proc/sys/net, of the network namespace of the calling thread.
#pragma once

#include <string>

#include "specs/result.h"

namespace stack::net {

// "ipv4/conf/eth0/forwarding" of "net.ipv4.conf.IFNAME.forwarding".
std::string interface_sysctl(const std::string& name, const std::string& ifname);
// "ipv4.ip_forward"-like names are not split at dots, as a link's name may hold one: give "ipv4/ip_forward".
std::string sysctl_path(const std::string& name);
Result<std::string> read_sysctl(const std::string& name);  // without the newline
// Reads first and writes only where the value differs: a write wakes every listener even when it changes
// nothing.
Result<void> set_sysctl(const std::string& name, const std::string& value);

}  // namespace stack::net

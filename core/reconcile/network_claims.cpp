#include "core/reconcile/network_claims.h"

#include <fcntl.h>
#include <glob.h>

#include <algorithm>
#include <sstream>

#include "core/sys/files.h"
#include "core/sys/lock.h"

namespace stack {
namespace {

constexpr char kLock[] = "/run/stack/.networks.lock";

std::string claims_of(const std::string& run) {
  return run + "/subnets";
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

Result<NetworkClaims> NetworkClaims::lock() {
  UniqueFd fd = TRY(open_fd(kLock, O_RDWR | O_CREAT, 0600));
  TRY(stack::lock(fd.get(), Locking::exclusive, Waiting::yes, kLock));
  return NetworkClaims(std::move(fd));
}

Result<std::vector<std::string>> NetworkClaims::taken(World& world) const {
  std::vector<std::string> networks = TRY(world.links->networks_in_use());
  // Those of our own bridges are in the host's routes too.
  const auto own = read_file(claims_of(world.paths.run));
  if (own)
    for (const std::string& subnet : lines_of(*own)) std::erase(networks, subnet);
  glob_t found{};
  ::glob("/run/stack/*/subnets", 0, nullptr, &found);
  for (std::size_t i = 0; i < found.gl_pathc; ++i) {
    const std::string path = found.gl_pathv[i];
    if (path == claims_of(world.paths.run)) continue;
    const auto text = read_file(path);
    if (!text) continue;  // that stack went down just now
    for (std::string& subnet : lines_of(*text)) networks.push_back(std::move(subnet));
  }
  ::globfree(&found);
  return networks;
}

Result<void> NetworkClaims::claim(const World& world, const AddressBook& book) const {
  std::string text;
  for (const auto& [network, subnets] : book.networks)
    for (const std::string& subnet : {subnets.subnet4, subnets.subnet6})
      if (!subnet.empty()) text += subnet + "\n";
  return replace_file(claims_of(world.paths.run), text, 0600, Durability::none);
}

}  // namespace stack

// What the kernel tells of changes to a stack's table.
#pragma once

#include <cstdint>
#include <string>

#include "net/listener.h"

namespace stack::net {

class FirewallEvents {
 public:
  // Of the network namespace of the calling thread.
  static Result<FirewallEvents> open(const std::string& project);
  [[nodiscard]] int fd() const { return listener_.fd(); }

  struct Heard {
    int transactions = 0;    // that touched the table
    std::string by;          // the program of the last of them that was not ours: "nft"
    bool everything = true;  // false: some of them may have gone unheard
  };
  // Takes all that has come.
  Result<Heard> take();

 private:
  FirewallEvents(Listener listener, std::string table)
      : listener_(std::move(listener)), table_(std::move(table)) {}
  void note(const nlmsghdr* message, Heard& heard);

  Listener listener_;
  std::string table_;
  bool touched_ = false;  // by the transaction whose end has not come yet
};

}  // namespace stack::net

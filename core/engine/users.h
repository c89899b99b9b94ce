// Who a container's process is: the file's `user:` looked up in the passwd and group files of the container's
// own root, which are read by the parent and never resolved outside of that root.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "specs/result.h"

namespace stack::engine {

struct Identity {
  uid_t uid = 0;  // as seen inside
  gid_t gid = 0;
  std::vector<gid_t> groups;
  std::string home = "/";
};

// `roots` are searched in order for etc/passwd and etc/group: the container's upper layer, then those below
// it, as an overlay of them would show the two. `user` is "uid", "name", "uid:gid", "name:group" or ""
// (root). A uid that passwd does not know is no fault: its group is 0.
Result<Identity> look_up(const std::string& user, const std::vector<std::string>& roots);

// The numbers of the groups that `group_add` names, looked up in the same way.
Result<std::vector<gid_t>> look_up_groups(const std::vector<std::string>& names,
                                          const std::vector<std::string>& roots);

// The same on the files' contents; pure.
Result<std::vector<gid_t>> groups_in(const std::vector<std::string>& names, const std::string& group);
Result<Identity> look_up_in(const std::string& user, const std::string& passwd, const std::string& group);

}  // namespace stack::engine

// Memory as a file system, in the short form with mount options.
#include <algorithm>
#include <array>

#include "specs/mounting.h"
#include "specs/scalars.h"
#include "specs/service_keys.h"
#include "specs/text.h"

namespace stack::service_keys {
namespace {

// What tmpfs(5) and mount(8) know; our own of them become fields.
bool tmpfs_option(R& r, const Node& node, const std::string& word, Mount& mount) {
  static constexpr std::array<std::string_view, 14> kFlags = {
      "rw",   "exec",  "noexec",  "suid",  "nosuid",   "dev",        "nodev",
      "sync", "async", "noatime", "atime", "relatime", "nodiratime", "strictatime"};
  const auto equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
  if (word == "ro") {
    mount.read_only = true;
  } else if (name == "size" && scalars::bytes(value)) {
    mount.size = *scalars::bytes(value);
  } else if (name == "mode" && scalars::integer("0" + value).value_or(-1) >= 0 &&
             scalars::integer("0" + value).value_or(-1) <= 07777) {
    mount.mode = static_cast<std::uint32_t>(*scalars::integer("0" + value));
  } else if (((name == "uid" || name == "gid" || name == "nr_inodes") && scalars::bytes(value)) ||
             std::find(kFlags.begin(), kFlags.end(), word) != kFlags.end()) {
    mount.options.push_back(word);
  } else {
    r.reading.fault(node, FaultCode::unknown_option,
                    "unknown option \"" + word + "\" of a tmpfs of " + r.reading.owner());
    return false;
  }
  return true;
}

void one_tmpfs(R& r, const Node& node) {
  const auto text = r.reading.text(node, "each item in tmpfs");
  if (!text) return;
  const auto colon = text->find(':');
  Mount mount;
  mount.type = Mount::Type::tmpfs;
  mount.target = text->substr(0, colon);
  if (colon != std::string::npos) {
    for (const std::string& word : split(text->substr(colon + 1), ',')) {
      if (!tmpfs_option(r, node, word, mount)) return;
    }
  }
  add_mount(r, node, std::move(mount));
}

}  // namespace

void tmpfs(R& r, const Node& node) {
  if (node.is_scalar()) return one_tmpfs(r, node);
  if (!r.reading.is_list(node, "tmpfs")) return;
  for (const Node& item : node.items) one_tmpfs(r, item);
}

}  // namespace stack::service_keys

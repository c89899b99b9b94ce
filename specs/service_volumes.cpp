// Binds and volumes in the short form, which tells them apart. A volume's source is its key here; checks make
// it the name.
#include "specs/mounting.h"
#include "specs/service_keys.h"
#include "specs/text.h"

namespace stack::service_keys {
namespace {

using Type = Mount::Type;

bool short_option(R& r, const Node& node, const std::string& word, Mount& mount) {
  const bool is_bind = mount.type == Type::bind;
  if (word == "ro" || word == "rw") {
    mount.read_only = word == "ro";
  } else if (selinux_word(word)) {
    mount.selinux = word;
  } else if (is_consistency(word)) {
    warn_meaningless(r, node, word);
  } else if (word == "nocopy" && !is_bind) {
    mount.nocopy = true;
  } else if (propagation_word(word) && is_bind) {
    mount.propagation = word;
  } else if ((word == "rbind" || word == "bind") && is_bind) {
    mount.recursive = word == "rbind";
  } else if (word == "nocopy" || word == "rbind" || word == "bind" || propagation_word(word)) {
    r.reading.fault(
        node, FaultCode::conflicting_keys,
        "option \"" + word + "\" of " + r.reading.of("volumes") + " is of " +
            (is_bind ? "volumes, not of folders of the host" : "folders of the host, not of volumes"));
    return false;
  } else {
    r.reading.fault(node, FaultCode::unknown_option,
                    "unknown option \"" + word + "\" of a volume of " + r.reading.owner(),
                    did_you_mean(word, {"rprivate", "private", "rshared", "shared", "rslave", "slave", "ro",
                                        "rw", "nocopy", "cached"}));
    return false;
  }
  return true;
}

void anonymous(R& r, const Node& node, const std::string& target) {
  if (!target.starts_with('/')) {
    return r.reading.fault(node, FaultCode::invalid_value,
                           r.reading.of("volumes") + ": target \"" + target + "\" is not an absolute path",
                           target.empty() ? "" : "\"SOURCE:TARGET\" mounts volume or folder SOURCE");
  }
  Mount mount;
  mount.type = Type::volume;
  mount.target = target;
  add_mount(r, node, std::move(mount));
}

void short_form(R& r, const Node& node) {
  const auto text = r.reading.text(node, "each item in volumes");
  if (!text) return;
  const std::vector<std::string> parts = split(*text, ':');
  if (parts.size() == 1) return anonymous(r, node, *text);
  if (parts.size() > 3) return r.reading.wrong(node, "volumes", "SOURCE:TARGET[:OPTIONS]");
  if (parts[0].empty())
    return r.reading.fault(node, FaultCode::missing_key,
                           r.reading.of("volumes") + ": the source before \":" + parts[1] + "\" is empty");
  Mount mount;
  mount.target = parts[1];
  if (is_path(parts[0])) {
    mount.source = absolute_path(parts[0], r.around);
    mount.create_host_path = true;
  } else if (!name_volume(r, node, parts[0], mount)) {
    return;
  }
  if (parts.size() == 3) {
    for (const std::string& word : split(parts[2], ',')) {
      if (!short_option(r, node, word, mount)) return;
    }
  }
  if (mount.type == Type::volume) r.mark("volumes." + mount.source, node);
  add_mount(r, node, std::move(mount));
}

}  // namespace

void volumes(R& r, const Node& node) {
  if (!r.reading.is_list(node, "volumes")) return;
  for (const Node& item : node.items) {
    if (item.is_map()) {
      add_long_mount(r, item);
    } else {
      short_form(r, item);
    }
  }
}

}  // namespace stack::service_keys

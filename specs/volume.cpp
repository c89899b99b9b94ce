// A volume of the file's top level.
#include <algorithm>

#include "specs/mounting.h"
#include "specs/service.h"
#include "specs/text.h"
#include "specs/top_level.h"

namespace stack {
namespace {

struct VolumeReading {
  VolumeSpec& spec;
  Marks& marks;
  Reading& reading;
  const Surroundings& around;
};
using V = VolumeReading;

void driver(V& v, const Node& node) {
  const auto text = v.reading.text(node, "driver");
  if (text && *text != "local" && *text != "default" && !text->empty())
    v.reading.fault(node, FaultCode::never_kept, "volume driver \"" + *text + "\" is not supported",
                    "\"local\" is, and needs no saying");
}

bool is_bind(const std::map<std::string, std::string>& opts) {
  const auto value = [&](const char* key) {
    const auto it = opts.find(key);
    return it == opts.end() ? std::string() : it->second;
  };
  const std::vector<std::string> words = split(value("o"), ',');
  return value("type") == "bind" || std::find(words.begin(), words.end(), "bind") != words.end() ||
         std::find(words.begin(), words.end(), "rbind") != words.end();
}

// What a mount needs to be one; the words of `o` are the file system's to judge.
void check_options(V& v, const Node& node) {
  auto& opts = v.spec.driver_opts;
  const std::string type = opts.contains("type") ? opts["type"] : "";
  const std::string device = opts.contains("device") ? opts["device"] : "";
  const std::string what = v.reading.of("driver_opts");
  if (is_bind(opts)) {
    if (device.empty())
      return v.reading.fault(node, FaultCode::missing_key, what + ": a bind needs a \"device\", the folder");
    opts["device"] = absolute_path(device, v.around);
    return;
  }
  if (opts.empty()) return;
  if (type.empty() || type == "none") {
    return v.reading.fault(node, FaultCode::missing_key,
                           what + " need a file system as \"type\", or \"bind\" in \"o\"",
                           "a folder of the host: {type: none, o: bind, device: DIR}");
  }
  if (device.empty() && type != "tmpfs")
    return v.reading.fault(node, FaultCode::missing_key, what + ": type \"" + type + "\" needs a \"device\"");
  const bool needs_server = type.starts_with("nfs") && device.starts_with(':');
  const std::string words = opts.contains("o") ? "," + opts["o"] : "";
  if (needs_server && words.find(",addr=") == std::string::npos)
    v.reading.fault(node, FaultCode::missing_key,
                    what + ": device \"" + device + "\" needs \"addr=SERVER\" in \"o\"");
}

void driver_opts(V& v, const Node& node) {
  if (!v.reading.is_map(node, "driver_opts")) return;
  bool is_known = true;
  for (const Entry& entry : node.entries) {
    if (entry.key != "type" && entry.key != "o" && entry.key != "device") {
      v.reading.unknown(entry, "driver_opts", {"type", "o", "device"});
      is_known = false;
    } else if (auto text = v.reading.text(entry.value, entry.key + " in driver_opts");
               text && !text->empty()) {
      v.spec.driver_opts[entry.key] = *std::move(text);
    }
  }
  if (is_known) check_options(v, node);
}

constexpr KeyRule<V> kKeys[] = {
    {"driver", driver},
    {"driver_opts", driver_opts},
    {"external", [](V& v, const Node& n) { v.spec.external = external(v.reading, n, v.spec.name); }},
    {"labels", [](V& v, const Node& n) { v.spec.labels = v.reading.text_map(n, "labels"); }},
    {"name",
     [](V& v, const Node& n) {
       v.marks["name"] = n.mark();
       if (auto name = v.reading.text(n, "name"); name && !name->empty()) v.spec.name = *std::move(name);
     }},
};

// It is a folder's name on the disk.
bool is_volume_name(const std::string& name) {
  return name.size() <= 200 && is_docker_name(name);
}

}  // namespace

bool external(Reading& reading, const Node& node, std::string& name) {
  if (!node.is_map()) return reading.truth(node, "external").value_or(false);
  for (const Entry& entry : node.entries) {
    if (entry.key != "name") {
      reading.unknown(entry, "external", {"name"});
    } else if (auto text = reading.text(entry.value, "external.name"); text && !text->empty()) {
      name = *std::move(text);
    }
  }
  return true;
}

void refuse_beside_external(Reading& reading, const Node& map) {
  for (const Entry& entry : map.entries) {
    if (entry.key == "name" || entry.key == "external" || entry.key.starts_with("x-")) continue;
    reading.diagnostics().error(entry.mark(), FaultCode::conflicting_keys,
                                entry.key + " of " + reading.owner() + " cannot stand with \"external\"",
                                "it is made elsewhere");
  }
}

VolumeSpec read_volume(const Entry& entry, const Surroundings& around, Diagnostics& diagnostics,
                       Marks& marks) {
  VolumeSpec spec;
  spec.key = entry.key;
  marks[""] = entry.mark();
  Reading reading(diagnostics, "volume \"" + entry.key + "\"");
  if (!entry.value.is_null() && reading.is_map(entry.value, "")) {
    V v{spec, marks, reading, around};
    reading.keys<V>(entry.value, "", kKeys, v);
    if (spec.external) refuse_beside_external(reading, entry.value);
  }
  if (spec.name.empty()) spec.name = spec.external ? entry.key : around.project + "_" + entry.key;
  if (!is_volume_name(spec.name)) {
    const Mark& at = marks[marks.contains("name") ? "name" : ""];
    diagnostics.error(at, FaultCode::invalid_name,
                      "\"" + spec.name +
                          "\" is not a volume's name: letters, digits, \"_\", \".\" and "
                          "\"-\" are, the first a letter or digit");
  }
  return spec;
}

}  // namespace stack

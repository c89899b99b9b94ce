// Options of `stack run` that are written as keys of a service are: read by the readers of those keys.
#include "specs/one_off.h"
#include "specs/scalars.h"
#include "specs/service_keys.h"

namespace stack {
namespace {

// The texts as the list that a key would have in a file.
Node list_of(const std::vector<std::string>& texts) {
  Node list;
  list.kind = Node::Kind::list;
  for (const std::string& text : texts) {
    Node& item = list.items.emplace_back();
    item.kind = Node::Kind::scalar;
    item.quoted = true;
    item.text = text;
    // Each in a file of its own, as it were: what is given later counts, as with files.
    item.pos.file = std::to_string(list.items.size());
  }
  return list;
}

// A line a fault: there is no place in a file to point at.
Result<void> faults_of(const Diagnostics& diagnostics) {
  std::string words;
  for (const Diagnostic& one : diagnostics.all()) {
    if (one.severity != Severity::error) continue;
    words += (words.empty() ? "" : "\n") + one.message + (one.hint.empty() ? "" : ": " + one.hint);
  }
  return words.empty() ? Result<void>() : fault(words);
}

Result<ServiceSpec> read(const std::vector<std::string>& texts, ServiceKey key, const Surroundings& around) {
  Diagnostics diagnostics;
  ServiceSpec spec;
  Marks marks;
  Reading reading(diagnostics, "\"stack run\"");
  ServiceReading into{spec, marks, reading, around};
  key.read(into, list_of(texts));
  TRY(faults_of(diagnostics));
  return spec;
}

Result<void> name_volumes(std::vector<Mount>& mounts, const StackSpec& stack) {
  for (Mount& mount : mounts) {
    if (mount.type != Mount::Type::volume || mount.source.empty()) continue;
    const auto volume = stack.volumes.find(mount.source);
    if (volume == stack.volumes.end())
      return fault("the file has no volume \"" + mount.source + "\"; \"./" + mount.source + "\" is a folder");
    mount.source = volume->second.name;
  }
  return {};
}

}  // namespace

Result<std::vector<Mount>> one_off_mounts(const StackSpec& stack, const std::vector<std::string>& texts,
                                          const std::string& directory, const std::string& home) {
  Surroundings around;
  around.project = stack.name;
  around.project_directory = around.directory = directory;
  around.home = home;
  std::vector<Mount> mounts = TRY(read(texts, {"volumes", service_keys::volumes}, around)).mounts;
  TRY(name_volumes(mounts, stack));
  return mounts;
}

Result<std::vector<PublishedPort>> one_off_ports(const std::vector<std::string>& texts) {
  std::vector<PublishedPort> ports;
  for (const std::string& text : texts)
    for (PublishedPort& port : TRY(scalars::ports(text).with("-p \"" + text + "\"")))
      ports.push_back(std::move(port));
  return ports;
}

Result<std::vector<std::string>> one_off_capabilities(const std::vector<std::string>& texts) {
  return TRY(read(texts, {"cap_add", service_keys::cap_add}, {})).cap_add;
}

}  // namespace stack

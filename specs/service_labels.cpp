// What is said about a service, to people and their tools: labels, those of files below those of the file
// itself, annotations, and the ports that it listens on.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "specs/dotenv.h"
#include "specs/scalars.h"
#include "specs/service_keys.h"
#include "specs/source_files.h"

namespace stack::service_keys {
namespace {

void one_file(R& r, const Node& node, std::map<std::string, std::string>& labels) {
  const auto name = r.reading.text(node, "label_file");
  if (!name) return;
  if (name->empty())
    return r.reading.fault(node, FaultCode::missing_key, r.reading.of("label_file") + " needs a path");
  const std::string path = absolute_path(*name, r.around);
  const auto text = read_source(path);
  if (!text)
    return r.reading.fault(node, FaultCode::unreadable_file,
                           "open label_file \"" + path + "\": " + std::strerror(errno));
  read_dotenv({display_path(path, r.around.directory), *text}, lookup_in(*r.around.environment),
              r.reading.diagnostics(), labels);
}

// 80, 8000-8010, 53/udp.
std::optional<std::string> exposed_port(const std::string& text) {
  const auto slash = text.find('/');
  const std::string protocol = slash == std::string::npos ? "tcp" : text.substr(slash + 1);
  const bool known = protocol == "tcp" || protocol == "udp" || protocol == "sctp";
  const bool valid = known && scalars::port_range(std::string_view(text).substr(0, slash));
  return valid ? std::optional(text) : std::nullopt;
}

}  // namespace

// Read before `labels`, which wins; of several files the last.
void label_file(R& r, const Node& node) {
  if (!node.is_list()) return one_file(r, node, r.spec.labels);
  for (const Node& item : node.items) one_file(r, item, r.spec.labels);
}

void labels(R& r, const Node& node) {
  for (auto& [name, value] : r.reading.text_map(node, "labels")) r.spec.labels[name] = value;
}

void annotations(R& r, const Node& node) {
  r.spec.annotations = r.reading.text_map(node, "annotations");
}

// Neighbours on a network reach every port of a container anyway.
void expose(R& r, const Node& node) {
  if (!r.reading.is_list(node, "expose")) return;
  for (const Node& item : node.items) {
    auto port = r.reading.value(item, "expose", "a port such as 80, 8000-8010 or \"53/udp\"", exposed_port);
    auto& all = r.spec.expose;
    if (port && std::find(all.begin(), all.end(), *port) == all.end()) all.push_back(*std::move(port));
  }
}

}  // namespace stack::service_keys

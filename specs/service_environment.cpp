// The environment: env_file first, `environment` over it.
#include <cerrno>
#include <cstring>

#include "specs/dotenv.h"
#include "specs/service_keys.h"
#include "specs/source_files.h"

namespace stack::service_keys {
namespace {

struct EnvFileEntry {
  R& r;
  std::string path;
  bool required = true;
};

constexpr KeyRule<EnvFileEntry> kEnvFileKeys[] = {
    {"path",
     [](EnvFileEntry& e, const Node& n) { e.path = e.r.reading.text(n, "path in env_file").value_or(""); }},
    {"required",
     [](EnvFileEntry& e, const Node& n) {
       e.required = e.r.reading.truth(n, "required in env_file").value_or(true);
     }},
    {"format", nullptr},
};

void one_file(R& r, const Node& node, std::map<std::string, std::string>& variables) {
  EnvFileEntry entry{r, "", true};
  if (node.is_map()) {
    r.reading.keys<EnvFileEntry>(node, "env_file", kEnvFileKeys, entry);
  } else {
    entry.path = r.reading.text(node, "env_file").value_or("");
  }
  if (entry.path.empty()) {
    if (node.is_map() || node.is_scalar())
      r.reading.fault(node, FaultCode::missing_key, r.reading.of("env_file") + " needs a path");
    return;
  }
  if (!r.around.opens_files) return;
  const std::string path = absolute_path(entry.path, r.around);
  const auto text = read_source(path);
  if (!text && errno == ENOENT && !entry.required) return;
  if (!text)
    return r.reading.fault(node, FaultCode::unreadable_file,
                           "open env_file \"" + path + "\": " + std::strerror(errno));
  read_dotenv({display_path(path, r.around.directory), *text}, lookup_in(*r.around.environment),
              r.reading.diagnostics(), variables);
}

}  // namespace

Lookup lookup_in(const std::map<std::string, std::string>& variables) {
  return [&variables](const std::string& name) -> std::optional<std::string> {
    const auto it = variables.find(name);
    return it == variables.end() ? std::nullopt : std::optional(it->second);
  };
}

// `environment` may stand above in the file; it wins all the same.
void env_file(R& r, const Node& node) {
  std::map<std::string, std::string> variables;
  if (node.is_list()) {
    for (const Node& item : node.items) one_file(r, item, variables);
  } else {
    one_file(r, node, variables);
  }
  for (auto& [name, value] : variables) r.spec.environment.try_emplace(name, std::move(value));
}

void environment(R& r, const Node& node) {
  for (Pair& pair : r.reading.pairs(node, "environment")) {
    if (pair.name.find('=') != std::string::npos) {
      r.reading.fault(*pair.node, FaultCode::invalid_name, "the name of a variable cannot have a \"=\"");
    } else if (pair.value) {
      r.spec.environment[pair.name] = *std::move(pair.value);
    } else if (const auto own = r.around.environment->find(pair.name); own != r.around.environment->end()) {
      r.spec.environment[pair.name] = own->second;
    } else {
      // Named without a value, and there is none to pass on: as if it were in no env_file either (Compose
      // does so).
      r.spec.environment.erase(pair.name);
    }
  }
}

}  // namespace stack::service_keys

#include "cmd/stack/services.h"

#include "specs/diagnostics.h"
#include "specs/effective.h"

namespace stack::cmd {

Error no_such_service(const std::string& name, const std::vector<std::string>& known) {
  const std::string hint = did_you_mean(name, known);
  return fault("no such service: " + name + (hint.empty() ? "" : ": " + hint));
}

std::vector<std::string> names_of(const StackSpec& spec) {
  std::vector<std::string> names;
  for (const auto& [name, service] : spec.services) names.push_back(name);
  return names;
}

Result<void> check_services(const StackSpec& spec, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (!spec.services.contains(name)) return no_such_service(name, names_of(spec));
  return {};
}

std::set<std::string> chosen_services(const StackSpec& spec, const std::vector<std::string>& names,
                                      Dependencies dependencies) {
  const std::vector<std::string> wanted = names.empty() ? names_of(spec) : names;
  if (dependencies == Dependencies::take) return with_dependencies(spec, wanted);
  return {wanted.begin(), wanted.end()};
}

}  // namespace stack::cmd

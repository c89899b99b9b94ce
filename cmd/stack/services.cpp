#include "cmd/stack/services.h"

#include <charconv>

#include "specs/diagnostics.h"
#include "specs/effective.h"
#include "specs/replicas.h"

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

namespace {

Result<void> scale_one(StackSpec& spec, const std::string& word) {
  const std::size_t equals = word.find('=');
  const std::string count = equals == std::string::npos ? "" : word.substr(equals + 1);
  int number = -1;
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), number);
  if (error != std::errc() || end != count.data() + count.size() || number < 0 || number > kMostReplicas)
    return fault("\"" + word + "\" is not SERVICE=N, with N from 0 to " + std::to_string(kMostReplicas));
  const std::string service = word.substr(0, equals);
  TRY(check_services(spec, {service}));
  spec.services.at(service).scale = number;
  return {};
}

}  // namespace

Result<void> scale(StackSpec& spec, const std::vector<std::string>& words) {
  std::string faults;
  const auto add = [&](const std::string& text) { faults += (faults.empty() ? "" : "\n") + text; };
  for (const std::string& word : words)
    if (const auto scaled = scale_one(spec, word); !scaled) add(scaled.error().words);
  if (!words.empty())
    for (const ReplicaFault& one : replica_faults(spec))
      add(one.words + (one.hint.empty() ? "" : ": " + one.hint));
  if (!faults.empty()) return fault(faults);
  return {};
}

}  // namespace stack::cmd

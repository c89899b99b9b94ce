#include "core/images/build_arguments.h"

#include <map>

namespace stack {
namespace {

using Arguments = std::vector<std::string>;

void add_each(Arguments& arguments, const std::string& option, const std::vector<std::string>& values) {
  for (const std::string& value : values) arguments.push_back(option + value);
}

void add_pairs(Arguments& arguments, const std::string& option,
               const std::map<std::string, std::string>& pairs) {
  for (const auto& [name, value] : pairs) {
    std::string argument = option;
    argument.append(name).append("=").append(value);
    arguments.push_back(std::move(argument));
  }
}

void add_dockerfile(Arguments& arguments, const BuildSpec& spec, const BuildFiles& files) {
  if (!spec.dockerfile_inline.empty()) {
    arguments.push_back("--file=" + files.inline_dockerfile);
  } else if (spec.dockerfile.starts_with('/')) {
    arguments.push_back("--file=" + spec.dockerfile);
  } else if (!spec.dockerfile.empty()) {
    // Of a context that is brought from elsewhere. buildah takes a file of the current folder first, whatever
    // its name; this one can only be found below the context, to which buildah joins it word by word.
    arguments.push_back("--file=/not-on-this-machine/../" + spec.dockerfile);
  }
}

Result<void> add_secrets(Arguments& arguments, const std::vector<BuildSecret>& secrets) {
  for (const BuildSecret& secret : secrets) {
    const bool is_file = !secret.file.empty();
    const std::string& source = is_file ? secret.file : secret.environment;
    for (const std::string& text : {secret.id, source})
      if (text.find(',') != std::string::npos)
        return fault("secret \"" + secret.id + "\": buildah takes no comma in \"" + text + "\"");
    arguments.push_back("--secret=id=" + secret.id + (is_file ? ",src=" : ",env=") + source);
  }
  return {};
}

// buildah chooses the tags of its cache itself.
std::string repository_of(const std::string& name) {
  const std::string without_digest = name.substr(0, name.find('@'));
  const auto colon = without_digest.rfind(':');
  const auto slash = without_digest.rfind('/');
  const bool has_tag = colon != std::string::npos && (slash == std::string::npos || colon > slash);
  return has_tag ? without_digest.substr(0, colon) : without_digest;
}

void add_caches(Arguments& arguments, const BuildSpec& spec) {
  for (const std::string& name : spec.cache_from) arguments.push_back("--cache-from=" + repository_of(name));
  for (const std::string& name : spec.cache_to) arguments.push_back("--cache-to=" + repository_of(name));
}

void add_surroundings(Arguments& arguments, const BuildSpec& spec) {
  if (!spec.network.empty()) arguments.push_back("--network=" + spec.network);
  if (spec.shm_size != 0) arguments.push_back("--shm-size=" + std::to_string(spec.shm_size));
  for (const auto& [name, limit] : spec.ulimits)
    arguments.push_back("--ulimit=" + name + "=" + std::to_string(limit.soft) + ":" +
                        std::to_string(limit.hard));
  for (const auto& [host, addresses] : spec.extra_hosts)
    add_each(arguments, "--add-host=" + host + ":", addresses);
}

}  // namespace

Result<std::vector<std::string>> build_arguments(const ImageBuild& build, const BuildFiles& files) {
  const BuildSpec& spec = build.spec;
  // Docker's format, because OCI's has no healthcheck. As Docker does, a base image that is here is not
  // looked for in its registry unless asked to.
  Arguments arguments{"build",
                      "--layers",
                      "--force-rm",
                      "--format=docker",
                      std::string("--pull=") + (spec.pull ? "true" : "false"),
                      "--iidfile=" + files.id_file,
                      "--tag=" + build.name};
  add_each(arguments, "--tag=", spec.tags);
  // What a build is asked for is kept with its working containers; nothing else in it can be chosen by us.
  arguments.push_back("--secret=id=" + files.mark + ",src=/dev/null");
  add_dockerfile(arguments, spec, files);
  if (spec.no_cache) arguments.emplace_back("--no-cache");
  if (!spec.target.empty()) arguments.push_back("--target=" + spec.target);
  if (!build.platform.empty()) arguments.push_back("--platform=" + build.platform);
  add_pairs(arguments, "--build-arg=", spec.args);
  add_pairs(arguments, "--label=", spec.labels);
  add_pairs(arguments, "--build-context=", spec.additional_contexts);
  TRY(add_secrets(arguments, build.secrets));
  add_each(arguments, "--ssh=", spec.ssh);
  add_caches(arguments, spec);
  add_surroundings(arguments, spec);
  arguments.emplace_back("--");
  arguments.push_back(spec.context);
  return arguments;
}

}  // namespace stack

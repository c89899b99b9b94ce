#include "core/images/config.h"

#include <algorithm>
#include <filesystem>

#include "core/images/digest.h"
#include "core/images/json.h"
#include "core/sys/signals.h"

namespace stack {
namespace {

// overlayfs takes 500 folders below (fs/overlayfs/super.c, OVL_MAX_STACK).
constexpr std::size_t kMostLayers = 500;

std::map<std::string, std::string> environment_of(const std::vector<std::string>& lines) {
  std::map<std::string, std::string> environment;
  for (const std::string& line : lines) {
    const auto equals = line.find('=');
    if (equals == 0 || equals == std::string::npos) continue;  // names nothing
    environment[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return environment;
}

Result<std::vector<std::string>> diff_ids_of(const json::Value& config) {
  const json::Value rootfs = TRY(json::object(config, "rootfs"));
  std::vector<std::string> ids = TRY(json::texts(rootfs, "diff_ids"));
  for (const std::string& id : ids)
    if (!is_digest(id)) return fault("\"diff_ids\" has what is no SHA-256 digest");
  if (ids.size() > kMostLayers)
    return fault("it has " + std::to_string(ids.size()) + " layers; the kernel takes " +
                 std::to_string(kMostLayers));
  return ids;
}

Result<std::vector<std::string>> volumes_of(const json::Value& process) {
  std::vector<std::string> paths;
  for (const std::string& written : TRY(json::keys(process, "Volumes"))) {
    std::string path = std::filesystem::path(written).lexically_normal();
    if (path.size() > 1 && path.back() == '/') path.pop_back();
    if (path.empty() || path.front() != '/') return fault("volume \"" + written + "\" is no absolute path");
    if (path != "/") paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

// Zero is "not said" (moby, HealthConfig).
Result<std::optional<Nanoseconds>> duration(const json::Value& check, const char* key) {
  const auto number = TRY(json::number(check, key));
  if (!number || *number == 0) return std::optional<Nanoseconds>();
  if (*number < 0) return fault("\"" + std::string(key) + "\" is negative");
  return std::optional<Nanoseconds>(*number);
}

Result<void> read_test(const std::vector<std::string>& test, std::vector<std::string> shell,
                       Healthcheck& check) {
  if (test.empty()) return {};
  const std::vector<std::string> words(test.begin() + 1, test.end());
  if (test[0] == "NONE") {
    check.disable = true;
  } else if (test[0] == "CMD") {
    check.test = words;
  } else if (test[0] == "CMD-SHELL") {
    if (shell.empty()) shell = {"/bin/sh", "-c"};
    check.test = std::move(shell);
    check.test.insert(check.test.end(), words.begin(), words.end());
  } else {
    return fault("the healthcheck's test is neither NONE, CMD nor CMD-SHELL");
  }
  return {};
}

Result<std::optional<Healthcheck>> healthcheck_of(const json::Value& process) {
  const json::Value found = TRY(json::object(process, "Healthcheck"));
  if (found.empty()) return std::optional<Healthcheck>();
  Healthcheck check;
  TRY(read_test(TRY(json::texts(found, "Test")), TRY(json::texts(process, "Shell")), check));
  check.interval = TRY(duration(found, "Interval"));
  check.timeout = TRY(duration(found, "Timeout"));
  check.start_period = TRY(duration(found, "StartPeriod"));
  check.start_interval = TRY(duration(found, "StartInterval"));
  const auto retries = TRY(json::number(found, "Retries"));
  if (retries && *retries > 0) check.retries = static_cast<int>(std::min<std::int64_t>(*retries, INT32_MAX));
  return std::optional<Healthcheck>(std::move(check));
}

Result<ImageConfig> read_config(const json::Value& config) {
  const json::Value process = TRY(json::object(config, "config"));
  ImageConfig image;
  image.entrypoint = TRY(json::texts(process, "Entrypoint"));
  image.cmd = TRY(json::texts(process, "Cmd"));
  image.env = environment_of(TRY(json::texts(process, "Env")));
  image.user = TRY(json::text(process, "User"));
  image.working_dir = TRY(json::text(process, "WorkingDir"));
  image.stop_signal = TRY(json::text(process, "StopSignal"));
  if (!image.stop_signal.empty() && !signal_number(image.stop_signal))
    return fault("\"StopSignal\" is no signal");
  image.volumes = TRY(volumes_of(process));
  image.exposed_ports = TRY(json::keys(process, "ExposedPorts"));
  std::sort(image.exposed_ports.begin(), image.exposed_ports.end());
  image.healthcheck = TRY(healthcheck_of(process));
  image.labels = TRY(json::text_map(process, "Labels"));
  image.os = TRY(json::text(config, "os"));
  image.architecture = TRY(json::text(config, "architecture"));
  image.variant = TRY(json::text(config, "variant"));
  image.created = TRY(json::text(config, "created"));
  image.history = TRY(json::array(config, "history")).size();
  image.diff_ids = TRY(diff_ids_of(config));
  return image;
}

}  // namespace

Result<ImageConfig> parse_image_config(std::string_view text) {
  const json::Value config = TRY(json::parse_object(text, "the image's config"));
  return read_config(config).with("the image's config");
}

}  // namespace stack

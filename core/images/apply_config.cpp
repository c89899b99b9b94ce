#include <algorithm>

#include "core/images/config.h"

namespace stack {
namespace {

void apply_process(ServiceSpec& service, const ImageConfig& image) {
  if (!service.entrypoint) {
    service.entrypoint = image.entrypoint;
    if (!service.command) service.command = image.cmd;
  }
  // `insert` keeps what the file says.
  service.environment.insert(image.env.begin(), image.env.end());
  if (service.user.empty()) service.user = image.user;
  if (service.working_dir.empty()) service.working_dir = image.working_dir;
  if (service.stop_signal.empty()) service.stop_signal = image.stop_signal;
  service.labels.insert(image.labels.begin(), image.labels.end());
}

template <typename Value>
void fill(std::optional<Value>& value, const std::optional<Value>& from) {
  if (!value) value = from;
}

void apply_healthcheck(std::optional<Healthcheck>& check, const std::optional<Healthcheck>& image) {
  if (!image || (check && check->disable)) return;
  if (!check) {
    check = image;
    return;
  }
  if (check->test.empty()) {
    check->test = image->test;
    check->disable = image->disable;
  }
  fill(check->interval, image->interval);
  fill(check->timeout, image->timeout);
  fill(check->start_period, image->start_period);
  fill(check->start_interval, image->start_interval);
  fill(check->retries, image->retries);
}

void add_volumes(std::vector<Mount>& mounts, const std::vector<std::string>& volumes) {
  for (const std::string& path : volumes) {
    const auto place =
        std::lower_bound(mounts.begin(), mounts.end(), path,
                         [](const Mount& mount, const std::string& at) { return mount.target < at; });
    if (place != mounts.end() && place->target == path) continue;
    Mount volume;
    volume.type = Mount::Type::volume;
    volume.target = path;
    mounts.insert(place, std::move(volume));
  }
}

}  // namespace

void apply_config(ServiceSpec& service, const ImageConfig& image) {
  apply_process(service, image);
  apply_healthcheck(service.healthcheck, image.healthcheck);
  add_volumes(service.mounts, image.volumes);
}

}  // namespace stack

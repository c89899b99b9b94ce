#include "cmd/stack/wanted_images.h"

#include "specs/image_reference.h"

namespace stack::cmd {
namespace {

void add(WantedImages& wanted, const ImageRef& image, const ServiceSpec& service, const PullPolicy& policy) {
  PullJob& job = wanted[{image, service.platform}];
  job.image = image;
  job.platform = service.platform;
  // One that builds it settles it; who never pulls does not forbid it to others.
  const bool first = job.services.empty();
  if (first || policy.kind == PullPolicy::Kind::build || job.policy.kind == PullPolicy::Kind::never)
    job.policy = policy;
  job.services.push_back(service.name);
}

}  // namespace

void add_wanted(WantedImages& wanted, const ServiceSpec& service) {
  PullPolicy own = service.pull_policy;
  if (service.build) own.kind = PullPolicy::Kind::build;
  if (is_stored(service.image)) add(wanted, service.image, service, own);
  PullPolicy mounted = service.pull_policy;
  if (mounted.kind == PullPolicy::Kind::build) mounted.kind = PullPolicy::Kind::missing;
  for (const ImageRef& image : mounted_images(service))
    if (image != service.image) add(wanted, image, service, mounted);
}

std::vector<ImageRef> mounted_images(const ServiceSpec& service) {
  std::vector<ImageRef> images;
  for (const Mount& mount : service.mounts)
    if (mount.type == Mount::Type::image && is_stored(mount.image)) images.push_back(mount.image);
  return images;
}

}  // namespace stack::cmd

#include "cmd/stack/image_configs.h"

#include <algorithm>
#include <set>

#include "core/images/config.h"
#include "core/volumes/record.h"

namespace stack::cmd {
namespace {

class Application {
 public:
  Application(StackSpec& spec, const ImagesHere& here) : spec_(spec), here_(here) {}

  // Those that it takes mounts from come first: they must have theirs.
  Result<void> apply_to(const std::string& name) {
    if (done_.contains(name)) return {};
    if (!open_.insert(name).second) return fault("service \"" + name + "\": volumes_from runs in a circle");
    ServiceSpec& service = spec_.services.at(name);
    for (const VolumesFrom& from : service.volumes_from) {
      if (!spec_.services.contains(from.service)) continue;
      TRY(apply_to(from.service));
      take_mounts(service, from);
    }
    resolve(service);
    done_.insert(name);
    return {};
  }

 private:
  void take_mounts(ServiceSpec& service, const VolumesFrom& from) const {
    const ServiceSpec& other = spec_.services.at(from.service);
    for (Mount mount : other.mounts) {
      if (mount.type == Mount::Type::tmpfs) continue;  // a container's own
      if (mount.type == Mount::Type::volume && mount.source.empty())
        mount.source = volumes::anonymous_name(spec_.name, other.name, mount.target);
      mount.read_only = mount.read_only || from.read_only;
      const auto at =
          std::lower_bound(service.mounts.begin(), service.mounts.end(), mount.target,
                           [](const Mount& m, const std::string& target) { return m.target < target; });
      if (at == service.mounts.end() || at->target != mount.target)
        service.mounts.insert(at, std::move(mount));
    }
  }

  void resolve(ServiceSpec& service) const {
    for (Mount& mount : service.mounts) {
      if (mount.type != Mount::Type::image) continue;
      const auto found = here_.find({mount.image, service.platform});
      if (found != here_.end()) mount.image = found->second.image;
    }
    const auto found = here_.find({service.image, service.platform});
    if (found == here_.end()) return;
    service.image = found->second.image;
    apply_config(service, found->second.config);
  }

  StackSpec& spec_;
  const ImagesHere& here_;
  std::set<std::string> done_, open_;
};

}  // namespace

Result<void> apply_images(StackSpec& spec, const ImagesHere& here) {
  Application application(spec, here);
  for (const auto& [name, service] : spec.services) TRY(application.apply_to(name));
  return {};
}

}  // namespace stack::cmd

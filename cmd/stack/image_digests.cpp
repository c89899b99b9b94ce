#include "cmd/stack/image_digests.h"

#include "cmd/stack/faults.h"
#include "core/images/digest.h"
#include "core/images/image_source.h"
#include "core/images/skopeo.h"

namespace stack::cmd {
namespace {

bool is_wanted(const ServiceSpec& service) {
  return service.image.kind == ImageRef::Kind::registry &&
         service.image.name.find('@') == std::string::npos && !service.build;
}

// Of the manifest as it is served: the list of all platforms, where there is one.
Result<std::string> digest_in_registry(const ImageRef& image) {
  const ImageSource source = TRY(source_of(image));
  const auto manifest = run_skopeo({"inspect", "--raw", "--", source.skopeo}, {});
  if (manifest) return digest_of(*manifest);
  // Without a code it is skopeo's own words.
  if (manifest.error().code != 0) return manifest.error();
  return skopeo_fault(manifest.error().words, source.name, source.registry);
}

}  // namespace

Result<std::map<std::string, std::string>> image_digests(const StackSpec& spec) {
  std::map<std::string, Result<std::string>> by_name;
  std::map<std::string, std::string> images;
  Faults faults;
  for (const auto& [name, service] : spec.services) {
    if (!is_wanted(service)) continue;
    auto known = by_name.find(service.image.name);
    if (known == by_name.end()) {
      known = by_name.emplace(service.image.name, digest_in_registry(service.image)).first;
      if (!known->second) faults.add(known->second.error().words);
    }
    if (known->second) images[name] = service.image.name + "@" + *known->second;
  }
  TRY(faults.result());
  return images;
}

}  // namespace stack::cmd

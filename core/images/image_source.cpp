#include "core/images/image_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/images/layer_stream.h"
#include "core/images/store.h"
#include "core/sys/files.h"

namespace stack {
namespace {

std::string without_tag(const std::string& name) {
  const auto slash = name.rfind('/');
  const auto colon = name.rfind(':');
  const bool tagged = colon != std::string::npos && (slash == std::string::npos || colon > slash);
  return tagged ? name.substr(0, colon) : name;
}

// skopeo takes a tag or a digest, not both; the digest says more.
std::string registry_name(const std::string& name) {
  const auto at = name.find('@');
  return at == std::string::npos ? name : without_tag(name.substr(0, at)) + name.substr(at);
}

Result<ImageSource> local(const ImageRef& ref) {
  // Its syntax has no way to quote one (containers-transports(5)).
  if (ref.path.find(':') != std::string::npos)
    return fault("\"" + ref.path + "\": skopeo takes no path with a colon in it; move it");
  ImageSource source;
  source.name = store_name(ref);
  source.skopeo = source.name;
  source.path = ref.path;
  source.stamp = stamp_of(ref.path);
  return source;
}

}  // namespace

Result<ImageSource> source_of(const ImageRef& ref) {
  switch (ref.kind) {
    case ImageRef::Kind::oci:
    case ImageRef::Kind::oci_archive:
    case ImageRef::Kind::docker_archive:
      return local(ref);
    case ImageRef::Kind::registry: {
      ImageSource source;
      source.name = ref.name;
      source.skopeo = "docker://" + registry_name(ref.name);
      source.registry = ref.name.substr(0, ref.name.find('/'));
      return source;
    }
    case ImageRef::Kind::host:
    case ImageRef::Kind::rootfs:
      break;
  }
  return fault("\"host\" and \"rootfs:\" are no images that could be pulled");
}

std::string stamp_of(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return "";
  if (S_ISDIR(st.st_mode) && ::stat((path + "/index.json").c_str(), &st) != 0) return "";
  return std::to_string(st.st_mtim.tv_sec) + "." + std::to_string(st.st_mtim.tv_nsec) + "-" +
         std::to_string(st.st_size) + "-" + std::to_string(st.st_ino);
}

Result<void> decompress_archive(ImageSource& source, const std::string& plain, const std::stop_token& stop) {
  struct stat st {};
  if (::stat(source.path.c_str(), &st) != 0 || !S_ISREG(st.st_mode)) return {};  // skopeo says what is wrong
  if (TRY(compression_of(source.path)) == Compression::none) return {};
  const std::unique_ptr<LayerStream> stream = TRY(LayerStream::open(source.path, stop));
  const UniqueFd file = TRY(open_fd(plain, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  for (;;) {
    const std::string_view block = TRY(stream->next());
    if (block.empty()) break;
    TRY(write_all(file.get(), block, plain));
  }
  source.skopeo.replace(source.skopeo.find(source.path), source.path.size(), plain);
  return {};
}

std::string by_digest(const std::string& name, const std::string& digest) {
  return without_tag(name.substr(0, name.find('@'))) + "@" + digest;
}

}  // namespace stack

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/images/commit.h"
#include "core/images/digest.h"
#include "core/images/folder_tar.h"
#include "core/images/gc.h"
#include "core/images/json.h"
#include "core/images/layer_stream.h"
#include "core/images/layers.h"
#include "core/images/platform.h"
#include "core/images/pull.h"
#include "core/images/pull_folder.h"
#include "core/sys/files.h"
#include "core/sys/utc.h"

namespace stack {
namespace {

using json::Value;

Result<void> copy_file(const std::string& from, const std::string& to) {
  const UniqueFd source = TRY(open_fd(from, O_RDONLY));
  const UniqueFd target = TRY(open_fd(to, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  for (;;) {
    const ssize_t n = ::sendfile(target.get(), source.get(), nullptr, std::size_t{64} << 20);
    if (n < 0) return os_error("copy \"" + from + "\" to \"" + to + "\"");
    if (n == 0) break;
  }
  if (::fsync(target.get()) != 0) return os_error("fsync \"" + to + "\"");
  return {};
}

Result<std::string> media_type_of(const std::string& blob) {
  const std::string tar = "application/vnd.oci.image.layer.v1.tar";
  switch (TRY(compression_of(blob))) {
    case Compression::none:
      break;
    case Compression::gzip:
      return tar + "+gzip";
    case Compression::zstd:
      return tar + "+zstd";
  }
  return tar;
}

std::string config_text(const std::string& diff_id, const Platform& platform) {
  const std::string now = utc_now();
  Value config{{"created", now},
               {"architecture", platform.architecture},
               {"os", platform.os},
               {"config", Value::object()},
               {"rootfs", {{"type", "layers"}, {"diff_ids", {diff_id}}}},
               {"history", {{{"created", now}, {"created_by", "stack import"}}}}};
  if (!platform.variant.empty()) config["variant"] = platform.variant;
  return config.dump();
}

std::string manifest_text(const std::string& config, const Descriptor& layer) {
  return Value{
      {"schemaVersion", 2},
      {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
      {"config",
       {{"mediaType", "application/vnd.oci.image.config.v1+json"},
        {"digest", digest_of(config)},
        {"size", config.size()}}},
      {"layers", {{{"mediaType", layer.media_type}, {"digest", layer.digest}, {"size", layer.size}}}}}
      .dump();
}

// The tar becomes the blob as it is, compressed or not.
Result<std::string> bring_blob(const PullFolder& folder, const std::string& source) {
  std::string blob = folder.path() + "/import";
  struct stat st {};
  if (::stat(source.c_str(), &st) != 0) return os_error("open \"" + source + "\"");
  TRY(S_ISDIR(st.st_mode) ? write_folder_tar(source, blob) : copy_file(source, blob));
  return blob;
}

Result<StoredImage> import_into(const Store& store, const std::string& source, const std::string& name) {
  const Platform platform = TRY(parse_platform(""));
  const std::string wanted = canonical_platform(platform);
  PullFolder folder = TRY(PullFolder::open(store, "import:" + name, wanted, {}));
  const std::string blob = TRY(bring_blob(folder, source));
  const UnpackedLayer unpacked = TRY(add_unknown_layer(store, blob, {}));
  if (unpacked.entries == 0) {
    forget_refused_layers(store, {unpacked.digests.diff_id});
    return fault("it is empty");
  }
  struct stat st {};
  if (::stat(blob.c_str(), &st) != 0) return os_error("stat \"" + blob + "\"");
  const Descriptor layer{TRY(media_type_of(blob)), unpacked.digests.blob,
                         static_cast<std::uint64_t>(st.st_size)};
  if (::rename(blob.c_str(), folder.blob_path(layer.digest).c_str()) != 0)
    return os_error("rename \"" + blob + "\"");
  const std::string config = config_text(unpacked.digests.diff_id, platform);
  TRY(replace_file(folder.blob_path(digest_of(config)), config, 0600, Durability::disk));
  CompleteImage image;
  image.manifest_text = manifest_text(config, layer);
  image.manifest = TRY(parse_manifest(image.manifest_text));
  image.config = TRY(parse_image_config(config));
  image.served_digest = digest_of(image.manifest_text);
  image.wanted = wanted;
  image.name = name;
  StoredImage stored;
  if (TRY(commit_image(store, folder, image, stored)) != Commit::done)
    return fault("its layer has been removed meanwhile; try again");
  return stored;
}

}  // namespace

Result<StoredImage> import_rootfs(Store& store, const std::string& tar_or_folder, const std::string& name) {
  return import_into(store, tar_or_folder, name).with("import \"" + tar_or_folder + "\"");
}

}  // namespace stack

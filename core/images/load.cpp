#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/images/archive.h"
#include "core/images/json.h"
#include "core/images/pull.h"
#include "core/images/pulling.h"
#include "specs/image_reference.h"

namespace stack {
namespace {

constexpr std::size_t kReadSize = std::size_t{1} << 20;

// The file in the archive that says what is in it.
struct Listing {
  std::string docker;  // manifest.json
  std::string oci;     // index.json
};

// An image as it is to be asked for, and what it is to be called.
struct ArchivedImage {
  std::string skopeo;
  std::vector<std::string> names;
};

Result<std::string> content_of(struct archive* archive, struct archive_entry* entry) {
  const std::int64_t size = archive_entry_size(entry);
  if (size < 0 || static_cast<std::uint64_t>(size) > json::kMostBytes)
    return fault(std::string("\"") + archive_entry_pathname(entry) + "\" in it is too large");
  std::string text(static_cast<std::size_t>(size), '\0');
  const la_ssize_t n = archive_read_data(archive, text.data(), text.size());
  if (n < 0) return archive_fault(archive, "read");
  text.resize(static_cast<std::size_t>(n));
  return text;
}

Result<Listing> read_listing(const std::string& file) {
  const ReadArchive archive(archive_read_new());
  archive_read_support_filter_gzip(archive.get());
  archive_read_support_filter_zstd(archive.get());
  archive_read_support_format_tar(archive.get());
  if (archive_read_open_filename(archive.get(), file.c_str(), kReadSize) != ARCHIVE_OK)
    return archive_fault(archive.get(), "open");
  Listing listing;
  struct archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(archive.get(), &entry)) >= ARCHIVE_WARN &&
         status != ARCHIVE_EOF) {
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr || archive_entry_filetype(entry) != AE_IFREG) continue;
    if (std::strncmp(path, "./", 2) == 0) path += 2;
    if (std::strcmp(path, "manifest.json") == 0) listing.docker = TRY(content_of(archive.get(), entry));
    if (std::strcmp(path, "index.json") == 0) listing.oci = TRY(content_of(archive.get(), entry));
  }
  if (status != ARCHIVE_EOF) return archive_fault(archive.get(), "read");
  if (listing.docker.empty() && listing.oci.empty())
    return fault(
        "it has neither a manifest.json nor an index.json; for a root file system there is `stack import`");
  return listing;
}

Result<std::string> full_name(const std::string& name) {
  const ImageRef ref = TRY(parse_image(name, "/"));
  if (ref.kind != ImageRef::Kind::registry) return fault("\"" + name + "\" in it is no name of an image");
  return ref.name;
}

Result<std::vector<ArchivedImage>> docker_images(const std::string& file, const std::string& text) {
  // A list, which is made an object to be read as everything else.
  const json::Value listing = TRY(json::parse_object(R"({"images":)" + text + "}", "its manifest.json"));
  std::vector<ArchivedImage> images;
  for (const json::Value& one : TRY(json::array(listing, "images"))) {
    ArchivedImage image;
    image.skopeo = "docker-archive:" + file + ":@" + std::to_string(images.size());
    for (const std::string& tag : TRY(json::texts(one, "RepoTags")))
      image.names.push_back(TRY(full_name(tag)));
    images.push_back(std::move(image));
  }
  return images;
}

// A layout's reference may be a whole name, or a tag alone: of an image called as the file is.
Result<std::string> oci_name(const std::string& file, const std::string& reference) {
  if (reference.find_first_of("/:") != std::string::npos) return full_name(reference);
  return full_name(std::filesystem::path(file).stem().string() + ":" + reference);
}

Result<std::vector<ArchivedImage>> oci_images(const std::string& file, const std::string& text) {
  const json::Value listing = TRY(json::parse_object(text, "its index.json"));
  const json::Value manifests = TRY(json::array(listing, "manifests"));
  std::vector<ArchivedImage> images;
  for (const json::Value& one : manifests) {
    const json::Value notes = TRY(json::object(one, "annotations"));
    const std::string reference = TRY(json::text(notes, "org.opencontainers.image.ref.name"));
    const std::string name = TRY(json::text(notes, "io.containerd.image.name"));
    if (reference.empty() && manifests.size() > 1)
      return fault("it has several images, not all with a name; skopeo cannot tell them apart");
    ArchivedImage image;
    image.skopeo = "oci-archive:" + file + (reference.empty() ? "" : ":" + reference);
    if (!name.empty())
      image.names.push_back(TRY(full_name(name)));
    else if (!reference.empty())
      image.names.push_back(TRY(oci_name(file, reference)));
    images.push_back(std::move(image));
  }
  return images;
}

Result<StoredImage> bring(Store& store, const std::string& file, const ArchivedImage& archived,
                          const PullOptions& options) {
  ImageSource source;
  source.skopeo = archived.skopeo;
  source.path = file;
  if (!archived.names.empty()) source.name = archived.names.front();
  Pulling pulling(store, source, TRY(parse_platform(options.platform)), options);
  const auto outcome = TRY(pulling.run([]() -> Result<bool> { return true; }));
  for (std::size_t i = 1; i < archived.names.size(); ++i)
    (void)TRY(store.tag(outcome->image.id, archived.names[i]));
  return outcome->image;
}

Result<std::vector<StoredImage>> load_all(Store& store, const std::string& file, const PullOptions& options) {
  const Listing listing = TRY(read_listing(file));
  const std::vector<ArchivedImage> archived =
      TRY(listing.docker.empty() ? oci_images(file, listing.oci) : docker_images(file, listing.docker));
  std::vector<StoredImage> images;
  for (const ArchivedImage& one : archived) images.push_back(TRY(bring(store, file, one, options)));
  return images;
}

}  // namespace

Result<std::vector<StoredImage>> load(Store& store, const std::string& file, const PullOptions& options) {
  const std::string path = std::filesystem::absolute(file).lexically_normal();
  if (path.find(':') != std::string::npos)
    return fault("load \"" + path + "\": skopeo takes no path with a colon in it; move it");
  if (::access(path.c_str(), R_OK) != 0) return os_error("load \"" + path + "\"");
  return load_all(store, path, options).with("load \"" + path + "\"");
}

}  // namespace stack

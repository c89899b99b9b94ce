#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "core/images/blake2b.h"
#include "core/images/bundle.h"
#include "core/images/bundle_tar.h"
#include "core/images/digest.h"
#include "core/images/index.h"
#include "core/images/json.h"
#include "core/sys/files.h"
#include "core/sys/new_file.h"
#include "specs/text.h"
#include "specs/utf8.h"

namespace stack {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr const char* kLayoutMark = R"({"imageLayoutVersion":"1.0.0"})";

// The new file, and the digest of what is in it.
class Target {
 public:
  static Result<Target> create(const std::string& path) { return Target(TRY(NewFile::create(path))); }

  Result<void> write(std::string_view bytes) {
    digest_.add(bytes);
    return write_all(file_.fd(), bytes, file_.name());
  }

  [[nodiscard]] Blake2bDigest digest() const { return digest_.digest(); }
  Result<void> publish() { return file_.publish(); }

 private:
  explicit Target(NewFile file) : file_(std::move(file)) {}

  NewFile file_;
  Blake2b digest_;
};

class Writing {
 public:
  Writing(const Store& store, const BundleContents& contents, Interrupted interrupted)
      : store_(store), manifest_(contents.manifest), interrupted_(std::move(interrupted)) {
    for (const StackFileContent& file : contents.files) texts_[kBundledStack + file.path] = file.content;
  }

  Result<void> run(const std::string& path) {
    TRY(list_images());
    TRY(list_texts());
    Target target = TRY(Target::create(path));
    const auto tar = TRY(BundleTar::open([&target](std::string_view bytes) { return target.write(bytes); }));
    TRY(tar->add(kBundleManifest, text_));
    for (const auto& [name, entry] : manifest_.entries) {
      const auto text = texts_.find(name);
      TRY(text == texts_.end() ? add_blob(*tar, name, entry) : tar->add(name, text->second));
    }
    TRY(tar->add(kSealEntry, to_hex(target.digest()) + "\n"));
    TRY(tar->close());
    return target.publish();
  }

 private:
  // Its blobs, each once, however many images have it.
  Result<void> list_images() {
    json::Value descriptors = json::Value::array();
    for (const BundledImage& image : manifest_.images) {
      const std::string what = "image \"" + store_name(image.ref) + "\"";
      const std::string text = TRY(read_blob(store_.blob_path(image.manifest), image.manifest).with(what));
      const Manifest manifest = TRY(parse_manifest(text).with(what));
      TRY(list_blob(image.manifest).with(what));
      TRY(list_blob(manifest.config.digest).with(what));
      for (const Descriptor& layer : manifest.layers) TRY(list_blob(layer.digest).with(what));
      descriptors.push_back(
          {{"mediaType", manifest.media_type},
           {"digest", image.manifest},
           {"size", text.size()},
           {"annotations", {{"org.opencontainers.image.ref.name", store_name(image.ref)}}}});
    }
    const json::Value index{{"schemaVersion", 2},
                            {"mediaType", "application/vnd.oci.image.index.v1+json"},
                            {"manifests", descriptors}};
    texts_["index.json"] = index.dump();
    texts_["oci-layout"] = kLayoutMark;
    return {};
  }

  Result<void> list_blob(const std::string& digest) {
    struct stat st {};
    const std::string path = store_.blob_path(digest);
    if (::stat(path.c_str(), &st) != 0)
      return os_error("read \"" + path + "\", which `stack pull` brings back");
    manifest_.entries[kBundledBlobs + hex_of(digest)] = {static_cast<std::uint64_t>(st.st_size), digest};
    return {};
  }

  Result<void> list_texts() {
    for (const auto& [name, text] : texts_) {
      if (first_not_utf8(name)) return fault("the name \"" + name + "\" is not UTF-8");
      manifest_.entries[name] = {text.size(), digest_of(text)};
    }
    text_ = to_text(manifest_);
    // What could not be opened is not to be made.
    (void)TRY(parse_bundle_manifest(text_));
    return {};
  }

  Result<void> add_blob(BundleTar& tar, const std::string& name, const BundleEntry& entry) const {
    const std::string path = store_.blob_path(entry.digest);
    const UniqueFd file = TRY(open_fd(path, O_RDONLY));
    TRY(tar.begin(name, entry.size));
    std::string piece(kPiece, '\0');
    Sha256 sum;
    for (std::uint64_t left = entry.size; left > 0;) {
      if (interrupted_ && interrupted_()) return os_error("write the bundle", EINTR);
      const ssize_t n = ::read(file.get(), piece.data(), std::min<std::uint64_t>(piece.size(), left));
      if (n < 0) return os_error("read \"" + path + "\"");
      if (n == 0) break;  // then its digest is another one
      const std::string_view bytes(piece.data(), static_cast<std::size_t>(n));
      sum.add(bytes.data(), bytes.size());
      TRY(tar.write(bytes));
      left -= bytes.size();
    }
    if (sum.digest() != entry.digest)
      return Error{EBADMSG, "\"" + path + "\" is damaged: remove the image and pull it again"};
    return tar.end();
  }

  const Store& store_;
  BundleManifest manifest_;
  Interrupted interrupted_;
  std::map<std::string, std::string> texts_;  // by name in the tar
  std::string text_;                          // of bundle.json
};

}  // namespace

Result<void> write_bundle(const Store& store, const BundleContents& contents, const std::string& path,
                          const Interrupted& interrupted) {
  return Writing(store, contents, interrupted).run(path).with("bundle \"" + path + "\"");
}

}  // namespace stack

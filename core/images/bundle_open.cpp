#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "core/images/bundle.h"
#include "core/images/bundle_folder.h"
#include "core/images/bundle_images.h"
#include "core/images/bundle_seal.h"
#include "core/images/bundle_unpack.h"
#include "core/images/minisign.h"
#include "core/sys/files.h"
#include "specs/discovery.h"
#include "specs/text.h"

namespace stack {
namespace {

constexpr std::uint64_t kLargestKey = 16384;

Result<std::string> read_small(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return os_error("read \"" + path + "\"", error.value());
  if (size > kLargestKey) return fault("\"" + path + "\" is too large");
  return read_file(path);
}

Result<void> check_signature(const std::string& path, const std::string& key_file,
                             const Blake2bDigest& digest) {
  const PublicKey key = TRY(parse_public_key(TRY(read_small(key_file))).with("key \"" + key_file + "\""));
  const std::string file = path + ".minisig";
  const Result<std::string> text = read_small(file);
  if (!text.ok() && text.error().code == ENOENT)
    return Error{ENOENT, "there is no signature \"" + file + "\": `minisign -S -m " + path + "` makes it"};
  if (!text.ok()) return text.error();
  return verify(TRY(parse_signature(*text).with("signature \"" + file + "\"")), key, digest);
}

// Gone with the object, whatever has come of it.
class Staging {
 public:
  static Result<Staging> make(const Store& store, const Blake2bDigest& bundle) {
    PullFolder folder = TRY(PullFolder::open(store, "bundle " + to_hex(bundle), "", {}));
    // One that was killed may have left half a file.
    for (const char* part : {"/blobs/sha256", "/stack"}) TRY(remove_tree(folder.path() + part));
    TRY(make_folders(folder.path() + "/blobs/sha256", 0700));
    return Staging(std::move(folder));
  }
  Staging(Staging&& other) noexcept
      : folder_(std::move(other.folder_)), ours_(std::exchange(other.ours_, false)) {}
  Staging& operator=(Staging&&) = delete;
  ~Staging() {
    if (ours_) (void)folder_.finish();
  }
  [[nodiscard]] const PullFolder& folder() const { return folder_; }

  // The store takes blobs for written that have their name (commit.h).
  [[nodiscard]] Result<void> sync() const { return sync_file_system(folder_.path()); }

 private:
  explicit Staging(PullFolder folder) : folder_(std::move(folder)) {}
  PullFolder folder_;
  bool ours_ = true;
};

OpenedBundle opened(const BundleManifest& manifest, const std::string& project, const std::string& place) {
  OpenedBundle bundle;
  bundle.project = project;
  bundle.directory = manifest.directory == "." ? place : place + "/" + manifest.directory;
  for (const std::string& path : manifest.files) bundle.files.push_back(place + "/" + path);
  for (const std::string& path : manifest.env_files) bundle.env_files.push_back(place + "/" + path);
  return bundle;
}

class Opening {
 public:
  Opening(Store& store, const std::string& path, const OpenOptions& options)
      : store_(store), path_(path), options_(options) {}

  Result<OpenedBundle> run() {
    if (!options_.project.empty() && !is_project_name(options_.project))
      return fault("\"" + options_.project + "\" is not a project name");
    const UniqueFd file = TRY(open_fd(path_, O_RDONLY | O_NONBLOCK));
    tell("Checking");
    const BundleBytes bytes = TRY(digest_bundle(file.get(), options_.interrupted));
    if (!options_.verify_key.empty()) TRY(check_signature(path_, options_.verify_key, bytes.whole));
    TRY(check_seal(file.get(), bytes));
    const Staging staging = TRY(Staging::make(store_, bytes.whole));
    tell("Unpacking");
    const BundleManifest manifest =
        TRY(unpack_bundle(file.get(), bytes.whole, store_, staging.folder(), options_.interrupted));
    TRY(staging.sync());
    const std::string project = options_.project.empty() ? manifest.project : options_.project;
    const std::string place = options_.bundles + "/" + project + "/stack";
    TRY(add_bundled_images(store_, staging.folder(), manifest, place, options_.interrupted));
    TRY(put_stack_files(options_.bundles, project, manifest, staging.folder().path()));
    return opened(manifest, project, place);
  }

 private:
  void tell(const std::string& what) const {
    if (options_.progress) options_.progress(what);
  }

  Store& store_;
  const std::string& path_;
  const OpenOptions& options_;
};

}  // namespace

Result<OpenedBundle> open_bundle(Store& store, const std::string& path, const OpenOptions& options) {
  return Opening(store, path, options).run().with("bundle \"" + path + "\"");
}

}  // namespace stack

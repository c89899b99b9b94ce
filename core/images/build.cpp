#include "core/images/build.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/images/buildah.h"
#include "core/images/pulling.h"
#include "core/sys/files.h"

namespace stack {
namespace {

// Of one build, removed with the object. Only its owner looks into it.
class BuildFolder {
 public:
  static Result<BuildFolder> make() {
    const char* tmp = std::getenv("TMPDIR");
    std::string path = (tmp != nullptr && *tmp == '/' ? tmp : "/tmp") + std::string("/stack-build-XXXXXX");
    if (::mkdtemp(path.data()) == nullptr) return os_error("make \"" + path + "\"");
    return BuildFolder(std::move(path));
  }
  BuildFolder(BuildFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  BuildFolder& operator=(BuildFolder&&) = delete;
  ~BuildFolder() {
    if (!path_.empty()) (void)remove_tree(path_);
  }

  [[nodiscard]] BuildFiles files() const {
    return {path_ + "/id", path_ + "/Containerfile", path_.substr(path_.rfind('/') + 1)};
  }

 private:
  explicit BuildFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Said better here than by buildah.
Result<void> check_files(const BuildSpec& spec) {
  if (!has_local_context(spec)) return {};
  struct stat st {};
  if (::stat(spec.context.c_str(), &st) != 0) return os_error("its context \"" + spec.context + "\"");
  if (!S_ISDIR(st.st_mode)) return os_error("its context \"" + spec.context + "\"", ENOTDIR);
  if (!spec.dockerfile.empty() && ::access(spec.dockerfile.c_str(), R_OK) != 0)
    return os_error("its dockerfile \"" + spec.dockerfile + "\"");
  return {};
}

Result<void> check_secrets(const std::vector<BuildSecret>& secrets) {
  for (const BuildSecret& secret : secrets) {
    const std::string what = "secret \"" + secret.id + "\": ";
    if (!secret.file.empty() && ::access(secret.file.c_str(), R_OK) != 0)
      return os_error(what + "\"" + secret.file + "\"");
    if (secret.file.empty() && std::getenv(secret.environment.c_str()) == nullptr)
      return fault(what + "the environment variable \"" + secret.environment + "\" is not set");
  }
  return {};
}

// What to keep of the output for the error.
class Reason {
 public:
  void look_at(const std::string& line) {
    constexpr std::string_view kError = "Error: ";
    if (line.starts_with(kError)) error_ = line.substr(kError.size());
    if (line.find("cgroups in hybrid mode not supported") != std::string::npos)
      advice_ = "; with BUILDAH_ISOLATION=chroot in the environment it needs no cgroups";
    if (line.find_first_not_of(" \t") != std::string::npos) last_ = line;
  }

  [[nodiscard]] Error error(int code) const {
    const std::string& said = error_.empty() ? last_ : error_;
    return fault("buildah ended with " + std::to_string(code) + (said.empty() ? "" : ": " + said) + advice_);
  }

 private:
  std::string error_, last_, advice_;
};

Error stopped() {
  return os_error("build", ECANCELED);
}

// The id of what was built, in buildah's storage.
Result<std::string> run_build(const ImageBuild& build, const BuildFiles& files, const BuildWatch& watch) {
  if (!build.spec.dockerfile_inline.empty())
    TRY(replace_file(files.inline_dockerfile, build.spec.dockerfile_inline, 0600, Durability::none));
  Reason reason;
  const int code = TRY(run_buildah(
      TRY(build_arguments(build, files)),
      [&](const std::string& line) {
        reason.look_at(line);
        if (watch.line) watch.line(line);
      },
      watch.stop));
  // A signal found it where it does not listen, and its working container stays.
  if (code > 128 || watch.stop.stop_requested()) remove_working_containers(files.mark);
  if (watch.stop.stop_requested()) return stopped();
  if (code != 0) return reason.error(code);
  return read_file(files.id_file);
}

// skopeo reads buildah's storage as it is configured, and layers that the store has are not moved.
Result<StoredImage> bring(Store& store, const ImageBuild& build, const std::string& id,
                          const BuildWatch& watch) {
  ImageSource source;
  source.skopeo = "containers-storage:@" + id.substr(id.find(':') + 1);
  source.name = build.name;
  PullOptions options;
  options.platform = build.platform;
  options.stop = watch.stop;
  Pulling pulling(store, source, TRY(parse_platform(build.platform)), options);
  const auto outcome = TRY(pulling.run([]() -> Result<bool> { return true; }));
  for (const std::string& tag : build.spec.tags)
    if (tag != build.name) (void)TRY(store.tag(outcome->image.id, tag));
  return outcome->image;
}

}  // namespace

Result<StoredImage> build_image(Store& store, const ImageBuild& build, const BuildWatch& watch) {
  TRY(check_files(build.spec).with("build"));
  TRY(check_secrets(build.secrets).with("build"));
  const BuildFolder folder = TRY(BuildFolder::make().with("build"));
  const std::string id = TRY(run_build(build, folder.files(), watch).with("build"));
  if (watch.built) watch.built();
  return bring(store, build, id, watch).with("build");
}

}  // namespace stack

#include "cmd/stack/file_sources.h"

#include <sys/stat.h>

#include "core/reconcile/file_contents.h"
#include "core/sys/files.h"
#include "specs/canonical.h"

namespace stack::cmd {
namespace {

constexpr std::int64_t kLargest = 1 << 20;  // all of a stack's go with one request

const char* word_of(FileKind kind) {
  return kind == FileKind::config ? "config" : "secret";
}

std::string external_path(FileKind kind, const FileSource& source) {
  return std::string(kExternalFiles) + "/" + word_of(kind) + "s/" + source.name;
}

// "file /srv/app/password.txt", for people who ask what has changed.
std::string origin_of(FileKind kind, const FileSource& source) {
  if (source.external) return "file " + external_path(kind, source);
  if (!source.file.empty()) return "file " + source.file;
  if (!source.environment.empty()) return "environment variable " + source.environment;
  return "content of " + source.key;
}

Result<std::string> read_bounded(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return os_error("read \"" + path + "\"");
  if (!S_ISREG(st.st_mode)) return fault("read \"" + path + "\": it is no regular file");
  if (st.st_size > kLargest) return fault("read \"" + path + "\": it is larger than 1 MiB");
  return read_file(path);
}

using Variables = std::map<std::string, std::string>;

Result<std::string> content_of(FileKind kind, const FileSource& source, const Variables& environment) {
  if (source.external) {
    const std::string path = external_path(kind, source);
    Result<std::string> content = read_bounded(path);
    if (!content && content.error().code == ENOENT)
      return fault("it is external, and there is no file \"" + path + "\"");
    return content;
  }
  if (!source.file.empty()) return read_bounded(source.file);
  if (source.content) return *source.content;
  const auto value = environment.find(source.environment);
  if (value == environment.end())
    return fault("the environment variable \"" + source.environment + "\" is not set");
  return value->second;
}

class Reading {
 public:
  Reading(StackSpec& spec, const Variables& environment) : spec_(spec), environment_(environment) {}

  Result<std::map<std::string, std::string>> run() {
    for (auto& [name, service] : spec_.services) {
      for (FileMount& mount : service.configs) read(FileKind::config, spec_.configs, mount);
      for (FileMount& mount : service.secrets) read(FileKind::secret, spec_.secrets, mount);
    }
    if (!faults_.empty()) return fault(faults_);
    return std::move(contents_);
  }

 private:
  void read(FileKind kind, const std::map<std::string, FileSource>& sources, FileMount& mount) {
    const auto source = sources.find(mount.source);
    if (source == sources.end()) return;  // a fault of the file, told before
    const std::string key = content_key(kind, mount.source);
    if (!contents_.contains(key)) {
      Result<std::string> content = content_of(kind, source->second, environment_);
      if (!content)
        faults_ += (faults_.empty() ? "" : "\n") + std::string(word_of(kind)) + " \"" + mount.source +
                   "\": " + content.error().words;
      contents_[key] = content ? to_base64(*content) : "";
      digests_[key] = content ? sha256_hex(*content) : "";
    }
    mount.origin = origin_of(kind, source->second);
    mount.digest = digests_[key];
  }

  StackSpec& spec_;
  const Variables& environment_;
  std::map<std::string, std::string> contents_, digests_;
  std::string faults_;
};

}  // namespace

Result<std::map<std::string, std::string>> read_file_sources(
    StackSpec& spec, const std::map<std::string, std::string>& environment) {
  return Reading(spec, environment).run();
}

}  // namespace stack::cmd

#include "core/reconcile/file_contents.h"

#include <nettle/base64.h>

#include <cerrno>
#include <cstdint>

#include "core/engine/runtime_folder.h"
#include "core/sys/files.h"
#include "specs/text.h"

namespace stack {
namespace {

std::string folder_of(const Paths& paths) {
  return paths.runtime() + "/contents";
}

// A key may have any letter, a file's name not.
std::string path_of(const Paths& paths, const std::string& content_key) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(content_key.data()), content_key.size());
  return folder_of(paths) + "/" + to_hex(bytes);
}

Result<void> write_contents(const Paths& paths, const std::map<std::string, std::string>& contents) {
  if (contents.empty()) return {};
  // Never beside the tmpfs, on what /run happens to be.
  if (!engine::is_mount_root(paths.runtime())) return fault("\"" + paths.runtime() + "\" is not mounted");
  TRY(make_folders(folder_of(paths), 0700));
  for (const auto& [key, content] : contents)
    TRY(replace_file(path_of(paths, key), TRY(from_base64(content).with(key)), 0600, Durability::none));
  return {};
}

Result<std::string> content_of(const Paths& paths, FileKind kind, const FileSource& source) {
  Result<std::string> kept = read_file(path_of(paths, content_key(kind, source.key)));
  if (kept || kept.error().code != ENOENT) return kept;
  if (source.content) return *source.content;
  if (!source.file.empty()) return read_file(source.file);
  const std::string from =
      source.environment.empty() ? "\"stack up\"" : "the environment variable \"" + source.environment + "\"";
  return fault("its content came from " + from +
               " and is in memory only, which the boot has emptied: \"stack up\" brings it again");
}

Result<void> add(const Paths& paths, FileKind kind, const std::map<std::string, FileSource>& sources,
                 const std::vector<FileMount>& mounts, std::vector<engine::InjectedFile>& files) {
  for (const FileMount& mount : mounts) {
    const std::string what = content_key(kind, mount.source);
    const auto source = sources.find(mount.source);
    if (source == sources.end()) return fault(what + ": the file does not define it");
    files.push_back({mount.target, TRY(content_of(paths, kind, source->second).with(what)), mount.uid,
                     mount.gid, mount.mode});
  }
  return {};
}

}  // namespace

std::string content_key(FileKind kind, const std::string& key) {
  return (kind == FileKind::config ? "config/" : "secret/") + key;
}

std::string to_base64(const std::string& bytes) {
  std::string text(BASE64_ENCODE_RAW_LENGTH(bytes.size()), '\0');
  base64_encode_raw(text.data(), bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  return text;
}

Result<std::string> from_base64(const std::string& text) {
  base64_decode_ctx context;
  base64_decode_init(&context);
  std::string bytes(BASE64_DECODE_LENGTH(text.size()), '\0');
  std::size_t length = bytes.size();
  if (base64_decode_update(&context, &length, reinterpret_cast<std::uint8_t*>(bytes.data()), text.size(),
                           text.data()) == 0 ||
      base64_decode_final(&context) == 0)
    return fault("it is not base64");
  bytes.resize(length);
  return bytes;
}

Result<void> add_kept_contents(const Paths& paths, const ServiceSpec& service,
                               std::map<std::string, std::string>& contents) {
  const auto add = [&](FileKind kind, const std::vector<FileMount>& mounts) -> Result<void> {
    for (const FileMount& mount : mounts) {
      const std::string key = content_key(kind, mount.source);
      if (contents.contains(key)) continue;
      const Result<std::string> kept = read_file(path_of(paths, key));
      if (kept) contents[key] = to_base64(*kept);
      // After a boot it is not kept any more, and is read from where it came.
      if (!kept && kept.error().code != ENOENT) return kept.error();
    }
    return {};
  };
  TRY(add(FileKind::config, service.configs));
  return add(FileKind::secret, service.secrets);
}

Result<void> keep_contents(const Paths& paths, const std::map<std::string, std::string>& contents) {
  TRY(remove_tree(folder_of(paths)));
  return write_contents(paths, contents);
}

Result<void> add_contents(const Paths& paths, const std::map<std::string, std::string>& contents,
                          const StackSpec& stack, const std::set<std::string>& services) {
  std::map<std::string, std::string> wanted;
  const auto want = [&](FileKind kind, const std::vector<FileMount>& mounts) {
    for (const FileMount& mount : mounts)
      if (const auto content = contents.find(content_key(kind, mount.source)); content != contents.end())
        wanted.insert(*content);
  };
  for (const std::string& name : services) {
    want(FileKind::config, stack.services.at(name).configs);
    want(FileKind::secret, stack.services.at(name).secrets);
  }
  return write_contents(paths, wanted);
}

Result<std::vector<engine::InjectedFile>> injected_files(const Paths& paths, const StackSpec& stack,
                                                         const ServiceSpec& service) {
  std::vector<engine::InjectedFile> files;
  TRY(add(paths, FileKind::config, stack.configs, service.configs, files));
  TRY(add(paths, FileKind::secret, stack.secrets, service.secrets, files));
  return files;
}

}  // namespace stack

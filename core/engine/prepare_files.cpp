#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/engine/prepare.h"
#include "core/sys/files.h"

namespace stack::engine {
namespace {

// Nobody but root may pass the folders above; only what is bound from here is seen, by the one container.
constexpr char kFolder[] = "/files";

Result<void> write_file(const std::string& path, const InjectedFile& file, std::uint32_t base,
                        const std::string& label) {
  // A new file each time: a container that still has the old one mounted keeps what it has.
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_error("replace");
  const UniqueFd fd = TRY(open_fd(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  TRY(write_all(fd.get(), file.content, path));
  if (!label.empty()) TRY(security::relabel(fd.get(), label, file.target));
  if (::fchown(fd.get(), base + file.uid, base + file.gid) != 0) return os_error("set owner");
  if (::fchmod(fd.get(), file.mode) != 0) return os_error("set mode");
  return {};
}

}  // namespace

Result<std::vector<Attachment>> prepare_files(const ContainerLaunch& launch, std::uint32_t base) {
  std::vector<Attachment> attachments;
  const std::string folder = launch.run_dir + kFolder;
  if (!launch.files.empty()) TRY(make_folders(folder, 0700));
  int number = 0;
  for (const InjectedFile& file : launch.files) {
    const std::string path = folder + "/" + std::to_string(number++);
    const std::string what = "file \"" + file.target + "\"";
    TRY(write_file(path, file, base, launch.labels.mount).with(what));
    TreeOptions options;
    options.read_only = true;
    Attachment attachment;
    attachment.tree = TRY(clone_tree(path, options).with(what));
    attachment.target = file.target;
    attachment.step = "mount file";
    attachments.push_back(std::move(attachment));
  }
  return attachments;
}

}  // namespace stack::engine

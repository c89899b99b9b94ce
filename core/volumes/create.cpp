#include "core/volumes/create.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <optional>

#include "core/sys/files.h"
#include "core/sys/utc.h"
#include "core/volumes/fill.h"
#include "core/volumes/mount_plan.h"
#include "core/volumes/store.h"

namespace stack::volumes {
namespace {

struct Draft {
  std::string path;
  UniqueFd folder;  // locked: nobody else sweeps it away
};

Result<std::string> parent_of(const std::string& root) {
  const std::size_t slash = root.find_last_of('/');
  if (slash == std::string::npos || slash == 0)
    return fault("volumes \"" + root + "\": want an absolute path");
  return root.substr(0, slash);
}

// Nothing where another one works on a draft of that name; this waits until it is done.
Result<std::optional<Draft>> try_draft(UniqueFd store, const std::string& path) {
  const bool fresh = ::mkdir(path.c_str(), 0700) == 0;
  if (!fresh && errno != EEXIST) return os_error("mkdir \"" + path + "\"");
  UniqueFd folder = TRY(open_fd(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  if (TRY(lock_folder(folder.get(), Waiting::no))) {
    if (fresh) return std::optional<Draft>(Draft{path, std::move(folder)});
    TRY(remove_tree(path));  // of one that died, and could not be swept away
    return std::optional<Draft>();
  }
  store.reset();
  TRY(lock_folder(folder.get(), Waiting::yes));
  return std::optional<Draft>();
}

// Nothing where the volume is there.
Result<std::optional<Draft>> begin_draft(const std::string& root, const std::string& name) {
  for (;;) {
    UniqueFd store = TRY(lock_store(root));
    if (TRY(read(root, name))) return std::optional<Draft>();
    auto draft = TRY(try_draft(std::move(store), draft_path(root, name)));
    if (draft) return draft;
  }
}

Result<void> make_data(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0) return os_error("mkdir \"" + path + "\"");
  if (::chmod(path.c_str(), 0755) != 0) return os_error("chmod \"" + path + "\"");
  return {};
}

Result<void> fill_draft(const Draft& draft, const VolumeRecord& record, const Filling& filling) {
  const std::string data = draft.path + "/data";
  TRY(make_data(data));
  if (filling.layers.empty()) {
    TRY(sync_folder(data));
  } else {
    TRY(fill(filling, draft.path, draft.folder.get()));
    TRY(sync_file_system(draft.path));
  }
  return replace_file(draft.path + "/volume.json", to_text(record), 0600, Durability::disk);
}

Result<void> publish(const Draft& draft, const std::string& root, const std::string& name) {
  const std::string path = root + "/" + name;
  if (::renameat2(AT_FDCWD, draft.path.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0)
    return os_error("rename \"" + draft.path + "\" to \"" + path + "\"");
  TRY(sync_folder(root));
  return sync_folder(TRY(parent_of(root)));
}

Result<std::optional<Created>> find(const std::string& root, const std::string& name) {
  auto there = TRY(read(root, name));
  if (!there) return std::optional<Created>();
  return std::optional<Created>(Created{Creation::already_there, *std::move(there)});
}

Result<Created> create_checked(const std::string& root, VolumeRecord record, const Filling& filling) {
  const MountPlan plan = TRY(plan_mount(record.driver_opts));
  const auto draft = TRY(begin_draft(root, record.name));
  if (!draft) {
    auto there = TRY(find(root, record.name));
    if (!there) return fault("removed while it was being made");
    return *std::move(there);
  }
  if (record.created.empty()) record.created = utc_now();
  const bool fillable = plan.kind == MountPlan::Kind::plain;
  auto done = fill_draft(*draft, record, fillable ? filling : Filling{});
  if (done) done = publish(*draft, root, record.name);
  if (!done) {
    static_cast<void>(remove_tree(draft->path));  // else the next change of the store does
    return done.error();
  }
  return Created{Creation::created, std::move(record)};
}

}  // namespace

Result<Created> create(const std::string& root, VolumeRecord record, const Filling& filling) {
  TRY(check_name(record.name));
  TRY(parent_of(root));
  if (auto there = TRY(find(root, record.name))) return *std::move(there);
  const std::string what = "make volume \"" + record.name + "\"";
  return create_checked(root, std::move(record), filling).with(what);
}

}  // namespace stack::volumes

// `stack rmi`, `stack image rm`: a name goes, and with an image's last name the image.
#include <algorithm>
#include <memory>

#include "cmd/stack/confirm.h"
#include "cmd/stack/faults.h"
#include "cmd/stack/image_names.h"
#include "cmd/stack/output.h"
#include "cmd/stack/verb.h"
#include "core/reconcile/in_use.h"
#include "core/reconcile/storage_lock.h"
#include "specs/text.h"

namespace stack::cmd {
namespace {

struct Options {
  bool force = false;
  std::vector<std::string> images;
};

bool has_id(const std::vector<StoredImage>& images, const std::string& id) {
  return std::any_of(images.begin(), images.end(), [&](const StoredImage& one) { return one.id == id; });
}

// The names that the image has, and those that stay when `key` goes.
struct Names {
  std::vector<std::string> all, kept;
};

Names names_of(const std::vector<StoredImage>& images, const NamedImage& meant) {
  Names names;
  for (const StoredImage& image : images) {
    if (image.id != meant.image.id || image.name.empty()) continue;
    names.all.push_back(shown_name(image));
    if (meant.key == meant.image.name && image.name != meant.key) names.kept.push_back(shown_name(image));
  }
  return names;
}

// What Docker asks -f for as well.
Result<void> check(const NamedImage& meant, const Names& names, const InUse& in_use) {
  const bool by_id = meant.key != meant.image.name;
  if (by_id && names.all.size() > 1)
    return fault("it has the names " + quoted_list(names.all) + "; -f takes all of them");
  const auto users = in_use.image_users.find(meant.image.id);
  if (users == in_use.image_users.end() || !names.kept.empty()) return {};
  return fault("it is used by " + quoted_list(users->second) +
               "; -f takes its name alone, and leaves it to them");
}

Result<void> remove_one(const std::string& text, const Options& options, const InUse& in_use) {
  Store store;
  const NamedImage meant = TRY(find_image(store, text));
  const Names names = names_of(TRY(store.list()), meant);
  if (!options.force) TRY(check(meant, names, in_use).with("remove image \"" + text + "\""));
  const Removed removed = TRY(store.remove(meant.key, in_use.images));
  const std::vector<StoredImage> left = TRY(store.list());
  std::string told;
  for (const StoredImage& image : removed.images)
    if (!image.name.empty()) told += "Untagged: " + shown_name(image) + "\n";
  if (!has_id(left, meant.image.id)) told += "Deleted: " + meant.image.id + "\n";
  print(told);
  return {};
}

Result<int> remove_all(const Options& options) {
  const UniqueFd lock = TRY(lock_storage(tell_of_wait));
  const InUse in_use = TRY(used_by_stacks());
  Faults faults;
  for (const std::string& text : options.images) faults.add(remove_one(text, options, in_use));
  TRY(faults.result());
  return 0;
}

}  // namespace

Run define_rmi(CLI::App& command, const Globals&) {
  auto options = std::make_shared<Options>();
  command.add_flag("-f,--force", options->force,
                   "All names of an image that is named by its id; the name of one that a stack uses");
  command.add_option("IMAGE", options->images, "By name, or by id")->required();
  return [options] { return remove_all(*options); };
}

}  // namespace stack::cmd

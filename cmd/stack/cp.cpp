// `stack cp`: files out of a container and into it. All that a container may have a say in is resolved
// within its root (core/copy/tree.h).
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "cmd/stack/chosen_containers.h"
#include "cmd/stack/cp_paths.h"
#include "cmd/stack/left_out.h"
#include "cmd/stack/output.h"
#include "cmd/stack/progress.h"
#include "cmd/stack/project.h"
#include "core/control/paths.h"
#include "core/copy/acting.h"
#include "core/copy/tar_sink.h"
#include "core/copy/tar_source.h"
#include "core/copy/tree.h"
#include "core/copy/tree_sink.h"
#include "core/copy/tree_source.h"
#include "specs/utf8.h"

namespace stack::cmd {
namespace {

using copy::Keeping;
using copy::Tree;
using copy::TreeSink;
using nlohmann::json;

struct Options {
  std::string from, to;
  bool archive = false;
  bool follow_link = false;
  int index = 0;
};

class Copy {
 public:
  Copy(const Options& options, Tree container) : options_(options), container_(std::move(container)) {}

  Result<void> out(const std::string& from, const CopyArgument& to) const {
    const UniqueFd source = TRY(open_source(container_, from));
    if (to.is_stream()) return write_tar(source, from);
    // A program of the container's is never to run as the user who copies it.
    const Keeping keeping{{}, options_.archive, 01777};
    return write_tree(container_, source, from, Tree::of_host(), to.path, keeping);
  }

  Result<void> in(const CopyArgument& from, const std::string& to) const {
    const Tree host = Tree::of_host();
    std::optional<UniqueFd> source;
    if (!from.is_stream()) source = TRY(open_source(host, from.path));
    const std::uint32_t root = container_.ids().base;
    const auto acting = TRY(copy::ActingAs::user(root, root));
    const Keeping keeping{container_.ids(), options_.archive, 07777};
    if (source) return write_tree(host, *source, from.path, container_, to, keeping);
    const CopyTo place = TRY(look_at(container_, to));
    if (!place.is_folder) return fault("\"" + to + "\" is no folder, which a tar is unpacked into");
    TreeSink sink(TRY(open_folder(container_, place.path)), keeping);
    TRY(copy::read_tar(STDIN_FILENO, sink, tell_left_out));
    return sink.finish();
  }

 private:
  Result<UniqueFd> open_source(const Tree& tree, const std::string& path) const {
    const bool through = options_.follow_link || path.ends_with('/') || means_content(path);
    return tree.open(path, O_PATH, through ? Tree::Links::last_too : Tree::Links::on_the_way);
  }

  static Result<UniqueFd> open_folder(const Tree& tree, const std::string& path) {
    return tree.open(path, O_RDONLY | O_DIRECTORY, Tree::Links::last_too);
  }

  static Result<CopyTo> look_at(const Tree& tree, const std::string& path) {
    CopyTo to;
    to.path = TRY(tree.follow(path));
    const auto there = tree.open(to.path, O_PATH, Tree::Links::last_too);
    if (!there && there.error().code == ENOENT) return to;
    if (!there) return there.error();
    to.is_there = true;
    to.is_folder = S_ISDIR(TRY(copy::stat_of(there->get())).st_mode);
    return to;
  }

  Result<void> write_tree(const Tree& from, const UniqueFd& source, const std::string& path, const Tree& to,
                          const std::string& target, const Keeping& keeping) const {
    const bool is_folder = S_ISDIR(TRY(copy::stat_of(source.get())).st_mode);
    const CopyPlace place = TRY(place_copy({is_folder, path}, TRY(look_at(to, target))));
    TreeSink sink(TRY(open_folder(to, place.folder)), keeping);
    TRY(copy::read_tree(source, place.name, from.ids(), sink, tell_left_out));
    return sink.finish();
  }

  Result<void> write_tar(const UniqueFd& source, const std::string& path) const {
    if (::isatty(STDOUT_FILENO) == 1)
      return fault("a tar is nothing for a terminal: redirect it into a file or a program");
    const auto sink = TRY(copy::TarSink::open(STDOUT_FILENO));
    const std::string name = means_content(path) ? "" : copy::split_path(path).name;
    TRY(copy::read_tree(source, name, container_.ids(), *sink, tell_left_out));
    return sink->finish();
  }

  const Options& options_;
  Tree container_;
};

Result<json> container_of(const std::string& project, const std::string& service, int index) {
  json container = TRY(container_at(project, service, index));
  if (!is_up(container))
    return fault("\"" + service + "\" is not running: its files are there for `stack cp` while it runs");
  return container;
}

Result<void> copy_between(const Options& options, const CopyArgument& from, const CopyArgument& to,
                          const std::string& project) {
  const std::string service = from.service.empty() ? to.service : from.service;
  const json container = TRY(container_of(project, service, options.index));
  const Paths paths(project);
  Copy copy(options, TRY(Tree::of_container(container.value("pid", 0),
                                            paths.container_cgroup(container.value("key", "")))
                             .with(service)));
  Progress progress(to.is_stream() ? Telling::quiet : Telling::shown);
  json event{{"id", "Container " + container.value("name", "")},
             {"status", "working"},
             {"text", "Copying"},
             {"details", options.from + " to " + options.to}};
  progress.show(event);
  const Result<void> done = from.service.empty() ? copy.in(from, to.path) : copy.out(from.path, to);
  event["status"] = done ? "done" : "error";
  if (done) event["text"] = "Copied";
  progress.show(event);
  progress.finish();
  // Names of the container's are in what went wrong.
  if (!done) return Error{done.error().code, service + ": " + printable(done.error().words)};
  return {};
}

Result<int> cp(const Options& options, const Globals& globals) {
  const CopyArgument from = parse_copy_argument(options.from);
  const CopyArgument to = parse_copy_argument(options.to);
  if (from.service.empty() == to.service.empty())
    return fault(from.service.empty()
                     ? "neither \"" + options.from + "\" nor \"" + options.to + "\" is SERVICE:PATH"
                     : "files are copied from a service or to one, not between two");
  TRY(copy_between(options, from, to, TRY(name_of_project(globals))));
  return 0;
}

}  // namespace

Run define_cp(CLI::App& command, const Globals& globals) {
  auto options = std::make_shared<Options>();
  command.add_flag("-a,--archive", options->archive, "Keep the owners, by number");
  command.add_flag("-L,--follow-link", options->follow_link, "Where SRC is a symlink, copy what it leads to");
  add_index(command, options->index);
  command.add_option("SRC", options->from, "SERVICE:PATH, a path of the host, or - for a tar")->required();
  command.add_option("DEST", options->to, "The same; one of the two is SERVICE:PATH")->required();
  command.footer("A folder's content is copied where SRC ends in /.; without -a, what is copied is root's");
  return [options, &globals] { return cp(*options, globals); };
}

}  // namespace stack::cmd

// Two folders of a test's own: one that stands for a container's root, and one outside of it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/copy/tree.h"
#include "core/copy/tree_sink.h"
#include "core/copy/tree_source.h"

namespace stack::copy {

class Places : public testing::Test {
 protected:
  Places() {
    std::string name = (std::filesystem::temp_directory_path() / "stack-copy-XXXXXX").string();
    top_ = ::mkdtemp(name.data());
    for (const char* folder : {"/root", "/outside"}) std::filesystem::create_directory(top_ + folder);
  }
  ~Places() override { std::filesystem::remove_all(top_); }

  [[nodiscard]] std::string in(const std::string& path) const { return top_ + "/root/" + path; }
  [[nodiscard]] std::string out(const std::string& path) const { return top_ + "/outside/" + path; }

  static void write(const std::string& path, const std::string& content) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << content;
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static bool is_there(const std::string& path) {
    struct stat st {};
    return ::lstat(path.c_str(), &st) == 0;
  }
  static struct stat look(const std::string& path) {
    struct stat st {};
    EXPECT_EQ(::lstat(path.c_str(), &st), 0) << path;
    return st;
  }

  [[nodiscard]] Tree container(IdShift ids = {}) const {
    return Tree::within(UniqueFd(::open(in("").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)), ids);
  }
  static UniqueFd folder(const std::string& path) {
    return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }

  // `path` of the container into the folder outside, as `name`.
  Result<void> take(const std::string& path, const std::string& name, const Keeping& keeping = {}) {
    const Tree tree = container();
    const UniqueFd from = TRY(tree.open(path, O_PATH, Tree::Links::on_the_way));
    TreeSink sink(folder(out("")), keeping);
    TRY(read_tree(from, name, tree.ids(), sink, note_));
    return sink.finish();
  }
  // `path` of the folder outside into `target` of the container, as `name`.
  Result<void> give(const std::string& path, const std::string& target, const std::string& name,
                    const Keeping& keeping = {}) {
    const UniqueFd from = TRY(Tree::of_host().open(out(path), O_PATH, Tree::Links::on_the_way));
    TreeSink sink(TRY(container().open(target, O_RDONLY | O_DIRECTORY, Tree::Links::last_too)), keeping);
    TRY(read_tree(from, name, {}, sink, note_));
    return sink.finish();
  }

  std::string top_;
  std::vector<std::string> left_out_;
  LeftOut note_ = [this](const std::string& words) { left_out_.push_back(words); };
};

}  // namespace stack::copy

// A root of volumes and an image's layers for one test, on a real file system.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "core/sys/files.h"
#include "core/volumes/create.h"
#include "core/volumes/mount_points.h"
#include "core/volumes/remove.h"

namespace stack::volumes {

class VolumesFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/var/tmp/stack-volumes.XXXXXX";
    folder_ = ::mkdtemp(name);
    root_ = folder_ + "/volumes";
  }
  void TearDown() override {
    auto mounts = mounts_below(folder_);
    ASSERT_TRUE(mounts.ok());
    EXPECT_EQ(*mounts, std::vector<std::string>{}) << "left mounted";
    for (auto mount = mounts->rbegin(); mount != mounts->rend(); ++mount)
      ::umount2(mount->c_str(), MNT_DETACH);
    EXPECT_TRUE(remove_tree(folder_));
  }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] std::string volume(const std::string& name) const { return root_ + "/" + name; }
  [[nodiscard]] std::string data(const std::string& name) const { return data_path(root_, name); }
  [[nodiscard]] std::vector<std::string> layers(int count) const {
    std::vector<std::string> paths;
    for (int i = 0; i < count; ++i) paths.push_back(path("layer" + std::to_string(i)));
    for (const std::string& layer : paths) std::filesystem::create_directories(layer);
    return paths;
  }

  // Names are below the test's folder: "layer0/data/x".
  void make_folder(const std::string& name) const { std::filesystem::create_directories(path(name)); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name)) << text;
  }
  void symlink(const std::string& name, const std::string& to) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    ASSERT_EQ(::symlink(to.c_str(), path(name).c_str()), 0);
  }
  void whiteout(const std::string& name) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    ASSERT_EQ(::mknod(path(name).c_str(), S_IFCHR, makedev(0, 0)), 0);
  }
  void set_xattr(const std::string& name, const std::string& xattr, const std::string& value) const {
    ASSERT_EQ(::lsetxattr(path(name).c_str(), xattr.c_str(), value.data(), value.size(), 0), 0) << xattr;
  }

  Created create_good(const VolumeRecord& record, const Filling& filling = {}) const {
    auto created = create(root_, record, filling);
    EXPECT_TRUE(created.ok()) << created.error().words;
    return created ? *std::move(created) : Created{};
  }
  [[nodiscard]] std::string create_fault(const VolumeRecord& record, const Filling& filling = {}) const {
    const auto created = create(root_, record, filling);
    return created ? "" : created.error().words;
  }
  static VolumeRecord named(const std::string& name,
                            const std::map<std::string, std::string>& driver_opts = {}) {
    VolumeRecord record;
    record.name = name;
    record.driver_opts = driver_opts;
    return record;
  }
  static std::vector<std::string> nobody(const std::string& /*name*/) { return {}; }
  void expect_removed(const std::string& name) const {
    const auto removal = volumes::remove(root_, name, nobody);
    ASSERT_TRUE(removal.ok()) << removal.error().words;
    EXPECT_EQ(*removal, Removal::removed);
    EXPECT_FALSE(there(volume(name)));
  }

  static bool there(const std::string& path) {
    struct stat st {};
    return ::lstat(path.c_str(), &st) == 0;
  }
  static std::string text_of(const std::string& path) {
    const auto text = read_file(path);
    return text ? *text : text.error().words;
  }
  static std::set<std::string> names_in(const std::string& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      names.insert(entry.path().filename().string());
    return names;
  }
  using Names = std::set<std::string>;

  std::string folder_, root_;
};

}  // namespace stack::volumes

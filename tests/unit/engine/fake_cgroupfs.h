// A folder of plain files in place of cgroupfs. The kernel makes a cgroup's files at mkdir(2); a test makes
// them itself.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace stack::cgroup {

class FakeCgroupfs {
 public:
  FakeCgroupfs() {
    std::string name = (std::filesystem::temp_directory_path() / "stack-cgroup-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~FakeCgroupfs() { std::filesystem::remove_all(root_); }
  FakeCgroupfs(const FakeCgroupfs&) = delete;
  FakeCgroupfs& operator=(const FakeCgroupfs&) = delete;

  [[nodiscard]] const std::string& root() const { return root_; }
  void put(const std::string& path, const std::string& content) const {
    const std::filesystem::path file = root_ + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }
  void folder(const std::string& path) const { std::filesystem::create_directories(root_ + "/" + path); }
  // What was written over the beginning of a plain file is followed by the rest of what it held: up to the
  // first newline.
  [[nodiscard]] std::string get(const std::string& path) const {
    std::ifstream file(root_ + "/" + path);
    std::string line;
    std::getline(file, line);
    return line;
  }

 private:
  std::string root_;
};

}  // namespace stack::cgroup

// The /etc/hosts of a container that runs.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "core/engine/launch.h"
#include "core/sys/files.h"

namespace stack::engine {
namespace {

class Hosts : public testing::Test {
 protected:
  Hosts() {
    std::string name = (std::filesystem::temp_directory_path() / "hostsXXXXXX").string();
    run_dir_ = ::mkdtemp(name.data()) == nullptr ? "" : name;
    file_ = run_dir_ + "/names/etc/hosts";
  }
  ~Hosts() override {
    std::error_code error;
    if (!run_dir_.empty()) std::filesystem::remove_all(run_dir_, error);
  }

  std::string run_dir_, file_;
};

TEST_F(Hosts, AreWrittenIntoTheFileThatIsThere) {
  std::filesystem::create_directories(run_dir_ + "/names/etc");
  ASSERT_TRUE(replace_file(file_, "10.0.0.2 web and more\n", 0644, Durability::none));
  std::filesystem::create_hard_link(file_, run_dir_ + "/same");
  ASSERT_TRUE(renew_hosts(run_dir_, "10.0.0.3 web\n"));
  EXPECT_EQ(read_file(run_dir_ + "/same").value(), "10.0.0.3 web\n");
}

TEST_F(Hosts, OfWhatWasNeverStartedNeedNotBeThere) {
  EXPECT_TRUE(renew_hosts(run_dir_, "10.0.0.3 web\n"));
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(Hosts, AreNotWrittenThroughALink) {
  std::filesystem::create_directories(run_dir_ + "/names/etc");
  ASSERT_TRUE(replace_file(run_dir_ + "/victim", "kept\n", 0644, Durability::none));
  std::filesystem::create_symlink(run_dir_ + "/victim", file_);
  EXPECT_FALSE(renew_hosts(run_dir_, "10.0.0.3 web\n"));
  EXPECT_EQ(read_file(run_dir_ + "/victim").value(), "kept\n");
}

}  // namespace
}  // namespace stack::engine

#include "core/volumes/subpath.h"

#include <cstdio>
#include <stop_token>
#include <thread>

#include "tests/unit/volumes/volumes_folder.h"

namespace stack::volumes {
namespace {

class VolumeSubpath : public VolumesFolder {
 protected:
  void SetUp() override {
    VolumesFolder::SetUp();
    write("data/a/b/inside", "x");
    write("secret/outside", "x");
    data_.reset(::open(path("data").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  // The path of what was found, below the test's folder; or why not.
  [[nodiscard]] std::string found(const std::string& subpath) const {
    const auto fd = open_subpath(data_.get(), subpath);
    if (!fd) return fd.error().words;
    const auto real = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd->get())).string();
    return real.starts_with(folder_ + "/") ? real.substr(folder_.size() + 1) : real;
  }
  UniqueFd data_;
};

TEST_F(VolumeSubpath, LeadsToFoldersAndFilesWithin) {
  symlink("data/link", "a/b");
  symlink("data/a/up", "../a/b");
  const std::pair<std::string, std::string> cases[] = {
      {"a", "data/a"},      {"a/b", "data/a/b"},  {"a/b/inside", "data/a/b/inside"},
      {"link", "data/a/b"}, {"a/up", "data/a/b"}, {"a/../a", "data/a"},
  };
  for (const auto& [subpath, expected] : cases) EXPECT_EQ(found(subpath), expected);
}

TEST_F(VolumeSubpath, NeverLeadsOut) {
  symlink("data/absolute", path("secret"));
  symlink("data/out", "../secret");
  symlink("data/a/b/far-out", "../../../secret");
  symlink("data/magic", "/proc/self/root/etc");
  for (const char* subpath : {"..", "../secret", "a/../../secret", "/etc", "absolute", "out", "out/outside",
                              "a/b/far-out", "magic"})
    EXPECT_NE(found(subpath).find("leads out of the volume"), std::string::npos) << found(subpath);
}

TEST_F(VolumeSubpath, ThatIsNotThereIsAnError) {
  EXPECT_EQ(found("a/missing"), "subpath \"a/missing\": No such file or directory");
  EXPECT_EQ(found(""), "subpath \"\": No such file or directory");
}

// Swaps "one" and "other" of the data as fast as it can, as a hostile container would.
class Swapping {
 public:
  explicit Swapping(int data)
      : thread_([data](const std::stop_token& stop) {
          while (!stop.stop_requested()) ::renameat2(data, "one", data, "other", RENAME_EXCHANGE);
        }) {}

 private:
  std::jthread thread_;
};

TEST_F(VolumeSubpath, NeverLeadsOutHoweverItIsSwappedMeanwhile) {
  symlink("data/one", "a/b");
  symlink("data/other", "../secret");
  const Swapping container(data_.get());
  for (int i = 0; i < 20'000; ++i) {
    const auto fd = open_subpath(data_.get(), "one");
    struct stat st {};
    if (!fd) continue;
    EXPECT_EQ(::fstatat(fd->get(), "inside", &st, 0), 0);
  }
}

// The kernel gives up on a ".." when anything is renamed meanwhile (EAGAIN).
TEST_F(VolumeSubpath, IsFoundHoweverMuchIsRenamedMeanwhile) {
  write("data/one", "x");
  write("data/other", "x");
  const Swapping container(data_.get());
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(found("a/b/../../a/b/.."), "data/a");
}

}  // namespace
}  // namespace stack::volumes

// A stand-in for buildah, first in PATH: what it says and how it ends is that of the test.
#include "core/images/buildah.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "core/images/build.h"
#include "core/sys/unique_fd.h"
#include "tests/unit/images/temp_folder.h"

namespace stack::test {
namespace {

using Texts = std::vector<std::string>;

class Buildah : public testing::Test {
 protected:
  void SetUp() override {
    const char* path = std::getenv("PATH");
    path_ = path != nullptr ? path : "";
  }
  void TearDown() override { ::setenv("PATH", path_.c_str(), 1); }

  void is(const std::string& script) {
    ::chmod(folder_.write("buildah", "#!/bin/sh\n" + script).c_str(), 0755);
    ::setenv("PATH", (folder_.path() + ":" + path_).c_str(), 1);
  }

  Result<int> run(
      Texts arguments, const std::function<void()>& at_line = [] {}) {
    return run_buildah(
        std::move(arguments),
        [&](const std::string& line) {
          lines_.push_back(line);
          at_line();
        },
        stop_.get_token());
  }

  TempFolder folder_;
  std::string path_;
  std::stop_source stop_;
  Texts lines_;
};

TEST_F(Buildah, SaysLinesOfBothOutputsInTheirOrder) {
  is("echo one; echo two >&2; printf '10%%\\r20%%\\r\\n'; printf '\\nlast'");
  EXPECT_EQ(run({}).value(), 0);
  EXPECT_EQ(lines_, Texts({"one", "two", "20%", "", "last"}));
}

TEST_F(Buildah, GetsItsArgumentsAsTheyAreAndItsExitCodeIsGiven) {
  is("printf '%s\\n' \"$@\"; exit 7");
  EXPECT_EQ(run({"build", "--build-arg=A=$(id) 'x'", "--", "-d"}).value(), 7);
  EXPECT_EQ(lines_, Texts({"build", "--build-arg=A=$(id) 'x'", "--", "-d"}));
}

TEST_F(Buildah, IsNamedWithItsPackageWhereItIsMissing) {
  ::setenv("PATH", folder_.path().c_str(), 1);
  const Result<int> code = run({});
  ASSERT_FALSE(code.ok());
  EXPECT_EQ(code.error().code, ENOENT);
  EXPECT_NE(code.error().words.find("apt install buildah"), std::string::npos) << code.error().words;
}

TEST_F(Buildah, LeavesNothingRunningThatItStarted) {
  is("sleep 1000 & echo $!");
  EXPECT_EQ(run({}).value(), 0);
  ASSERT_EQ(lines_.size(), 1U);
  // Killed is not yet gone; a number that is gone gives no descriptor.
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, std::stoi(lines_[0]), 0)));
  pollfd ended{process.get(), POLLIN, 0};
  EXPECT_TRUE(!process || ::poll(&ended, 1, 5000) == 1);
}

TEST_F(Buildah, IsAskedToEndByAStopAndMayClearAway) {
  is("trap 'echo cleared; exit 3' TERM; echo ready; while :; do sleep 0.01; done");
  EXPECT_EQ(run({}, [&] { stop_.request_stop(); }).value(), 3);
  EXPECT_EQ(lines_.back(), "cleared");
}

class Build : public Buildah {
 protected:
  Build() {
    build_.name = "docker.io/library/shop-web:latest";
    build_.spec.context = folder_.path();
  }
  Error error() {
    Store store(folder_ / "store");
    BuildWatch watch;
    watch.line = [&](const std::string& line) { lines_.push_back(line); };
    watch.stop = stop_.get_token();
    const auto image = build_image(store, build_, watch);
    EXPECT_FALSE(image.ok());
    return image.ok() ? Error{} : image.error();
  }
  ImageBuild build_;
};

TEST_F(Build, FailsWithTheCodeAndTheReasonThatBuildahGives) {
  is("echo 'STEP 1/1: RUN false'; echo 'Error: building at STEP \"RUN false\": exit status 3'; exit 3");
  EXPECT_EQ(error().words, "build: buildah ended with 3: building at STEP \"RUN false\": exit status 3");
  EXPECT_EQ(lines_.size(), 2U);
}

TEST_F(Build, GivesAnInlineDockerfileAsAFileThatOnlyItsOwnerReads) {
  is("for a; do case $a in --file=*) f=${a#--file=}; cat \"$f\"; stat -c %a \"$f\" \"$(dirname \"$f\")\"; "
     "esac; done; exit 1");
  build_.spec.dockerfile_inline = "FROM scratch\n";
  (void)error();
  EXPECT_EQ(lines_, Texts({"FROM scratch", "600", "700"}));
}

TEST_F(Build, SaysWhatIsMissingBeforeBuildahIsAsked) {
  is("echo asked");
  build_.secrets = {{"word", folder_ / "no-word", ""}};
  EXPECT_NE(error().words.find("no-word"), std::string::npos);
  build_.secrets = {{"word", "", "STACK_TEST_NOT_SET"}};
  EXPECT_NE(error().words.find("STACK_TEST_NOT_SET"), std::string::npos);
  build_.spec.dockerfile = folder_ / "Nofile";
  EXPECT_NE(error().words.find("Nofile"), std::string::npos);
  build_.spec.context = folder_ / "nowhere";
  EXPECT_NE(error().words.find("nowhere"), std::string::npos);
  EXPECT_TRUE(lines_.empty());
}

// What a signal that came while it copied leaves behind: of ours, and of another build.
TEST_F(Build, RemovesTheWorkingContainersOfAStoppedBuildAndNoOthers) {
  const std::string state = folder_ / "state";
  folder_.write("state/vfs-containers/other/userdata/buildah.json", "id=stack-build-other,src=/dev/null");
  is("case $1 in\n"
     "build) for a; do case $a in --secret=*) m=${a#--secret=}; esac; done\n"
     "  mkdir -p " +
     state +
     "/vfs-containers/ours/userdata\n"
     "  echo \"$m\" >" +
     state +
     "/vfs-containers/ours/userdata/buildah.json; kill -TERM $$;;\n"
     "info) echo " +
     state +
     "/vfs-containers;;\n"
     "containers) echo other; echo ours;;\n"
     "rm) echo \"$3\" >>" +
     state +
     "/removed;;\n"
     "esac\n");
  EXPECT_EQ(error().words, "build: buildah ended with 143");
  EXPECT_EQ(content_of(state + "/removed"), "ours\n");
}

}  // namespace
}  // namespace stack::test

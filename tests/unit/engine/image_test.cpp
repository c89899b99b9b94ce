// Containers of images with layers, and what is mounted into them.
#include <sys/stat.h>
#include <sys/xattr.h>

#include <fstream>

#include "core/engine/users.h"
#include "tests/unit/engine/live_container.h"

namespace stack::engine {
namespace {

class Image : public LiveContainer {
 protected:
  // A static shell is the whole of an image.
  void SetUp() override {
    LiveContainer::SetUp();
    for (const char* folder : {"/low/bin", "/low/etc", "/low/gone", "/high/etc"})
      ASSERT_TRUE(make_folders(layer(folder), 0755));
    ASSERT_EQ(std::system(("cp /bin/busybox " + layer("/low/bin/sh")).c_str()), 0);
    write("/low/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nold:x:7:7::/:/bin/sh\n");
    write("/low/gone/file", "");
    write("/high/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/srv:/bin/sh\n");
    ASSERT_EQ(::mknod(layer("/high/gone").c_str(), S_IFCHR, 0), 0);
    service_.image.kind = ImageRef::Kind::registry;
  }

  [[nodiscard]] std::string layer(const std::string& path) const { return run_ + "/layers" + path; }
  void write(const std::string& path, const std::string& text) const { std::ofstream(layer(path)) << text; }
  [[nodiscard]] ContainerLaunch image() const {
    ContainerLaunch launch = LiveContainer::launch();
    launch.layers = {layer("/low"), layer("/high")};
    return launch;
  }
  Output run(ContainerLaunch launch, const std::string& script) {
    service_.entrypoint = std::vector<std::string>{"/bin/sh", "-c"};
    service_.command = std::vector<std::string>{script};
    return finish([&](int out) {
      launch.stdio.out = launch.stdio.err = out;
      return start_container(launch);
    });
  }
};

TEST_F(Image, ShowsItsLayersOverEachOtherAndKeepsThemAsTheyAre) {
  service_.user = "web";
  const Output out = run(image(), "id -u; id -g; ls /gone; [ -w /etc/passwd ] || echo kept");
  EXPECT_EQ(out.text, "33\n34\nls: /gone: No such file or directory\nkept\n") << out.error;
  service_.user = "";
  EXPECT_EQ(run(image(), "echo new > /etc/passwd; cat /etc/passwd; stat -c %u:%g /bin/sh").text,
            "new\n0:0\n");
  struct stat st {};
  EXPECT_EQ(::stat(layer("/high/etc/passwd").c_str(), &st), 0);
  EXPECT_GT(st.st_size, 20);
}

TEST_F(Image, MayHaveMoreLayersThanOneOptionOfAMountHolds) {
  ContainerLaunch launch = image();
  for (int n = 0; n < 120; ++n) {
    const std::string path = layer("/many/" + std::to_string(n));
    ASSERT_TRUE(make_folders(path, 0755));
    std::ofstream(path + "/last") << n << "\n";
    launch.layers.push_back(path);
  }
  EXPECT_EQ(run(std::move(launch), "cat /last").text, "119\n");
}

TEST_F(Image, IsMountedInAnotherReadOnly) {
  ASSERT_TRUE(make_folders(layer("/data/sub"), 0755));
  write("/data/sub/word", "said\n");
  Mount mount;
  mount.type = Mount::Type::image;
  mount.target = "/all";
  service_.mounts = {mount};
  mount.target = "/part";
  mount.subpath = "sub";
  service_.mounts.push_back(mount);
  ContainerLaunch launch = image();
  launch.image_mounts = {{"/all", {layer("/low"), layer("/data")}}, {"/part", {layer("/data")}}};
  const Output out =
      run(std::move(launch), "cat /all/sub/word /part/word; stat -c %u /all/bin/sh; touch /all/x");
  EXPECT_EQ(out.text, "said\nsaid\n0\ntouch: /all/x: Read-only file system\n") << out.error;
}

TEST_F(Image, HasAVolumeWhoseFilesKeepTheirOwners) {
  ASSERT_TRUE(make_folders(layer("/volume"), 0755));
  ASSERT_EQ(::chown(layer("/volume").c_str(), 33, 34), 0);
  Mount mount;
  mount.type = Mount::Type::volume;
  mount.source = "shop_data";
  mount.target = "/srv/data";
  service_.mounts = {mount};
  service_.user = "web";
  ContainerLaunch launch = image();
  launch.volumes["/srv/data"] = std::move(open_fd(layer("/volume"), O_PATH)).value();
  EXPECT_EQ(run(std::move(launch), "echo said > /srv/data/word; stat -c %u:%g /srv/data/word").text,
            "33:34\n");
  struct stat st {};
  ASSERT_EQ(::stat(layer("/volume/word").c_str(), &st), 0);
  EXPECT_EQ(st.st_uid, 33U);
}

TEST_F(Image, HasConfigsAndSecretsWithTheirOwnersReadOnly) {
  ContainerLaunch launch = image();
  launch.files = {{"/run/secrets/key", "abc", 33, 34, 0400}, {"/etc/app.conf", "x=1\n", 0, 0, 0444}};
  const std::string folder = launch.run_dir + "/files";
  const Output out = run(std::move(launch),
                         "stat -c '%a %u:%g' /run/secrets/key /etc/app.conf; cat /etc/app.conf; "
                         "echo > /run/secrets/key; grep -c 'secrets/key [a-z0-9]* ro' /proc/mounts");
  EXPECT_EQ(out.text,
            "400 33:34\n444 0:0\nx=1\n/bin/sh: can't create /run/secrets/key: Read-only file system\n1\n")
      << out.error;
  struct stat st {};
  ASSERT_EQ(::stat(folder.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777U, 0700U);
  ASSERT_EQ(::stat((folder + "/0").c_str(), &st), 0);
  EXPECT_EQ(st.st_uid, ids_.base + 33);
}

TEST_F(Image, MayHaveLinksToNothingWhereAVolumeIsMounted) {
  ASSERT_EQ(::symlink("/srv/not/there", layer("/high/data").c_str()), 0);
  ASSERT_EQ(::symlink("../../../../../../outside/", layer("/high/up").c_str()), 0);
  ASSERT_EQ(::symlink("loop", layer("/high/loop").c_str()), 0);
  Mount mount;
  mount.type = Mount::Type::tmpfs;
  mount.target = "/data/deep";
  service_.mounts = {mount};
  mount.target = "/up";
  service_.mounts.push_back(mount);
  EXPECT_EQ(run(image(), "grep -c -e ' /srv/not/there/deep tmpfs' -e ' /outside tmpfs' /proc/mounts").text,
            "2\n");
  EXPECT_NE(::access("/outside", F_OK), 0);
  mount.target = "/loop";
  service_.mounts = {mount};
  EXPECT_EQ(run(image(), "true").error, "mount tmpfs \"/loop\": Too many levels of symbolic links");
}

TEST(Users, AreLookedUpAsTheOverlayOfTheLayersShowsThem) {
  char base[] = "/tmp/users.XXXXXX";
  ASSERT_NE(::mkdtemp(base), nullptr);
  const std::string root = base;
  for (const char* folder : {"/low/etc", "/high/etc"}) ASSERT_TRUE(make_folders(root + folder, 0755));
  std::ofstream(root + "/low/etc/passwd") << "web:x:33:34::/srv:/bin/sh\n";
  const std::vector<std::string> layers = {root + "/high", root + "/low"};
  EXPECT_EQ(look_up("web", layers)->uid, 33U);

  ASSERT_EQ(::mknod((root + "/high/etc/passwd").c_str(), S_IFCHR, 0), 0);  // a whiteout
  EXPECT_FALSE(look_up("web", layers));

  ASSERT_EQ(::unlink((root + "/high/etc/passwd").c_str()), 0);
  EXPECT_TRUE(look_up("web", layers));
  ASSERT_EQ(::setxattr((root + "/high/etc").c_str(), "trusted.overlay.opaque", "y", 1, 0), 0);
  EXPECT_FALSE(look_up("web", layers));
  EXPECT_TRUE(remove_tree(root));
}

}  // namespace
}  // namespace stack::engine

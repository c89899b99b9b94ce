#include "specs/image_reference.h"

#include <gtest/gtest.h>

namespace stack {
namespace {

using Kind = ImageRef::Kind;

const std::string kHex(64, 'a');

TEST(ImageReference, CompletesANameAsDockerDoes) {
  const std::pair<std::string, std::string> cases[] = {
      {"redis", "docker.io/library/redis:latest"},
      {"redis:7", "docker.io/library/redis:7"},
      {"docker://redis:7", "docker.io/library/redis:7"},
      {"docker.io/redis", "docker.io/library/redis:latest"},
      {"index.docker.io/redis", "docker.io/library/redis:latest"},
      {"bitnami/redis", "docker.io/bitnami/redis:latest"},
      {"library/redis", "docker.io/library/redis:latest"},
      {"ghcr.io/a/b/c:v1.2-x_y", "ghcr.io/a/b/c:v1.2-x_y"},
      {"localhost/redis", "localhost/redis:latest"},
      {"localhost:5000/redis:7", "localhost:5000/redis:7"},
      {"registry:5000", "docker.io/library/registry:5000"},
      {"registry:5000/x", "registry:5000/x:latest"},
      {"127.0.0.1:5000/x/y", "127.0.0.1:5000/x/y:latest"},
      {"[::1]:5000/x", "[::1]:5000/x:latest"},
      {"Reg.Example.com/x", "Reg.Example.com/x:latest"},
      {"a__b/c--d---e.f_g", "docker.io/a__b/c--d---e.f_g:latest"},
      {"redis@sha256:" + kHex, "docker.io/library/redis@sha256:" + kHex},
      {"redis:7@sha256:" + kHex, "docker.io/library/redis:7@sha256:" + kHex},
      {"r.io/x@sha256:" + kHex, "r.io/x@sha256:" + kHex},
      {"x:" + std::string(128, 't'), "docker.io/library/x:" + std::string(128, 't')},
      {std::string(255, 'x'), "docker.io/library/" + std::string(255, 'x') + ":latest"},
      {"dir:7", "docker.io/library/dir:7"},
  };
  for (const auto& [text, name] : cases) {
    const auto image = parse_image(text, "/srv");
    ASSERT_TRUE(image.ok()) << text << ": " << image.error().words;
    EXPECT_EQ(image->kind, Kind::registry) << text;
    EXPECT_EQ(image->name, name);
    EXPECT_TRUE(image->path.empty() && image->id.empty() && image->layers.empty());
  }
}

TEST(ImageReference, KnowsWhatLiesOnTheDisk) {
  struct Case {
    const char* text;
    Kind kind;
    const char* path;
    const char* name;
  };
  const Case cases[] = {
      {"host:", Kind::host, "", ""},
      {"rootfs:root", Kind::rootfs, "/srv/root", ""},
      {"rootfs:/a:b", Kind::rootfs, "/a:b", ""},
      {"oci:./layout", Kind::oci, "/srv/layout", ""},
      {"oci:/layout:redis:7", Kind::oci, "/layout", "redis:7"},
      {"oci-archive:../x.tar:v1", Kind::oci_archive, "/x.tar", "v1"},
      {"docker-archive:x.tar", Kind::docker_archive, "/srv/x.tar", ""},
      {"docker-archive:~/x.tar:shop/web:2", Kind::docker_archive, "/home/me/x.tar", "shop/web:2"},
  };
  for (const Case& c : cases) {
    const auto image = parse_image(c.text, "/srv", "/home/me");
    ASSERT_TRUE(image.ok()) << c.text << ": " << image.error().words;
    EXPECT_EQ(image->kind, c.kind) << c.text;
    EXPECT_EQ(image->path, c.path);
    EXPECT_EQ(image->name, c.name);
  }
}

TEST(ImageReference, SaysWhatIsWrongAndWhatWasMeant) {
  struct Case {
    std::string text, words, hint;
  };
  const Case cases[] = {
      {"", "the image has no name", ""},
      {"Redis:7", "\"Redis:7\" is no image name: repositories are written in lower case",
       "did you mean \"redis:7\"?"},
      {"Bitnami/redis:V1", "\"Bitnami/redis:V1\" is no image name: repositories are written in lower case",
       "did you mean \"bitnami/redis:V1\"?"},
      {"redis:", "\"redis:\" is no image name: there is no tag after the \":\"", "did you mean \"redis\"?"},
      {" redis:7",
       "\" redis:7\" is no image name: \" redis\" may be of a-z and 0-9, with \".\", \"_\" or "
       "\"-\" in between",
       "did you mean \"redis:7\"?"},
      {"https://ghcr.io/a/b",
       "\"https://ghcr.io/a/b\" is no image name: \"https:\" is no host name with an optional port",
       "did you mean \"ghcr.io/a/b\"?"},
      {"a//b", "\"a//b\" is no image name: a part of it is empty", ""},
      {"a..b",
       "\"a..b\" is no image name: \"a..b\" may be of a-z and 0-9, with \".\", \"_\" or \"-\" in between",
       ""},
      {"redis:-7",
       "\"redis:-7\" is no image name: the tag \"-7\" may be of letters, digits, \"_\", \".\" and \"-\", at "
       "most 128",
       ""},
      {":7", "\":7\" is no image name: there is nothing before the tag or digest", "did you mean \"7\"?"},
      {"redis@sha256:12",
       "\"redis@sha256:12\" is no image name: the digest \"sha256:12\" must be \"sha256:\" and 64 "
       "hexadecimal digits",
       ""},
      {kHex, "\"" + kHex + "\" is no image name: 64 hexadecimal digits are an image's id", ""},
      {"sha256:" + kHex, "\"sha256:" + kHex + "\" is no image name: it is an image's id", ""},
      {"r.io:x/y", "\"r.io:x/y\" is no image name: \"r.io:x\" is no host name with an optional port", ""},
      {"-r.io/y", "\"-r.io/y\" is no image name: \"-r.io\" is no host name with an optional port", ""},
      {"host:x", "nothing may follow \"host:\"", "\"rootfs:DIR\" is a folder as image"},
      {"rootfs:", "\"rootfs:\" needs a folder", "did you mean \"rootfs\"?"},
      {"oci::x", "\"oci:\" needs a folder", ""},
      {"oci-archive:", "\"oci-archive:\" needs a file", "did you mean \"oci-archive\"?"},
      {"oci:/x:", "\"\" is no name of an image in \"oci:/x\": letters, digits and \"._-:/@+\" are",
       "did you mean \"oci:/x\"?"},
      {"dir:/x", "images of \"dir:\" are not supported",
       "\"oci:DIR\", \"oci-archive:FILE\", \"docker-archive:FILE\" and \"rootfs:DIR\" are"},
      {"docker-daemon:redis", "images of \"docker-daemon:\" are not supported",
       "\"oci:DIR\", \"oci-archive:FILE\", \"docker-archive:FILE\" and \"rootfs:DIR\" are"},
  };
  for (const Case& c : cases) {
    const auto image = parse_image(c.text, "/srv");
    ASSERT_FALSE(image.ok()) << c.text;
    EXPECT_EQ(image.error().words, c.words);
    EXPECT_EQ(image_hint(c.text), c.hint) << c.text;
  }
  for (const std::string& text :
       {"x:" + std::string(129, 't'), std::string(256, 'x'), std::string("a_"), std::string("a___b"),
        std::string("a._b"), std::string("a b"), std::string("a\n"), std::string("\xc3\xa9"),
        std::string("/a"), std::string("a/"), "x@sha256:" + std::string(64, 'A'), "x@sha512:" + kHex,
        std::string("[::1/x"), std::string("docker://"), std::string("docker://host:"), std::string("a:b:c"),
        std::string("a@"), std::string(1 << 20, '/')}) {
    EXPECT_FALSE(parse_image(text, "/srv").ok()) << text.substr(0, 80);
    static_cast<void>(image_hint(text));
  }
}

TEST(ImageReference, IsShortForPeopleAndMeansTheSame) {
  const std::pair<std::string, std::string> cases[] = {
      {"redis", "redis:latest"},
      {"docker.io/library/redis:7", "redis:7"},
      {"docker.io/bitnami/redis", "bitnami/redis:latest"},
      {"ghcr.io/a/b:1", "ghcr.io/a/b:1"},
      {"localhost:5000/a", "localhost:5000/a:latest"},
      {"redis:7@sha256:" + kHex, "redis:7@sha256:" + kHex},
      // What would be read as something else keeps more of its name.
      {"docker.io/library/oci:7", "library/oci:7"},
      {"docker.io/library/host:7", "library/host:7"},
      {"docker.io/localhost/a:1", "docker.io/localhost/a:1"},
      {"host:", "host:"},
      {"rootfs:/a:b", "rootfs:/a:b"},
      {"oci:/a:b", "oci:/a:b"},
      {"docker-archive:/a.tar", "docker-archive:/a.tar"},
  };
  for (const auto& [text, expected] : cases) {
    const auto image = parse_image(text, "/srv");
    ASSERT_TRUE(image.ok()) << text;
    EXPECT_EQ(short_name(*image), expected);
    EXPECT_EQ(*parse_image(short_name(*image), "/"), *image) << text;
  }
}

}  // namespace
}  // namespace stack

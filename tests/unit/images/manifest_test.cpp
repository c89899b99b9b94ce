#include "core/images/manifest.h"

#include <gtest/gtest.h>

#include "core/images/digest.h"
#include "core/images/image_source.h"
#include "core/images/skopeo.h"

namespace stack::test {
namespace {

TEST(Platforms, HaveOneForm) {
  const std::pair<const char*, const char*> cases[] = {
      {"linux/amd64", "linux/amd64"},   {"amd64", "linux/amd64"},          {"linux/x86_64", "linux/amd64"},
      {"aarch64", "linux/arm64"},       {"linux/arm64/v8", "linux/arm64"}, {"linux/arm", "linux/arm/v7"},
      {"linux/arm/v6", "linux/arm/v6"}, {"linux/armhf", "linux/arm/v7"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(canonical_platform(*parse_platform(text)), expected);
  for (const char* text : {"linux/", "/amd64", "a/b/c/d", "linux/amd64 --x", "linux//v8"})
    EXPECT_FALSE(parse_platform(text).ok()) << text;
}

TEST(Platforms, TheNearestOfAnIndexIsChosen) {
  const auto served = parse_served(
      R"({"manifests":[)"
      R"({"digest":")" +
      digest_of("unknown") +
      R"(","size":1,"platform":{"os":"unknown","architecture":"unknown"}},)"
      R"({"digest":")" +
      digest_of("v6") +
      R"(","size":1,"platform":{"os":"linux","architecture":"arm","variant":"v6"}},)"
      R"({"digest":")" +
      digest_of("v7") +
      R"(","size":1,"platform":{"os":"linux","architecture":"arm","variant":"v7"}},)"
      R"({"digest":")" +
      digest_of("a64") + R"(","size":1,"platform":{"os":"linux","architecture":"arm64","variant":"v8"}}]})");
  ASSERT_TRUE(served.ok()) << served.error().words;
  const auto chosen = [&](const char* platform) {
    const auto one = choose_manifest(*served->index, *parse_platform(platform));
    return one.ok() ? one->descriptor.digest : one.error().words;
  };
  EXPECT_EQ(chosen("linux/arm/v7"), digest_of("v7"));
  EXPECT_EQ(chosen("linux/arm/v6"), digest_of("v6"));
  EXPECT_EQ(chosen("linux/arm64"), digest_of("a64"));
  EXPECT_EQ(chosen("linux/amd64"),
            "there is none for linux/amd64; there are linux/arm/v6, linux/arm/v7, linux/arm64");
}

TEST(Manifests, AreRefusedWhereTheyMakeNoSense) {
  const std::string config = R"("config":{"digest":")" + digest_of("c") + R"(","size":1})";
  EXPECT_TRUE(parse_manifest("{" + config + R"(,"layers":[]})").ok());
  const std::vector<std::string> cases = {
      std::string(R"({"layers":[]})"),
      R"({"config":{"digest":"sha256:../x","size":1}})",
      R"({"config":{"digest":"md5:1","size":1}})",
      "{" + config + R"(,"layers":[{"digest":"x","size":1}]})",
      "{" + config + R"(,"layers":[{"digest":")" + digest_of("l") + R"(","size":-1}]})",
      "{" + config + R"(,"layers":{}})",
      R"({"fsLayers":[]})"};
  for (const std::string& text : cases) EXPECT_FALSE(parse_served(text).ok()) << text;
}

TEST(Sources, AreInSkopeosWords) {
  const auto skopeo = [](ImageRef::Kind kind, const char* path, const char* name) {
    ImageRef ref;
    ref.kind = kind;
    ref.path = path;
    ref.name = name;
    const auto source = source_of(ref);
    return source.ok() ? source->skopeo : "error: " + source.error().words;
  };
  using Kind = ImageRef::Kind;
  EXPECT_EQ(skopeo(Kind::registry, "", "docker.io/library/redis:7"), "docker://docker.io/library/redis:7");
  EXPECT_EQ(skopeo(Kind::registry, "", "h:5000/a:1@sha256:ab"), "docker://h:5000/a@sha256:ab");
  EXPECT_EQ(skopeo(Kind::registry, "", "h:5000/a@sha256:ab"), "docker://h:5000/a@sha256:ab");
  EXPECT_EQ(skopeo(Kind::oci, "/d", "v1"), "oci:/d:v1");
  EXPECT_EQ(skopeo(Kind::oci, "/d", ""), "oci:/d");
  EXPECT_EQ(skopeo(Kind::docker_archive, "/f", "redis:7"), "docker-archive:/f:redis:7");
  EXPECT_NE(skopeo(Kind::oci_archive, "/a:b", "").find("colon"), std::string::npos);
  EXPECT_NE(skopeo(Kind::host, "", "").find("no images"), std::string::npos);
  EXPECT_EQ(by_digest("h:5000/a:1", "sha256:ab"), "h:5000/a@sha256:ab");
}

TEST(SkopeoFaults, NameTheFix) {
  struct Case {
    const char* said;
    int code;
    const char* words;
  };
  const Case cases[] = {
      {R"(level=fatal msg="Error parsing image name \"docker://r/x\": reading manifest 9 in r/x: manifest unknown: manifest unknown")",
       ENOENT, "no such image"},
      {R"(level=fatal msg="reading manifest latest in docker.io/library/nope: errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required\n")",
       EACCES, "skopeo login r.test"},
      {R"(level=fatal msg="pinging container registry r: Get \"https://r/v2/\": http: server gave HTTP response to HTTPS client")",
       0, "insecure = true"},
      {R"(level=fatal msg="pinging container registry r: Get \"https://r/v2/\": x509: certificate signed by unknown authority")",
       0, "certs.d/r.test/ca.crt"},
      {R"(level=fatal msg="pinging container registry r: Get \"https://r/v2/\": dial tcp: lookup r: no such host")",
       ENETUNREACH, "does not answer"},
      {R"(level=fatal msg="pinging container registry r: Get \"http://r/v2/\": dial tcp 127.0.0.1:1: connect: connection refused")",
       ENETUNREACH, "does not answer"},
      {R"(level=fatal msg="writing blob: write /x/oci-put-blob1: no space left on device")", ENOSPC,
       "stack image prune"},
      {R"(level=fatal msg="toomanyrequests: You have reached your pull rate limit.")", EBUSY, "limit"},
      {R"(level=fatal msg="Source image rejected: A signature was required, but no signature exists")", EPERM,
       "policy"},
      {R"(level=fatal msg="Error loading trust policy: open /etc/containers/policy.json: no such file or directory")",
       0, "golang-github-containers-common"},
      {"something else\x1b[31m\n", 0, "skopeo: something else [31m"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.said);
    const Error error = skopeo_fault(one.said, "r.test/x", "r.test");
    EXPECT_EQ(error.code, one.code);
    EXPECT_NE(error.words.find(one.words), std::string::npos) << error.words;
    EXPECT_EQ(error.words.find('\x1b'), std::string::npos);
    EXPECT_EQ(error.words.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace stack::test

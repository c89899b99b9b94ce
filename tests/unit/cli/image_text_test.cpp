#include "cmd/stack/image_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace stack::cmd {
namespace {

constexpr double kNow = 1'764'000'000.0;  // 2025-11-24T16:00:00Z
constexpr const char* kId = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

StoredImage stored(const std::string& name) {
  StoredImage image;
  image.name = name;
  image.id = kId;
  image.platform = "linux/amd64";
  image.created = "2025-11-24T13:00:00Z";
  image.size = 12'345'678;
  return image;
}

TEST(RepositoryAndTag, AreToldApartAsDockerDoes) {
  const std::pair<const char*, RepositoryTag> kCases[] = {
      {"docker.io/library/redis:7", {"redis", "7"}},
      {"docker.io/shop/web:2", {"shop/web", "2"}},
      {"127.0.0.1:5000/shop/web:2", {"127.0.0.1:5000/shop/web", "2"}},
      {"ghcr.io/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
       {"ghcr.io/a/b", "<none>"}},
      {"docker.io/library/redis:7@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
       {"redis", "7"}},
      {"oci:/srv/layout:x", {"oci:/srv/layout", "x"}},
      {"docker-archive:/srv/a.tar", {"docker-archive:/srv/a.tar", "<none>"}},
      {"", {"<none>", "<none>"}},
  };
  for (const auto& [name, parts] : kCases) EXPECT_EQ(repository_and_tag(name), parts) << name;
}

TEST(TimeOf, ReadsRfc3339WithFractionsAndZones) {
  EXPECT_EQ(time_of("2025-11-24T16:00:00Z"), kNow);
  EXPECT_EQ(time_of("2025-11-24T16:00:00.123456789Z"), kNow);
  EXPECT_EQ(time_of("2025-11-24T17:30:00.5+01:30"), kNow);
  EXPECT_EQ(time_of("2025-11-24T11:00:00-05:00"), kNow);
  for (const char* text : {"", "0001-01-01T00:00:00Z", "yesterday", "2025-11-24", "\033[31m"})
    EXPECT_FALSE(time_of(text)) << text;
}

TEST(AgeOf, IsUnknownWhereTheImageSaysNoTime) {
  EXPECT_EQ(age_of("2025-11-24T13:00:00Z", kNow), "3 hours ago");
  EXPECT_EQ(age_of("0001-01-01T00:00:00Z", kNow), "N/A");
}

TEST(ImageTable, IsThatOfDocker) {
  EXPECT_EQ(image_table({stored("docker.io/library/redis:7"), stored("")}, kNow),
            "REPOSITORY   TAG      IMAGE ID       CREATED       SIZE\n"
            "redis        7        0123456789ab   3 hours ago   12.3MB\n"
            "<none>       <none>   0123456789ab   3 hours ago   12.3MB\n");
}

TEST(ImageJson, HasTheFieldsOfDocker) {
  const auto out = image_json(stored("docker.io/library/redis:7"), kNow);
  for (const char* field : {"ID", "Repository", "Tag", "Digest", "CreatedAt", "CreatedSince", "Size"})
    EXPECT_TRUE(out.contains(field)) << field;
  EXPECT_EQ(out["Size"], "12.3MB");
}

TEST(ContainerImageTable, ShowsWhatIsNotHereAsSuch) {
  const ContainerImage here{"shop-db-1", "docker.io/library/redis:7", kId,
                            stored("docker.io/library/redis:7")};
  const ContainerImage gone{"shop-web-1", "docker.io/shop/web:2", "", std::nullopt};
  EXPECT_EQ(container_image_table({here, gone}, kNow),
            "CONTAINER    REPOSITORY   TAG   PLATFORM      IMAGE ID       SIZE     CREATED\n"
            "shop-db-1    redis        7     linux/amd64   0123456789ab   12.3MB   3 hours ago\n"
            "shop-web-1   shop/web     2     -             -              -        -\n");
}

TEST(ContainerImageTable, LetsNoImageDriveTheTerminal) {
  ContainerImage one{"shop-db-1", "docker.io/library/redis:7", kId, stored("docker.io/library/redis:7")};
  one.image->platform = "linux/\033[2J";
  EXPECT_EQ(container_image_table({one}, kNow).find('\033'), std::string::npos);
}

}  // namespace
}  // namespace stack::cmd

// Bundles whose seal is right and whose content lies.
#include "core/images/bundle_manifest.h"
#include "core/images/json.h"
#include "tests/unit/images/live_bundle.h"

namespace stack::test {
namespace {

class HostileBundle : public LiveBundle {
 protected:
  struct Entry {
    std::string name, content;
  };

  // What an honest one would hold.
  std::vector<Entry> entries() {
    std::vector<Entry> entries;
    const auto blob = [&](const std::string& digest) {
      entries.push_back({"blobs/sha256/" + hex_of(digest), content_of(store_.blob_path(digest))});
    };
    blob(image_.manifest);
    blob(image_.id);
    blob(digest_of(content_of(here_ / "layer.tar")));
    for (const StackFileContent& file : contents().files)
      entries.push_back({"stack/" + file.path, file.content});
    return entries;
  }

  [[nodiscard]] BundleManifest listing(const std::vector<Entry>& entries) const {
    BundleManifest manifest = contents().manifest;
    for (const Entry& entry : entries)
      manifest.entries[entry.name] = {entry.content.size(), digest_of(entry.content)};
    return manifest;
  }

  std::string write(const std::string& manifest, const std::vector<Entry>& entries) {
    std::vector<TarEntry> tar{file("bundle.json", manifest)};
    for (const Entry& entry : entries) tar.push_back(file(entry.name, entry.content));
    return here_.write("app.stack", sealed(tar_of(tar, TarFormat::ustar)));
  }

  // The manifest of an honest one, with one text of it replaced.
  std::string with_manifest(const std::string& what, const std::string& by) {
    std::string text = to_text(listing(entries()));
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    if (at != std::string::npos) text.replace(at, what.size(), by);
    return write(text, entries());
  }
};

TEST_F(HostileBundle, IsMadeByTheseTestsAsAnHonestOneIs) {
  const auto opened = open(write(to_text(listing(entries())), entries()));
  ASSERT_TRUE(opened.ok()) << opened.error().words;
  EXPECT_EQ(etc_of(kImage), "one");
}

TEST_F(HostileBundle, HasNothingThatItsManifestDoesNotList) {
  std::vector<Entry> more = entries();
  more.push_back({"stack/app/extra", "x"});
  expect_refused(write(to_text(listing(entries())), more), "is not in its manifest");
}

TEST_F(HostileBundle, HasNothingTwice) {
  std::vector<Entry> more = entries();
  more.push_back(more.back());
  expect_refused(write(to_text(listing(entries())), more), "is in it twice");
}

TEST_F(HostileBundle, HasEverythingThatItsManifestLists) {
  std::vector<Entry> fewer = entries();
  fewer.pop_back();
  expect_refused(write(to_text(listing(entries())), fewer), "is missing in it");
}

TEST_F(HostileBundle, HasNoEntryOfAnotherSize) {
  std::vector<Entry> longer = entries();
  longer.back().content += "x";
  expect_refused(write(to_text(listing(entries())), longer), "has another size");
}

TEST_F(HostileBundle, HasNoEntryOfAnotherDigest) {
  for (std::size_t i = 0; i < entries().size(); ++i) {
    std::vector<Entry> changed = entries();
    changed[i].content.back() ^= 1;
    expect_refused(write(to_text(listing(entries())), changed), "has the digest");
  }
}

TEST_F(HostileBundle, HasNoLinksFoldersOrNodes) {
  const std::string manifest = to_text(listing(entries()));
  const TarEntry bad[] = {symlink("stack/app/compose.yaml", "/etc/passwd"),
                          hard_link("stack/app/compose.yaml", "bundle.json"), folder("stack/app"),
                          node("stack/app/compose.yaml", S_IFIFO, 0)};
  for (const TarEntry& entry : bad)
    expect_refused(
        here_.write("app.stack", sealed(tar_of({file("bundle.json", manifest), entry}, TarFormat::ustar))),
        "is no plain file");
}

TEST_F(HostileBundle, HasNoSparseFiles) {
  TarEntry bomb = file("stack/app/compose.yaml", "x");
  bomb.size = std::int64_t{1} << 40;
  bomb.sparse = {{0, 1}};
  BundleManifest manifest = listing(entries());
  manifest.entries["stack/app/compose.yaml"].size = 1;
  const std::string start = tar_of({file("bundle.json", to_text(manifest))}, TarFormat::ustar);
  expect_refused(here_.write("app.stack", sealed(unended(start) + tar_of({bomb}))), "is no plain file");
}

TEST_F(HostileBundle, BeginsWithItsManifest) {
  const std::string tar = tar_of({symlink("bundle.json", "/etc/passwd")}, TarFormat::ustar);
  expect_refused(here_.write("app.stack", sealed(tar)), "is no plain file");
}

TEST_F(HostileBundle, HasNoManifestWithoutABound) {
  expect_refused(write(std::string(json::kMostBytes + 1, ' '), {}), "too large");
}

struct Lie {
  std::string what, by, words;
};

TEST_F(HostileBundle, NamesNothingOutsideOfItself) {
  const Lie lies[] = {
      {"stack/shared/c.conf", "stack/../c.conf", "no path below"},
      {"stack/shared/c.conf", "stack//c.conf", "no path below"},
      {"stack/shared/c.conf", "stack/./c.conf", "no path below"},
      {"stack/shared/c.conf", "stack/", "no path below"},
      {"stack/shared/c.conf", "/etc/c.conf", "no path below"},
      {"stack/shared/c.conf", "elsewhere", "no path below"},
      {"stack/shared/c.conf", "stack/" + std::string(2000, 'x'), "no path below"},
      {R"("directory": "app")", R"("directory": "../app")", "no path below"},
      {R"("directory": "app")", R"("directory": "/app")", "no path below"},
      {R"("project": "shop")", R"("project": "../shop")", "no project name"},
      {R"("project": "shop")", R"("project": "")", "no project name"},
      {R"("app/compose.yaml")", R"("../compose.yaml")", "no path below"},
      {R"("app/compose.yaml")", R"("app/other.yaml")", "is not in it"},
      {R"("app/.env")", R"("/etc/environment")", "no path below"},
      {R"("transport": "docker")", R"("transport": "dir")", "no source of an image"},
      {R"("transport": "docker")", R"("transport": "oci", "path": "a")", "no absolute path"},
      {R"("transport": "docker")", R"("transport": "docker", "below": "../a")", "no path below"},
      {kImage, "docker.io/library/../one", "no name of an image"},
      {kImage, "rootfs:/", "no name of an image"},
      {R"("format": 1)", R"("format": 2)", "another version"},
      {R"("format": 1)", R"("format": "1")", "bundle.json"},
      {"{", "[", "bundle.json"},
  };
  for (const Lie& lie : lies) expect_refused(with_manifest(lie.what, lie.by), lie.words);
}

TEST_F(HostileBundle, HasNoBlobUnderAnothersName) {
  const std::string hex = hex_of(image_.id);
  expect_refused(with_manifest("blobs/sha256/" + hex, "blobs/sha256/" + std::string(64, 'a')),
                 "has another digest than its name says");
  expect_refused(with_manifest("blobs/sha256/" + hex, "blobs/sha256/../../" + hex),
                 "has another digest than its name says");
}

TEST_F(HostileBundle, HasNoStackFileWithoutABound) {
  const std::string size = R"("size": 7)";  // of c.conf
  expect_refused(with_manifest(size, R"("size": 4194305)"), "larger than a stack's file");
  expect_refused(with_manifest(size, R"("size": -1)"), "has no size");
}

TEST_F(HostileBundle, HasEveryBlobOfItsImages) {
  const std::vector<std::string> words{"the manifest", "read \"", "its layer"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::vector<Entry> fewer = entries();
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    expect_refused(write(to_text(listing(fewer)), fewer), words[i]);
  }
}

TEST_F(HostileBundle, HasNoLayerThatIsNotWhatTheConfigSays) {
  std::string config = content_of(store_.blob_path(image_.id));
  const std::string diff_id = digest_of(content_of(here_ / "layer.tar"));
  config.replace(config.find(diff_id), diff_id.size(), "sha256:" + std::string(64, 'a'));
  std::string manifest = content_of(store_.blob_path(image_.manifest));
  manifest.replace(manifest.find(image_.id), image_.id.size(), digest_of(config));
  std::vector<Entry> lying = entries();
  lying[0] = {"blobs/sha256/" + hex_of(digest_of(manifest)), manifest};
  lying[1] = {"blobs/sha256/" + hex_of(digest_of(config)), config};
  BundleManifest listed = listing(lying);
  listed.images[0].manifest = digest_of(manifest);
  expect_refused(write(to_text(listed), lying), "sha256:" + std::string(64, 'a'));
}

TEST_F(HostileBundle, HasNoLayerThatIsNoTar) {
  const std::string layer = std::string(2000, 'x');
  std::string config = content_of(store_.blob_path(image_.id));
  const std::string diff_id = digest_of(content_of(here_ / "layer.tar"));
  config.replace(config.find(diff_id), diff_id.size(), digest_of(layer));
  std::string manifest = content_of(store_.blob_path(image_.manifest));
  manifest.replace(manifest.find(image_.id), image_.id.size(), digest_of(config));
  manifest.replace(manifest.find(diff_id), diff_id.size(), digest_of(layer));
  std::vector<Entry> lying = entries();
  lying[0] = {"blobs/sha256/" + hex_of(digest_of(manifest)), manifest};
  lying[1] = {"blobs/sha256/" + hex_of(digest_of(config)), config};
  lying[2] = {"blobs/sha256/" + hex_of(digest_of(layer)), layer};
  BundleManifest listed = listing(lying);
  listed.images[0].manifest = digest_of(manifest);
  expect_refused(write(to_text(listed), lying), "app.stack");
}

}  // namespace
}  // namespace stack::test

// What is refused of images, builds, volumes, configs and secrets: exact line, column and words.
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

using Cases = std::initializer_list<std::pair<const char*, const char*>>;

// Each as the keys of a service "a", from column 5 of line 3 on.
void expect_faults(const std::string& image, Cases cases) {
  for (const auto& [keys, expected] : cases) {
    EXPECT_EQ(faults_of(std::string("services:\n  a: \n    ") + keys + image + R"(
  b: {image: "host:"}
volumes: {data: , data2: }
configs: {conf: {content: x}}
secrets: {key: {file: k}}
)"),
              expected)
        << keys;
  }
}

TEST(StorageFaults, OfImages) {
  expect_faults(
      "",
      {
          {"image: \"\"", "3:12: image of service \"a\" is empty\n"},
          {"image: [x]", "3:12: image of service \"a\" must be text, not a list\n"},
          {"image: \"x:y:z\"",
           "3:12: image of service \"a\": \"x:y:z\" is no image name: \"x:y\" may be of a-z and 0-9, with "
           "\".\", \"_\" or \"-\" in between\n"},
          {"image: \"rootfs:\"", "3:12: image of service \"a\": \"rootfs:\" needs a folder\n"},
          {"image: x\n    pull_policy: allways",
           "4:18: pull_policy of service \"a\" must be always, never, missing, build, daily, weekly or "
           "every_DURATION such as every_12h, not \"allways\"\n"},
          {"image: x\n    pull_policy: every_5",
           "4:18: pull_policy of service \"a\" must be always, never, missing, build, daily, weekly or "
           "every_DURATION such as every_12h, not \"every_5\"\n"},
          {"image: x\n    pull_policy: refresh",
           "4:18: pull_policy of service \"a\" must be always, never, missing, build, daily, weekly or "
           "every_DURATION such as every_12h, not \"refresh\"\n"},
          {"image: x\n    pull_policy: build",
           "4:18: pull_policy \"build\" of service \"a\" needs a \"build\"\n"},
          {"image: x\n    platform: windows/amd64",
           "4:15: platform of service \"a\": programs for \"windows\" do not run on Linux\n"},
          {"image: x\n    platform: linux/",
           "4:15: platform of service \"a\" must be an operating system and architecture such as "
           "\"linux/arm64\", not \"linux/\"\n"},
          {"image: \"host:\"\n    build: .", "3:5: image of service \"a\" cannot be built: \"host:\"\n"},
          {"command: x", "2:3: service \"a\" has no \"image\"\n"},
          {"image: \"host:\"\n    healthcheck: {interval: 5s}",
           "4:18: healthcheck of service \"a\" has no \"test\"\n"},
          {"image: x\n  c:\n    image: \"host:\"\n    depends_on: {b: {condition: service_healthy}}",
           "6:33: service \"c\" waits for \"b\" to be healthy, which has no healthcheck\n"},
          {"image: x\n    healthcheck: {disable: true}\n  c:\n    image: \"host:\"\n    depends_on: {a: "
           "{condition: service_healthy}}",
           "7:33: service \"c\" waits for \"a\" to be healthy, which has no healthcheck\n"},
      });
}

TEST(StorageFaults, OfBuilds) {
  expect_faults(
      "",
      {
          {"build: [x]", "3:12: build of service \"a\" must be a folder, a URL or a map, not a list\n"},
          {"build: {contxt: .}", "3:13: unknown key \"contxt\" in build of service \"a\"\n"},
          {"build: {dockerfile: x, dockerfile_inline: y}",
           "3:47: build of service \"a\" has both \"dockerfile\" and \"dockerfile_inline\"\n"},
          {"build: {entitlements: [x]}",
           "3:27: build.entitlements of service \"a\" is not supported: buildah has none\n"},
          {"build: {privileged: true}",
           "3:25: build.privileged of service \"a\" is not supported: buildah has none\n"},
          {"build: {sbom: \"generator=x\"}",
           "3:19: build.sbom of service \"a\" is not supported: buildah has none\n"},
          {"build: {network: front}",
           "3:22: build.network of service \"a\" must be none, host or default, not \"front\"\n"},
          {"build: {secrets: [kye]}", "3:23: build of service \"a\" refers to undefined secret \"kye\"\n"},
          {"build: {ulimits: {nofiles: 5}}", "3:23: unknown key \"nofiles\" in ulimits of service \"a\"\n"},
          {"build: {secrets: [{source: key, target: x}]}",
           "3:45: another target of a build's secret is not supported yet\n"},
          {"build: {ssh: [mine]}", "3:19: ssh \"mine\" in build of service \"a\" needs a path\n"},
          {"build: {cache_to: [\"type=local,dest=x\"]}",
           "3:24: build.cache_to of service \"a\": \"type=local,dest=x\" is not supported\n"},
          {"build: {tags: [\"A\"]}",
           "3:20: build.tags of service \"a\": \"A\" is no image name: repositories are written in lower "
           "case\n"},
          {"build: {additional_contexts: {x: \"service:b\"}}",
           "3:38: a service as context of a build is not supported yet\n"},
          {"build: {platforms: [linux/amd64]}\n    platform: linux/arm64",
           "3:24: build.platforms of service \"a\" has not its platform \"linux/arm64\"\n"},
          {"build: {isolation: hyperv}", "3:24: build.isolation of service \"a\" is of Windows\n"},
      });
  EXPECT_EQ(
      faults_of("services: {a.: {build: .}}\n"),
      "1:12: service \"a.\" needs an \"image\": \"shop-a.\" is no image name: \"shop-a.\" may be of a-z and "
      "0-9, with \".\", \"_\" or \"-\" in between\n");
}

TEST(StorageFaults, OfMounts) {
  expect_faults(
      "\n    image: \"host:\"",
      {
          {"volumes: [\"dta:/d\"]", "3:15: service \"a\" refers to undefined volume \"dta\"\n"},
          {"volumes: [{type: volume, source: dta, target: /d}]",
           "3:38: service \"a\" refers to undefined volume \"dta\"\n"},
          {"volumes: [\"data/x:/d\"]",
           "3:15: \"data/x\" in volumes of service \"a\" is no name of a volume\n"},
          {"volumes: [data]", "3:15: volumes of service \"a\": target \"data\" is not an absolute path\n"},
          {"volumes: [\"/data:ro\"]",
           "3:15: volumes of service \"a\": target \"ro\" is not an absolute path\n"},
          {"volumes: [\"data:/d:rslave\"]",
           "3:15: option \"rslave\" of volumes of service \"a\" is of folders of the host, not of volumes\n"},
          {"volumes: [\"./x:/d:nocopy\"]",
           "3:15: option \"nocopy\" of volumes of service \"a\" is of volumes, not of folders of the host\n"},
          {"volumes: [\"data:/d:nocpy\"]", "3:15: unknown option \"nocpy\" of a volume of service \"a\"\n"},
          {"volumes: [\"data:/\"]", "3:15: volumes of service \"a\": nothing can be mounted on \"/\"\n"},
          {"volumes: [\"data:/..\"]", "3:15: volumes of service \"a\": nothing can be mounted on \"/\"\n"},
          {"volumes: [{type: npipe, source: x, target: /d}]",
           "3:22: volumes of type \"npipe\" are of Windows\n"},
          {"volumes: [{type: cluster, source: x, target: /d}]",
           "3:22: volumes of type \"cluster\" are of Swarm, which is not here\n"},
          {"volumes: [{type: vol, target: /d}]",
           "3:22: type in volumes of service \"a\" must be bind, volume, tmpfs or image, not \"vol\"\n"},
          {"volumes: [{source: data, target: /d}]", "3:15: volumes of service \"a\" needs a \"type\"\n"},
          {"volumes: [{type: volume, source: ./x, target: /d}]",
           "3:38: \"./x\" in volumes of service \"a\" is no name of a volume\n"},
          {"volumes: [{type: volume, target: /d, tmpfs: {size: 1}}]",
           "3:49: options of another type than \"volume\"\n"},
          {"volumes: [{type: volume, target: /d, bind: {propagation: shared}}]",
           "3:49: unknown key \"propagation\" in bind in volumes of service \"a\"\n"},
          {"volumes: [{type: volume, target: /d, volume: {labels: [x]}}]",
           "3:59: labels of a volume are not supported where it is mounted\n"},
          {"volumes: [{type: volume, source: data, target: /d, volume: {subpath: ../x}}]",
           "3:74: volume.subpath of service \"a\" must be a relative path without \"..\", not \"../x\"\n"},
          {"volumes: [{type: bind, source: /x, target: /d, bind: {selinux: y}}]",
           "3:68: bind.selinux of service \"a\" must be z or Z, not \"y\"\n"},
          {"volumes: [{type: bind, source: /x, target: /d, bind: {recursive: writable}}]",
           "3:70: bind.recursive \"writable\" is not supported yet\n"},
          {"volumes: [{type: image, target: /d}]",
           "3:15: volumes of service \"a\": an image needs a \"source\"\n"},
          {"volumes: [{type: image, source: X, target: /d}]",
           "3:37: volumes of service \"a\": \"X\" is no image name: repositories are written in lower "
           "case\n"},
          {"volumes: [{type: image, source: \"rootfs:/x\", target: /d}]",
           "3:37: volumes of service \"a\": \"rootfs:/x\" is not an image to be mounted\n"},
          {"volumes: [{type: image, source: x, target: /d, read_only: false}]",
           "3:63: an image is mounted read-only\n"},
          {"volumes: [{type: tmpfs, target: /d, tmpfs: {mode: \"0888\"}}]",
           "3:55: tmpfs.mode of service \"a\" must be permission bits such as \"0440\", not \"0888\"\n"},
          {"volumes: [\"data:/d\"]\n    tmpfs: /d", "4:12: two mounts on \"/d\" in service \"a\"\n"},
          {"volumes: [\"data:/d\", \"data:/d/\"]", "3:26: two mounts on \"/d\" in service \"a\"\n"},
          {"volumes_from: [c]", "3:20: volumes_from of service \"a\" names undefined service \"c\"\n"},
          {"volumes_from: [a]", "3:20: volumes_from of service \"a\" names the service itself\n"},
          {"volumes_from: [\"b:wr\"]",
           "3:20: volumes_from of service \"a\" must be SERVICE, SERVICE:ro or SERVICE:rw, not \"b:wr\"\n"},
          {"volumes_from: [\"container:x\"]", "3:20: volumes_from \"container:\" is not supported yet\n"},
          {"image: x\n  c: {image: x, volumes_from: [d]}\n  d:\n    volumes_from: [c]",
           "4:32: dependency cycle: c -> d -> c\n"},
          {"shm_size: lots",
           "3:15: shm_size of service \"a\" must be a size such as \"64m\", not \"lots\"\n"},
      });
}

TEST(StorageFaults, OfConfigsAndSecrets) {
  expect_faults(
      "\n    image: \"host:\"",
      {
          {"configs: [cnf]", "3:15: service \"a\" refers to undefined config \"cnf\"\n"},
          {"secrets: [kye]", "3:15: service \"a\" refers to undefined secret \"kye\"\n"},
          {"secrets: [{target: x}]", "3:15: secrets of service \"a\" needs a \"source\"\n"},
          {"secrets: [{source: key, tgt: x}]", "3:29: unknown key \"tgt\" in secrets of service \"a\"\n"},
          {"secrets: [{source: key, uid: root}]",
           "3:34: uid in secrets of service \"a\" must be a number, not \"root\"\n"},
          {"secrets: [{source: key, uid: 4294967295}]",
           "3:34: uid in secrets of service \"a\" must be a number, not \"4294967295\"\n"},
          {"secrets: [{source: key, mode: 999}]",
           "3:35: mode in secrets of service \"a\" must be permission bits such as \"0440\", not \"999\"\n"},
          {"secrets: [{source: key, mode: rw}]",
           "3:35: mode in secrets of service \"a\" must be permission bits such as \"0440\", not \"rw\"\n"},
          {"secrets: [{source: key, target: /}]",
           "3:37: the target of \"key\" in secrets of service \"a\" is no file\n"},
          {"secrets: [{source: key, target: .}]",
           "3:37: the target of \"key\" in secrets of service \"a\" is no file\n"},
          {"secrets: [key, {source: key, target: ./key}]",
           "3:20: two secrets on \"/run/secrets/key\" in service \"a\"\n"},
          {"configs: [{source: conf, target: /run/secrets/key}]\n    secrets: [key]",
           "4:15: two mounts on \"/run/secrets/key\" in service \"a\"\n"},
          {"configs: [conf]\n    tmpfs: /conf", "3:15: two mounts on \"/conf\" in service \"a\"\n"},
          {"configs: {conf: x}", "3:14: configs of service \"a\" must be a list, not a map\n"},
      });
}

TEST(StorageFaults, OfTheTopLevel) {
  EXPECT_EQ(
      faults_of(R"(services: {a: {image: "host:"}}
volumes:
  v1: {driver: nfs}
  v2: {driver_opts: {tpye: tmpfs}}
  v3: {driver_opts: {type: nfs}}
  v4: {driver_opts: {type: nfs, device: ":/x"}}
  v5: {driver_opts: {o: bind}}
  v6: {driver_opts: {o: "size=1m"}}
  v7: {external: true, driver_opts: {type: tmpfs}}
  v8: {name: ../x}
  v9: {name: shop_v10}
  v10:
  v11: text
  v12: {external: maybe}
configs:
  c1:
  c2: {}
  c3: {file: x, content: y}
  c4: {external: true, file: x}
  c5: {template_driver: golang, content: x}
  c6: {fiel: x}
secrets:
  s1: {content: x}
  s2: {driver: vault}
  s3: {environment: ""}
  s4: {file: ""}
)"),
      "3:16: volume driver \"nfs\" is not supported\n"
      "4:22: unknown key \"tpye\" in driver_opts of volume \"v2\"\n"
      "5:21: driver_opts of volume \"v3\": type \"nfs\" needs a \"device\"\n"
      "6:21: driver_opts of volume \"v4\": device \":/x\" needs \"addr=SERVER\" in \"o\"\n"
      "7:21: driver_opts of volume \"v5\": a bind needs a \"device\", the folder\n"
      "8:21: driver_opts of volume \"v6\" need a file system as \"type\", or \"bind\" in \"o\"\n"
      "9:24: driver_opts of volume \"v7\" cannot stand with \"external\"\n"
      "10:14: \"../x\" is not a volume's name: letters, digits, \"_\", \".\" and \"-\" are, the first a "
      "letter or digit\n"
      "11:14: volume \"v9\" has the name \"shop_v10\" of volume \"v10\"\n"
      "13:8: volume \"v11\" must be a map, not \"text\"\n"
      "14:19: external of volume \"v12\" must be true or false, not \"maybe\"\n"
      "16:3: config \"c1\" must be a map, not nothing\n"
      "17:3: config \"c2\" has no content: it needs \"file\", \"environment\" or \"content\"\n"
      "18:3: config \"c3\" has more than one of \"file\", \"environment\" or \"content\"\n"
      "19:24: file of config \"c4\" cannot stand with \"external\"\n"
      "20:25: template_driver of config \"c5\" is of Swarm, which is not here\n"
      "21:3: config \"c6\" has no content: it needs \"file\", \"environment\" or \"content\"\n"
      "21:8: unknown key \"fiel\" in config \"c6\"\n"
      "23:17: secret \"s1\" cannot have its content in the file\n"
      "24:16: driver of secret \"s2\" is of Swarm, which is not here\n"
      "25:21: environment of secret \"s3\" must be the name of a variable, not \"\"\n"
      "26:14: file of secret \"s4\" is empty\n");
}

std::string rendered(const std::string& text) {
  return Folder().write("compose.yaml", text).load().diagnostics.render(false);
}

TEST(StorageFaults, SayWhatWasMeant) {
  const std::pair<const char*, const char*> cases[] = {
      {"services: {a: {image: Redis:7}}\n", "did you mean \"redis:7\"?"},
      {"services: {a: {image: x, pull_policy: allways}}\n", "did you mean \"always\"?"},
      {"services: {a: {image: x, volumes: [\"dta:/d\"]}}\nvolumes: {data: }\n", "did you mean \"data\"?"},
      {"services: {a: {image: x, volumes: [\"stuff:/d\"]}}\n",
       "\"volumes: {stuff: }\" at the top level makes it; \"./stuff\" is a folder"},
      {"services: {a: {image: x, secrets: [kye]}}\nsecrets: {key: {file: x}}\n", "did you mean \"key\"?"},
      {"services: {a: {image: x, secrets: [key]}}\nsecrets: {key: {flie: x}}\n", "did you mean \"file\"?"},
      {"services: {a: {image: x, secrets: [{source: key, mode: 999}]}}\n", "permission bits"},
      {"services: {a: {image: x, configs: [{source: c, mode: 640}]}}\n", "\"0640\" is octal"},
  };
  for (const auto& [text, hint] : cases)
    EXPECT_NE(rendered(text).find(hint), std::string::npos) << rendered(text);
}

TEST(StorageWarnings, AreOfWhatIsHardlyMeant) {
  const std::pair<const char*, const char*> cases[] = {
      {"services: {a: {image: x, configs: [{source: c, mode: 440}]}}\nconfigs: {c: {content: x}}\n",
       "mode in configs of service \"a\" is a decimal number, 0670 in octal"},
      {"services: {a: {image: x, volumes: [\"/a:/b:cached\"]}}\n",
       "\"cached\" of a volume means nothing on Linux and can go"},
      {"services: {a: {image: x, shm_size: 1m, ipc: host}}\n",
       "shm_size of service \"a\" has no effect: ipc is that of the host"},
      {"services: {a: {image: x}}\nsecrets: {s: {environment: NOT_THERE}}\n",
       "variable \"NOT_THERE\" of secret \"s\" is not set"},
  };
  for (const auto& [text, words] : cases) {
    const Loaded loaded = Folder().write("compose.yaml", text).load();
    EXPECT_TRUE(loaded.spec) << loaded.diagnostics.render(false);
    EXPECT_NE(loaded.diagnostics.render(false).find(words), std::string::npos)
        << loaded.diagnostics.render(false);
  }
}

}  // namespace
}  // namespace stack

#include "core/reconcile/one_offs.h"

#include <gtest/gtest.h>

#include "core/reconcile/resolve.h"
#include "core/reconcile/state_files.h"
#include "core/sys/files.h"

namespace stack {
namespace {

const std::string kOne = "web@1f2e3d4c5b6a";

NetworkSpec network(const std::string& key) {
  NetworkSpec made;
  made.key = key;
  made.name = "shop_" + key;
  return made;
}

ServiceSpec& add(StackSpec& spec, const std::string& name) {
  ServiceSpec& service = spec.services[name];
  service.name = name;
  service.container_name = spec.name + "-" + name + "-1";
  service.networks["default"] = {};
  return service;
}

StackSpec shop() {
  StackSpec spec;
  spec.name = "shop";
  spec.networks["default"] = network("default");
  add(spec, "db");
  add(spec, "web").depends_on["db"] = {};
  add(spec, "other");
  return spec;
}

// The file as `stack run web` sends it.
StackSpec with_one(StackSpec file) {
  ServiceSpec& one = file.services[kOne] = file.services.at("web");
  one.name = kOne;
  one.container_name = "shop-web-run-1f2e3d4c5b6a";
  return file;
}

Records recorded(const StackSpec& file, ContainerState state = ContainerState::created) {
  Records records;
  ContainerRecord& record = records[kOne];
  record.service = kOne;
  record.name = file.services.at(kOne).container_name;
  record.state = state;
  record.one_off.emplace();
  record.one_off->needs = needs_of(file, kOne);
  record.one_off->held = true;
  return records;
}

OneOff& one_of(Records& records) {
  return *records.at(kOne).one_off;
}

Desired resolved(const Whole& whole, AddressBook& book) {
  ResolveInput input{&whole.spec, &whole.stopped, {}, {}};
  for (const auto& [service, group] : sharing_groups(whole.spec)) input.ids[group] = {0x70000000u, 65536};
  auto desired = resolve(input, book);
  EXPECT_TRUE(desired.ok()) << (desired.ok() ? "" : desired.error().words);
  return desired.ok() ? std::move(desired).value() : Desired{};
}

TEST(OneOffs, JoinTheServicesAsTheirRecordsSay) {
  const StackSpec file = with_one(shop());
  Records records = recorded(file);
  EXPECT_TRUE(with_one_offs(shop(), {}, records).spec.services.contains(kOne));
  EXPECT_FALSE(with_one_offs(shop(), {}, records).stopped.contains(kOne));

  records.at(kOne).state = ContainerState::exited;
  EXPECT_TRUE(with_one_offs(shop(), {}, records).stopped.contains(kOne))
      << "it has run, and stays to be seen";
  one_of(records).remove = true;
  EXPECT_TRUE(with_one_offs(shop(), {}, records).spec.services.contains(kOne))
      << "its client is not told yet";
  one_of(records).told = true;
  EXPECT_FALSE(with_one_offs(shop(), {}, records).spec.services.contains(kOne));
  one_of(records).told = one_of(records).held = false;
  EXPECT_FALSE(with_one_offs(shop(), {}, records).spec.services.contains(kOne))
      << "nobody is there to be told";
}

TEST(OneOffs, OfAClientThatIsGoneEndOrAreNotBegun) {
  const StackSpec file = with_one(shop());
  Records records = recorded(file);
  one_of(records).abandoned = true;
  EXPECT_FALSE(with_one_offs(shop(), {}, records).spec.services.contains(kOne));
  records.at(kOne).state = ContainerState::running;
  EXPECT_TRUE(with_one_offs(shop(), {}, records).stopped.contains(kOne));
}

TEST(OneOffs, ShowWhenWhatIsWantedIsNotMadeOfThem) {
  const StackSpec file = with_one(shop());
  Records records = recorded(file);
  AddressBook book;
  const Desired before = resolved(with_one_offs(shop(), {}, {}), book);
  EXPECT_TRUE(one_offs_changed(before, records));
  const Desired after = resolved(with_one_offs(shop(), {}, records), book);
  EXPECT_FALSE(one_offs_changed(after, records));
  records.at(kOne).state = ContainerState::exited;
  EXPECT_TRUE(one_offs_changed(after, records));
  EXPECT_TRUE(one_offs_changed(after, {}));
}

TEST(OneOffs, AreKnownToDnsByTheirContainersNameAlone) {
  AddressBook book;
  const Desired desired = resolved(with_one_offs(shop(), {}, recorded(with_one(shop()))), book);
  EXPECT_EQ(desired.sandboxes.at(kOne).endpoints.at("default").names,
            std::vector<std::string>{"shop-web-run-1f2e3d4c5b6a"});
  EXPECT_TRUE(desired.containers.at(kOne).once);
  EXPECT_FALSE(desired.containers.at("web").once);
}

TEST(OneOffs, ThatAreOverHaveNoNamespacesAndNoPorts) {
  StackSpec file = with_one(shop());
  file.services.at(kOne).ports = {{"", 8080, 80, "tcp"}};
  AddressBook book;
  const Desired desired = resolved(with_one_offs(shop(), {}, recorded(file, ContainerState::exited)), book);
  EXPECT_FALSE(desired.sandboxes.contains(kOne));
  EXPECT_TRUE(desired.containers.at(kOne).spec->ports.empty());
}

TEST(OneOffs, DoNotMoveWhoIsThereToAnotherUserNamespace) {
  StackSpec file = shop();
  file.services.at("db").name = "zdb";
  file.services["zdb"] = file.services.at("db");
  file.services.erase("db");
  file.services.at("web").depends_on.clear();
  StackSpec ran = with_one(file);
  ran.services.at(kOne).network_mode = {NamespaceMode::Kind::service, "zdb", false};
  ran.services.at(kOne).networks.clear();
  const auto groups = sharing_groups(with_one_offs(file, {}, recorded(ran)).spec);
  EXPECT_EQ(groups.at("zdb"), "zdb");
  EXPECT_EQ(groups.at(kOne), "zdb");
}

TEST(OneOffs, HaveTheirAddressesInTheirRecordsAndNotInTheIntent) {
  const StackSpec file = with_one(shop());
  Records records = recorded(file);
  AddressBook book;
  resolved(with_one_offs(shop(), {}, {}), book);
  const AddressBook before = book;
  lend_addresses(records, book);
  const Desired first = resolved(with_one_offs(shop(), {}, records), book);
  take_addresses(book, records);
  EXPECT_EQ(book, before);
  ASSERT_TRUE(one_of(records).addresses.contains("default"));
  // The next reconciler gives it the same, whoever else has come meanwhile.
  StackSpec more = shop();
  add(more, "aaa");
  lend_addresses(records, book);
  const Desired second = resolved(with_one_offs(more, {}, records), book);
  EXPECT_EQ(second.sandboxes.at(kOne).endpoints.at("default").ipv4,
            first.sandboxes.at(kOne).endpoints.at("default").ipv4);
}

TEST(OneOffs, OfAStackThatIsNotUpWantTheirDependenciesAndNobodyElse) {
  const Intent intent = leaning_on(std::nullopt, with_one(shop()), kOne, {"db"});
  EXPECT_EQ(intent.stopped, (std::set<std::string>{"other", "web"}));
  EXPECT_FALSE(intent.spec.services.contains(kOne));
}

TEST(OneOffs, LeaveWhoTheyDoNotLeanOnAsItIsThoughTheFileHasChanged) {
  Intent up;
  up.spec = shop();
  StackSpec changed = shop();
  for (auto& [name, service] : changed.services) service.command = {"new"};
  changed.services.erase("other");
  const Intent intent = leaning_on(up, with_one(changed), kOne, {"db"});
  EXPECT_EQ(intent.spec.services.at("db").command, (std::vector<std::string>{"new"}));
  EXPECT_FALSE(intent.spec.services.at("web").command);
  EXPECT_TRUE(intent.spec.services.contains("other"));
  EXPECT_TRUE(intent.stopped.empty());
}

TEST(OneOffs, WithoutDependenciesStillFindTheNamespacesTheyShare) {
  Intent up;
  up.spec.name = "shop";
  StackSpec file = with_one(shop());
  ServiceSpec& one = file.services.at(kOne);
  one.depends_on.clear();
  one.network_mode = {NamespaceMode::Kind::service, "db", false};
  const Intent intent = leaning_on(up, file, kOne, {});
  EXPECT_TRUE(intent.spec.services.contains("db"));
  EXPECT_TRUE(intent.stopped.contains("db"));
  EXPECT_TRUE(intent.spec.networks.contains("default"));
}

TEST(OneOffs, BringTheNetworksAndFilesThatTheFileHasForThem) {
  StackSpec file = with_one(shop());
  file.networks["mine"] = network("mine");
  file.networks["others"] = network("others");
  file.secrets["key"].key = "key";
  file.secrets["unused"].key = "unused";
  file.services.at(kOne).networks["mine"] = {};
  file.services.at(kOne).secrets.emplace_back().source = "key";
  const StackSpec whole = with_one_offs(shop(), {}, recorded(file)).spec;
  EXPECT_TRUE(whole.networks.contains("mine"));
  EXPECT_FALSE(whole.networks.contains("others"));
  EXPECT_TRUE(whole.secrets.contains("key"));
  EXPECT_FALSE(whole.secrets.contains("unused"));
}

TEST(OneOffs, DoNotPublishAPortThatAnotherIsToPublish) {
  StackSpec file = shop();
  file.services.at("web").ports = {{"", 8080, 80, "tcp"}};
  const StackSpec ran = with_one(file);
  const Records records = recorded(ran);
  EXPECT_EQ(port_conflicts(with_one_offs(file, {}, records)),
            std::vector<std::string>{"port 8080/tcp of one-off \"shop-web-run-1f2e3d4c5b6a\" is published by "
                                     "\"shop-web-1\" too"});
  EXPECT_TRUE(port_conflicts(with_one_offs(file, {"web"}, records)).empty());
  StackSpec elsewhere = file;
  elsewhere.services.at("web").ports[0].protocol = "udp";
  EXPECT_TRUE(port_conflicts(with_one_offs(elsewhere, {}, records)).empty());
}

TEST(OneOffs, AreWhatTheyWereWhenTheirRecordIsReadAgain) {
  std::string folder = ::testing::TempDir() + "one-offs";
  Paths paths("shop");
  paths.run = folder;
  ASSERT_TRUE(make_folders(paths.records(), 0700).ok());
  Records records = recorded(with_one(shop()), ContainerState::running);
  one_of(records).remove = one_of(records).abandoned = one_of(records).told = true;
  one_of(records).addresses["default"] = {"10.0.0.2", "fd00::2", "02:00:00:00:00:01"};
  ASSERT_TRUE(StateFiles(paths).keep(records.at(kOne)).ok());
  std::vector<std::string> faults;
  const auto read = load_records(paths, faults);
  ASSERT_TRUE(read.ok() && faults.empty());
  const OneOff& again = *read->at(kOne).one_off;
  EXPECT_TRUE(again.remove && again.held && again.abandoned && !again.detach);
  EXPECT_FALSE(again.told) << "a client of another reconciler asks again";
  EXPECT_EQ(again.addresses, one_of(records).addresses);
  EXPECT_TRUE(again.needs.services.contains(kOne));
  ASSERT_TRUE(remove_tree(folder).ok());
}

}  // namespace
}  // namespace stack

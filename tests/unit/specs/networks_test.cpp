// Networks, what is attached to them, links and ports: every form that is taken, what is said of those that
// are not, and the text that they come to.
#include "specs/canonical.h"
#include "tests/unit/specs/folder.h"

namespace stack {
namespace {

using Words = std::vector<std::string>;
using Kind = NamespaceMode::Kind;

// The network "n" with these keys, as the model has it.
NetworkSpec network_of(const std::string& keys) {
  const StackSpec spec =
      spec_of("services: {a: {image: \"host:\", networks: [n]}}\nnetworks: {n: {" + keys + "}}\n");
  const auto it = spec.networks.find("n");
  return it == spec.networks.end() ? NetworkSpec{} : it->second;
}

// "line:column: message" of the faults, then "line:column: warning: message".
std::string said_of(const std::string& text) {
  std::string all;
  const Loaded loaded = Folder().write("compose.yaml", text).load();
  for (const Diagnostic& d : loaded.diagnostics.all())
    all += std::to_string(d.pos.line) + ":" + std::to_string(d.pos.column) + ": " +
           (d.severity == Severity::warning ? "warning: " : "") + d.message + "\n";
  return all;
}

TEST(Attachments, TakeEveryForm) {
  struct Case {
    const char* keys;
    bool (*holds)(const NetworkAttachment&);
  };
  const Case cases[] = {
      {"", [](const auto& a) { return a == NetworkAttachment{}; }},
      {"mac_address: \"02-42-AC-11-00-02\"",
       [](const auto& a) { return a.mac_address == "02:42:ac:11:00:02"; }},
      {"interface_name: lan.7", [](const auto& a) { return a.interface_name == "lan.7"; }},
      {"priority: 1000, gw_priority: -1",
       [](const auto& a) { return a.priority == 1000 && a.gw_priority == -1; }},
      {"link_local_ips: [169.254.8.8, \"FE80::8\"]",
       [](const auto& a) {
         return a.link_local_ips == Words{"169.254.8.8", "fe80::8"};
       }},
      {"driver_opts: {com.docker.network.endpoint.sysctls: "
       "\"net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.neigh.IFNAME.gc_stale_time=9\"}",
       [](const auto& a) {
         return a.sysctls == std::map<std::string, std::string>{{"net.ipv4.conf.IFNAME.log_martians", "1"},
                                                                {"net.ipv6.neigh.IFNAME.gc_stale_time", "9"}};
       }},
      {"driver_opts: {}", [](const auto& a) { return a.sysctls.empty(); }},
      {"x-note: y", [](const auto& a) { return a == NetworkAttachment{}; }},
  };
  for (const Case& c : cases) {
    const ServiceSpec service = service_of(std::string("networks: {default: {") + c.keys + "}}");
    ASSERT_TRUE(service.networks.contains("default")) << c.keys;
    EXPECT_TRUE(c.holds(service.networks.at("default"))) << c.keys;
  }
}

// A service "a" with these keys from column 5 of line 3 on, a service "b" and the networks n and m.
TEST(Attachments, SayWhatIsWrongWithThem) {
  const std::pair<const char*, const char*> cases[] = {
      {"networks: {n: {mac_address: \"01:00:5e:00:00:01\"}}",
       "3:33: mac_address in network \"n\" of service \"a\" must be a unicast address such as "
       "\"02:42:ac:11:00:02\", not \"01:00:5e:00:00:01\"\n"},
      {"networks: {n: {interface_name: a/b}}",
       "3:36: interface_name in network \"n\" of service \"a\" must be the name of an interface, of at most "
       "15 "
       "characters, not \"a/b\"\n"},
      {"networks: {n: {priority: high}}",
       "3:30: priority in network \"n\" of service \"a\" must be a whole number from -2147483647 to "
       "2147483647, "
       "not \"high\"\n"},
      {"networks: {n: {link_local_ips: [10.0.0.1]}}",
       "3:37: each item in link_local_ips in network \"n\" of service \"a\" must be an address of "
       "169.254.0.0/16 or fe80::/10, not \"10.0.0.1\"\n"},
      {"networks: {n: {driver_opts: {com.docker.network.endpoint.sysctl: x}}}",
       "3:34: unknown key \"com.docker.network.endpoint.sysctl\" in driver_opts in network \"n\" of service "
       "\"a\"\n"},
      {"networks: {n: {driver_opts: {com.docker.network.endpoint.ifname: x}}}",
       "3:34: option \"com.docker.network.endpoint.ifname\" has a key of its own\n"},
      {"networks: {n: {driver_opts: {com.docker.network.endpoint.sysctls: net.ipv4.ip_forward=1}}}",
       "3:71: com.docker.network.endpoint.sysctls in network \"n\" of service \"a\" must be NAME=VALUE with "
       "a "
       "NAME as net.ipv4.conf.IFNAME.forwarding, not \"net.ipv4.ip_forward=1\"\n"},
      {"networks: {n: {driver_opts: {com.docker.network.endpoint.sysctls: "
       "net.ipv6.conf.IFNAME.disable_ipv6=1}}}",
       "3:71: com.docker.network.endpoint.sysctls in network \"n\" of service \"a\": IPv6 is switched off by "
       "network\n"},
      {"networks: {n: {interface_name: x}, m: {interface_name: x}}",
       "3:36: interface_name \"x\" is that of network \"m\" too\n"},
      {"networks: {n: {mac_address: \"02:00:00:00:00:01\"}}\n    mac_address: \"02:00:00:00:00:02\"",
       "4:5: mac_address of service \"a\" is \"02:00:00:00:00:01\" in network \"n\", which is attached "
       "first\n"},
      {"network_mode: host\n    mac_address: \"02:00:00:00:00:02\"",
       "4:5: mac_address of service \"a\" needs a network of its own\n"},
      {"mac_address: x",
       "3:18: mac_address of service \"a\" must be a unicast address such as \"02:42:ac:11:00:02\", not "
       "\"x\"\n"},
      {"links: [c]", "3:13: service \"a\" is linked to undefined service \"c\"\n"},
      {"links: [a]", "3:13: dependency cycle: a -> a\n"},
      {"links: [\"b:\"]",
       "3:13: each item in links of service \"a\" must be SERVICE or SERVICE:ALIAS, not \"b:\"\n"},
      {"links: b", "3:12: links of service \"a\" must be a list, not \"b\"\n"},
      {"links: [b]\n    network_mode: none", "3:5: links of service \"a\" need a network of its own\n"},
      {"links: [b]\n    networks: [n]",
       "3:13: warning: service \"a\" is linked to \"b\", but is on no network with it: the name will not be "
       "found\n"},
      {"networks: [n, outside]",
       "3:19: service \"a\" cannot be on other networks beside \"host\", which is no network of "
       "containers\n"},
  };
  for (const auto& [keys, expected] : cases) {
    EXPECT_EQ(said_of(std::string("services:\n  a: \n    ") + keys +
                      "\n    image: \"host:\"\n  b: {image: \"host:\"}\n"
                      "networks: {n: {}, m: {}, outside: {external: true, name: host}}\n"),
              expected)
        << keys;
  }
}

TEST(Attachments, OfTwoServicesHaveMacsOfTheirOwn) {
  EXPECT_EQ(said_of(R"(services:
  a: {image: "host:", mac_address: "02:00:00:00:00:01", networks: [n, m]}
  b: {image: "host:", networks: {m: {mac_address: "02:00:00:00:00:01"}}}
  c: {image: "host:", networks: {n: , m: {mac_address: "02:00:00:00:00:01"}}}
networks: {m: {}, n: {}}
)"),
            "3:51: mac_address \"02:00:00:00:00:01\" is that of service \"a\" too, in network \"m\"\n"
            "4:56: mac_address \"02:00:00:00:00:01\" is that of service \"a\" too, in network \"m\"\n");
}

TEST(Links, AreNamesAndDependencies) {
  const ServiceSpec service = service_of("links: [b, \"b:store\", b]");
  EXPECT_EQ(service.links, (std::vector<ServiceLink>{{"b", "b"}, {"b", "store"}}));
  ASSERT_TRUE(service.depends_on.contains("b"));
  EXPECT_TRUE(service.depends_on.at("b").implicit);
  EXPECT_FALSE(service_of("links: [b], depends_on: [b]").depends_on.at("b").implicit);
}

TEST(Networks, TakeEveryForm) {
  struct Case {
    const char* keys;
    bool (*holds)(const NetworkSpec&);
  };
  const Case cases[] = {
      {"", [](const auto& n) { return n.name == "shop_n" && n.enable_ipv4 && n.enable_ipv6 && n.icc; }},
      {"driver: bridge, name: lan, internal: true",
       [](const auto& n) { return n.name == "lan" && n.internal; }},
      {"external: false", [](const auto& n) { return !n.external; }},
      {"enable_ipv4: false", [](const auto& n) { return !n.enable_ipv4; }},
      {"enable_ipv6: false", [](const auto& n) { return !n.enable_ipv6; }},
      {"ipam: {driver: default, config: [{subnet: 10.5.0.0/16, gateway: 10.5.0.9, ip_range: 10.5.7.0/24, "
       "aux_addresses: {router: 10.5.0.2}}, {subnet: \"fd00::/64\", ip_range: \"fd00::/80\", aux_addresses: "
       "{r: "
       "\"FD00::2\"}}]}",
       [](const auto& n) {
         return n.subnet4 == "10.5.0.0/16" && n.gateway4 == "10.5.0.9" && n.range4 == "10.5.7.0/24" &&
                n.aux4.at("router") == "10.5.0.2" && n.subnet6 == "fd00::/64" && n.range6 == "fd00::/80" &&
                n.aux6.at("r") == "fd00::2";
       }},
      {"driver_opts: {com.docker.network.bridge.name: br-shop, com.docker.network.driver.mtu: \"1400\", "
       "com.docker.network.bridge.host_binding_ipv4: 127.0.0.1, com.docker.network.bridge.enable_icc: "
       "\"false\", "
       "com.docker.network.bridge.enable_ip_masquerade: false, com.docker.network.container_iface_prefix: "
       "lan}",
       [](const auto& n) {
         return n.bridge_name == "br-shop" && n.mtu == 1400 && n.host_binding4 == "127.0.0.1" && !n.icc &&
                !n.masquerade && n.interface_prefix == "lan";
       }},
      {"labels: [a=b]", [](const auto& n) { return n.labels.at("a") == "b"; }},
  };
  for (const Case& c : cases) EXPECT_TRUE(c.holds(network_of(c.keys))) << c.keys;
}

// A network "n" with these keys from column 5 of line 4 on.
TEST(Networks, SayWhatIsWrongWithThem) {
  const std::pair<const char*, const char*> cases[] = {
      {"driver: host", "4:13: network driver \"host\" is not supported: it makes no network\n"},
      {"driver: macvlan",
       "4:13: network driver \"macvlan\" is not supported yet: a network is a bridge of this host\n"},
      {"driver: weave", "4:13: network driver \"weave\" is not supported\n"},
      {"attachable: true", "4:17: warning: attachable of network \"n\" means nothing on one host\n"},
      {"attachable: false", ""},
      {"ipam: {options: {a: b}}",
       "4:21: warning: ipam.options of network \"n\" mean nothing to the ipam driver \"default\"\n"},
      {"ipam: {driver: dhcp}",
       "4:20: ipam driver \"dhcp\" is not supported: there is no other than \"default\"\n"},
      {"ipam: {config: [{subnet: 10.5.0.0/24}, {subnet: 10.6.0.0/24}]}",
       "4:53: network \"n\" has two IPv4 subnets\n"},
      {"ipam: {config: [{subnet: 10.5.0.0/24, ip_range: 10.5.0.0/16}]}",
       "4:53: ip_range \"10.5.0.0/16\" is not in subnet \"10.5.0.0/24\"\n"},
      {"ipam: {config: [{subnet: 10.5.0.0/24, ip_range: \"fd00::/80\"}]}",
       "4:53: ip_range \"fd00::/80\" is not in subnet \"10.5.0.0/24\"\n"},
      {"ipam: {config: [{subnet: 10.5.0.0/24, aux_addresses: {r: 10.6.0.1}}]}",
       "4:62: aux_addresses.r \"10.6.0.1\" is not in subnet \"10.5.0.0/24\"\n"},
      {"ipam: {config: [{subnet: 10.5.0.0/24, aux_addresses: {r: 10.5.0.7}}]}",
       "2:52: address \"10.5.0.7\" is kept for \"r\" in network \"n\"\n"},
      {"enable_ipv4: false,\n    enable_ipv6: false", "4:18: network \"n\" has neither IPv4 nor IPv6\n"},
      {"enable_ipv4: false,\n    ipam: {config: [{subnet: 10.5.0.0/24}]}",
       "5:30: network \"n\" has an IPv4 subnet, but enable_ipv4 is false\n"},
      {"external: true", "4:15: network \"n\" is external: networks of other stacks cannot be joined yet\n"},
      {"external: {name: host},\n    internal: true",
       "5:5: internal of network \"n\" cannot stand with \"external\"\n"},
      {"driver_opts: {com.docker.network.bridge.gateway_mode_ipv4: routed}",
       "4:19: key \"com.docker.network.bridge.gateway_mode_ipv4\" is not supported yet\n"},
      {"driver_opts: {com.docker.network.bridge.nam: x}",
       "4:19: unknown key \"com.docker.network.bridge.nam\" in driver_opts of network \"n\"\n"},
      {"driver_opts: {com.docker.network.bridge.name: a-name-of-16-byt}",
       "4:51: com.docker.network.bridge.name of network \"n\" must be the name of a link, of at most 15 "
       "characters, not \"a-name-of-16-byt\"\n"},
  };
  for (const auto& [keys, expected] : cases) {
    const std::string attachment = std::string(expected).starts_with("2:") ? "{ipv4_address: 10.5.0.7}" : "";
    EXPECT_EQ(said_of("services:\n  a: {image: \"host:\", networks: {n: " + attachment +
                      "}}\nnetworks: {n: {\n    " + keys + "\n  }}\n"),
              expected)
        << keys;
  }
}

TEST(Networks, OutsideAreTheHostsAndNone) {
  const StackSpec spec = spec_of(R"(services:
  a: {image: "host:", networks: [world]}
  b: {image: "host:", networks: [nothing]}
networks: {world: {external: true, name: host}, nothing: {external: {name: none}}, unused: {external: true}}
)");
  EXPECT_EQ(spec.services.at("a").network_mode.kind, Kind::host);
  EXPECT_EQ(spec.services.at("b").network_mode.kind, Kind::none);
  EXPECT_TRUE(spec.services.at("a").networks.empty());
  EXPECT_TRUE(spec.networks.empty());
}

TEST(Networks, SayWhereTheirPortsArePublished) {
  const StackSpec spec = spec_of(R"(services:
  a: {image: "host:", ports: ["80:80", "10.0.0.1:81:81"], networks: {back: , open: {gw_priority: 1}, shut: }}
  b: {image: "host:", ports: ["82:80"], networks: [back]}
networks:
  back: {}
  open: {driver_opts: {com.docker.network.bridge.host_binding_ipv4: 127.0.0.1}}
  shut: {internal: true, driver_opts: {com.docker.network.bridge.host_binding_ipv4: 127.0.0.2}}
)");
  EXPECT_EQ(spec.services.at("a").ports.at(0).host_ip, "127.0.0.1");
  EXPECT_EQ(spec.services.at("a").ports.at(1).host_ip, "10.0.0.1");
  EXPECT_EQ(spec.services.at("b").ports.at(0).host_ip, "");
}

TEST(Ports, TakeEveryLongForm) {
  const ServiceSpec service = service_of(
      "ports: [{target: 80, published: \"8000-8009\", protocol: TCP, mode: host, name: web, app_protocol: "
      "http, "
      "host_ip: \"::1\"}, {target: 80, published: \"8000-8009\", host_ip: \"::1\"}, {target: 9, protocol: "
      "sctp}]");
  EXPECT_EQ(service.ports, (std::vector<PublishedPort>{{"::1", 8000, 80, "tcp", 8009, "host", "web", "http"},
                                                       {"", 0, 9, "sctp"}}));
}

TEST(Ports, OfARangeMeetNobody) {
  EXPECT_EQ(said_of("services:\n  a: {image: \"host:\", ports: [\"8000-8009:80\", \"8001:81\"]}\n"
                    "  b: {image: \"host:\", ports: [\"8000-8009:80\"]}\n"),
            "");
  EXPECT_EQ(said_of("services:\n  a: {image: \"host:\", ports: [\"99:9/sctp\"]}\n"
                    "  b: {image: \"host:\", ports: [\"99:9/sctp\", \"99:9\"]}\n"),
            "3:31: services \"a\" and \"b\" both publish host port 99/sctp\n");
}

// What `stack config` prints is a file again, and the same one.
TEST(Networks, ComeToATextThatSaysTheSame) {
  const std::string text = R"(services:
  a:
    image: "host:"
    mac_address: "02:00:00:00:00:01"
    links: ["b:store", b]
    ports: [{target: 80, published: "8000-8009", mode: host, name: web, app_protocol: http}, "9:9/sctp"]
    networks:
      n: {mac_address: "02:00:00:00:00:01", interface_name: lan0, priority: 3, gw_priority: 2, link_local_ips: [169.254.8.8],
          driver_opts: {com.docker.network.endpoint.sysctls: "net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.conf.IFNAME.forwarding=0"}}
  b: {image: "host:", networks: [n]}
networks:
  n:
    enable_ipv4: true
    ipam: {config: [{subnet: 10.5.0.0/16, ip_range: 10.5.7.0/24, aux_addresses: {router: 10.5.0.2}}]}
    driver_opts: {com.docker.network.bridge.name: br-shop, com.docker.network.bridge.enable_icc: "false"}
)";
  const StackSpec spec = spec_of(text);
  const std::string yaml = to_yaml(spec);
  EXPECT_EQ(to_yaml(spec_of(yaml)), yaml);
  for (const char* line :
       {"mac_address: \"02:00:00:00:00:01\"\n", "- b:store\n", "published: \"8000-8009\"\n",
        "app_protocol: http\n", "interface_name: lan0\n", "gw_priority: 2\n", "ip_range: \"10.5.7.0/24\"\n",
        "router: \"10.5.0.2\"\n", "com.docker.network.bridge.enable_icc: \"false\"\n",
        "\"net.ipv4.conf.IFNAME.forwarding=0,net.ipv4.conf.IFNAME.log_martians=1\"\n"})
    EXPECT_NE(yaml.find(line), std::string::npos) << line << yaml;
}

}  // namespace
}  // namespace stack

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "floor.h"

#define BRIDGE "flrbr0"
#define VETH_PREFIX "flr"

enum { kGateway = 0x0ae60001, kFirstAddress = 0x0ae60002, kPrefix = 16 };  // 10.230.0.1/16

static int g_bridge;  // its index

struct batch {
  _Alignas(NLMSG_ALIGNTO) char bytes[2048];
  size_t size;
  struct nlmsghdr* message;
  int count;
};

static void add_bytes(struct batch* batch, const void* bytes, size_t size) {
  if (batch->size + NLMSG_ALIGN(size) > sizeof batch->bytes) die("netlink batch");
  memcpy(batch->bytes + batch->size, bytes, size);
  batch->size += NLMSG_ALIGN(size);
  batch->message->nlmsg_len = (uint32_t)(batch->bytes + batch->size - (char*)batch->message);
}

static void begin(struct batch* batch, uint16_t type, uint16_t flags, const void* body, size_t size) {
  batch->message = (struct nlmsghdr*)(void*)(batch->bytes + batch->size);
  *batch->message = (struct nlmsghdr){.nlmsg_len = NLMSG_HDRLEN,
                                      .nlmsg_type = type,
                                      .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags)};
  batch->size += NLMSG_HDRLEN;
  ++batch->count;
  add_bytes(batch, body, size);
}

static struct rtattr* open_attribute(struct batch* batch, unsigned short type) {
  struct rtattr* attribute = (struct rtattr*)(void*)(batch->bytes + batch->size);
  const struct rtattr head = {.rta_len = 0, .rta_type = type};
  add_bytes(batch, &head, sizeof head);
  return attribute;
}

static void close_attribute(const struct batch* batch, struct rtattr* attribute) {
  attribute->rta_len = (unsigned short)(batch->bytes + batch->size - (char*)attribute);
}

static void add(struct batch* batch, unsigned short type, const void* value, size_t size) {
  struct rtattr* attribute = open_attribute(batch, type);
  add_bytes(batch, value, size);
  attribute->rta_len = (unsigned short)(RTA_LENGTH(size));
}

static void add_text(struct batch* batch, unsigned short type, const char* text) {
  add(batch, type, text, strlen(text) + 1);
}
static void add32(struct batch* batch, unsigned short type, uint32_t value) {
  add(batch, type, &value, sizeof value);
}

static int open_socket(void) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) die("open rtnetlink");
  return fd;
}

// Sends all messages at once and takes an acknowledgement for each.
static void run(int fd, struct batch* batch, const char* what) {
  if (send(fd, batch->bytes, batch->size, 0) < 0) die(what);
  for (int left = batch->count; left > 0;) {
    _Alignas(NLMSG_ALIGNTO) char answer[8192];
    ssize_t size = recv(fd, answer, sizeof answer, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) die(what);
    for (struct nlmsghdr* h = (struct nlmsghdr*)(void*)answer; NLMSG_OK(h, (size_t)size);
         h = NLMSG_NEXT(h, size), --left) {
      if (h->nlmsg_type != NLMSG_ERROR) continue;
      errno = -((const struct nlmsgerr*)NLMSG_DATA(h))->error;
      if (errno != 0) die(what);
    }
  }
}

static void add_address(struct batch* batch, int index, uint32_t address) {
  const struct ifaddrmsg body = {
      .ifa_family = AF_INET, .ifa_prefixlen = kPrefix, .ifa_index = (unsigned)index};
  const uint32_t wire = htonl(address);
  begin(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &body, sizeof body);
  add(batch, IFA_LOCAL, &wire, sizeof wire);
  add(batch, IFA_ADDRESS, &wire, sizeof wire);
}

static void raise_link(struct batch* batch, int index) {
  const struct ifinfomsg body = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  begin(batch, RTM_NEWLINK, 0, &body, sizeof body);
}

void make_bridge(void) {
  const int fd = open_socket();
  struct batch link = {.size = 0};
  const struct ifinfomsg body = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  begin(&link, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
  add_text(&link, IFLA_IFNAME, BRIDGE);
  struct rtattr* info = open_attribute(&link, IFLA_LINKINFO);
  add_text(&link, IFLA_INFO_KIND, "bridge");
  close_attribute(&link, info);
  run(fd, &link, "make the bridge");
  g_bridge = (int)if_nametoindex(BRIDGE);
  struct batch address = {.size = 0};
  add_address(&address, g_bridge, kGateway);
  run(fd, &address, "address the bridge");
  close(fd);
}

void remove_bridge(void) {
  if (g_bridge == 0) return;
  const int fd = open_socket();
  struct batch batch = {.size = 0};
  const struct ifinfomsg body = {.ifi_index = g_bridge};
  begin(&batch, RTM_DELLINK, 0, &body, sizeof body);
  run(fd, &batch, "remove the bridge");
  close(fd);
}

// A socket belongs to the namespace that it was opened in.
static int open_socket_in(int netns) {
  const int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (home < 0 || setns(netns, CLONE_NEWNET) != 0) die("enter a network namespace");
  const int fd = open_socket();
  if (setns(home, CLONE_NEWNET) != 0) die("leave a network namespace");
  close(home);
  return fd;
}

static void make_veth(const struct service* service) {
  char name[IFNAMSIZ];
  snprintf(name, sizeof name, VETH_PREFIX "%d", service->number);
  struct batch batch = {.size = 0};
  const struct ifinfomsg body = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  const struct ifinfomsg peer_body = {.ifi_index = 2};
  begin(&batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof body);
  add_text(&batch, IFLA_IFNAME, name);
  add32(&batch, IFLA_MASTER, (uint32_t)g_bridge);
  struct rtattr* info = open_attribute(&batch, IFLA_LINKINFO);
  add_text(&batch, IFLA_INFO_KIND, "veth");
  struct rtattr* data = open_attribute(&batch, IFLA_INFO_DATA);
  struct rtattr* peer = open_attribute(&batch, VETH_INFO_PEER);
  add_bytes(&batch, &peer_body, sizeof peer_body);
  add_text(&batch, IFLA_IFNAME, "eth0");
  add32(&batch, IFLA_NET_NS_FD, (uint32_t)service->net);
  close_attribute(&batch, peer);
  close_attribute(&batch, data);
  close_attribute(&batch, info);
  const int fd = open_socket();
  run(fd, &batch, "make a veth");
  close(fd);
}

void make_endpoint(const struct service* service) {
  make_veth(service);
  struct batch batch = {.size = 0};
  const uint32_t gateway = htonl(kGateway);
  const struct rtmsg route = {.rtm_family = AF_INET,
                              .rtm_table = RT_TABLE_MAIN,
                              .rtm_protocol = RTPROT_STATIC,
                              .rtm_scope = RT_SCOPE_UNIVERSE,
                              .rtm_type = RTN_UNICAST};
  raise_link(&batch, 1);
  add_address(&batch, 2, (uint32_t)(kFirstAddress + service->number));
  raise_link(&batch, 2);
  begin(&batch, RTM_NEWROUTE, NLM_F_CREATE, &route, sizeof route);
  add(&batch, RTA_GATEWAY, &gateway, sizeof gateway);
  const int fd = open_socket_in(service->net);
  run(fd, &batch, "address a veth");
  close(fd);
}

int count_links(void) {
  int count = 0;
  DIR* folder = opendir("/sys/class/net");
  if (folder == NULL) die("/sys/class/net");
  for (const struct dirent* entry; (entry = readdir(folder)) != NULL;)
    count += strncmp(entry->d_name, VETH_PREFIX, strlen(VETH_PREFIX)) == 0;
  closedir(folder);
  return count;
}

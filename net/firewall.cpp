#include "net/firewall.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <nftables/libnftables.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "core/sys/pipes.h"
#include "net/nf_tables.h"

namespace stack::net {
namespace {

constexpr char kLibrary[] = "libnftables.so.1";

// libnftables, loaded where it is used: linked, it would be a megabyte of private memory in every process of
// ours.
struct Nftables {
  decltype(&::nft_ctx_new) create = nullptr;
  decltype(&::nft_ctx_buffer_error) buffer_error = nullptr;
  decltype(&::nft_run_cmd_from_buffer) run = nullptr;
  decltype(&::nft_ctx_get_error_buffer) errors = nullptr;

  // "" or why it could not be loaded.
  std::string load() {
    void* const library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    if (!library) return ::dlerror();
    const auto find = [library](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
      return function != nullptr;
    };
    const bool whole = find(create, "nft_ctx_new") && find(buffer_error, "nft_ctx_buffer_error") &&
                       find(run, "nft_run_cmd_from_buffer") && find(errors, "nft_ctx_get_error_buffer");
    return whole ? "" : ::dlerror();
  }
};

// In the forked child: "" or what was wrong.
std::string run_ruleset(const std::string& ruleset) {
  Nftables nft;
  if (std::string why = nft.load(); !why.empty())
    return std::string("load ") + kLibrary + ": " + why + " (install the package libnftables1)";
  nft_ctx* const context = nft.create(NFT_CTX_DEFAULT);
  if (!context) return "create the context of libnftables";
  nft.buffer_error(context);
  if (nft.run(context, ruleset.c_str()) == 0) return {};
  const char* const words = nft.errors(context);
  return words && *words ? words : "libnftables refused the rules and did not say why";
}

void send_all(int fd, const std::string& text) {
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t n = ::write(fd, text.data() + sent, text.size() - sent);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // the parent then sees the exit code alone
    sent += static_cast<std::size_t>(n);
  }
}

Result<int> status_of(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return os_error("wait for the firewall's process");
  return status;
}

Message batch(int type) {
  nfgenmsg header{};
  header.nfgen_family = AF_UNSPEC;
  header.res_id = htons(NFNL_SUBSYS_NFTABLES);
  return {type, 0, header};
}

}  // namespace

Result<FirewallChange> FirewallChange::begin(FirewallTable& table, const std::string& text) {
  // Not asked for blindly (`table X; delete table X`): the kernel waits for every reader of rules that it
  // drops, more than ten milliseconds even of an empty table.
  const bool present = TRY(table.present());
  const std::string ruleset = (present ? "delete table inet " + table.name() + "\n" : "") + text;
  Pipe pipe = TRY(make_pipe());
  const pid_t pid = ::fork();
  if (pid < 0) return os_error("fork the firewall's process");
  if (pid == 0) {
    pipe.read.reset();
    const std::string words = run_ruleset(ruleset);
    send_all(pipe.write.get(), words);
    ::_exit(words.empty() ? 0 : 1);
  }
  return FirewallChange(pid, std::move(pipe.read));
}

FirewallChange::FirewallChange(FirewallChange&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), words_(std::move(other.words_)) {}

FirewallChange::~FirewallChange() {
  if (pid_ >= 0) static_cast<void>(finish());
}

Result<void> FirewallChange::finish() {
  const std::string words = read_to_end(words_.get());
  const int status = TRY(status_of(std::exchange(pid_, -1)));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (WIFSIGNALED(status))
    return fault("replace the table: killed by signal " + std::to_string(WTERMSIG(status)));
  return fault("replace the table: " + words);
}

Result<void> remove_firewall(const std::string& project) {
  Netlink netlink = TRY(Netlink::open(NETLINK_NETFILTER));
  Message messages[] = {batch(NFNL_MSG_BATCH_BEGIN),
                        nf_tables::of_table(NFT_MSG_DELTABLE, table_name(project)),
                        batch(NFNL_MSG_BATCH_END)};
  const std::string what = "remove table \"" + table_name(project) + "\"";
  const Ack ack = TRY(netlink.transaction(messages).with(what));
  if (ack.error == 0 || ack.error == ENOENT) return {};
  return ack.to_error(what);
}

}  // namespace stack::net

#include "core/engine/device_filter.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/engine/cgroup_devices.h"
#include "core/sys/files.h"

namespace stack::cgroup {
namespace {

// One attribute block a command: the kernel refuses a block with bytes set behind the command's last field.
long bpf(int command, bpf_attr& attr) {
  return ::syscall(SYS_bpf, command, &attr, sizeof attr);
}

std::uint64_t address_of(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

Result<UniqueFd> load(const std::vector<bpf_insn>& instructions) {
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attr.insns = address_of(instructions.data());
  attr.insn_cnt = static_cast<std::uint32_t>(instructions.size());
  static constexpr char kLicense[] = "GPL";
  attr.license = address_of(kLicense);
  std::memcpy(attr.prog_name, "stack_devices", sizeof "stack_devices");
  UniqueFd fd(static_cast<int>(bpf(BPF_PROG_LOAD, attr)));
  if (!fd) return os_error("load device program");
  return fd;
}

struct Attached {
  std::array<std::uint32_t, 64> ids{};
  std::uint32_t count = 0;
};

Result<Attached> attached_to(int cgroup, const std::string& folder) {
  Attached attached;
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.query.target_fd = static_cast<std::uint32_t>(cgroup);
  attr.query.attach_type = BPF_CGROUP_DEVICE;
  attr.query.prog_ids = address_of(attached.ids.data());
  attr.query.prog_cnt = static_cast<std::uint32_t>(attached.ids.size());
  if (bpf(BPF_PROG_QUERY, attr) != 0) return os_error("ask for the device programs of \"" + folder + "\"");
  attached.count = attr.query.prog_cnt;
  return attached;
}

Result<UniqueFd> program_by_id(std::uint32_t id) {
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.prog_id = id;
  UniqueFd fd(static_cast<int>(bpf(BPF_PROG_GET_FD_BY_ID, attr)));
  if (!fd) return os_error("open device program " + std::to_string(id));
  return fd;
}

// The kernel's hash of the instructions: the same rules give the same tag in any process and after any
// restart.
Result<std::string> tag_of(int program) {
  bpf_prog_info info;
  std::memset(&info, 0, sizeof info);
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.info.bpf_fd = static_cast<std::uint32_t>(program);
  attr.info.info_len = sizeof info;
  attr.info.info = address_of(&info);
  if (bpf(BPF_OBJ_GET_INFO_BY_FD, attr) != 0) return os_error("read device program");
  return std::string(reinterpret_cast<const char*>(info.tag), sizeof info.tag);
}

Result<void> attach(int cgroup, int program, int replaced, const std::string& folder) {
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.target_fd = static_cast<std::uint32_t>(cgroup);
  attr.attach_bpf_fd = static_cast<std::uint32_t>(program);
  attr.attach_type = BPF_CGROUP_DEVICE;
  attr.attach_flags = BPF_F_ALLOW_MULTI;
  if (replaced >= 0) {
    attr.attach_flags |= BPF_F_REPLACE;
    attr.replace_bpf_fd = static_cast<std::uint32_t>(replaced);
  }
  if (bpf(BPF_PROG_ATTACH, attr) == 0) return {};
  return os_error("attach device program to \"" + folder + "\"");
}

Result<void> detach(int cgroup, int program, const std::string& folder) {
  bpf_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.target_fd = static_cast<std::uint32_t>(cgroup);
  attr.attach_bpf_fd = static_cast<std::uint32_t>(program);
  attr.attach_type = BPF_CGROUP_DEVICE;
  if (bpf(BPF_PROG_DETACH, attr) == 0 || errno == ENOENT) return {};
  return os_error("detach device program from \"" + folder + "\"");
}

}  // namespace

Result<int> DeviceFilter::program(const DevicePolicy& policy) {
  const std::vector<bpf_insn> instructions = device_program(policy);
  std::string key(reinterpret_cast<const char*>(instructions.data()), instructions.size() * sizeof(bpf_insn));
  auto known = programs_.find(key);
  if (known == programs_.end()) known = programs_.emplace(std::move(key), TRY(load(instructions))).first;
  return known->second.get();
}

Result<void> DeviceFilter::apply(const std::string& folder, const DevicePolicy& policy, Made made) {
  if (policy.allow_all && made == Made::now) return {};
  const UniqueFd cgroup = TRY(open_fd(folder, O_RDONLY | O_DIRECTORY));
  const int wanted = policy.allow_all ? -1 : TRY(program(policy));
  if (made == Made::now) return attach(cgroup.get(), wanted, -1, folder);

  const std::string tag = wanted < 0 ? "" : TRY(tag_of(wanted));
  const Attached attached = TRY(attached_to(cgroup.get(), folder));
  std::vector<UniqueFd> others;
  bool held = false;
  for (std::uint32_t i = 0; i < attached.count; ++i) {
    UniqueFd program = TRY(program_by_id(attached.ids[i]));
    if (!held && wanted >= 0 && TRY(tag_of(program.get())) == tag)
      held = true;
    else
      others.push_back(std::move(program));
  }
  // Replacing, not detaching first: at no instant is the cgroup without a policy.
  if (!held && wanted >= 0) {
    TRY(attach(cgroup.get(), wanted, others.empty() ? -1 : others.back().get(), folder));
    if (!others.empty()) others.pop_back();
  }
  for (const UniqueFd& other : others) TRY(detach(cgroup.get(), other.get(), folder));
  return {};
}

}  // namespace stack::cgroup

#include "cmd/keeper/footprint.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "cmd/keeper/words.h"

namespace stack::keeper::footprint {
namespace {

constexpr char kOomScore[] = "-999";
constexpr std::uint64_t kPage = 4096;
constexpr std::int64_t kPauseNs = 1'000'000'000;

}  // namespace

// The C library's start-up and the kernel's fault-around (64 KiB for each page touched) map half of the
// program.
void shed_code() {
  static std::int64_t next_ns = 0;
  const std::int64_t now = monotonic_ns();
  if (now < next_ns) return;
  next_ns = now + kPauseNs;
  const auto* header = reinterpret_cast<const Elf64_Phdr*>(::getauxval(AT_PHDR));
  const std::uint64_t count = ::getauxval(AT_PHNUM);
  for (std::uint64_t i = 0; i < count; ++i) {
    const Elf64_Phdr& segment = header[i];
    // What may be written is not on the disk as it is in memory.
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uint64_t begin = segment.p_vaddr & ~(kPage - 1);
    const std::uint64_t end = (segment.p_vaddr + segment.p_memsz + kPage - 1) & ~(kPage - 1);
    // Static and not position-independent: the address in the file is the one in memory. A failure costs
    // memory only.
    static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED));
  }
}

void hide_from_oom_killer() {
  const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  const bool written = fd >= 0 && ::write(fd, kOomScore, sizeof kOomScore - 1) >= 0;
  // EACCES: no CAP_SYS_RESOURCE, in a container say; nothing that whoever started us could mend.
  if (!written && errno != EACCES) complain("write", "/proc/self/oom_score_adj", errno);
  if (fd >= 0) ::close(fd);
}

}  // namespace stack::keeper::footprint

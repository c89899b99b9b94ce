#include "core/sys/footprint.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>

namespace stack {
namespace {

constexpr std::uintptr_t kPage = 4096;

int shed_object(dl_phdr_info* object, std::size_t, void*) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    // What may be written is not on the disk as it is in memory.
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(kPage - 1);
    const std::uintptr_t end =
        (object->dlpi_addr + segment.p_vaddr + segment.p_memsz + kPage - 1) & ~(kPage - 1);
    // A failure costs memory only.
    static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED));
  }
  return 0;
}

}  // namespace

void shed_memory() {
  ::malloc_trim(0);
  ::dl_iterate_phdr(shed_object, nullptr);
}

}  // namespace stack

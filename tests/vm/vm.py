#!/usr/bin/python3
"""Runs a script in a guest that boots Debian's cloud kernel from an initial RAM disk: root, cgroup2 and no network.

    vm.py --program build/bin/stack --module overlay --script try.sh

The guest's console is streamed; the exit status is the script's.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from initrd import Initrd  # noqa: E402
from packages import Kernel, unpacked  # noqa: E402

MARKER = "stack-vm: exit status "

# The first init only leaves the initial RAM disk: pivot_root(2) refuses a root that is the kernel's own rootfs.
LEAVE_RAM_DISK = """#!/bin/busybox sh
busybox mkdir -p /next
busybox mount -t tmpfs -o size=90%,mode=755 tmpfs /next
for name in /*; do
  [ "$name" = /next ] || busybox cp -a "$name" /next/
done
exec busybox switch_root /next /sbin/guest-init
"""

GUEST_INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin 2>/dev/null
export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root LC_ALL=C.UTF-8
mkdir -p /proc /sys /dev /run /tmp /root /var/lib /var/tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
chmod 1777 /tmp /var/tmp /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
hostname guest
while read -r module; do insmod "$module" || echo "stack-vm: cannot load $module"; done < /etc/guest-modules
cd /root
sh /etc/guest-script
status=$?
echo
echo "@MARKER@$status"
poweroff -f
""".replace("@MARKER@", MARKER)


class Guest:
    """What the guest will hold; run() boots it and gives the script's exit status and all of its output."""

    def __init__(self, kernel=None):
        self.kernel = kernel or Kernel()
        self.initrd = Initrd()
        self.modules = []
        self.arguments = []  # of the kernel's command line
        self.memory_mib = 1024
        self.cpus = 2

    def run(self, script, timeout=300, out=sys.stdout):
        with tempfile.TemporaryDirectory(prefix="stack-vm-") as folder:
            image = os.path.join(folder, "initrd")
            with open(image, "wb") as file:
                file.write(self._image(script))
            return self._boot(image, timeout, out)

    def _image(self, script):
        self.initrd.file("/bin/busybox", _busybox())
        for name in ("sh", "mount", "insmod"):
            self.initrd.link("/bin/" + name, "busybox")
        self.initrd.text("/init", LEAVE_RAM_DISK, 0o755)
        self.initrd.text("/sbin/guest-init", GUEST_INIT, 0o755)
        self.initrd.text("/etc/guest-script", script)
        self.initrd.text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
        self.initrd.text("/etc/group", "root:x:0:\nnogroup:x:65534:\n")
        paths = []
        for file in self.kernel.load_order(self.modules):
            paths.append("/lib/modules/guest/" + os.path.basename(file))
            self.initrd.file(paths[-1], file)
        self.initrd.text("/etc/guest-modules", "".join(path + "\n" for path in paths))
        return self.initrd.bytes()

    def _boot(self, image, timeout, out):
        arguments = ["console=ttyS0", "quiet", "panic=-1", "rdinit=/init", *self.arguments]
        accelerators = os.environ.get("STACK_VM_ACCEL", "tcg").split(",")
        command = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
                   "-monitor", "none", "-no-reboot", "-cpu", "max", "-smp", str(self.cpus), "-m", str(self.memory_mib),
                   "-kernel", self.kernel.image, "-initrd", image, "-append", " ".join(arguments)]
        for accelerator in accelerators:
            command += ["-accel", accelerator]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace") as qemu:
            deadline = threading.Timer(timeout, qemu.kill)
            deadline.start()
            try:
                return _stream(qemu.stdout, out)
            finally:
                deadline.cancel()
                qemu.kill()


def _stream(console, out):
    """(status, output); the status is None where the guest ended, or was ended, without saying one."""
    lines, status = [], None
    for line in console:
        line = line.replace("\r", "")
        found = re.match(re.escape(MARKER) + r"(\d+)", line)
        if found:
            status = int(found.group(1))
            continue
        lines.append(line)
        out.write(line)
        out.flush()
    return status, "".join(lines)


def _busybox():
    found = shutil.which("busybox")
    if found and "not a dynamic executable" in _ldd(found):
        return found
    return os.path.join(unpacked("busybox-static"), "bin/busybox")


def _ldd(program):
    result = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    return result.stdout + result.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", action="append", default=[], help="a program to bring along, with its libraries")
    parser.add_argument("--tree", action="append", default=[], metavar="GUEST=HOST", help="a folder to bring along")
    parser.add_argument("--module", action="append", default=[], help="a kernel module to load")
    parser.add_argument("--append", action="append", default=[], help="an argument of the kernel's command line")
    parser.add_argument("--memory", type=int, default=1024, metavar="MIB")
    parser.add_argument("--timeout", type=int, default=300, metavar="SECONDS")
    parser.add_argument("--script", required=True, help="a shell script; - reads it from the standard input")
    options = parser.parse_args()
    guest = Guest()
    for program in options.program:
        guest.initrd.program(program, "/usr/local/bin/" + os.path.basename(program))
    for tree in options.tree:
        guest.initrd.tree(*tree.split("=", 1))
    guest.modules, guest.arguments, guest.memory_mib = options.module, options.append, options.memory
    with (sys.stdin if options.script == "-" else open(options.script, encoding="utf-8")) as file:
        status, _ = guest.run(file.read(), options.timeout)
    if status is None:
        sys.exit("vm.py: the guest gave no exit status")
    sys.exit(status)


if __name__ == "__main__":
    main()

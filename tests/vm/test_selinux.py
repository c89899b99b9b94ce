"""SELinux labels where SELinux is on: Debian's policy with our container types, in a guest in enforcing mode."""

import bz2
import glob
import os
import subprocess

from packages import CACHE, unpacked
from vm import Guest

HERE = os.path.dirname(os.path.abspath(__file__))
POLICY_VERSION = "33"

SCRIPT = """
mount -t selinuxfs selinuxfs /sys/fs/selinux
# The kernel takes a policy in one write only.
dd if=/etc/selinux/default/policy/policy of=/sys/fs/selinux/load bs=32M 2>/dev/null || exit 3
echo 1 > /sys/fs/selinux/enforce || exit 4
exec unit_engine --gtest_filter='SelinuxLabels.*'
"""


def policy():
    """The path of a binary policy: Debian's base module and container.cil, compiled anew when that changed."""
    own, built = os.path.join(HERE, "container.cil"), os.path.join(CACHE, "policy." + POLICY_VERSION)
    if os.path.exists(built) and os.path.getmtime(built) >= os.path.getmtime(own):
        return built
    environment = dict(os.environ, LD_LIBRARY_PATH=glob.glob(unpacked("libsepol2") + "/lib/*-linux-gnu")[0])
    base_pp, base_cil = os.path.join(CACHE, "base.pp"), os.path.join(CACHE, "base.cil")
    packed = unpacked("selinux-policy-default") + "/usr/share/selinux/default/base.pp.bz2"
    with bz2.open(packed) as source, open(base_pp, "wb") as target:
        target.write(source.read())
    to_cil = unpacked("policycoreutils") + "/usr/libexec/selinux/hll/pp"
    subprocess.run([to_cil, base_pp, base_cil], env=environment, check=True)
    with open(base_cil, encoding="utf-8") as file:
        # Which login becomes which SELinux user: some are users of other modules, and nobody logs in here.
        kept = [line for line in file if not line.startswith("(selinuxuser")]
    with open(base_cil, "w", encoding="utf-8") as file:
        file.writelines(kept)
    compiler = unpacked("secilc") + "/usr/bin/secilc"
    # -N: the guest's all-powerful kernel_t breaks the neverallow rules.
    subprocess.run([compiler, "-N", "-c", POLICY_VERSION, "-o", built + ".part", "-f", os.devnull, base_cil, own],
                   env=environment, check=True)
    os.rename(built + ".part", built)
    return built


def test_labels_keep_groups_apart_in_enforcing_mode(unit_engine):
    guest = Guest()
    guest.arguments = ["lsm=landlock,selinux,bpf"]
    guest.initrd.program(unit_engine, "/usr/local/bin/unit_engine")
    guest.initrd.tree("/etc/selinux", unpacked("selinux-policy-default") + "/etc/selinux")
    guest.initrd.text("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=default\n")
    guest.initrd.file("/etc/selinux/default/policy/policy", policy())
    status, output = guest.run(SCRIPT)
    assert status == 0
    assert "[  PASSED  ]" in output
    assert "SKIPPED" not in output

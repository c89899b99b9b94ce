"""Both cgroup drivers on a real kernel, each in a guest with its generation mounted: this host has one of them at most."""

from vm import Guest

SCRIPT = """
export STACK_TEST_BLOCK_DEVICE=/dev/nullb0
exec unit_engine --gtest_filter='{suite}.*:RealCgroupWatch.*'
"""
# As an older system mounts them.
LEGACY = """
umount /sys/fs/cgroup
mount -t tmpfs cgroups /sys/fs/cgroup
for controller in cpu,cpuacct cpuset memory pids devices freezer blkio; do
  mkdir /sys/fs/cgroup/$controller
  mount -t cgroup -o $controller cgroup /sys/fs/cgroup/$controller || exit 3
done
ln -s cpu,cpuacct /sys/fs/cgroup/cpu
ln -s cpu,cpuacct /sys/fs/cgroup/cpuacct
"""


def run(unit_engine, script):
    guest = Guest()
    guest.initrd.program(unit_engine, "/usr/local/bin/unit_engine")
    guest.modules = ["null_blk", "bfq"]
    status, output = guest.run(script)
    assert status == 0
    # Nothing may have been skipped: the guest has all that these tests ask for.
    assert "[  PASSED  ]" in output
    assert "SKIPPED" not in output


def test_every_limit_of_the_v2_driver_bites(unit_engine):
    run(unit_engine, SCRIPT.format(suite="RealCgroupV2"))


def test_every_limit_of_the_v1_driver_bites(unit_engine):
    run(unit_engine, LEGACY + SCRIPT.format(suite="RealCgroupV1"))


def test_the_guest_gives_the_exit_status_of_its_script():
    status, output = Guest().run("echo to the console\nexit 7\n")
    assert status == 7
    assert "to the console" in output

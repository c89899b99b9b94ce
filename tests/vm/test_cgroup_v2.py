"""The v2 driver on a real cgroup2: limits, devices, kill and OOM counters, in a guest, since this host may have v1."""

from vm import Guest

SCRIPT = """
export STACK_TEST_BLOCK_DEVICE=/dev/nullb0
exec unit_engine --gtest_filter='RealCgroupV2.*'
"""


def test_every_limit_of_the_v2_driver_bites(unit_engine):
    guest = Guest()
    guest.initrd.program(unit_engine, "/usr/local/bin/unit_engine")
    guest.modules = ["null_blk", "bfq"]
    status, output = guest.run(SCRIPT)
    assert status == 0
    # Nothing may have been skipped: the guest has all that these tests ask for.
    assert "[  PASSED  ]" in output
    assert "SKIPPED" not in output


def test_the_guest_gives_the_exit_status_of_its_script():
    status, output = Guest().run("echo to the console\nexit 7\n")
    assert status == 7
    assert "to the console" in output

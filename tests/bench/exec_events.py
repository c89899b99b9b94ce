"""When processes exec, told by the kernel's process events connector (Documentation/driver-api/connector.rst, linux/cn_proc.h)
with its own time: nobody has to poll /proc beside what is measured."""
import os
import socket
import struct

NETLINK_CONNECTOR = 11
NLMSG_DONE = 3
CN_IDX_PROC, CN_VAL_PROC = 1, 1
PROC_CN_MCAST_LISTEN = 1
PROC_EVENT_EXEC = 2
NLMSG_HEADER = struct.Struct("=IHHII")
CN_MESSAGE = struct.Struct("=IIIIHH")
PROC_EVENT = struct.Struct("=IIQII")  # what, cpu, CLOCK_MONOTONIC in ns, thread, process


class ExecEvents:
    """Of the whole machine, from the moment of its making."""

    def __init__(self, patience):
        """`patience`: seconds without any event until it gives up with TimeoutError."""
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_CONNECTOR)
        self.socket.bind((os.getpid(), CN_IDX_PROC))
        self.socket.settimeout(patience)
        operation = struct.pack("=I", PROC_CN_MCAST_LISTEN)
        message = CN_MESSAGE.pack(CN_IDX_PROC, CN_VAL_PROC, 0, 0, len(operation), 0) + operation
        self.socket.send(NLMSG_HEADER.pack(NLMSG_HEADER.size + len(message), NLMSG_DONE, 0, 0, os.getpid()) + message)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def __iter__(self):
        """(pid, time.monotonic_ns() of its exec), as they come."""
        while True:
            data = self.socket.recv(4096)
            what, _, at, _, pid = PROC_EVENT.unpack_from(data, NLMSG_HEADER.size + CN_MESSAGE.size)
            if what == PROC_EVENT_EXEC:
                yield pid, at

"""Ports of the host for the tests."""
import socket


def free_port(kind=socket.SOCK_STREAM):
    """One that nobody has on any address of IPv4."""
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("0.0.0.0", 0))
        return one.getsockname()[1]

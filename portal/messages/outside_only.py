"""Connections to the outside alone: an address that somebody gave us must not lead into our own network."""

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore

Address = IPv4Address | IPv6Address
CARRIES_IPV4 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # translators reach any IPv4 address behind them


class Private(Exception):
    """The name leads to an address that is not the public internet's."""


def is_outside(address: Address) -> bool:
    """Whether an address belongs to the public internet. IPv6 that wraps an IPv4 address is taken for none."""
    if isinstance(address, IPv6Address) and (
            address.ipv4_mapped or address.sixtofour or address.teredo or any(address in net for net in CARRIES_IPV4)):
        return False
    return address.is_global and not address.is_multicast


class OutsideOnly(httpcore.NetworkBackend):
    """Looks the name up once, refuses when any of its addresses is private, and connects to the address it looked at.

    So a name that answers differently the second time gains nothing. TLS still asks for the name's certificate.
    """

    def __init__(self, may_reach: Callable[[Address], bool] = is_outside) -> None:
        self._may_reach = may_reach
        self._plain = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                    socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        """Connect to a public address of the name. Raises Private."""
        try:
            found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        except OSError as error:
            raise httpcore.ConnectError(f"unknown name: {type(error).__name__}") from error
        addresses = sorted((ip_address(str(one).split("%")[0]) for one in found), key=lambda one: (one.version, int(one)))
        if not addresses or not all(self._may_reach(one) for one in addresses):
            raise Private(host)
        return self._plain.connect_tcp(str(addresses[0]), port, timeout, local_address, socket_options)

    def connect_unix_socket(self, path: str, timeout: float | None = None,
                            socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        """Never: a socket file is as private as can be."""
        raise Private(path)

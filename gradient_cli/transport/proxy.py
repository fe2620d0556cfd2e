"""Which proxy a request goes through: --proxy, else the environment; loopback never."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gradient_cli.errors import UsageError
from gradient_cli.wire.address import is_host, is_loopback, without_password

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

_PORTS = {"http": 80, "https": 443}
_SOCKS = ("socks5", "socks5h")
"""Either way the proxy looks the name up."""


def proxy_for(url: str, flag: str | None, environ: Mapping[str, str]) -> str | None:
    """
    Give the proxy's URL for `url`, or None.

    The flag wins over HTTPS_PROXY/HTTP_PROXY, ALL_PROXY and NO_PROXY (either case); an empty
    flag means none.

    Raises:
        UsageError: it is no URL of a proxy, or one of SOCKS without the extra.

    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host):
        return None
    if flag is not None:
        return _with_scheme(flag)
    names = [f"{parts.scheme}_proxy", "all_proxy"]
    found = next((value for name in names if (value := _either_case(environ, name))), None)
    port = parts.port or _PORTS.get(parts.scheme)
    if not found or is_excepted(host, port, _either_case(environ, "no_proxy") or ""):
        return None
    return _with_scheme(found)


def _either_case(environ: Mapping[str, str], name: str) -> str | None:
    # In a CGI script HTTP_PROXY is set by whoever sends a `Proxy:` header (httpoxy).
    if name == "http_proxy" and "REQUEST_METHOD" in environ:
        return environ.get(name)
    return environ.get(name) or environ.get(name.upper())


def _with_scheme(proxy: str) -> str | None:
    proxy = proxy.strip()
    if not proxy:
        return None
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        is_usable = parts.scheme in {*_PORTS, *_SOCKS} and parts.port != 0
    except ValueError:
        raise _unusable(proxy) from None
    if not is_usable or not is_host((parts.hostname or "").removesuffix(".")):
        raise _unusable(proxy)
    if parts.scheme in _SOCKS and not _has_socks():
        raise UsageError(
            f'the proxy "{without_password(proxy)}" speaks SOCKS, which is an extra',
            hint="install gradient-cli[socks]; --proxy '' goes without a proxy",
        )
    return parts.geturl()


def socks_errors(proxy: str | None) -> tuple[type[Exception], ...]:
    """Give the errors of what speaks SOCKS below httpcore, which httpcore (1.0) passes on."""
    if not (proxy or "").startswith(_SOCKS):
        return ()
    import socksio

    return (socksio.SOCKSError,)


def _has_socks() -> bool:
    from importlib.util import find_spec  # What nobody with another proxy has to wait for.

    return find_spec("socksio") is not None


def _unusable(proxy: str) -> UsageError:
    return UsageError(
        f'the proxy "{without_password(proxy)}" is no proxy of HTTP or SOCKS 5',
        hint="such as http://proxy.example:3128; --proxy '' goes without one",
    )


def is_excepted(host: str, port: int | None, exceptions: str) -> bool:
    """
    Read NO_PROXY as curl does: entries set apart by commas or blanks.

        *                        everything
        example.com              it and what is below it; `.example.com`, `*.example.com` too
        10.1.2.3  [fe80::1]      that address; brackets may be left out
        10.0.0.0/8  fd00::/8     every address of the network
        example.com:8443         any of them at that port alone

    An address is compared as a number and never by its end: `2.3` is not above `10.1.2.3`.
    """
    name = host.lower().partition("%")[0].removesuffix(".")
    for entry in exceptions.lower().replace(",", " ").split():
        if entry == "*":
            return True
        place, entry_port = _with_port(entry)
        if entry_port in ("", str(port)) and _is_within(name, place):
            return True
    return False


def _with_port(entry: str) -> tuple[str, str]:
    """Give (host or network, port or ""); the colons of an IPv6 address are none of a port."""
    if entry.startswith("["):
        place, _, rest = entry[1:].partition("]")
        if rest.startswith("/"):
            return place + rest, ""
        return place, rest.removeprefix(":")
    place, colon, port = entry.rpartition(":")
    if colon and ":" not in place and port.isascii() and port.isdecimal():
        return place, port.lstrip("0")
    return entry, ""


def _is_within(host: str, place: str) -> bool:
    place = place.removeprefix("*").strip(".")
    if not place:
        return False
    numbers = list(_numbers(host))
    if not numbers:
        return host == place or host.endswith(f".{place}")
    # Loaded only where somebody asks about an address: 5 ms.
    from ipaddress import ip_network

    try:
        network = ip_network(place.partition("%")[0], strict=False)
    except ValueError:
        return False
    return any(number in network for number in numbers)


def _numbers(host: str) -> "Iterator[IPv4Address | IPv6Address]":
    """Give the address that a host is, if it is one; one of IPv4 inside IPv6 is both."""
    if not (":" in host or host.replace(".", "").isdecimal()):
        return
    from ipaddress import ip_address

    try:
        address = ip_address(host)
    except ValueError:
        return
    yield address
    if (inner := getattr(address, "ipv4_mapped", None)) is not None:
        yield inner

"""Which proxy a request goes through: --proxy, else the environment; loopback never."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from gradient_cli.errors import UsageError
from gradient_cli.wire.address import is_host, is_loopback, without_password


def proxy_for(url: str, flag: str | None, environ: Mapping[str, str]) -> str | None:
    """
    Give the proxy's URL for `url`, or None.

    The flag wins over HTTPS_PROXY/HTTP_PROXY, ALL_PROXY and NO_PROXY (either case); an empty
    flag means none.

    Raises:
        UsageError: it is no URL of an HTTP proxy.

    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host):
        return None
    if flag is not None:
        return _with_scheme(flag)
    names = [f"{parts.scheme}_proxy", "all_proxy"]
    found = next((value for name in names if (value := _either_case(environ, name))), None)
    if not found or _is_excepted(host, parts.port, _either_case(environ, "no_proxy") or ""):
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
        is_usable = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:
        raise _unusable(proxy) from None
    if not is_usable or not is_host((parts.hostname or "").removesuffix(".")):
        raise _unusable(proxy)
    return parts.geturl()


def _unusable(proxy: str) -> UsageError:
    return UsageError(
        f'the proxy "{without_password(proxy)}" is no HTTP proxy',
        hint="such as http://proxy.example:3128; --proxy '' goes without one",
    )


def _is_excepted(host: str, port: int | None, exceptions: str) -> bool:
    """Read NO_PROXY: `*`, host names, domains with or without a leading dot, a port."""
    for entry in (part.strip().lower() for part in exceptions.split(",")):
        if entry == "*":
            return True
        name, _, entry_port = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
        if entry_port and entry_port != str(port):
            continue
        name = name.lstrip(".")
        if name and (host == name or host.endswith(f".{name}")):
            return True
    return False

"""Who may use the panel: the addresses it answers at, and its token."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field

TOKEN_BYTES = 32
SCHEME = b"bearer "


@dataclass(frozen=True, slots=True)
class Access:
    """The port, and the token that every request of the interface needs."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(TOKEN_BYTES), repr=False)

    @property
    def address(self) -> str:
        """The address to open."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address with the token in its fragment, which a browser sends to nobody."""
        return f"{self.address}/#token={self.token}"

    @property
    def hosts(self) -> frozenset[bytes]:
        """Every valid ``Host`` header. Another one is DNS rebinding: a foreign name that resolves to this machine."""
        return frozenset(f"{name}:{self.port}".encode() for name in ("127.0.0.1", "localhost", "[::1]"))

    @property
    def origins(self) -> frozenset[bytes]:
        """Every valid ``Origin`` header."""
        return frozenset(b"http://" + host for host in self.hosts)

    def is_authorized(self, header: bytes) -> bool:
        """Whether an ``Authorization`` header holds the token; the comparison takes the same time for any token."""
        scheme, token = header[: len(SCHEME)], header[len(SCHEME) :]
        return scheme.lower() == SCHEME and self.is_token(token)

    def is_token(self, token: bytes) -> bool:
        """Whether ``token`` is the panel's."""
        return hmac.compare_digest(token, self.token.encode())

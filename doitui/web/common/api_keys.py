"""API keys of repositories, as DataCite gives them since July 2026 (datacite-api.md 1.1 and 9)."""

from __future__ import annotations

import hmac
import secrets
import string
import threading
import time
import uuid
from dataclasses import dataclass, field

from doitui_core.domain.repository_account import KEY_PREFIX

#: lupo's form: `DC.` and 32 letters and digits, of which the first 8 are shown in lists.
LENGTH, SHOWN = 32, 11

#: Seconds for which lupo's time of the last use may be behind.
TOUCHED_EVERY = 15 * 60

_ALPHABET = string.ascii_letters + string.digits


@dataclass(slots=True)
class IssuedKey:
    """One key of the repository `account`. Times are seconds since the epoch, None for never."""

    id: str
    account: str
    name: str
    secret: str = field(repr=False)
    created_at: float
    last_used_at: float | None = None
    revoked_at: float | None = None


class ApiKeys:
    """The keys of all accounts, for all threads. They are not kept in a state file."""

    def __init__(self) -> None:
        self._keys: dict[str, IssuedKey] = {}
        self._lock = threading.Lock()

    def create(self, account: str, name: str) -> IssuedKey:
        """A new key; its secret is shown only now."""
        secret = KEY_PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
        key = IssuedKey(str(uuid.uuid4()), account, name, secret, time.time())
        with self._lock:
            self._keys[key.id] = key
        return key

    def active(self, account: str) -> list[IssuedKey]:
        """The keys of `account` that are not revoked, newest first."""
        with self._lock:
            mine = [key for key in self._keys.values() if key.account == account and key.revoked_at is None]
        return mine[::-1]

    def find(self, id_: str) -> IssuedKey | None:
        """The key with that id, revoked or not."""
        return self._keys.get(id_)

    def revoke(self, key: IssuedKey) -> None:
        """From now on it is worth nothing."""
        key.revoked_at = time.time()

    def used(self, secret: str) -> IssuedKey | None:
        """The valid key that `secret` is; its use is noted."""
        with self._lock:
            valid = [key for key in self._keys.values() if key.revoked_at is None]
        sought, now = secret.encode(), time.time()
        for key in valid:
            if hmac.compare_digest(key.secret.encode(), sought):
                if key.last_used_at is None or key.last_used_at < now - TOUCHED_EVERY:
                    key.last_used_at = now
                return key
        return None

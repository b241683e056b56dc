"""The dealer code: readable, never reused, minted from the dealer's id alone (domain.md 0).

Eight characters of Crockford's base32 (no I, L, O, U) and a check character: ``D-7K3Q-9XW2-M``. The check is his, value
modulo 37, and finds every single wrong character and every swap of two neighbours; a value whose check would be one of
his five extra signs (* ~ $ = U) is passed over, so that a code is letters and digits only.
"""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
CHECK_MODULUS = 37
READ_AS = str.maketrans("ILO", "110")


def mint(dealer: UUID, attempt: int = 0) -> str:
    """The code of a dealer.

    40 bits: among 100,000 dealers two codes meet with a chance of 1 in 190; the claim on the code then refuses the
    second approval, and `attempt` 1, 2, … gives the dealer its next code.
    """
    candidates = (_value(dealer, n) for n in count())
    readable = (value for value in candidates if value % CHECK_MODULUS < len(ALPHABET))
    for _ in range(attempt):
        next(readable)
    value = next(readable)
    text = "".join(ALPHABET[value >> 5 * place & 31] for place in reversed(range(LENGTH)))
    return f"D-{text[:4]}-{text[4:]}-{ALPHABET[value % CHECK_MODULUS]}"


def read(text: str) -> str | None:
    """The code that somebody typed, in its one form; None if it is none or a character is wrong.

    Case, hyphens and spaces do not matter; I and L are read as 1, O as 0.
    """
    plain = text.strip().upper().replace("-", "").replace(" ", "")
    if len(plain) != LENGTH + 2 or plain[0] != "D":
        return None
    characters = plain[1:].translate(READ_AS)
    if any(character not in ALPHABET for character in characters):
        return None
    value = 0
    for character in characters[:LENGTH]:
        value = value << 5 | ALPHABET.index(character)
    if value % CHECK_MODULUS != ALPHABET.index(characters[LENGTH]):
        return None
    return f"D-{characters[:4]}-{characters[4:LENGTH]}-{characters[LENGTH]}"


def _value(dealer: UUID, n: int) -> int:
    digest = sha256(b"dealer-code\x00" + dealer.bytes + n.to_bytes(4)).digest()
    return int.from_bytes(digest[:5])

"""G.711 (ITU-T, 1988): the 8-bit logarithmic codecs of the telephone network, decoded by table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.int16]


def _mu_law() -> Table:
    """All bits of a code are inverted on the line; sign, 3 bits of exponent, 4 of mantissa; bias 33 (here ×4)."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4 & 7).astype(np.int32), (code & 15).astype(np.int32)
    magnitude = ((mantissa << 3) + 132 << exponent) - 132
    return np.where(code & 128, -magnitude, magnitude).astype(np.int16)


def _a_law() -> Table:
    """Even bits of a code are inverted on the line; the lowest two exponents share one step size."""
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent, mantissa = (code >> 4 & 7).astype(np.int32), (code & 15).astype(np.int32)
    magnitude = (mantissa << 4) + 8
    magnitude = np.where(exponent > 0, magnitude + 256 << np.maximum(exponent - 1, 0), magnitude)
    return np.where(code & 128, magnitude, -magnitude).astype(np.int16)


MU_LAW, A_LAW = _mu_law(), _a_law()


def decode(codes: bytes, table: Table) -> bytes:
    """One byte a sample in, int16 little-endian samples out."""
    return table[np.frombuffer(codes, np.uint8)].astype("<i2", copy=False).tobytes()

"""Sound in 20 ms blocks of 16-bit mono: rings between callbacks, sound devices, the shock limiter."""

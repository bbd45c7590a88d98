"""The published layouts, and two small descriptors of our own with the pitfalls of the real ones."""

from __future__ import annotations

from pathlib import Path

SHARED = Path(__file__).parents[3] / "shared" / "headsets"

JABRA_OUT = {"02": {"off_hook": 0, "mute": 1, "ring": 2, "hold": 3, "microphone": 4, "ringer": 5}}
JABRA_IN = {"02": {"hook": 0, "busy": 1, "mute": 2, "flash": 3, "redial": 4, "speed_dial": 5, "reject": 6}}


def poly_out(speaker: str) -> dict[str, dict[str, int]]:
    return {
        "09": {"mute": 0},
        "17": {"off_hook": 0},
        "18": {"ring": 0},
        speaker: {"speaker": 0},
        "20": {"hold": 0},
        "2A": {"online": 0},
    }


Table = dict[str, dict[str, dict[str, int]]]

PUBLISHED: dict[str, Table] = {
    "0b0e-0307": {"input": JABRA_IN, "output": JABRA_OUT},
    "0b0e-2456": {"input": {"02": {"hook": 0, "busy": 1, "mute": 2, "flash": 3, "reject": 4}}, "output": JABRA_OUT},
    "6993-b02b": {"input": JABRA_IN, "output": JABRA_OUT},
    "047f-c053": {
        "input": {"08": {"mute": 0, "hook": 1, "flash": 2, "redial": 3, "reject": 4}},
        "output": poly_out("1A"),
    },
    "047f-c056": {"input": {"08": {"mute": 0, "hook": 1, "flash": 2}}, "output": poly_out("1E")},
    "1395-0082": {
        "input": {"08": {"mute": 0, "hook": 1, "redial": 2, "flash": 3, "drop": 4, "reject": 5}},
        "output": {"09": {"mute": 0, "off_hook": 1, "ring": 2, "microphone": 3, "online": 4, "hold": 5}},
    },
    "1395-009c": {
        "input": {"02": {"hook": 0, "flash": 1, "redial": 2, "mute": 3, "drop": 4, "reject": 5}},
        "output": {"03": {"off_hook": 0, "microphone": 1, "ring": 2, "mute": 3, "online": 4, "hold": 5}},
    },
    "046d-0a37": {"input": {}, "output": {}},
}


def published_files() -> list[Path]:
    """The real descriptors, where this machine has them."""
    return sorted(file for file in SHARED.glob("*.bin") if file.stem in PUBLISHED)


def assemble(text: str) -> bytes:
    """Hex with ``#`` comments to bytes."""
    return bytes.fromhex(" ".join(line.split("#")[0] for line in text.splitlines()))


# No report ids; the headset is the last collection, after a vendor clone of the same usages; hook and mute flagged
# constant.
PLAIN = assemble("""
    06 30 FF 09 05 A1 01  15 00 25 01 75 01 95 01 09 20 81 22 95 07 81 01  C0   # vendor clone of the hook, 8 bits
    05 0B 09 05 A1 01 C0                                                        # an empty headset collection
    05 0B 09 05 A1 01
      15 00 25 01 75 01
      95 01 09 20 81 23          # hook, constant
      95 01 09 2F 81 07          # mute, constant
      95 06 81 03                # padding
      05 08 95 02 09 18 09 17 91 22
      95 06 91 03
    C0
""")
PLAIN_TABLE: Table = {"input": {"00": {"hook": 8, "mute": 9}}, "output": {"00": {"ring": 0, "off_hook": 1}}}

# The page changes between a usage and its main item, extended usages, push and pop, a delimited set, a nested
# application.
TWISTED = assemble("""
    05 0C 09 01 A1 01
      05 0B 09 05 A1 01
        85 07 15 00 25 01 75 01
        A4                              # push
        95 01 05 08 0B 20 00 0B 00 81 02   # hook as an extended usage, under the LED page
        B4                              # pop: back to page 0B
        95 01 A9 01 09 21 09 2F A9 00 81 06  # flash, preferred over mute
        09 07 A1 02 05 09 09 01 81 02 09 02 81 02 C0  # programmable buttons 1 and 2 as a logical collection
        05 0B 09 2F 05 0B 95 01 81 06   # mute
        A1 01 06 40 FF 09 41 95 03 81 02 C0   # anonymous vendor application inside
        85 0A 05 0B 95 01 09 17 09 18 05 08 95 02 91 22   # off-hook and ring declared before their page
        95 06 91 01
      C0
    C0
""")
TWISTED_TABLE: Table = {
    "input": {"07": {"hook": 0, "flash": 1, "reject": 2, "mute": 4}},
    "output": {"0A": {"off_hook": 0, "ring": 1}},
}

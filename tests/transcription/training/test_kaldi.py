import struct

import numpy as np
import pytest

from transcription.training import phones
from transcription.training.kaldi import Layer, acoustic_model, compressed


def test_a_matrix_is_rounded_to_steps_of_its_range() -> None:
    matrix = np.array([[-1.0, 0.0, 1.0], [0.25, 3.0, 2.0]], np.float32)
    for width, token, steps in ((1, b"CM3 ", 255), (2, b"CM2 ", 65535)):
        content = compressed(matrix, width)
        low, reach, rows, columns = struct.unpack("<ffii", content[4:20])
        assert (content[:4], low, reach, rows, columns) == (token, -1.0, 4.0, 2, 3)
        codes = np.frombuffer(content[20:], "<u1" if width == 1 else "<u2").reshape(2, 3)
        assert low + reach * codes / steps == pytest.approx(matrix, abs=reach / steps)


def test_a_constant_matrix_is_written_too() -> None:
    assert compressed(np.zeros((2, 2), np.float32))[20:] == bytes(4)


def test_the_model_has_a_component_for_every_layer() -> None:
    first = Layer(np.ones((5, 32 * 3), np.float32), np.zeros(5, np.float32), (-1, 0, 1))
    last = Layer(np.ones((phones.PDFS, 5), np.float32), np.zeros(phones.PDFS, np.float32), (0,))
    content = acoustic_model([first, last])
    assert content.startswith(b"\0B<TransitionModel> <Topology> ")
    assert b"input=Append(Offset(input, -1), input, Offset(input, 1))\n" in content
    assert b"component=out.affine input=tdnn1.relu\n" in content
    assert content.count(b"<ComponentName>") == 4
    with pytest.raises(ValueError, match="5 outputs"):
        acoustic_model([first])

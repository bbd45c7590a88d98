from __future__ import annotations

from transcription.training.assembly import companion_conf, model_conf


def test_a_graph_with_unk_gets_a_narrower_lattice_and_is_else_the_same() -> None:
    conf = model_conf(0.4)
    assert "--lattice-beam=5.0\n" in conf
    assert companion_conf(conf) == conf.replace("--lattice-beam=5.0", "--lattice-beam=3.0")

import numpy as np
import pytest

from transcription.training import augment
from transcription.training.features import CEPSTRA, frame_count, mfcc
from transcription.training.voices import RATE, resample


def chirp() -> np.ndarray:
    at = np.arange(4000)
    tone = 9000 * np.sin(2 * np.pi * (200 + 0.2 * at) * at / 8000) * np.hanning(4000)
    return np.asarray(np.round(tone + 200 * np.sin(at * at * 0.37)), np.int16)


def test_mfcc_are_those_of_kaldi() -> None:
    """Values of kaldi-native-fbank 1.22 with the options of MFCC_CONF."""
    found = mfcc(chirp())
    assert found.shape == (48, CEPSTRA)
    some = found[[0, 20, 47]][:, [0, 1, 2, 5, 13, 31]]
    expected = [
        [83.436, -28.788, -3.541, -6.127, 5.221, 4.103],
        [89.073, -24.833, -37.964, 65.662, -3.893, 5.483],
        [80.922, -35.616, -5.201, 0.22, 16.086, 3.724],
    ]
    assert some == pytest.approx(np.array(expected), abs=2e-3)


@pytest.mark.parametrize(("samples", "frames"), [(0, 0), (199, 0), (200, 1), (279, 1), (280, 2), (8000, 98)])
def test_frames_are_whole_windows(samples: int, frames: int) -> None:
    assert frame_count(samples) == frames
    assert mfcc(np.zeros(samples, np.int16)).shape == (frames, CEPSTRA)


def test_warping_moves_what_is_heard_in_frequency() -> None:
    at = np.arange(8000) / RATE
    low, high = (np.round(8000 * np.sin(2 * np.pi * f * at)).astype(np.int16) for f in (1000, 1100))
    nearer = np.abs(mfcc(low, 1 / 1.1)[5] - mfcc(high)[5]).sum()
    assert nearer < 0.5 * np.abs(mfcc(low)[5] - mfcc(high)[5]).sum()


@pytest.mark.parametrize("codec", ["mulaw", "alaw", "linear"])
def test_coding_keeps_the_signal_and_clips_what_is_too_loud(codec: str) -> None:
    signal = np.sin(np.arange(800) / 7)
    coded = augment.coded(2 * signal, codec) / 32767
    assert np.max(np.abs(coded)) <= 1.0
    assert coded == pytest.approx(np.clip(2 * signal, -1, 1), abs=0.03)
    if codec != "linear":
        assert len(np.unique(augment.coded(np.linspace(-1, 1, 5000), codec))) <= 255


def test_a_line_keeps_length_and_a_take_does_not() -> None:
    rng = np.random.default_rng(1)
    sound = chirp()
    assert all(len(augment.line(sound, rng, sound)) == len(sound) for _ in range(20))
    assert len({len(augment.take(sound, rng)) for _ in range(20)}) > 10


def test_the_same_seed_gives_the_same_line() -> None:
    one, same, other = (augment.line(chirp(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_noise_is_as_loud_as_asked_beside_speech() -> None:
    at = np.arange(2 * RATE)
    speech = np.round(12000 * np.sin(at / 2)).astype(np.int16)
    rng = np.random.default_rng(2)
    noisy = augment.noisy_line(speech, rng, snr_db=6.0).astype(float)
    spectrum = np.abs(np.fft.rfft(noisy)) ** 2
    peak = np.argmax(spectrum)
    tone = spectrum[peak - 2 : peak + 3].sum()
    assert 10 * np.log10(tone / (spectrum.sum() - tone)) == pytest.approx(6.0, abs=1.5)


def test_resampling_keeps_a_tone_at_its_frequency() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    slower = resample(tone, 22050)
    assert len(slower) == RATE
    assert np.argmax(np.abs(np.fft.rfft(slower))) == 440

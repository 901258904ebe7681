"""From the voice's 24 kHz to the telephone's 8 kHz: band, level, ends, file. Knows nothing of text."""

import numpy as np
import soundfile
from scipy import signal

RATE = 8000
TARGET_RMS_DB = -20.0
PEAK_DB = -1.5
FRAME = 160  # 20 ms


def amplitude(db):
    return 10.0 ** (db / 20.0)


def to_telephone(samples, rate=24000):
    """Decimates with a steep low-pass at 3.5 kHz and removes what lies under 150 Hz: neither reaches the ear."""
    factor = rate // RATE
    taps = signal.firwin(511, 3500, fs=rate, window=("kaiser", 8.0))
    narrow = signal.resample_poly(samples, 1, factor, window=taps)
    high_pass = signal.butter(3, 150, "highpass", fs=RATE, output="sos")
    return signal.sosfiltfilt(high_pass, narrow)


def frame_rms(samples):
    count = max(1, len(samples) // FRAME)
    padded = np.pad(samples, (0, max(0, count * FRAME - len(samples))))[: count * FRAME]
    return np.sqrt(np.mean(padded.reshape(count, FRAME) ** 2, axis=1) + 1e-12)


def speech_rms(samples):
    """RMS of the frames that hold speech, so that pauses do not make a clip louder than its neighbours."""
    frames = frame_rms(samples)
    loud = frames[frames > frames.max() * 0.1]
    return float(np.sqrt(np.mean(loud**2)))


def limit(samples, ceiling):
    """Rounds off what exceeds 0.7 of the ceiling; a hard clip would crackle in A-law."""
    knee = 0.7 * ceiling
    size = np.abs(samples)
    over = size > knee
    out = samples.copy()
    out[over] = np.sign(samples[over]) * (knee + (ceiling - knee) * np.tanh((size[over] - knee) / (ceiling - knee)))
    return out


def levelled(samples, rms_db=TARGET_RMS_DB):
    return limit(samples * (amplitude(rms_db) / speech_rms(samples)), amplitude(PEAK_DB))


def trimmed(samples, silence_ms=100):
    """Leaves exactly silence_ms before and after the speech, faded so that joined clips do not click."""
    frames = frame_rms(samples)
    loud = np.flatnonzero(frames > frames.max() * amplitude(-38))
    start = max(0, (loud[0] - 1) * FRAME)
    end = min(len(samples), (loud[-1] + 3) * FRAME)
    body = samples[start:end].copy()
    edge = min(80, len(body) // 2)
    ramp = np.sin(np.linspace(0, np.pi / 2, edge)) ** 2
    body[:edge] *= ramp
    body[-edge:] *= ramp[::-1]
    return np.pad(body, RATE * silence_ms // 1000)


def write(path, samples):
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = np.clip(np.round(samples * 32767.0), -32768, 32767).astype(np.int16)
    soundfile.write(path, whole, RATE, subtype="PCM_16")

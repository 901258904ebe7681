"""Sounds that nobody speaks: the beep, Chinese call progress tones, the hold music. All made from numbers."""

import numpy as np

RATE = 8000


def tone(hertz, seconds, level_db, fade=0.005):
    at = np.arange(int(RATE * seconds)) / RATE
    edge = np.minimum(1.0, np.minimum(at, seconds - at) / fade)
    return 10 ** (level_db / 20) * np.sqrt(2) * np.sin(2 * np.pi * hertz * at) * np.clip(edge, 0, 1)


def silence(seconds):
    return np.zeros(int(RATE * seconds))


def beep():
    return np.concatenate([silence(0.05), tone(1000, 0.3, -18), silence(0.1)])


def ringback():
    """GF 002-9002: 450 Hz, one second on, four off."""
    return np.concatenate([tone(450, 1.0, -20), silence(4.0)])


def busy():
    """GF 002-9002: 450 Hz, 350 ms on, 350 ms off; several periods, so that a player need not loop at once."""
    return np.concatenate([tone(450, 0.35, -20), silence(0.35)] * 8)


# --- Hold music: an own melody in the pentatonic mode on D (D E F# A B), plucked strings. ---

BEAT = 60 / 76
SCALE = {1: 0, 2: 2, 3: 4, 5: 7, 6: 9}
# (degree, octave above D4, beats); 0 is a rest. Four phrases of sixteen beats: statement, answer, rise, return.
MELODY = [
    (5, 0, 1), (6, 0, 0.5), (1, 1, 0.5), (2, 1, 1), (1, 1, 1), (6, 0, 1), (5, 0, 1), (3, 0, 2),
    (2, 0, 1), (3, 0, 0.5), (5, 0, 0.5), (6, 0, 1), (5, 0, 1), (3, 0, 1), (2, 0, 1), (1, 0, 2),
    (3, 0, 0.5), (5, 0, 0.5), (6, 0, 1), (1, 1, 1.5), (6, 0, 0.5), (5, 0, 1), (3, 0, 1), (5, 0, 2),
    (6, 0, 1), (5, 0, 0.5), (3, 0, 0.5), (2, 0, 1), (3, 0, 1), (1, 0, 1), (2, 0, 1), (1, 0, 2),
    (1, 1, 1), (2, 1, 0.5), (3, 1, 0.5), (5, 1, 1), (3, 1, 1), (2, 1, 1), (1, 1, 1), (6, 0, 2),
    (5, 0, 1), (1, 1, 1), (2, 1, 0.5), (3, 1, 0.5), (2, 1, 1), (1, 1, 1), (6, 0, 1), (5, 0, 2),
    (3, 0, 1), (5, 0, 0.5), (6, 0, 0.5), (5, 0, 1), (3, 0, 1), (2, 0, 1.5), (3, 0, 0.5), (5, 0, 2),
    (6, 0, 1), (1, 1, 0.5), (6, 0, 0.5), (5, 0, 1), (3, 0, 1), (2, 0, 1), (3, 0, 1), (1, 0, 2),
]
# One broken chord for every four beats of the melody.
BASS = [(1, 5, 3), (6, 3, 1), (2, 6, 5), (1, 5, 3), (6, 3, 1), (5, 2, 6), (2, 6, 5), (1, 5, 3)] * 2


def frequency(degree, octave):
    return 293.66 * 2 ** (SCALE[degree] / 12 + octave)


def damping(hertz):
    """Share of the previous sample in the loop: chosen so that each pitch loses about 20 dB a second by it."""
    return min(0.4, 20 / (hertz * 8.686 * (1 - np.cos(2 * np.pi * hertz / RATE))))


def pluck(hertz, seconds, loudness, random):
    """Karplus-Strong: a burst of noise that runs round a damped delay line; the fraction is tuned by an all-pass."""
    share = damping(hertz)
    delay = RATE / hertz - share
    length = int(delay)
    rest = delay - length
    line = random.uniform(-1, 1, length)
    line = (line + np.roll(line, 1) + np.roll(line, 2)) / 3
    line -= line.mean()
    keep = 10 ** (-3 / (hertz * 2.6))  # sixty decibels in 2.6 s at every pitch
    turn = (1 - rest) / (1 + rest)
    out = np.zeros(int(RATE * seconds))
    last = before = passed = 0.0
    for i in range(len(out)):
        sample = line[i % length]
        damped = keep * ((1 - share) * sample + share * last)
        last = sample
        passed = turn * damped + before - turn * passed
        before = damped
        line[i % length] = passed
        out[i] = sample
    out[:16] *= np.linspace(0, 1, 16)
    return loudness * out / np.max(np.abs(out))


def add_wrapped(track, at, note):
    """What rings past the end is laid over the start, so that the loop has no seam."""
    where = (at + np.arange(len(note))) % len(track)
    np.add.at(track, where, note)


def hold_music():
    random = np.random.default_rng(12345)
    beats = sum(length for _, _, length in MELODY)
    track = np.zeros(int(RATE * beats * BEAT))
    at = 0.0
    for degree, octave, length in MELODY:
        add_wrapped(track, int(at * RATE), pluck(frequency(degree, octave), 3.0, 1.0, random))
        at += length * BEAT
    for bar, chord in enumerate(BASS):
        for step, degree in enumerate([chord[0], chord[1], chord[2], chord[1]]):
            start = int((bar * 4 + step) * BEAT * RATE)
            add_wrapped(track, start, pluck(frequency(degree, -1), 2.5, 0.42, random))
    echo = np.roll(track, int(0.11 * RATE)) * 0.22 + np.roll(track, int(0.19 * RATE)) * 0.12
    track = track + echo
    track *= 10 ** (-24 / 20) / np.sqrt(np.mean(track**2))
    return track / max(1.0, np.max(np.abs(track)) / 10 ** (-1.5 / 20))


ALL = {"beep": beep, "hold-music": hold_music, "ringback": ringback, "busy": busy}

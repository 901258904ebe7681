#!/usr/bin/env python3
"""What bash is too weak for: free ports, a tone to talk, what a recording holds, how a call is kept in the database."""
import array
import json
import math
import os
import socket
import sqlite3
import sys
import wave


def is_free(port):
    """Whether UDP and TCP are both free on loopback."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def ports(size):
    """The first of `size` neighbouring free ports of $PORTS, below those the system hands out by itself; where to look differs by process."""
    low, high = map(int, os.environ.get("PORTS", "10000-31999").split("-"))
    places = range(low, high + 2 - size, size)
    start = hash(str(sys.argv[3:])) % len(places)
    for turn in range(len(places)):
        first = places[(start + turn) % len(places)]
        if all(is_free(port) for port in range(first, first + size)):
            return first
    sys.exit("no free ports")


def tone(path, hertz):
    """Two minutes of a tone."""
    with wave.open(path, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        second = array.array("h", (round(8000 * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(8000)))
        wav.writeframes(second.tobytes() * 120)


def repeat(path, clip):
    """Two minutes of somebody who says the same again and again."""
    with wave.open(clip) as said, wave.open(path, "wb") as wav:
        wav.setparams(said.getparams())
        turn = said.readframes(said.getnframes()) + bytes(said.getframerate() * said.getsampwidth())
        wav.writeframes(turn * (120 * said.getframerate() * said.getsampwidth() // len(turn) + 1))


def alaw(sample):
    """One sample of G.711 A-law (ITU-T G.711)."""
    sign, size = (0x80, sample) if sample >= 0 else (0, -sample - 1)
    size >>= 3
    exponent = max(size.bit_length() - 5, 0)
    return (sign | exponent << 4 | size >> max(exponent, 1) & 0x0F) ^ 0x55


def coded(path, hertz):
    """Two seconds of a tone as a telephone sends it."""
    tone = (round(8000 * math.sin(2 * math.pi * hertz * n / 8000)) for n in range(16000))
    with open(path, "wb") as file:
        file.write(bytes(alaw(sample) for sample in tone))


def calls(path):
    """How each call ended, once the daemon is gone."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT outcome, cause, ended_by FROM calls")
        return [" ".join(str(one) for one in row) for row in rows]


def recording(path):
    """Shape of a WAV file, and of each channel's last three seconds the strength (root of mean square, of 32767) and the pitch."""
    with wave.open(path) as wav:
        channels, rate, frames = wav.getnchannels(), wav.getframerate(), wav.getnframes()
        samples = array.array("h", wav.readframes(frames))
    strength, hertz = [], []
    for channel in range(channels):
        side = samples[channel::channels][-3 * rate:]
        rises = sum(1 for before, after in zip(side, side[1:]) if before < 0 <= after)
        strength.append(round((sum(s * s for s in side) / max(len(side), 1)) ** 0.5))
        hertz.append(round(rises * rate / max(len(side), 1)))
    ms = len(samples) // max(channels, 1) * 1000 // rate
    return {"channels": channels, "rate": rate, "ms": ms, "strength": strength, "hertz": hertz}


def main():
    command, argument = sys.argv[1:3]
    if command == "ports":
        print(ports(int(argument)))
    elif command == "tone":
        tone(argument, int(sys.argv[3]))
    elif command == "repeat":
        repeat(argument, sys.argv[3])
    elif command == "alaw":
        coded(argument, int(sys.argv[3]))
    elif command == "calls":
        print("\n".join(calls(argument)))
    elif command == "recording":
        print(json.dumps(recording(argument)))
    else:
        sys.exit(f"unknown command {command}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""What bash is too weak for: free ports, a tone to talk, what a recording holds, how a call is kept in the database."""
import array
import json
import math
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
    """The first of `size` neighbouring free ports, below those the system hands out by itself; where to look differs by process."""
    places = range(10000, 32000 - size, size)
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
    elif command == "calls":
        print("\n".join(calls(argument)))
    elif command == "recording":
        print(json.dumps(recording(argument)))
    else:
        sys.exit(f"unknown command {command}")


main()

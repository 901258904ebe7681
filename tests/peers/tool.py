#!/usr/bin/env python3
"""What bash is too weak for: free ports, the content of a recording, the strength of both sides."""
import array
import json
import socket
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


def recording(path):
    """Shape of a WAV file and the loudest half second of each channel (root of mean square, of 32767)."""
    with wave.open(path) as wav:
        channels, rate, frames = wav.getnchannels(), wav.getframerate(), wav.getnframes()
        samples = array.array("h", wav.readframes(frames))
    half = rate // 2
    loudest = []
    for channel in range(channels):
        side = samples[channel::channels]
        blocks = (side[at:at + half] for at in range(0, len(side) - half + 1, half))
        loudest.append(max((round((sum(s * s for s in b) / half) ** 0.5) for b in blocks), default=0))
    return {"channels": channels, "rate": rate, "ms": len(samples) // max(channels, 1) * 1000 // rate, "loudest": loudest}


def main():
    command, argument = sys.argv[1:3]
    if command == "ports":
        print(ports(int(argument)))
    elif command == "recording":
        print(json.dumps(recording(argument)))
    else:
        sys.exit(f"unknown command {command}")


main()

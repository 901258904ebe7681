#!/usr/bin/env python3
"""A carrier that answers every INVITE with 183 and then tells by tones alone how the call fares: a called number that ends in 0450 sounds
busy, one in 0404 unobtainable (GF 002-9002). Takes its port."""
import math
import re
import socket
import struct
import sys
import threading
import time

from tool import alaw

FRAME = 160
BUSY = [(350, 350)]
UNOBTAINABLE = [(100, 100), (100, 100), (100, 100), (400, 400)]


def cadence(pattern):
    """One period, as A-law."""
    samples = []
    for on, off in pattern:
        samples += [round(4000 * math.sin(2 * math.pi * 450 * n / 8000)) for n in range(8 * on)] + [0] * (8 * off)
    return bytes(alaw(sample) for sample in samples)


def header(text, name):
    return [line for line in text.split("\r\n") if line.lower().startswith(name.lower() + ":")]


class Carrier:
    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.calls = {}

    def reply(self, request, status, to, body=""):
        lines = [f"SIP/2.0 {status}", *header(request, "Via"), *header(request, "From")]
        callee = header(request, "To")[0]
        lines += [callee if "tag=" in callee else callee + ";tag=tones", *header(request, "Call-ID"), *header(request, "CSeq")]
        lines += ["Content-Type: application/sdp"] if body else []
        lines += [f"Contact: <sip:carrier@127.0.0.1:{self.socket.getsockname()[1]}>", f"Content-Length: {len(body)}", "", body]
        self.socket.sendto("\r\n".join(lines).encode(), to)

    def sound(self, media, call, period):
        """Until the call is cancelled."""
        number, began = 0, time.monotonic()
        while call in self.calls:
            at = number * FRAME % len(period)
            packet = struct.pack("!BBHII", 0x80, 8, number & 0xFFFF, number * FRAME, 450)
            media.send(packet + (period + period)[at:at + FRAME])
            number += 1
            time.sleep(max(0, began + number * 0.02 - time.monotonic()))

    def invited(self, request, peer):
        call = header(request, "Call-ID")[0]
        if call in self.calls:
            return
        media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        media.bind(("127.0.0.1", 0))
        media.connect((re.search(r"c=IN IP4 (\S+)", request)[1], int(re.search(r"m=audio (\d+)", request)[1])))
        self.calls[call] = (request, peer)
        pattern = BUSY if "0450@" in request.split("\r\n")[0] else UNOBTAINABLE
        threading.Thread(target=self.sound, args=(media, call, cadence(pattern)), daemon=True).start()
        port = media.getsockname()[1]
        sdp = ["v=0", "o=carrier 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", f"m=audio {port} RTP/AVP 8", ""]
        self.reply(request, "183 Session Progress", peer, "\r\n".join(sdp))

    def run(self):
        while True:
            bytes_, peer = self.socket.recvfrom(9000)
            request = bytes_.decode(errors="replace")
            method = request.split(" ", 1)[0]
            if method == "OPTIONS":
                self.reply(request, "200 OK", peer)
            elif method == "INVITE":
                self.invited(request, peer)
            elif method == "CANCEL":
                self.reply(request, "200 OK", peer)
                invite = self.calls.pop(header(request, "Call-ID")[0], None)
                if invite:
                    self.reply(invite[0], "487 Request Terminated", invite[1])


Carrier(int(sys.argv[1])).run()

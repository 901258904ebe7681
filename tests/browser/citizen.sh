#!/usr/bin/env bash
# A citizen with a telephone that is not ours: dials 12345 at SIP_PORT and talks 440 Hz, until told to stop or hung up on.
# citizen.sh NUMBER PORT [sipp | WAV]: by sipp, or by baresip, which can say a WAV file instead. CITIZEN_LOG is what baresip tells.
. "$(dirname "$0")/../peers/lib.sh"
sip_port=$SIP_PORT
if [ "${3:-}" = sipp ]; then
  python3 $here/tool.py alaw "$work/tone.al" 440
  sed "s|TONE|$work/tone.al|" tests/browser/citizen.xml >"$work/citizen.xml"
  start citizen-sipp sipp -sf "$work/citizen.xml" -s 12345 -key caller "$1" -m 1 -nostdin -timeout 120s -i 127.0.0.1 -mi 127.0.0.1 \
    -p "$2" -mp "$(($2 + 4))" "127.0.0.1:$sip_port"
else
  [ -n "${CITIZEN_LOG:-}" ] && ln -s "$CITIZEN_LOG" "$work/citizen-$1.log"
  citizen "$1" "$2" 120 "${3:-440}"
fi
wait "$pid"

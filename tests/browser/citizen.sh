#!/usr/bin/env bash
# A citizen with a telephone that is not ours: dials 12345 at SIP_PORT and talks 440 Hz, until told to stop or hung up on.
# citizen.sh NUMBER PORT
. "$(dirname "$0")/../peers/lib.sh"
sip_port=$SIP_PORT
citizen "$1" "$2" 120
wait "$pid"

# What a newcomer does: the demo is up, and telephones that are none of its own dial 12345, one of them from another address. An operator of
# the demo answers; each call is on record with its recording and its ticket.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need baresip sipp curl jq
choose_ports
start demo "$minsheng" demo --provisioning "$PWD/provisioning" --data "$work/data" --speech-model /nonexistent --http "$http" \
  --sip "127.0.0.1:$sip_port" --rtp "$rtp_ports" --operators 4 --citizens 0
until_true 20 "the demo is up" curl -sf -o "$work/health" "http://$http/api/v1/health"
# The demo has taken its own by now.
phones=$(free_ports 120)
supervisor=$(session supervisor1 minsheng-demo)
until_true 20 "an operator is ready" is "$supervisor" operators '.items | any(.state == "ready")'

# complete CALLER: whether the caller's call was answered and is on record with all that belongs to it.
complete() {
  is "$supervisor" 'calls?limit=50' ".items | any(.caller == \"$1\" and .state == \"ended\" and .outcome == \"answered\"
    and .recording.state == \"complete\" and .ticket_number != null)"
}

citizen 13800000021 $((phones + 40)) 22
baresip=$pid
start citizen-sipp sipp -sf "$scenarios/citizen.xml" -s 12345 -key caller 13800000022 -d 20000 -m 1 -nostdin \
  -i 127.0.0.9 -mi 127.0.0.9 -p $((phones + 60)) -mp $((phones + 64)) "127.0.0.1:$sip_port"
sipp=$pid
ended 40 "$sipp"
[ "$code" = 0 ] || fail "sipp's call ended with $code"
ended 40 "$baresip"
say "$(get "$supervisor" calls | jq -c '.items[] | [.caller, .state, .outcome, .cause, .recording.state, .ticket_number]')"
until_true 15 "the call of baresip is complete" complete 13800000021
until_true 15 "the call of sipp, from another address, is complete" complete 13800000022

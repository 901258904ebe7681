# kill -9 while two people talk: what was recorded stays readable, and at the next start the call is closed with it.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need baresip curl jq
choose_ports
carrier | configure
person operator1 operator --extension 8001 --skills general
serve
operator=$(session operator1)
desk operator1 "$phones" 100
until_true 15 "the desk phone is registered and ready" is "$operator" operators '.items | any(.username == "operator1" and .state == "ready")'
citizen 13800000002 $((phones + 40)) 60
until_true 20 "they talk" is "$operator" calls '.items | any(.state == "talking")'
talked_for() { is "$operator" calls ".items[0].answered_at[0:19] + \"Z\" | fromdate < now - $1"; }
until_true 12 "they have talked for some seconds" talked_for 5
call=$(get "$operator" calls | jq -c '.items[0]')
started_ms=$(jq '.started_at | (.[0:19] + "Z" | fromdate) * 1000 + (.[20:23] | tonumber)' <<<"$call")

kill -9 "$daemon"
length=$(($(date +%s%3N) - started_ms))
ended 5 "$daemon"
[ "$code" = 137 ] || fail "the daemon ended with $code before it was killed"
wav=$(find "$work/data/recordings" -name '*.wav')
shape=$(python3 $here/tool.py recording "$wav") || fail "the recording cannot be read"
say "killed $length ms into the call; on disk: $shape"
jq -e --argjson length "$length" "$both_heard"' and $length - .ms <= 1000' <<<"$shape" >/dev/null \
  || fail "more than the last second is missing"

serve
operator=$(session operator1)
id=$(jq -r .id <<<"$call")
call=$(get "$operator" "calls/$id")
say "$(jq -c 'del(.events, .legs, .menu_path)' <<<"$call")"
jq -e '.state == "ended" and .cause == "restart" and .recording.state == "complete"' <<<"$call" >/dev/null || fail "the call was not closed"
[ "$(sha256sum <"$wav" | cut -d ' ' -f 1)" = "$(jq -r .recording.sha256 <<<"$call")" ] || fail "the sum is not that of the file"
get "$operator" "calls/$id/recording" | cmp - "$wav" || fail "another recording is handed out"
is "$operator" "tickets/$(jq -r .ticket_number <<<"$call")" '.state == "pending" and .caller == "13800000002"' || fail "the ticket is gone"
say "the ticket is still there"

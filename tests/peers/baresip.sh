# The main job with telephones that are not ours: a desk phone registers by digest, a citizen dials 12345, they talk and hang up, and
# the call is on record with its stereo recording and its ticket.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need baresip curl jq
choose_ports
carrier | configure
person operator1 operator --extension 8001 --skills general
serve
operator=$(session operator1)

desk operator1 "$phones" 100
until_true 15 "the desk phone is registered and ready" is "$operator" operators '.items | any(.username == "operator1" and .state == "ready")'
citizen 13800000001 $((phones + 40)) 24
citizen=$pid
until_true 20 "they talk" is "$operator" calls '.items | any(.state == "talking")'
until_true 5 "the operator's desk shows the draft ticket" is "$operator" desk '.call.caller == "13800000001" and .ticket.state == "draft"'
ended 30 "$citizen"
until_true 10 "the call is over and its recording complete" is "$operator" calls '.items[0] | .state == "ended" and .recording.state == "complete"'
call=$(get "$operator" calls | jq -c '.items[0]')
say "$call"
jq -e '.outcome == "answered" and .ended_by == "citizen" and .caller == "13800000001" and .caller_kind == "mobile" and .called == "12345"
  and .operator.username == "operator1" and .trunk == "carrier" and (.ticket_number | test("^[0-9]{18}$"))' <<<"$call" >/dev/null || fail "the call's record is wrong"
[ "$(get "$operator" calls | jq '.items | length')" = 1 ] || fail "there is more than the one call"

id=$(jq -r .id <<<"$call")
get "$operator" "calls/$id/recording" >"$work/recording.wav" || fail "the recording cannot be had"
[ "$(sha256sum <"$work/recording.wav" | cut -d ' ' -f 1)" = "$(jq -r .recording.sha256 <<<"$call")" ] || fail "the recording is not the one that was summed"
shape=$(python3 $here/tool.py recording "$work/recording.wav")
say "$shape"
jq -e "$both_heard" <<<"$shape" >/dev/null || fail "one side is not to be heard on its channel"
jq -e --argjson shape "$shape" 'def ms: (.[0:19] + "Z" | fromdate) * 1000 + (.[20:23] | tonumber);
  ((.ended_at | ms) - (.started_at | ms) - $shape.ms) | fabs < 1000' <<<"$call" >/dev/null || fail "the recording is not as long as the call"
is "$operator" "tickets/$(jq -r .ticket_number <<<"$call")" '.caller == "13800000001" and .state == "pending" and (.calls | length) == 1' \
  || fail "the ticket is not as the call left it"

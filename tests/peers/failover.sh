# Two trunks: at the first nobody is at home, the second wants a registration. The survey call of a closed ticket goes out by the second,
# the citizen answers it with keys, and the ticket is closed.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need sipp curl jq
choose_ports
dead=$phones carrier=$((phones + 2))
configure <<EOF
[[trunk]]
name = "first"
peer = "sip:127.0.0.1:$dead"
numbers = ["12345"]
priority = 1
[[trunk]]
name = "second"
peer = "sip:127.0.0.1:$carrier"
register = true
username = "05345012345"
password = "from-the-carrier"
numbers = ["05345012345"]
priority = 2
[survey]
permitted_hours = false
first_after_minutes = 0
EOF
person operator1 operator --extension 8001 --skills general
person dispatcher1 dispatcher
person unit1 unit --unit rexian
start carrier sipp -sf $here/carrier.xml -i 127.0.0.1 -p "$carrier" -mp $((phones + 20)) -nostdin -rtp_echo -deadcall_wait 0 -trace_msg -message_file "$work/carrier-messages.log"
serve

trunks() { curl -sf "http://$http/api/v1/health" | jq -e "$1" >/dev/null; }
until_true 15 "the second trunk is registered and up" trunks '.trunks | any(.name == "second" and .state == "up")'
grep -q '^REGISTER' "$work/carrier-messages.log" || fail "the trunk is up without a registration"
grep -qi '^Authorization: Digest .*username="05345012345"' "$work/carrier-messages.log" || fail "no digest was sent"
until_true 15 "the first trunk is down" trunks '.trunks | any(.name == "first" and .state == "down")'

operator=$(session operator1) dispatcher=$(session dispatcher1) unit=$(session unit1)
number=$(post "$operator" tickets '{"title":"路灯不亮","content":"东关街路灯三天不亮","kind":"求助","class_code":"010101","contact_phone":"13900000001"}' | jq -r .number)
post "$operator" "tickets/$number/accept" '{}' >"$work/answer"
post "$dispatcher" "tickets/$number/dispatch" '{"unit_code":"rexian","note":"请核实"}' >"$work/answer"
post "$unit" "tickets/$number/sign" '{}' >"$work/answer"
post "$unit" "tickets/$number/contact" "{\"at\":\"$(date -u +%FT%TZ)\",\"number\":\"05348200002\",\"result\":\"reached\"}" >"$work/answer"
post "$unit" "tickets/$number/reply" '{"outcome":"solved","text":"已到现场修复路灯并回访","public_text":"路灯已修复","basis":"《城市照明管理规定》"}' >"$work/answer"
post "$dispatcher" "tickets/$number/close" '{"note":"转回访"}' >"$work/answer"
say "ticket $number is replied to and closed: the citizen is owed a call"

until_true 20 "the call goes out" is "$dispatcher" calls '.items | any(.purpose == "survey")'
until_true 80 "the survey call is over" is "$dispatcher" calls '.items | any(.purpose == "survey" and .state == "ended")'
call=$(get "$dispatcher" calls | jq -c '.items[] | select(.purpose == "survey")')
say "$call"
grep -q "^INVITE sip:13900000001@" "$work/carrier-messages.log" || fail "the call did not come to the second trunk"
jq -e '.outcome == "completed" and .cause == "normal" and .called == "13900000001"' <<<"$call" >/dev/null || fail "the call is not the one expected"
until_true 10 "the answer is on the ticket, which is closed" is "$dispatcher" "tickets/$number" \
  '.state == "closed" and .survey.state == "completed" and .survey.solved == true and .survey.satisfaction == 5'

# Masked contact with telephones that are not ours: the clerk's phone rings, then the citizen's, both see 12345; it is recorded, and the
# ticket's log writes itself. The citizen who rings back reaches the same clerk, and the queue where the clerk declines. A line that goes
# dead in mid-call, and a clerk who does not pick up, have their outcome.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need baresip curl jq
choose_ports
carrier | configure
clerk=05348200001 citizen=13800000001
person operator1 operator --extension 8001 --skills general
person dispatcher1 dispatcher
person supervisor1 supervisor
person unit1 unit --unit rexian
buttons=127.0.0.1:$((phones + 95))

# outside MODE: the county's telephones, behind the trunk's address: the citizen talks 440 Hz, the clerk 700 Hz and picks up as MODE says.
outside() {
  local dir=$work/outside
  mkdir -p "$dir"
  python3 $here/tool.py tone "$dir/citizen.wav" 440
  python3 $here/tool.py tone "$dir/clerk.wav" 700
  cat >"$dir/config" <<EOF
sip_listen 127.0.0.1:$((phones + 99))
net_interface 127.0.0.1
call_max_calls 8
audio_player aubridge,nobody
audio_source aufile,$dir/citizen.wav
audio_alert aubridge,bell
http_listen $buttons
rtp_ports $((phones + 60))-$((phones + 89))
module_path $(dirname "$(dpkg -L baresip-core | grep -m 1 '/g711\.so$')")
module g711.so
module aufile.so
module aubridge.so
module_tmp account.so
module_app menu.so
module httpd.so
EOF
  {
    echo "<sip:$citizen@127.0.0.1>;regint=0;answermode=auto;audio_codecs=PCMA;audio_source=aufile,$dir/citizen.wav"
    echo "<sip:$clerk@127.0.0.1>;regint=0;answermode=$1;audio_codecs=PCMA;audio_source=aufile,$dir/clerk.wav"
  } >"$dir/accounts"
  : >"$dir/contacts"
  : >"$work/outside.log"
  start outside baresip -f "$dir"
  county=$pid
}
press() { curl -sf -o "$work/pressed" "http://$buttons/?/$1"; }
# rang TIMES: whether the phones outside have rung so often, each time by the hotline's number.
rings='\(answering call on line [0-9]*\|Incoming call\) from'
rang() { [ "$(grep -c "$rings.*sip:12345@" "$work/outside.log")" = "$1" ]; }

outside auto
serve
operator=$(session operator1) dispatcher=$(session dispatcher1) unit=$(session unit1) supervisor=$(session supervisor1)
number=$(post "$operator" tickets "{\"title\":\"停水\",\"content\":\"停水两天\",\"kind\":\"求助\",\"class_code\":\"010101\",\"contact_phone\":\"$citizen\"}" | jq -r .number)
post "$operator" "tickets/$number/accept" '{}' >"$work/answer"
post "$dispatcher" "tickets/$number/dispatch" '{"unit_code":"rexian","note":"请核实"}' >"$work/answer"
post "$unit" "tickets/$number/sign" '{}' >"$work/answer"

# contact: the clerk presses the button; the call's id is in $id.
contact() { id=$(post "$unit" "tickets/$number/call_citizen" "{\"phone\":\"$clerk\"}" | jq -r .call_id); }
logged() { is "$unit" "tickets/$number" ".contacts | length == $1 and (last | tostring | contains(\"12345\") and contains(\"$2\"))"; }
came_to() { is "$supervisor" masked-contacts ".items[0].result == \"$1\""; }
talk() { is "$supervisor" "calls/$id" '.events | any(.kind == "consult_answered")'; }

contact
until_true 20 "clerk and citizen talk" talk
rang 2 || fail "both phones ought to have rung, and to have shown 12345"
grep "$rings" "$work/outside.log" | grep -q -e "from.*$clerk" -e "from.*$citizen" && fail "one of them saw the other's number"
talked_since() { is "$supervisor" "calls/$id" ".events | map(select(.kind == \"consult_answered\"))[0].at[0:19] + \"Z\" | fromdate < now - $1"; }
until_true 15 "they have talked for some seconds" talked_since 5
press hangup
until_true 15 "the log wrote itself" logged 1 reached
until_true 10 "it is recorded" is "$supervisor" "calls/$id" '.state == "ended" and .recording.state == "complete"'
get "$supervisor" "calls/$id/recording" >"$work/recording.wav" || fail "the recording cannot be had"
shape=$(python3 $here/tool.py recording "$work/recording.wav")
say "$shape"
jq -e "$both_heard" <<<"$shape" >/dev/null || fail "the citizen is not on the left, or the clerk not on the right"

# The way back is open within fifteen seconds; who rings earlier would come to the queue, as is right.
ended_since() { is "$supervisor" "calls/$id" ".ended_at[0:19] + \"Z\" | fromdate < now - $1"; }
until_true 25 "the way back is open" ended_since 17
citizen "$citizen" $((phones + 40)) 30
latest() { id=$(get "$supervisor" calls | jq -r '.items[0] | select(.direction == "inbound") | .id'); [ -n "$id" ]; }
until_true 10 "the citizen rings back" latest
until_true 25 "and talks with the clerk" talk
rang 3 || fail "the clerk's phone did not ring"
ended 40 "$pid"

contact
until_true 20 "they talk again" talk
kill -9 "$county"
until_true 60 "a line that goes dead ends the call, and the log has it" logged 2 reached

outside manual
until_true 45 "the outside answers again" is "$supervisor" health '.trunks[0].state == "up"'
desk operator1 "$phones" 150
contact
until_true 15 "the clerk's phone rings" rang 1
press hangup
until_true 60 "a clerk who does not pick up is on record" came_to clerk_missing
rang 1 || fail "the citizen's phone rang all the same"
logged 2 reached || fail "a contact that was none is in the log"

until_true 15 "an operator is there" is "$supervisor" operators '.items | any(.username == "operator1" and .state == "ready")'
citizen "$citizen" $((phones + 40)) 60
until_true 30 "the clerk's phone rings for who rings back" rang 2
press hangup
until_true 20 "the queue is next" is "$supervisor" calls '.items[0] | .state == "talking" and .operator.username == "operator1"'

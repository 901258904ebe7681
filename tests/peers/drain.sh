# SIGTERM: the call under way goes on, a new one is refused with 503, and with its end the daemon leaves with exit code 0.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need baresip sipp curl jq
choose_ports
carrier | configure
person operator1 operator --extension 8001 --skills general
serve
operator=$(session operator1)
desk operator1 "$phones" 100
until_true 15 "the desk phone is registered and ready" is "$operator" operators '.items | any(.username == "operator1" and .state == "ready")'
citizen 13800000003 $((phones + 40)) 30
citizen=$pid
until_true 20 "they talk" is "$operator" calls '.items | any(.state == "talking")'

kill -TERM "$daemon"
sed 's/<recv response="403"/<recv response="503"/' $scenarios/refused.xml >"$work/unavailable.xml"
refused() {
  timeout 20 sipp "127.0.0.1:$sip_port" -sf "$work/unavailable.xml" -i 127.0.0.1 -p $((phones + 80)) -m 1 -nostdin -timeout 10s \
    -key caller 13900000001 -s 12345 >"$work/sipp.log" 2>&1
}
until_true 5 "a new call is refused with 503" refused
kill -0 "$daemon" || fail "the daemon left while people were talking"
kill -0 "$citizen" || fail "the call ended with SIGTERM"
grep -q 'session closed' "$work/citizen-13800000003.log" && fail "the citizen was hung up on"
say "they still talk"
ended 40 "$citizen"
ended 20 "$daemon"
[ "$code" = 0 ] || fail "the daemon ended with $code"
say "the daemon left with exit code 0"
kept=$(python3 $here/tool.py calls "$work/data/minsheng.db")
[ "$kept" = "answered normal citizen" ] || fail "the call's record is: $kept"

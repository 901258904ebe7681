# Who may not is told so: faults of the configuration all at once, a wrong password, a number and an address that are not ours.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need sipp curl jq
choose_ports

cat >"$work/faulty.toml" <<EOF
[service]
data_dir = "relative/data"
drain_second = 5
[http]
listen = "nowhere"
[sip]
rtp_ports = "30000-20000"
[[trunk]]
name = "carrier"
peer = "tel:12345"
numbers = []
EOF
"$minsheng" check --config "$work/faulty.toml" >"$work/check.log" 2>&1
code=$?
[ $code = 2 ] || fail "check ended with $code, not 2"
for key in data_dir drain_second listen rtp_ports peer numbers; do
  grep -q "faulty.toml.*$key" "$work/check.log" || fail "check does not name $key"
done
say "check lists every fault at once"

carrier | configure
"$minsheng" check --config "$work/minsheng.toml" >"$work/check.log" 2>&1 || fail "check finds faults in a right configuration"
person operator1 operator --extension 8001 --skills general
person supervisor1 supervisor
serve

# call NAME FROM_ADDRESS SCENARIO [OPTION…]
call() {
  local name=$1 from=$2 scenario=$3; shift 3
  timeout 20 sipp "127.0.0.1:$sip_port" -sf "$scenario" -i "$from" -p $((phones += 2)) -m 1 -nostdin -timeout 10s -key caller 13900000001 "$@" \
    >"$work/sipp.log" 2>&1 || fail "$name: sipp saw something else"
  say "$name"
}

call "a wrong password is refused with 403" 127.0.0.1 $here/register_refused.xml -s operator1 -ap wrong
call "an unknown account is refused with 403" 127.0.0.1 $here/register_refused.xml -s nobody -ap "$password"
call "a number that is not ours is refused with 403" 127.0.0.1 $scenarios/refused.xml -s 99999
call "an address that is no trunk is refused with 403" 127.0.0.9 $scenarios/refused.xml -s 12345
supervisor=$(session supervisor1)
is "$supervisor" calls '.items == []' || fail "a refused call is in the list of calls"
is "$supervisor" operators '.items | all(.state == "offline")' || fail "an operator is signed in with a wrong password"
say "no call and no phone came of it"

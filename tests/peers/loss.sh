# One packet in five is lost on every SIP and RTP port, and yet no journey is. In a network namespace of its own, with nft.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need ip nft jq
[ "$(id -u)" = 0 ] || fail "only root may make a network namespace"

space=minsheng-loss-$$
ip netns add "$space" || fail "no network namespace"
undo() { ip netns del "$space"; }
inside() { ip netns exec "$space" "$@"; }
inside ip link set lo up
inside nft -f - <<EOF || fail "nft refuses the rule"
table ip loss {
  chain input {
    type filter hook input priority 0
    meta l4proto udp numgen random mod 100 < 20 counter drop
    meta l4proto udp counter accept
  }
}
EOF
# Not by the function: the pid must be the demo's, so that it can be stopped.
start demo ip netns exec "$space" "$minsheng" demo --provisioning "$PWD/provisioning" --data "$work/data" --speech-model /nonexistent \
  --operators 3 --citizens 3 --calls 3 --exit-when-done
ended 220 "$pid"
last=$(tail -n 1 "$work/demo.log")
say "the demo's last line: $last"
counted=$(inside nft -j list table ip loss | jq -c '[.nftables[].rule? // empty | .expr[] | .counter? // empty | .packets]')
say "packets dropped and let through: $counted"
jq -e '.[0] > 1000 and (.[0] / (.[0] + .[1]) | . > 0.18 and . < 0.22)' <<<"$counted" >/dev/null || fail "not one packet in five was lost: $counted"
jq -e '.lost == 0 and .calls == 3 and .answered == 3 and .recordings == 3 and .surveys_completed == 3' <<<"$last" >/dev/null \
  || fail "journeys were lost"
[ "$code" = 0 ] || fail "the demo ended with $code"

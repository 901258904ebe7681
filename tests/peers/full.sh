# The disk is full while people talk: no call ends, a new one is answered, and with room again everything is written that was told meanwhile.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need baresip curl jq fallocate
[ "$(id -u)" = 0 ] || fail "only root may mount a small disk"
mkdir "$work/data"
mount -t tmpfs -o size=64m minsheng-full "$work/data" || fail "no small disk"
undo() { umount "$work/data"; }
choose_ports
carrier | configure
person operator1 operator --extension 8001 --skills general
person operator2 operator --extension 8002 --skills general
serve
operator=$(session operator1)
desk operator1 "$phones" 100
desk operator2 $((phones + 20)) 100
ready() { is "$operator" operators '[.items[] | select(.state == "ready")] | length == 2'; }
until_true 15 "two desk phones are registered and ready" ready
citizen 13800000021 $((phones + 40)) 40
first=$pid
talking() { is "$operator" calls "any(.items[]; .caller == \"$1\" and .state == \"talking\")"; }
until_true 20 "the first citizen talks" talking 13800000021

# All there is, then what little the file system still finds.
free=$(df --output=avail -B1 "$work/data" | tail -n 1)
fallocate -l "$free" "$work/data/ballast" || fail "the disk could not be filled"
cat /dev/zero >>"$work/data/ballast" 2>/dev/null
say "disk: $(df -h --output=size,used,avail "$work/data" | tail -n 1)"
alarmed() { grep -q 'the database takes no writes' "$work/minsheng.log"; }
citizen 13800000022 $((phones + 60)) 30
second=$pid
until_true 20 "the log raises the alarm" alarmed
established() { grep -q 'Call established' "$work/citizen-$1.log"; }
until_true 20 "the second citizen is answered though the disk is full" established 13800000022
until_true 15 "the daemon still tells of its calls" is "$operator" calls '.items | length > 0'
heard_for() { [ "$SECONDS" -ge $((since + $1)) ]; }
since=$SECONDS
until_true 15 "eight seconds pass with a full disk" heard_for 8
for citizen in "$first" "$second"; do kill -0 "$citizen" 2>/dev/null || fail "a citizen was cut off"; done
grep -q 'session closed' "$work"/citizen-*.log && fail "a call ended with the disk"

rm "$work/data/ballast"
say "room again"
ended 45 "$first"
ended 45 "$second"
whole() {
  is "$operator" calls '[.items[] | select(.state == "ended" and .outcome == "answered" and .ticket_number != null
    and .recording.state == "complete")] | length == 2'
}
until_true 20 "both calls are on record, with recording and ticket" whole
get "$operator" calls | jq -c '.items[] | [.caller, .outcome, .cause, .wait_ms, .recording, .ticket_number]'
for number in $(get "$operator" calls | jq -r '.items[].ticket_number'); do
  is "$operator" "tickets/$number" '.caller | startswith("1380000002")' || fail "the ticket $number is gone"
done
# What the disk had no room for is said, and is silence: the recording has the length of the call, so that times in it stay true.
is "$operator" calls '.items | all(.recording.missing_ms > 5000 and .recording.missing_ms < 15000)' || fail "the gap is not told"
for id in $(get "$operator" calls | jq -r '.items[].id'); do
  get "$operator" "calls/$id/recording" >"$work/$id.wav" || fail "no recording of $id"
  shape=$(python3 $here/tool.py recording "$work/$id.wav") || fail "the recording cannot be read"
  say "$shape"
  length=$(get "$operator" "calls/$id" | jq '[.ended_at, .started_at] | map(.[0:19] + "Z" | fromdate) | (.[0] - .[1]) * 1000')
  jq -e --argjson length "$length" "$both_heard and (.ms - \$length | fabs < 3000)" <<<"$shape" >/dev/null || fail "too short, or not both are heard"
done
"$minsheng" audit verify --config "$work/minsheng.toml" || fail "the chains are broken"

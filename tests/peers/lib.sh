# What the scripts here share: a daemon of one's own on free ports, telephones, the HTTP API, and the end of all that.
# Sourced first. Everything a script starts lives in its own temporary directory and ends with it.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
[ -n "${MINSHENG:-}" ] || MINSHENG=target/release/minsheng
[ -x "$MINSHENG" ] || { echo "FAILED: $MINSHENG is not built"; exit 1; }
here=tests/peers
scenarios=telephony/tests/scenarios
minsheng=$(realpath "$MINSHENG")
password=one-Password-for-all
work=$(mktemp -d "${TMPDIR:-/tmp}/minsheng-peers.XXXXXX")
started=()

say() { echo "$(date +%T) $*"; }

fail() {
  say "FAILED: $*"
  for log in "$work"/*.log; do
    [ -s "$log" ] && { echo "--- the end of $(basename "$log")"; tail -n 25 "$log" | cut -c -400; }
  done
  exit 1
}

# What else a script has to undo.
undo() { :; }

tidy() {
  local code=$?
  for pid in "${started[@]}"; do kill -CONT "$pid" 2>/dev/null; kill "$pid" 2>/dev/null; done
  for pid in "${started[@]}"; do
    for _ in $(seq 50); do kill -0 "$pid" 2>/dev/null || continue 2; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null
  done
  wait 2>/dev/null
  undo
  rm -rf "$work"
  exit $code
}
trap tidy EXIT
trap 'exit 1' INT TERM

need() {
  for tool in "$@"; do command -v "$tool" >/dev/null || fail "$tool is not installed"; done
}

# SLOW_DISK=MS: every flush of the daemon takes so much longer. What a test takes for written that is only said then shows.
if [ -n "${SLOW_DISK:-}" ]; then
  need cc
  cc -shared -fPIC -o "$work/slow-disk.so" $here/slow-disk.c -ldl || fail "slow-disk.c does not compile"
  printf '#!/bin/sh\nexec env LD_PRELOAD=%s %s "$@"\n' "$work/slow-disk.so" "$minsheng" >"$work/minsheng"
  chmod +x "$work/minsheng"
  minsheng=$work/minsheng
fi

# start NAME COMMAND…: in the background, with NAME.log; its pid is in $pid.
start() {
  local name=$1; shift
  "$@" >>"$work/$name.log" 2>&1 </dev/null &
  pid=$!
  started+=("$pid")
}

# until_true SECONDS WHAT COMMAND…: asks again until the command succeeds; on a busy machine twice as long.
until_true() {
  local seconds=$((2 * $1)) what=$2 end; shift 2
  end=$((SECONDS + seconds))
  while ! "$@"; do
    [ $SECONDS -ge $end ] && fail "not within $seconds s: $what"
    sleep 0.2
  done
  say "$what"
}

# Exit code of a process of ours within SECONDS, in $code.
ended() {
  local seconds=$1 process=$2 end=$((SECONDS + $1))
  while kill -0 "$process" 2>/dev/null; do
    [ $SECONDS -ge $end ] && fail "process $process still runs after $seconds s"
    sleep 0.2
  done
  wait "$process"; code=$?
}

free_ports() { python3 $here/tool.py ports "$1" "$$" "$RANDOM"; }

# One block for all of a script's ports: those of several may overlap as long as nobody listens there.
choose_ports() {
  local first
  first=$(free_ports 330) || fail "$first"
  http=127.0.0.1:$first
  sip_port=$((first + 5))
  rtp=$((first + 10))
  rtp_ports=$rtp-$((rtp + 199))
  phones=$((first + 210))
}

# Writes the configuration; trunks and all else are on standard input.
configure() {
  local data=$work/data
  mkdir -p "$data"
  cat >"$work/minsheng.toml" <<EOF
[service]
data_dir = "$data"
drain_seconds = ${drain:-60}
[http]
listen = "$http"
[sip]
listen = ["udp:127.0.0.1:$sip_port", "tcp:127.0.0.1:$sip_port"]
rtp_ports = "$rtp_ports"
[speech]
model = "/nonexistent"
synthesis_url = "${synthesis:-}"
[provisioning]
dir = "$PWD/provisioning"
[callback]
automatic = ${callback:-false}
EOF
  cat >>"$work/minsheng.toml"
}

carrier() {
  cat <<EOF
[[trunk]]
name = "carrier"
peer = "sip:127.0.0.1:$((phones + 99))"
numbers = ["12345"]
EOF
}

# person NAME ROLE [OPTION…]
person() {
  local name=$1 role=$2; shift 2
  printf %s "$password" | "$minsheng" user add "$name" --role "$role" --password-stdin "$@" --config "$work/minsheng.toml" \
    >>"$work/people.log" 2>&1 || fail "user add $name"
}

# Starts the daemon; its pid is in $daemon.
serve() {
  start minsheng "$minsheng" serve --config "$work/minsheng.toml"
  daemon=$pid
  until_true 20 "the daemon is up" curl -sf -o "$work/health" "http://$http/api/v1/health"
}

# session NAME [PASSWORD]: prints the token.
session() {
  curl -sf -H 'content-type: application/json' -d "{\"username\":\"$1\",\"password\":\"${2:-$password}\"}" \
    "http://$http/api/v1/session" | jq -r .token
}

get() { curl -sf -m 10 -H "authorization: Bearer $1" "http://$http/api/v1/$2"; }

# post TOKEN PATH JSON: prints the answer; fails with the problem document otherwise.
post() {
  local answer
  answer=$(curl -s -m 10 --fail-with-body -H "authorization: Bearer $1" -H 'content-type: application/json' -d "$3" "http://$http/api/v1/$2") \
    || fail "POST $2: $answer"
  echo "$answer"
}

# is TOKEN PATH FILTER: whether jq's filter is true of the answer.
is() { get "$1" "$2" | jq -e "$3" >/dev/null; }

# phone NAME PORT SOUND ACCOUNT SECONDS [COMMAND]: a baresip that talks a tone of so many hertz, or says a WAV file over and over, and hangs
# up and leaves after so long. Its pid is in $pid.
phone() {
  local dir=$work/$1
  mkdir -p "$dir"
  if [ -f "$3" ]; then python3 $here/tool.py repeat "$dir/tone.wav" "$3"; else python3 $here/tool.py tone "$dir/tone.wav" "$3"; fi
  cat >"$dir/config" <<EOF
sip_listen 127.0.0.1:$2
net_interface 127.0.0.1
audio_player aubridge,nobody-$1
audio_source aufile,$dir/tone.wav
audio_alert aubridge,bell-$1
rtp_ports $(($2 + 4))-$(($2 + 19))
module_path $(dirname "$(dpkg -L baresip-core | grep -m 1 '/g711\.so$')")
module g711.so
module aufile.so
module aubridge.so
module_tmp account.so
module_app menu.so
EOF
  echo "$4;audio_codecs=PCMA" >"$dir/accounts"
  : >"$dir/contacts"
  # Line by line: what it says of keys must be on record when it is killed.
  start "$1" stdbuf -oL baresip -f "$dir" -t "$5" ${6:+-e "$6"}
}

# desk NAME PORT SECONDS [PASSWORD]: an operator's phone that answers by itself.
desk() {
  phone "desk-$1" "$2" 700 "<sip:$1@127.0.0.1:$sip_port>;auth_pass=${4:-$password};answermode=auto;regint=60" "$3"
}

# citizen NUMBER PORT SECONDS [SOUND]: dials 12345.
citizen() {
  phone "citizen-$1" "$2" "${4:-440}" "<sip:$1@127.0.0.1:$sip_port>;regint=0" "$3" "/dial sip:12345@127.0.0.1:$sip_port"
}

# Jq: whether both are heard in a recording, the citizen left and the operator right.
both_heard='.channels == 2 and .rate == 8000 and (.strength | all(. > 1000)) and (.hertz[0] - 440 | fabs < 10) and (.hertz[1] - 700 | fabs < 10)'

# owed PHONE: a ticket whose citizen is owed a call; prints its number. Needs the sessions `operator`, `dispatcher` and `unit`.
owed() {
  local number
  number=$(post "$operator" tickets "{\"title\":\"路灯不亮\",\"content\":\"东关街路灯三天不亮\",\"kind\":\"求助\",\"class_code\":\"010101\",\"contact_phone\":\"$1\"}" | jq -r .number)
  post "$operator" "tickets/$number/accept" '{}' >"$work/answer"
  post "$dispatcher" "tickets/$number/dispatch" '{"unit_code":"rexian","note":"请核实"}' >"$work/answer"
  post "$unit" "tickets/$number/sign" '{}' >"$work/answer"
  post "$unit" "tickets/$number/contact" "{\"at\":\"$(date -u +%FT%TZ)\",\"number\":\"05348200002\",\"result\":\"reached\"}" >"$work/answer"
  post "$unit" "tickets/$number/reply" '{"outcome":"solved","text":"已到现场修复路灯并回访","public_text":"路灯已修复","basis":"《城市照明管理规定》"}' >"$work/answer"
  post "$dispatcher" "tickets/$number/close" '{"note":"转回访"}' >"$work/answer"
  echo "$number"
}

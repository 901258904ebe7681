# A carrier that answers 183 and never anything else: what its tones say is the outcome, and long before the ringing would have ended.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need curl jq python3
choose_ports
{ carrier; cat <<EOF
[survey]
permitted_hours = false
first_after_minutes = 0
EOF
} | configure
person operator1 operator --extension 8001 --skills general
person dispatcher1 dispatcher
person unit1 unit --unit rexian
start carrier python3 -B "$here/tones.py" $((phones + 99))
serve
operator=$(session operator1) dispatcher=$(session dispatcher1) unit=$(session unit1)

for pair in 0450:busy 0404:bad_number; do
  number=$(owed "1390000${pair%:*}")
  until_true 20 "${pair%:*}: ${pair#*:} by its tone" is "$dispatcher" "tickets/$number" ".survey.attempts[0].result == \"${pair#*:}\""
done

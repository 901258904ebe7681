# A carrier that refuses with every class of answer, rings for ever, sends a key twice or is gone in the midst of a question: each survey call
# has its outcome, and no ticket waits for ever.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need sipp curl jq
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

# sipp wants each code spelled out: one branch and one answer for each.
finds='' branches='' refusals=''
for code in 302 403 404 410 480 484 486 488 500 503 600 603 604; do
  finds+="<ereg regexp=\"0$code\" search_in=\"var\" variable=\"code\" assign_to=\"is$code\"/>"
  branches+="<nop next=\"refuse$code\" test=\"is$code\"/>"
  refusals+="<label id=\"refuse$code\"/><send retrans=\"500\"><![CDATA[
SIP/2.0 $code So Said
[last_Via:]
[last_From:]
[last_To:];tag=[pid]c[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send><recv request=\"ACK\" next=\"end\"/>"
done
scenario=$(<$here/outcomes.xml)
scenario=${scenario/@FINDS@/"$finds"} scenario=${scenario/@BRANCHES@/"$branches"} scenario=${scenario/@REFUSALS@/"$refusals"}
echo "$scenario" >"$work/outcomes.xml"
start carrier sipp -sf "$work/outcomes.xml" -i 127.0.0.1 -p $((phones + 99)) -mp $((phones + 20)) -nostdin -rtp_echo -deadcall_wait 0
serve
operator=$(session operator1) dispatcher=$(session dispatcher1) unit=$(session unit1)

# The called number's last digits, and the outcome.
outcomes="0404:bad_number 0410:bad_number 0484:bad_number 0604:bad_number 0486:busy 0600:busy 0480:no_answer 0603:declined 0020:switched_off
  0302:failed 0403:failed 0488:failed 0500:failed 0503:failed 0183:no_answer 0200:no_input"
for pair in $outcomes; do
  numbers+=("${pair#*:}:$(owed "1390000${pair%:*}"):${pair%:*}")
done
for one in "${numbers[@]}"; do
  IFS=: read -r outcome number code <<<"$one"
  until_true 75 "$code: $outcome, and another call is planned" is "$dispatcher" "tickets/$number" \
    ".survey.attempts[0].result == \"$outcome\" and .state == \"callback\" and .survey.state == \"scheduled\" and .survey.next_at != null"
done

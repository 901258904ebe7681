// What `scripts/bench` measured beside what it shall reach. Prints a table, writes target/bench/summary.json. Ends with 1 when something
// was lost, failed or not measured; a speed that this machine misses is said and is no failure of the product's.
import { readFileSync, writeFileSync } from 'node:fs'

const folder = 'target/bench'
const files = new Map()

function read(file) {
  if (!files.has(file)) {
    try {
      files.set(file, JSON.parse(readFileSync(`${folder}/${file}.json`, 'utf8')))
    } catch {
      files.set(file, null)
    }
  }
  return files.get(file)
}

const named = (name, figure) => (all) => all?.find((part) => part.name === name)?.figures[figure]
const atMost = (mark) => ({ text: `<= ${mark}`, holds: (value) => value <= mark })
const atLeast = (mark) => ({ text: `>= ${mark}`, holds: (value) => value >= mark })
const none = { text: '0', holds: (value) => value === 0, isFact: true }
const million = (figure) => (all) => all?.at(-1)?.[figure]
const tenThousand = (figure) => (all) => all?.[0]?.[figure]

const rows = [
  ['100 bridged, recorded calls: % of a core', 'media-100', (m) => m?.daemon_cpu_percent, atMost(9)],
  ['  the same packets through a bare loop: % of a core', 'media-100', (m) => m?.bare_cpu_percent],
  ['  added to a packet, median ms', 'media-100', (m) => m?.added_ms_median, atMost(1)],
  ['  added to a packet, p99 ms', 'media-100', (m) => m?.added_ms_p99, atMost(5)],
  ['200 bridged, recorded calls: packets lost', 'media-200', (m) => m?.packets_lost, none],
  ['200 whole calls: packets lost', 'calls', named('200 calls at once', 'rtp_lost'), none],
  ['  MB a call', 'calls', named('200 calls at once', 'mb_a_call'), atMost(1.5)],
  ['60 new calls a second for 60 s: failed', 'calls', named('60 new calls a second', 'failed'), none],
  ['  the same by the whole daemon with its database: failed', 'daemon', (d) => d?.failed, none],
  ['  its CPU, % of a core', 'daemon', (d) => d?.cpu_percent_of_a_core],
  ['  INVITE to the first RTP, p95 ms', 'calls', named('60 new calls a second', 'invite_to_rtp_p95_ms'), atMost(50)],
  ['digit to prompt, p99 ms', 'calls', named('one call', 'digit_to_prompt_p99_ms'), atMost(200)],
  ['26 browsers in calls, 40 waiting: media, of a core', 'desk', (d) => d?.media_cpu, atMost(0.6)],
  ['  of these real Chromium', 'desk', (d) => d?.chromium, atLeast(4)],
  ['  answer to two-way audio, p95 ms', 'desk', (d) => d?.answer_ms_p95, atMost(300)],
  ['  the same of Chromium alone, p95 ms', 'desk', (d) => d?.chromium_answer_ms_p95 ?? undefined, atMost(300)],
  ['  added to a voice, passed on or mixed, p95 ms', 'desk', (d) => d?.added_ms_p95, atMost(60)],
  ['the desk in Chromium: cold to interactive, slowest ms', 'desk-page', (d) => d?.interactive_ms_max, atMost(1500)],
  ['  first load as gzip, kB', 'desk-page', (d) => d?.first_load_kb, atMost(600)],
  ['  event to the screen, p95 ms', 'desk-page', (d) => d?.update_ms_p95, atMost(100)],
  ['transcript of 180 s on one thread, s', 'transcribe', (t) => t?.wall_seconds, atMost(180)],
  ['live transcript behind speech, p95 ms', 'live_transcript', (l) => l?.lag_ms.p95, atMost(3000)],
  ['spoken survey answers taken for what they mean, %', 'answers', (a) => a?.percent, atLeast(95)],
  ['  pause to meaning, p95 ms', 'answers', (a) => a?.ms_p95],
  ['hang-up to the complete ticket, p95 ms', 'demo', (d) => d?.p95_ticket_ms, atMost(200)],
  ['  journeys lost', 'demo', (d) => d?.lost, none],
]

const ticketRows = (where, file) => {
  const row = (what, figure, mark) => [what, file, million(figure), mark, tenThousand(figure)]
  return [
    row(`a million tickets${where}: open one, p99 ms`, 'open_ms_p99', atMost(20)),
    row('  inbox page, p99 ms', 'inbox_ms_p99', atMost(50)),
    row('  inbox of a unit, p99 ms', 'inbox_of_unit_ms_p99', atMost(50)),
    row('  find a phrase, p99 ms', 'search_ms_p99', atMost(100)),
    row('  dispatches a second', 'dispatch_per_s', atLeast(300)),
    row('  sweep of deadlines, s', 'sweep_s', atMost(1)),
  ]
}
rows.push(...ticketRows('', 'tickets'))
// Where no server could be started there is nothing to say.
if (read('tickets-postgres')) rows.push(...ticketRows(' on PostgreSQL', 'tickets-postgres'))

const faults = (campaign) => campaign && Object.values(campaign.faults).reduce((sum, n) => sum + n, 0)
rows.push(
  ['10,000 surveys over a virtual carrier, 50 kills: s', 'campaign', (c) => c?.seconds, atMost(60)],
  ['  calls lost, doubled or at night', 'campaign', faults, none],
)

const shown = (value) => (typeof value === 'number' ? String(Math.round(value * 100) / 100) : '-')

const summary = rows.map(([what, file, pick, mark, before]) => {
  const measured = pick(read(file))
  const small = before?.(read(file))
  const verdict = measured === undefined ? 'NOT MEASURED' : !mark ? '' : mark.holds(measured) ? 'ok' : 'MISSED'
  return { what, measured, mark: mark?.text, verdict, small, isFact: mark?.isFact === true }
})

console.log(`${'figure'.padEnd(54)}${'measured'.padStart(10)}${'mark'.padStart(10)}  `)
for (const { what, measured, mark, verdict, small } of summary) {
  const growth = small === undefined ? '' : `  (10,000 tickets: ${shown(small)})`
  console.log(`${what.padEnd(54)}${shown(measured).padStart(10)}${(mark ?? '').padStart(10)}  ${verdict}${growth}`)
}
writeFileSync(`${folder}/summary.json`, `${JSON.stringify(summary, null, 2)}\n`)
process.exit(summary.some((row) => row.verdict === 'NOT MEASURED' || (row.isFact && row.verdict === 'MISSED')) ? 1 : 0)

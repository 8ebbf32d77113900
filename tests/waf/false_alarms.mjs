// How many benign Chinese requests a rule set blocks, how many attacks within Chinese text it catches, and which rules said so.
//
//   node tests/waf/false_alarms.mjs [--crs DIR] [--paranoia 1,2] [--what texts|attacks|all] [--with|--without] [--verbose]
//
// Without --crs and WEIQUE_CRS: Debian's rules. --with and --without: only with the profile of rules/waf, or only without it;
// --seed WORDS: other texts of the same kind; --verbose: every blocked text or missed attack, with what fired on it.
// A request is blocked when the rules deny it. Runs in process (judge.c); no gate is needed.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { built, root } from '../e2e/lib.mjs'

// The rule files in the order in which the gate reads them.
export function ruleFiles(crs, profile) {
	const own = name => path.join(root, 'rules/waf', name)
	const set = crs ? [path.join(crs, 'crs-setup.conf.example'), path.join(crs, 'rules/*.conf')]
		: ['/usr/share/modsecurity-crs/owasp-crs.load']
	return [own('weique.conf'), ...profile ? [own('chinese-before.conf')] : [], ...set, ...profile ? [own('chinese-after.conf')] : []]
}

// What the rules say to each request: {id, verdict, rule, usec, matches}, in order.
export function judge(requests, { crs, profile, paranoia }) {
	const input = Buffer.concat(requests.flatMap(({ id, bytes }) => [Buffer.from(`${id} ${bytes.length}\n`), bytes]))
	const settings = ['blocking_paranoia_level', 'detection_paranoia_level', 'paranoia_level', 'executing_paranoia_level']
		.flatMap(name => ['--set', `${name}=${paranoia}`])
	const ran = spawnSync(built('tests/waf/judge'), [...settings, ...ruleFiles(crs, profile)], { input, maxBuffer: 1 << 29 })
	if (ran.status !== 0)
		throw new Error(`judge: ${ran.stderr} (${ran.status ?? ran.signal})`)
	const lines = ran.stdout.toString().trimEnd().split('\n').map(line => JSON.parse(line))
	const { usec } = lines.pop()
	return { answers: lines, usec }
}

export const blocked = answer => answer.verdict !== 'pass'

const count = (list, key) => {
	const counts = new Map()
	for (const item of list)
		for (const name of [key(item)].flat())
			counts.set(name, (counts.get(name) ?? 0) + 1)
	return [...counts].sort((a, b) => b[1] - a[1])
}

const rulesOf = answer => [...new Set(answer.matches.map(match => match[0]))].filter(id => id < 949000)

function printBenign(requests, answers, verbose) {
	const hits = answers.flatMap((answer, i) => blocked(answer) ? [{ ...requests[i], ...answer }] : [])
	for (const key of ['length', 'carrier', 'charset', 'kind'])
		if (hits.length)
			console.log(`  ${key}: ${count(hits, hit => hit[key]).map(([name, n]) => `${name} ${n}`).join(', ')}`)
	if (hits.length)
		console.log(`  rules: ${count(hits, rulesOf).map(([id, n]) => `${id} ${n}`).join(', ')}`)
	for (const hit of verbose ? hits : [])
		console.log(`  ${hit.id} ${hit.charset} ${hit.carrier}\n${hit.matches.map(match => `    ${match.join(' | ').replaceAll('\n', ' ').replaceAll('\r', ' ')}`).join('\n')}`)
}

const share = (n, all) => `${n} of ${all} (${(100 * n / all).toFixed(2)} %)`

function printAttacks(requests, answers) {
	const caught = keep => {
		const list = requests.map((request, i) => [request, answers[i]]).filter(([request]) => keep(request))
		return share(list.filter(([, answer]) => blocked(answer)).length, list.length)
	}
	for (const charset of ['UTF-8', 'GB18030'])
		for (const placement of ['between', 'whole'])
			console.log(`  caught, ${charset}, ${placement}: ${caught(r => r.charset === charset && r.placement === placement)}`)
}

async function main() {
	const { values } = parseArgs({ options: { crs: { type: 'string', default: process.env.WEIQUE_CRS }, seed: { type: 'string' },
		paranoia: { type: 'string', default: '1,2' }, what: { type: 'string', default: 'all' }, verbose: { type: 'boolean' },
		with: { type: 'boolean' }, without: { type: 'boolean' } } })
	if (values.seed)
		process.env.WQ_TEXTS_SEED = values.seed
	const { attackRequests, benignRequests } = await import('./requests.mjs')
	const benign = values.what === 'attacks' ? [] : benignRequests()
	const attacks = values.what === 'texts' || !values.crs || !existsSync(path.join(values.crs, 'tests')) ? [] : attackRequests(values.crs)
	for (const paranoia of values.paranoia.split(','))
		for (const profile of [...values.with ? [] : [false], ...values.without ? [] : [true]]) {
			const { answers, usec } = judge([...benign, ...attacks], { crs: values.crs, profile, paranoia })
			const alarms = answers.slice(0, benign.length).filter(blocked).length
			console.log(`paranoia ${paranoia}, ${profile ? 'with' : 'without'} the profile: ${(usec / answers.length / 1000).toFixed(2)} ms a request`)
			if (benign.length)
				console.log(`  false alarms: ${share(alarms, benign.length)}`)
			printBenign(benign, answers.slice(0, benign.length), values.verbose)
			if (attacks.length)
				printAttacks(attacks, answers.slice(benign.length))
		}
}

if (process.argv[1] === fileURLToPath(import.meta.url))
	await main()

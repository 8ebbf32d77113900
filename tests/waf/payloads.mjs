// Attack payloads out of the regression cases of a Core Rule Set: what a case sends in one parameter of its query or form.
//
//   node tests/waf/payloads.mjs --crs DIR     DIR holds rules/ and tests/; prints JSON lines, and the digest to stderr
//
// A payload: {id, rule, family, paranoia, bytes}; `rule` is the first rule that the case expects, `paranoia` the level from which it
// runs. Only positive cases of requests (families 920 to 944), every payload once, a thousand of them chosen by their hash.
// Cases whose attack is a broken escape (`%` without digits) or stands in a name or a header, so that the value is a plain word,
// are left out: they cannot be moved to another part of a request.
// The YAML is read by Debian's python3-yaml.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const COUNT = 1000
const MAX_BYTES = 2000
const READER = 'import json,sys,yaml\n' +
	'json.dump([yaml.load(open(n, encoding="utf-8"), Loader=yaml.SafeLoader) for n in sys.argv[1:]], sys.stdout)'

export const sha256 = bytes => createHash('sha256').update(bytes).digest('hex')

function readCases(folder) {
	const files = readdirSync(folder, { recursive: true }).filter(name => /REQUEST-9[234]\d.*\.yaml$/.test(name)).sort()
	if (!files.length)
		throw new Error(`${folder}: no cases in REQUEST-92x to REQUEST-94x`)
	const args = ['-c', READER, ...files.map(name => path.join(folder, name))]
	return JSON.parse(execFileSync('python3', args, { maxBuffer: 1 << 28 })).flatMap(file =>
		(file?.tests ?? []).flatMap(test => test.stages.map((stage, i) =>
			({ name: `${file.rule_id}-${test.test_id}${i ? `-${i + 1}` : ''}`, input: stage.input, output: stage.output }))))
}

// The level from which each rule runs: the tag that CRS gives it, 1 without one.
function paranoiaLevels(folder) {
	const levels = new Map()
	for (const file of readdirSync(folder).filter(name => name.endsWith('.conf')))
		for (const rule of readFileSync(path.join(folder, file), 'utf8').split(/^SecRule\b/m)) {
			const id = rule.match(/\bid:'?(\d+)/)?.[1]
			if (id)
				levels.set(Number(id), Number(rule.match(/paranoia-level\/(\d)/)?.[1] ?? 1))
		}
	return levels
}

// What a server makes of an escaped value; undefined when an escape is broken.
export function unescaped(value) {
	const bytes = Buffer.from(value.replaceAll('+', ' '), 'utf8').toString('latin1')
	if (/%(?![0-9a-f]{2})/i.test(bytes))
		return undefined
	return Buffer.from(bytes.replace(/%(..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), 'latin1')
}

// The longest value (or name, where there is no value) among the parameters of query and form.
function payloadOf({ uri = '', data, headers = {} }) {
	const type = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
	const query = uri.includes('?') ? uri.slice(uri.indexOf('?') + 1).split('#')[0] : ''
	const form = typeof data === 'string' && (type === '' || /urlencoded/.test(type)) ? data : ''
	const values = [...query.split('&'), ...form.split('&')].map(pair => pair.replace(/^[^=]*=(?=.)/s, '')).filter(Boolean)
	const longest = values.reduce((best, value) => value.length > best.length ? value : best, '')
	const bytes = unescaped(longest)
	return bytes?.length <= MAX_BYTES && !/^\w*$/.test(bytes.toString('latin1')) ? bytes : undefined
}

export function payloads(crs) {
	const levels = paranoiaLevels(path.join(crs, 'rules'))
	const found = new Map()
	for (const { name, input, output } of readCases(path.join(crs, 'tests'))) {
		const rule = output?.log?.expect_ids?.[0]
		const bytes = rule && payloadOf(input)
		if (bytes && !found.has(sha256(bytes)))
			found.set(sha256(bytes), { id: name, rule, family: Math.floor(rule / 1000), paranoia: levels.get(rule) ?? 1, bytes })
	}
	return [...found].sort(([a], [b]) => a < b ? -1 : 1).slice(0, COUNT).map(([, payload]) => payload)
}

export const digest = list => sha256(list.map(p => `${p.id} ${p.rule} ${p.bytes.toString('hex')}\n`).join(''))

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const list = payloads(process.argv[process.argv.indexOf('--crs') + 1])
	process.stdout.write(list.map(p => `${JSON.stringify({ ...p, bytes: p.bytes.toString('latin1') })}\n`).join(''))
	process.stderr.write(`${list.length} payloads, ${digest(list)}\n`)
}

// A hostile site never hangs, crashes, bloats or misdirects a run: each hostility alone, then all together, by the real program.
//
// Every run is held to a time, to memory and to an exit status; what it prints and writes is looked through for characters that
// speak to terminals, markup, formulas. Canaries at private addresses record whoever comes: nobody may. Nothing can leave: see
// hostile.mjs.
import test from 'node:test'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { built, tempDir } from './lib.mjs'
import { inside, inspect } from './hostile.mjs'
import { hostilities } from './hostile-site.mjs'

inside(fileURLToPath(import.meta.url))
built('src/bin/weique')

const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/

function cells(csv) {
	const all = []
	for (const m of csv.matchAll(/("((?:[^"]|"")*)"|[^,\r\n"]*)(?:,|\r?\n|$)/g))
		all.push(m[2] !== undefined ? m[2].replaceAll('""', '"') : m[1])
	return all
}

function checkOutput(name, r, files) {
	for (const said of [r.err, r.out]) {
		const at = said.search(controls)
		assert.ok(at < 0, `${name}: ${JSON.stringify(said.slice(Math.max(0, at - 80), at + 20))}`)
	}
	if (existsSync(files.html)) {
		const text = readFileSync(files.html, 'utf8')
		assert.ok(!controls.test(text), `${name}: the HTML report: ${JSON.stringify(text.match(controls))}`)
		assert.ok(!/<(script|img|iframe|object|embed|link|base|meta http-equiv="?refresh)/i.test(text), `${name}: markup in the HTML report: ${/.{0,60}<(script|img|iframe|object|embed|link|base|meta http-equiv="?refresh).{0,60}/i.exec(text)}`)
		assert.ok(!/<[^>"']*\son\w+\s*=/i.test(text.replace(/"[^"]*"/g, '""')), `${name}: a handler in the HTML report`)
		for (const [, href] of text.matchAll(/href="([^"]*)"/g))
			assert.match(href, /^(https?:\/\/|#)/, `${name}: an address in the HTML report`)
	}
	if (existsSync(files.csv)) {
		const text = readFileSync(files.csv, 'utf8').slice(0, 4e6).replaceAll('\r\n', '\n')
		assert.ok(!controls.test(text.replace(/^\ufeff/, '')), `${name}: the table`)
		for (const cell of cells(text.replace(/^\ufeff/, '')))
			assert.ok(!/^[=+@\t\r-]/.test(cell), `${name}: a formula in the table: ${cell.slice(0, 80)}`)
	}
	for (const f of Object.values(files))
		rmSync(f, { force: true })
}

const forms = { json: ['--json'], text: [], links: ['--links-only'] }
const table = []

async function look(dir, name, form, more = {}) {
	const h = { ...hostilities[name], ...more }
	const files = Object.fromEntries(form === 'json' ? ['html', 'csv', 'report'].map(k => [k, path.join(dir, `${name}.${k}`)]) : [])
	const limit = h.seconds ?? 6
	const args = [...(h.urls ?? [h.url ?? `http://${name}.example/`]), ...forms[form], ...(h.args ?? []), ...Object.entries(files).flatMap(([k, f]) => [`--${k}`, f])]
	const r = await inspect(dir, args, 3 * limit + 20)
	table.push({ name, form, code: r.code, seconds: r.seconds, cpu: r.cpu, mb: r.mb })
	const said = `${name} (${form}): ${JSON.stringify({ ...r, out: r.out.slice(0, 300), err: r.err.slice(-600) })}`
	const faults = []
	const hold = (what, check) => { try { check() } catch (e) { faults.push(`${what}: ${e.message}`) } }
	hold('ends', () => assert.ok(!r.late && typeof r.code === 'number' && r.code >= 0, said))
	hold('status', () => 'code' in h ? h.code === undefined || assert.equal(r.code, h.code, said) : assert.equal(r.code, 0, said))
	hold('time', () => assert.ok(r.seconds <= limit, said))
	hold('memory', () => assert.ok(r.mb <= (h.mb ?? 250), said))
	hold('cpu', () => assert.ok(r.cpu <= (h.cpu ?? limit), said))
	hold('output', () => checkOutput(name, r, files))
	if (form === 'json' && typeof r.code === 'number')
		hold('findings', () => {
			const lines = r.out.split('\n').filter(Boolean).map(l => JSON.parse(l)), rules = new Set(lines.map(l => l.rule))
			for (const rule of h.rules ?? [])
				assert.ok(rules.has(rule), `${rule} is missing: ${[...rules]}; ${said}`)
			if (!(h.rules ?? []).includes('inspect.hostile') && !h.mayBeHostile)
				assert.ok(!rules.has('inspect.hostile'), `inspect.hostile: ${JSON.stringify(lines.find(l => l.rule === 'inspect.hostile'))}`)
		})
	return faults
}

test('a hostile site', async t => {
	const dir = tempDir(t, 'hostile'), site = new Worker(new URL('./hostile-site.mjs', import.meta.url), { workerData: dir })
	await once(site, 'message')
	t.after(() => {
		site.terminate()
		if (process.env.WQ_HOSTILE_TABLE)
			console.log(table.sort((a, b) => b.cpu - a.cpu).map(r => `${r.name.padEnd(14)} ${r.form.padEnd(6)} ${String(r.code).padStart(6)} ${String(r.seconds).padStart(7)} s ${String(r.cpu).padStart(7)} cpu ${String(r.mb).padStart(5)} MB`).join('\n'))
	})
	const wanted = (process.env.WQ_HOSTILE ?? '').split(',').filter(Boolean)
	const work = Object.keys(hostilities).filter(n => wanted.length === 0 || wanted.includes(n))
		.flatMap(name => (hostilities[name].seconds ? ['json', 'links'] : Object.keys(forms)).map(form => [name, form]))
		.sort((a, b) => (hostilities[b[0]].seconds ?? 0) - (hostilities[a[0]].seconds ?? 0))
	const faults = {}
	const workers = Array.from({ length: 4 }, async () => {
		for (let next; (next = work.shift());) {
			const found = await look(dir, ...next)
			if (found.length)
				(faults[next[0]] ??= []).push(...found)
		}
	})
	await Promise.all(workers)
	for (const name of Object.keys(hostilities))
		await t.test(name, () => assert.deepEqual(faults[name] ?? [], []))
	site.postMessage('what came?')
	const [{ hits, leaks }] = await once(site, 'message')
	await t.test('nothing came to a private address', () => assert.deepEqual(hits, []))
	await t.test('no cookie, no credential, no referrer went anywhere', () => assert.deepEqual(leaks, []))
})

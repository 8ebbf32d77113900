// The rule engine in the gate under siege: clients share the time, a client's limit is its own, a log that cannot be written refuses
// nobody, reloads leave nothing behind. Figures with the Core Rule Set: bench/waf/siege.mjs.
import test from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { form, rules, startRules } from './rules.mjs'
import { until } from './lib.mjs'

// No literal tells that one of these does not match.
const slow = rules + Array.from({ length: 40 }, (_, i) => `SecRule ARGS "@rx [a-z]+ [a-z]+ [a-z]{${i % 4 + 1},}[0-9]{1,${i + 1}}[a-z]" "id:${2000 + i},phase:2,pass,log,msg:'slow'"\n`).join('')
const metric = async (site, outcome) => Number(new RegExp(`weique_rules_total\\{app="portal",class="-",outcome="${outcome}"\\} (\\d+)`)
	.exec((await site.get('/weique-metrics')).body.toString())?.[1] ?? 0)
const json = values => ({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(values) })
const costly = json(Array.from({ length: 300 }, (_, i) => `${'lorem ipsum dolor sit amet '.repeat(8)}${i}`))
const plain = { localAddress: '127.0.1.1' }

test('one client with many costly requests, and another with a plain one', async t => {
	const site = await startRules(t, { workers: 1, text: slow, guard: 'mode = "block"; client = "0s"; budget = "10s";' })
	const before = await metric(site, 'microseconds')
	await site.get('/app/x', { ...costly, msec: 60000 })
	t.diagnostic(`a costly request takes ${await metric(site, 'microseconds') - before} us`)
	let ended = 0
	const all = Array.from({ length: 40 }, () => site.get('/app/x', { ...costly, msec: 120000 }).then(r => { ended++; return r.status }))
	await until('some are judged', () => ended > 1, 60000)
	const first = ended
	for (let i = 0; i < 3; i++)
		assert.equal((await site.get('/app/x?q=fine', { ...plain, msec: 60000 })).status, 200)
	// in the order in which they came the plain ones would be the last
	assert.ok(ended - first < 20, `${ended - first} of 40 were answered before three plain ones`)
	assert.ok((await Promise.all(all)).every(status => status === 200))
})

test('the limit of a client is its own', async t => {
	const site = await startRules(t, { text: slow, guard: 'mode = "block"; client = "20ms"; budget = "10s";' })
	const statuses = (await Promise.all(Array.from({ length: 40 }, () => site.get('/app/x', { ...costly, msec: 60000 })))).map(r => r.status)
	assert.ok(statuses.filter(s => s === 403).length > 20, `${statuses}`)
	for (let i = 0; i < 5; i++)
		assert.equal((await site.get('/app/x?q=fine', plain)).status, 200)
	const [e] = await until('the event', () => { const list = site.events('gate.rule_blocked'); return list.length > 0 && list })
	assert.equal(e.fields.variable, 'rules_over')
	assert.ok(site.lines().every(l => l.client === '127.0.0.1' && l.over))
})

test('a pattern on a long value gives way', async t => {
	const site = await startRules(t, { workers: 1, guard: 'mode = "block"; client = "0s"; budget = "10s";',
		text: `${rules}SecRule ARGS:a "@rx x+x+[yz]$" "id:3000,phase:2,pass,log"\n` })
	const r = await site.get('/app/x', { method: 'POST', headers: form, body: `a=y${'x'.repeat(20000)}`, msec: 60000 })
	assert.equal(r.status, 403)
	const l = await site.line(0)
	assert.ok(l.over && l.cost_usec < 1000000, JSON.stringify(l))
})

// The Core Rule Set has some forty chains of transformations: what a long list needs of them has to fit into a transaction.
test('a long list is not too much', async t => {
	const site = await startRules(t, { guard: 'mode = "block"; client = "0s"; budget = "10s";', text: `${rules}
Include /etc/modsecurity/crs/crs-setup.conf
Include /usr/share/modsecurity-crs/rules/*.conf
` })
	const list = (n, text) => json(Array.from({ length: n }, (_, i) => `${text} ${i * 7919}`))
	for (const body of [list(990, 'resident number'), list(900, '请问解放路什么时候修？盼复，谢谢'), list(800, 'Resident asks, on behalf of the Village Committee; when will the road be mended?')]) {
		const r = await site.get('/app/x', { ...body, msec: 60000 })
		assert.deepEqual([r.status, site.lines().filter(l => l.over)], [200, []])
	}
})

test('a log that cannot be written', async t => {
	const site = await startRules(t, { inner: 'weique_rules_log /dev/full;' })
	for (let i = 0; i < 3; i++) {
		assert.equal((await site.get('/app/x?q=evil')).status, 403)
		assert.equal((await site.get('/app/x?q=notable')).status, 200)
	}
	assert.equal(await metric(site, 'line_lost'), 6)
	assert.equal(await metric(site, 'blocked'), 3)
})

test('reloads leave nothing behind', async t => {
	const site = await startRules(t, { workers: 1, text: slow })
	const anonymous = () => Number(/^Anonymous:\s+(\d+)/m.exec(readFileSync(`/proc/${site.nginx.pid}/smaps_rollup`, 'latin1'))[1])
	let kept
	for (let i = 0; i < 30; i++) {
		const [old] = site.nginx.workers()
		site.nginx.reload()
		await until('a new worker', () => { const now = site.nginx.workers(); return now.length > 0 && !now.includes(old) }, 20000)
		if (i === 9)
			kept = anonymous()
	}
	assert.ok(anonymous() - kept < 512, `${kept} KiB after 10 reloads, ${anonymous()} KiB after 30`)
	assert.equal((await site.get('/app/x?q=evil')).status, 403)
})

// `weique_metrics`: one truth about all workers, which a reload and a killed worker do not change.
import test from 'node:test'
import assert from 'node:assert/strict'
import { freePort, until } from './lib.mjs'
import { Site } from './gate.mjs'

// name{labels} → number. Fails when it is no exposition format 0.0.4.
function parse(text) {
	const values = new Map(), types = new Map()
	for (const line of text.split('\n').filter(Boolean)) {
		const type = /^# TYPE (\w+) (counter|gauge)$/.exec(line)
		if (type)
			types.set(type[1], type[2])
		if (line.startsWith('#'))
			continue
		const m = /^(\w+)(\{(?:\w+="[^"\\\n]*",?)*\}) (\d+)$/.exec(line)
		assert.ok(m && types.has(m[1]), line)
		assert.ok(!values.has(m[1] + m[2]), `twice: ${line}`)
		values.set(m[1] + m[2], Number(m[3]))
	}
	return values
}

test('all workers are counted together, over reloads and deaths', async t => {
	const site = new Site(t)
	site.publish(1, [{ path: '/', body: 'home' }])
	await site.startVault(t)
	const port = await freePort()
	await site.startGate(t, { outer: `server { listen 127.0.0.1:${port}; location = /metrics { weique_metrics; } location / { weique on; } }` })
	const read = async () => {
		const r = await site.get('/weique-metrics')
		assert.equal(r.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
		return parse(r.body.toString())
	}
	const requests = (m, cls, outcome, app = 'portal') => m.get(`weique_requests_total{app="${app}",class="${cls}",outcome="${outcome}"}`)

	await t.test('a counter is there before anything is counted', async () => {
		assert.equal(requests(await read(), 'sealed', 'served'), 0)
	})

	await t.test('each outcome has its counter', async () => {
		const etag = (await site.get('/')).headers.etag
		for (let i = 0; i < 99; i++)
			await site.get('/')
		await site.get('/', { headers: { 'If-None-Match': etag } })
		await site.get('/nothing')
		await site.get('/', { method: 'POST', body: 'x' })
		await site.get('/a%2fb')
		await site.get('/', { host: 'other.example' })
		const m = await read()
		assert.equal(requests(m, 'sealed', 'served'), 100)
		assert.equal(requests(m, 'sealed', 'not_modified'), 1)
		assert.equal(requests(m, 'sealed', 'not_found'), 1)
		assert.equal(requests(m, 'sealed', 'method'), 1)
		assert.equal(requests(m, '-', 'ambiguous', ''), 1)
		assert.equal(requests(m, '-', 'unknown_host', ''), 1)
		assert.equal(m.get('weique_worker_connected{worker="0"}') + m.get('weique_worker_connected{worker="1"}'), 2)
		assert.ok(m.get('weique_worker_mapped_bytes{worker="0"}') > 0)
		assert.equal(m.get('weique_generations_switched_total{worker="1"}'), 1)
		assert.equal((await site.get('/weique-metrics', { method: 'POST', body: 'x' })).status, 405)
		assert.equal((await site.get('/weique-metrics', { method: 'HEAD' })).body.length, 0)
	})

	await t.test('a reload and a killed worker lose nothing', async () => {
		const old = site.nginx.workers()
		site.nginx.reload()
		await until('new workers', () => site.nginx.workers().length === 2 && site.nginx.workers().every(w => !old.includes(w)))
		await site.servesSerial(1)
		await site.get('/')
		assert.equal(requests(await read(), 'sealed', 'served'), 101)
		const [victim] = site.nginx.workers()
		process.kill(victim, 'SIGKILL')
		await until('another', () => site.nginx.workers().length === 2 && !site.nginx.workers().includes(victim))
		await until('it answers', async () => (await site.get('/').catch(() => ({}))).status === 200)
		assert.ok(requests(await read(), 'sealed', 'served') >= 102)
	})

	await t.test('a second application has rows of its own', async () => {
		site.publish(1, [{ path: '/', body: 'other' }], { app: 'other', hosts: ['other.example'] })
		await until('it is served', async () => (await site.get('/', { host: 'other.example' })).body.toString() === 'other')
		assert.ok(requests(await read(), 'sealed', 'served', 'other') >= 1)
	})
})

test('metrics are answered while there is no vault', async t => {
	const site = new Site(t)
	site.publish(1, [{ path: '/', body: 'home' }])
	await site.startGate(t, { wait: '100ms' })
	const m = parse((await site.get('/weique-metrics')).body.toString())
	assert.equal(m.get('weique_worker_connected{worker="0"}'), 0)
	assert.equal((await site.get('/')).status, 503)
	assert.equal(parse((await site.get('/weique-metrics')).body.toString()).get('weique_requests_total{app="",class="-",outcome="unavailable"}'), 1)
})

// The path from the shelf to the visitor, with the real weique-vault and the distribution's nginx. The tests run in order
// of what depends on what, on one site; what breaks the site has one of its own.
import test from 'node:test'
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync, readFileSync, rmSync, copyFileSync, existsSync, renameSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { freePort, start, until } from './lib.mjs'
import { Site, host, mkvault, workerUid } from './gate.mjs'

const text = '魏阙'.repeat(4000)
const binary = randomBytes(300000)
const entries = v => [
	{ path: '/', body: `<h1>version ${v}</h1>${text}`, gzip: true, headers: 'Cache-Control: max-age=60' },
	{ path: '/a%20b/%E6%94%BF.html', body: 'path', type: 'text/html; charset=gb2312' },
	{ path: '/file.bin', body: binary, type: 'application/octet-stream' },
	{ path: '/empty.css', body: '', type: 'text/css' },
	{ path: '/moved', status: 301, body: '', type: '', headers: 'Location: /a%20b/%E6%94%BF.html' },
	{ path: '/gone', status: 410, body: 'gone' },
	{ path: '/list?page=2', body: 'page two' },
	{ path: '/404.html', status: 404, body: `<h1>not here, version ${v}</h1>` },
	...Array.from({ length: 200 }, (_, i) => ({ path: `/n/${i}.html`, body: `${i} of ${v} ${'x'.repeat(i * 37)}`, gzip: i % 2 === 0 })),
]

test('a sealed site is served as it was sealed', async t => {
	const site = new Site(t)
	site.publish(1, entries(1))
	await site.startVault(t)
	await site.startGate(t)

	await t.test('every byte of every entry, in both forms', async () => {
		for (const e of entries(1)) {
			const plain = await site.get(e.path)
			assert.equal(plain.status, e.status ?? 200, e.path)
			assert.ok(plain.body.equals(Buffer.from(e.body)), e.path)
			assert.equal(plain.headers['content-type'], (e.type ?? 'text/html; charset=utf-8') || undefined)
			assert.equal(plain.headers['content-encoding'], undefined)
			assert.equal(plain.headers['x-content-type-options'], 'nosniff')
			const packed = await site.get(e.path, { headers: { 'Accept-Encoding': 'gzip, br' } })
			assert.equal(packed.headers['content-encoding'], e.gzip ? 'gzip' : undefined)
			assert.equal(packed.headers.vary, e.gzip ? 'Accept-Encoding' : undefined)
			assert.ok((e.gzip ? gunzipSync(packed.body) : packed.body).equals(Buffer.from(e.body)), `${e.path} gzip`)
		}
		assert.equal((await site.get('/')).headers['cache-control'], 'max-age=60')
		assert.equal((await site.get('/moved')).headers.location, '/a%20b/%E6%94%BF.html')
	})

	await t.test('spellings of one resource lead to it', async () => {
		for (const target of ['/a%20b/%e6%94%bf.html', '/./a%20b/%E6%94%BF.html', '/n/../a%20b/%E6%94%BF.html', '/%61%20b/%E6%94%BF.html'])
			assert.equal((await site.get(target)).body.toString(), 'path', target)
		for (const name of ['WWW.Example.GOV.cn', `${host}.`, `${host}:8080`])
			assert.equal((await site.get('/gone', { host: name })).status, 410, name)
		assert.equal((await site.get(`http://${host}/gone`, { host: 'other.example' })).status, 410)
	})

	await t.test('HEAD has the headers of GET and no body', async () => {
		const get = await site.get('/'), head = await site.get('/', { method: 'HEAD' })
		assert.equal(head.status, 200)
		assert.equal(head.body.length, 0)
		for (const name of ['content-length', 'content-type', 'etag', 'vary', 'cache-control'])
			assert.equal(head.headers[name], get.headers[name], name)
	})

	await t.test('a copy that is still good gets 304', async () => {
		const plain = (await site.get('/')).headers.etag
		const packed = (await site.get('/', { headers: { 'Accept-Encoding': 'gzip' } })).headers.etag
		assert.match(plain, /^"sm3-[0-9a-f]{32}"$/)
		assert.equal(packed, plain.replace(/"$/, '-gzip"'))
		for (const value of [plain, `W/${plain}`, '*', `"x", ${plain}`]) {
			const r = await site.get('/', { headers: { 'If-None-Match': value } })
			assert.equal(r.status, 304, value)
			assert.equal(r.body.length, 0)
			assert.equal(r.headers.etag, plain)
			assert.equal(r.headers['content-length'], undefined)
		}
		const both = { 'If-None-Match': plain, 'If-Modified-Since': 'Thu, 01 Jan 1970 00:00:01 GMT' }
		assert.equal((await site.get('/', { headers: both })).status, 304)
		for (const value of ['"other"', packed, plain.slice(0, -1)])
			assert.equal((await site.get('/', { headers: { 'If-None-Match': value } })).status, 200, value)
		const other = { 'If-None-Match': plain, 'Accept-Encoding': 'gzip' }
		assert.equal((await site.get('/', { headers: other })).status, 200)
		assert.equal((await site.get('/gone', { headers: { 'If-None-Match': '*' } })).status, 410)
	})

	await t.test('ranges are parts of the sealed bytes', async () => {
		for (const [range, from, to] of [['0-9', 0, 10], ['100000-199999', 100000, 200000], ['-5', 299995, 300000], ['299999-', 299999, 300000]]) {
			const r = await site.get('/file.bin', { headers: { Range: `bytes=${range}`, 'Accept-Encoding': 'gzip' } })
			assert.equal(r.status, 206, range)
			assert.ok(r.body.equals(binary.subarray(from, to)), range)
		}
		assert.equal((await site.get('/file.bin', { headers: { Range: 'bytes=300000-' } })).status, 416)
		const old = { Range: 'bytes=0-9', 'If-Range': '"old"' }
		assert.equal((await site.get('/file.bin', { headers: old })).body.length, 300000)
	})

	await t.test('what is not sealed is not there', async () => {
		const own = await site.get('/nothing')
		assert.equal(own.status, 404)
		assert.equal(own.body.toString(), '<h1>not here, version 1</h1>')
		const elsewhere = await site.get('/', { host: 'other.example' })
		assert.equal(elsewhere.status, 404)
		assert.match(elsewhere.body.toString(), /没有找到/)
		for (const target of ['/?x=1', '/list', '/list?page=3', '/list?page=2&x', '/N/1.html', '/n/1.html/'])
			assert.equal((await site.get(target)).status, 404, target)
		assert.equal((await site.get('/list?page=2')).body.toString(), 'page two')
	})

	await t.test('ambiguous targets are refused', async () => {
		for (const target of ['/a/..;/b', '/a%2fb', '/a%5cb', '/%2561', '/a//b', '/%c0%af', '/a\\b'])
			assert.equal((await site.get(target)).status, 400, target)
		assert.equal((await site.get('/', { host: 'a_b..c' })).status, 400)
		const log = await until('the reason is logged', () => /\/a%2fb 400 .*reason=\S+/.exec(readFileSync(`${site.dir}/access.log`, 'utf8')))
		assert.doesNotMatch(log[0], /reason=-/)
	})

	await t.test('only GET and HEAD', async () => {
		for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND']) {
			const r = await site.get('/', { method, body: 'x'.repeat(method === 'POST' ? 500000 : 10) })
			assert.equal(r.status, 405, method)
			assert.equal(r.headers.allow, 'GET, HEAD', method)
		}
	})

	await t.test('variables and status say what was done', async () => {
		await site.get('/?variables')
		await site.get('/gone?')
		const digest = createHash('sm3').update('gone').digest('hex')
		await until('the log has it', () => {
			const log = readFileSync(`${site.dir}/access.log`, 'utf8')
			return log.includes(`410 class=sealed release=portal/1 digest=${digest} reason=-`) && /variables 404 .* reason=not_found/.test(log)
		})
		const s = JSON.parse((await site.get('/weique-status')).body)
		assert.equal(s.connected, true)
		assert.equal(s.apps[0].app, 'portal')
		assert.equal(s.apps[0].serial, 1)
		assert.equal(s.draining, 0)
		await until('events', () => site.events('vault.served').length === 1 && site.events('gate.worker_connected').length === 2)
	})
})

test('a new release is switched to under load, without a failed request', async t => {
	const site = new Site(t)
	site.publish(1, entries(1))
	await site.startVault(t)
	await site.startGate(t)
	let stop = false, requests = 0
	const seen = new Set(), bad = []
	const load = async () => {
		while (!stop) {
			const i = requests++ % 200
			const r = await site.get(`/n/${i}.html`).catch(e => ({ error: e.message }))
			const version = /^\d+ of (\d+) /.exec(r.body?.toString() ?? '')?.[1]
			if (r.status !== 200 || !r.body.equals(Buffer.from(`${i} of ${version} ${'x'.repeat(i * 37)}`)))
				bad.push(r.error ?? r.status)
			seen.add(Number(version))
		}
	}
	const loads = Array.from({ length: 8 }, load)
	await until('the first version is seen', () => seen.has(1))
	for (const serial of [2, 3, 4]) {
		site.publish(serial, entries(serial))
		await site.servesSerial(serial)
	}
	site.nginx.reload()
	await until('two new workers', () => site.nginx.workers().length === 2 && /gracefully shutting down/.test(site.nginx.log()))
	await site.servesSerial(4)
	await until('a thousand requests', () => requests >= 1000, 60000)
	stop = true
	await Promise.all(loads)
	assert.deepEqual(bad, [])
	assert.ok(seen.has(1) && seen.has(4), [...seen].join())
	await until('old generations are unmapped', async () => JSON.parse((await site.get('/weique-status')).body).draining === 0)
	await until('the ledger knows', () => site.ledgerTypes().filter(x => x === 'vault.served').length === 4)
})

test('whatever happens on the shelf, visitors get what was sealed', async t => {
	const site = new Site(t)
	site.publish(1, entries(1))
	copyFileSync(site.snapshot(1), `${site.dir}/yesterday`)
	site.publish(2, entries(2))
	let vault = await site.startVault(t)
	await site.startGate(t)
	await site.servesSerial(2)
	const whole = async () => {
		let next = 0
		const visitor = async () => {
			for (let i; (i = next++) < 200;)
				assert.equal((await site.get(`/n/${i}.html`)).body.toString(), `${i} of 2 ${'x'.repeat(i * 37)}`)
		}
		await Promise.all(Array.from({ length: 8 }, visitor))
	}
	const ledgerHas = type => until(`${type} in the ledger`, () => site.ledgerTypes().includes(type))

	await t.test('a pack is altered', async () => {
		const named = site.packs().map(file => ({ file, bytes: readFileSync(file) }))
		for (const { file, bytes } of named) {
			const changed = Buffer.from(bytes)
			changed[200] ^= 1
			writeFileSync(file, changed)
		}
		const [event] = await until('the event', () => site.events('vault.pack_altered').slice(0, 1)[0] && site.events('vault.pack_altered'))
		assert.ok(named.some(n => n.file.includes(event.fields.object)), JSON.stringify(event))
		await whole()
		await ledgerHas('vault.pack_altered')
		for (const { file, bytes } of named)
			writeFileSync(file, bytes)
	})

	await t.test('yesterday\'s snapshot is put back', async () => {
		renameSync(site.snapshot(2), `${site.dir}/today`)
		rmSync(site.snapshot(1), { force: true })
		copyFileSync(`${site.dir}/yesterday`, site.snapshot(1))
		copyFileSync(`${site.dir}/yesterday`, site.snapshot(2))
		await until('the event', () => site.events('vault.snapshot_replayed').length > 0 || site.events('vault.snapshot_altered').length > 0)
		await whole()
		rmSync(site.snapshot(2))
		// a broker that starts afresh has nothing but its floor to know it by
		await vault.kill()
		rmSync(site.log)
		vault = await site.startVault(t)
		const [event] = await until('the event', () => site.events('vault.snapshot_replayed').length > 0 && site.events('vault.snapshot_replayed'))
		assert.equal(event.fields.app, 'portal')
		await whole()
		await ledgerHas('vault.snapshot_replayed')
		renameSync(`${site.dir}/today`, site.snapshot(2))
	})

	await t.test('a snapshot with another key, and one that was altered', async () => {
		site.publish(3, entries(3), { key: 'stranger.key' })
		await until('the event', () => site.events('vault.snapshot_altered').some(e => Number(e.fields.serial) === 3))
		await whole()
		rmSync(site.snapshot(3))
		const { shelf } = site
		site.shelf = path.join(site.dir, 'elsewhere')
		site.publish(4, entries(4))
		const bytes = readFileSync(site.snapshot(4))
		site.shelf = shelf
		bytes[bytes.length - 100] ^= 1
		writeFileSync(site.snapshot(5), bytes)
		await until('the event', () => site.events('vault.snapshot_altered').some(e => Number(e.fields.serial) === 5))
		await whole()
		rmSync(site.snapshot(5))
	})

	await t.test('the broker is killed, the shelf removed', async () => {
		await vault.kill('SIGKILL')
		renameSync(site.shelf, `${site.shelf}.away`)
		await until('the gate says so', () => /weique: vault_lost/.test(site.nginx.log()))
		await whole()
		renameSync(`${site.shelf}.away`, site.shelf)
		rmSync(site.log)
		vault = await site.startVault(t)
		await until('workers come back', () => site.events('gate.worker_connected').length >= 2)
		await whole()
	})

	await t.test('a worker is killed', async () => {
		const [victim] = site.nginx.workers()
		process.kill(victim, 'SIGKILL')
		await until('a new one', () => site.nginx.workers().length === 2 && !site.nginx.workers().includes(victim))
		await site.servesSerial(2)
		await whole()
		await until('the event', () => site.events('gate.worker_gone').some(e => Number(e.fields.pid) === victim))
		await ledgerHas('gate.worker_gone')
	})

	await t.test('weique-vault ends at SIGTERM, with its socket', async () => {
		const end = await vault.kill()
		assert.equal(end.code, 0, vault.out)
		assert.ok(!existsSync(site.socket))
	})
})

test('a gate takes nothing that is not sealed memory, whole and in order', async t => {
	const site = new Site(t)
	site.publish(7, entries(7))
	for (const [mode, answer] of [['unsealed', 'nack not_sealed'], ['half', 'nack not_sealed'], ['file', 'nack not_sealed'],
		['size', 'nack size'], ['order', 'nack order'], ['early', 'nack order'], ['garbage', 'nack format'], ['good', 'ack']])
		await t.test(mode, async t => {
			const rogue = start(t, mkvault, ['rogue', '--socket', site.socket, '--snapshot', site.snapshot(7),
				'--packs', path.join(site.shelf, 'packs'), '--mode', mode, '--uid', String(workerUid)])
			await until('it listens', () => rogue.out.includes('listening'))
			rmSync(path.join(site.dir, 'nginx-error.log'), { force: true })
			const nginx = await site.startGate(t, { workers: 1, wait: '3s' })
			await until('an answer', () => rogue.out.includes(answer) || (rogue.ended && assert.fail(rogue.out)))
			const r = await site.get('/gone')
			assert.equal(r.status, mode === 'good' ? 410 : 503)
			if (mode !== 'good')
				assert.match(nginx.log(), /weique: snapshot_refused/)
			await nginx.kill('SIGQUIT')
		})
})

test('nothing else in a location is a way around the seal', async t => {
	const site = new Site(t)
	site.publish(1, entries(1))
	await site.startVault(t)
	const origin = await freePort()
	await site.startGate(t, {
		inner: `proxy_pass http://127.0.0.1:${origin}; sub_filter_once off; sub_filter 'version' 'HACKED'; charset koi8-r; ssi on;`,
		outer: `gzip on; gzip_min_length 1; gzip_types *; server { listen 127.0.0.1:${origin}; return 200 'from the origin'; }`,
	})
	const page = await site.get('/')
	assert.match(page.body.toString(), /^<h1>version 1<\/h1>/)
	assert.equal(page.headers['content-type'], 'text/html; charset=utf-8')
	const packed = await site.get('/gone', { headers: { 'Accept-Encoding': 'gzip' } })
	assert.equal(packed.body.toString(), 'gone')
	assert.equal((await site.get('/nothing')).body.toString(), '<h1>not here, version 1</h1>')
})

test('what nginx sends elsewhere is not answered from the seal', async t => {
	const site = new Site(t)
	site.publish(1, [{ path: '/staff/x.html', body: 'for staff' }, { path: '/old.html', body: 'old' }, { path: '/sorry.html', body: 'sorry' }])
	await site.startVault(t)
	for (const to of ['/sorry.html', '= /sorry.html', '=200 /sorry.html'])
		for (const recursive of ['off', 'on'])
			await t.test(`error_page ${to}, recursive_error_pages ${recursive}`, async t => {
				const nginx = await site.startGate(t, {
					inner: `location /staff/ { deny all; } location /old.html { rewrite ^ /staff-no-more.html last; }`,
					outer: `error_page 403 ${to}; recursive_error_pages ${recursive};`,
				})
				const denied = await site.get('/staff/x.html')
				assert.doesNotMatch(denied.body.toString(), /for staff/)
				assert.match(denied.headers['cache-control'], /no-store/)
				assert.equal((await site.get('/old.html')).status, 404)
				assert.equal((await site.get('/sorry.html')).body.toString(), 'sorry')
				await nginx.kill('SIGQUIT')
			})
})

test('a generation whose policy is malformed is refused as a whole', async t => {
	const site = new Site(t)
	site.publish(1, [{ path: '/', body: 'one' }])
	await site.startVault(t)
	await site.startGate(t)
	writeFileSync(`${site.dir}/policy`, 'no block at all')
	site.publish(2, [{ path: '/', body: 'two' }], { more: ['--policy', `${site.dir}/policy`] })
	await until('it is refused', () => /weique: snapshot_refused app=portal serial=2 reason=format note="its policy breaks its format"/.test(site.nginx.log()))
	assert.equal((await site.get('/')).body.toString(), 'one')
	site.publish(3, [{ path: '/', body: 'three' }])
	await site.servesSerial(3)
	assert.equal((await site.get('/')).body.toString(), 'three')
})

test('a gate that is started before the vault waits for it', async t => {
	const site = new Site(t)
	site.publish(1, [{ path: '/', body: 'home' }])
	const gate = site.startGate(t, { wait: '20s' })
	await until('its workers begin', () => /start worker process/.test(readFileSync(`${site.dir}/nginx-error.log`, 'utf8')))
	const first = site.get('/')
	await site.startVault(t)
	await gate
	assert.equal((await first).body.toString(), 'home')
})

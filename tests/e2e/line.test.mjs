// From a real site to the visitor, by `make run`: every page that the gate serves is the approved one, byte for byte, over
// HTTP/1.1, TLS and HTTP/2, from both workers, in both encodings.
import test from 'node:test'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import http2 from 'node:http2'
import https from 'node:https'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { root } from './lib.mjs'
import { Line, filesOf, header, libstdcxx, policy, realSite, shown } from './line.mjs'

const gzip = 'Accept-Encoding: gzip\r\n'

// Header lines by name without those that differ from one answer to the next.
function stable(answer) {
	return answer.head.split('\r\n').slice(1).filter(l => !/^(date|connection|keep-alive):/i.test(l)).sort()
}

// Calls `fn` with every item, on a few connections to each of the given workers.
async function everywhere(line, items, fn, each = 2) {
	let n = 0
	await Promise.all(line.workers().flatMap(worker => {
		let next = 0
		return Array.from({ length: each }, async () => {
			let c = await line.connect(worker)
			for (let i; (i = next++) < items.length; n++) {
				await fn(c, items[i])
				if (!c.socket)
					c = await line.connect(worker)
			}
			c.close()
		})
	}))
	return n
}

for (const [name, dir, host, least] of [
	['debian-policy', policy, 'www.example.gov.cn', 100],
	['libstdc++-12-doc', libstdcxx, undefined, 2000],
])
	test(`make run SITE=${name}`, async t => {
		const approved = filesOf(realSite(dir)), targets = [...approved.keys()]
		const line = new Line(t, { site: dir, host })
		assert.ok(targets.length >= least, `${targets.length} files`)

		await t.test('takes it through review to the gate', async t => {
			const done = await line.up()
			const bytes = [...approved.values()].reduce((sum, b) => sum + b.length, 0)
			t.diagnostic(`${targets.length} resources, ${(bytes / 1e6).toFixed(1)} MB, served after ${done.msec} ms`)
			assert.match(done.out, new RegExp(`http://127.0.0.1:${line.httpPort}/`))
			assert.equal(line.json('release', 'list')[0].state, 'sealed')
			assert.equal(line.weique('ledger', 'verify').code, 0)
			await line.serves(1)
		})

		const etags = new Map()
		await t.test('every file, from both workers, in both encodings', async t => {
			const begin = Date.now()
			let packed = 0
			const n = await everywhere(line, targets, async (c, target) => {
				const bytes = approved.get(target)
				const plain = await c.get(target)
				assert.equal(plain.status, 200, target)
				assert.equal(header(plain, 'content-encoding'), undefined, target)
				assert.ok(plain.body.equals(bytes), target)
				const small = await c.get(target, { headers: gzip })
				assert.equal(small.status, 200, target)
				assert.ok(shown(small).equals(bytes), target)
				packed += header(small, 'content-encoding') === 'gzip'
				etags.set(target, header(plain, 'etag'))
				assert.equal(etags.get(target), `"sm3-${createHash('sm3').update(bytes).digest('hex').slice(0, 32)}"`)
			})
			assert.equal(n, 2 * targets.length)
			assert.ok(packed > 0)
			t.diagnostic(`${2 * n} answers compared in ${Date.now() - begin} ms, ${packed} of them gzip`)
		})

		await t.test('HEAD has the same headers and no body; a copy that is still good gets 304', async () => {
			const some = targets.filter((_, i) => i % Math.ceil(targets.length / 500) === 0)
			await everywhere(line, some, async (c, target) => {
				for (const headers of ['', gzip]) {
					const get = await c.get(target, { headers }), head = await c.get(target, { method: 'HEAD', headers })
					assert.equal(head.status, 200, target)
					assert.equal(head.body.length, 0)
					assert.deepEqual(stable(head), stable(get), target)
					const again = await c.get(target, { headers: `${headers}If-None-Match: ${header(get, 'etag')}\r\n` })
					assert.equal(again.status, 304, target)
					assert.equal(again.body.length, 0)
				}
				assert.equal((await c.get(target, { headers: 'If-None-Match: "sm3-0"\r\n' })).status, 200, target)
			})
		})

		await t.test('what was not approved is not there', async () => {
			const c = await line.connect()
			for (const target of ['/no-such-page', '/index.html.bak', `${targets[0]}?x=1`, '/.git/config', '/%e9%ad%8f', `${targets[0]}/`])
				assert.equal((await c.get(target)).status, 404, target)
			for (const target of ['/../etc/passwd', '/%2e%2e%2fetc', '/a//b', '/%00'])
				assert.equal((await c.get(target)).status, 400, target)
			assert.equal((await c.get(targets[0], { host: 'www.somebody.example' })).status, 404)
			assert.equal((await c.get(targets[0], { host: '127.0.0.1' })).status, 200, 'under the machine\'s own name')
			assert.equal((await c.get(targets[0], { method: 'POST', headers: 'Content-Length: 0\r\n' })).status, 405)
			c.close()
		})

		const some = targets.filter((_, i) => i % Math.ceil(targets.length / 300) === 0)
		await t.test('the same over TLS with HTTP/1.1', async () => {
			const agent = new https.Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false })
			const fetch = (target, headers) => new Promise((resolve, reject) => {
				const servername = line.host ?? 'localhost'
				https.get({ host: '127.0.0.1', port: line.httpsPort, path: target, agent, servername, headers: { host: servername, ...headers } }, r => {
					const parts = []
					r.on('data', d => parts.push(d)).on('error', reject)
					r.on('end', () => resolve({ status: r.statusCode, headers: r.headers, body: Buffer.concat(parts) }))
				}).on('error', reject)
			})
			await Promise.all(some.map(async (target, i) => {
				const r = await fetch(target, i % 2 ? { 'accept-encoding': 'gzip' } : {})
				assert.equal(r.status, 200, target)
				assert.ok((r.headers['content-encoding'] === 'gzip' ? gunzipSync(r.body) : r.body).equals(approved.get(target)), target)
			}))
			assert.equal((await fetch('/no-such-page')).status, 404)
			agent.destroy()
		})

		await t.test('the same over HTTP/2', async () => {
			const authority = line.host ?? 'localhost'
			const session = http2.connect(`https://127.0.0.1:${line.httpsPort}`, { rejectUnauthorized: false, servername: authority })
			const fetch = headers => new Promise((resolve, reject) => {
				const parts = []
				let answer
				const stream = session.request({ ':authority': authority, ...headers })
				stream.on('response', h => { answer = h })
				stream.on('data', d => parts.push(d)).on('error', reject)
				stream.on('end', () => resolve({ headers: answer, body: Buffer.concat(parts) }))
			})
			let next = 0
			await Promise.all(Array.from({ length: 8 }, async () => {
				for (let i; (i = next++) < some.length;) {
					const r = await fetch({ ':path': some[i], ...(i % 2 ? { 'accept-encoding': 'gzip' } : {}) })
					assert.equal(r.headers[':status'], 200, some[i])
					assert.ok((r.headers['content-encoding'] === 'gzip' ? gunzipSync(r.body) : r.body).equals(approved.get(some[i])), some[i])
					assert.equal(r.headers['content-encoding'] ? undefined : r.headers.etag, r.headers['content-encoding'] ? undefined : etags.get(some[i]))
				}
			}))
			assert.equal(session.alpnProtocol, 'h2')
			assert.equal((await fetch({ ':path': some[0], ':method': 'HEAD' })).body.length, 0)
			assert.equal((await fetch({ ':path': '/no-such-page' })).headers[':status'], 404)
			assert.equal((await fetch({ ':path': some[0], 'if-none-match': etags.get(some[0]) })).headers[':status'], 304)
			await new Promise(resolve => session.close(resolve))
		})

		await t.test('capturing again finds nothing to release', () => {
			const again = line.capture()
			assert.equal(again.release, '')
			assert.equal(again.added + again.changed + again.gone, 0)
			assert.equal(again.same, again.resources)
			assert.equal(readdirSync(`${line.state}/releases`).filter(f => f.endsWith('.body')).length, 1)
		})
	})

test('make run without SITE: the demonstration portal', async t => {
	const line = new Line(t)
	await line.up()
	await line.serves(1)
	const smoke = spawnSync(path.join(root, 'scripts/smoke'), [], { encoding: 'utf8',
		env: { PATH: process.env.PATH, STATE: line.state, HTTP_PORT: String(line.httpPort) } })
	assert.equal(smoke.status, 0, smoke.stdout + smoke.stderr)

	await t.test('by its public name, by localhost and by address', async () => {
		const home = filesOf(path.join(root, 'demo/origin/static'))
		for (const host of ['www.yunshan.gov.cn', 'localhost', '127.0.0.1']) {
			const c = await line.connect()
			for (const [target, body] of home) {
				const answer = await c.get(target, { host })
				assert.deepEqual([answer.status, answer.body.equals(body)], [200, true], `${host}${target}`)
			}
			assert.equal((await c.get('/no-such-page', { host })).status, 404)
			c.close()
		}
	})

	await t.test('captured again, only what the smoke test defaced differs', async () => {
		const found = await line.weiqueMeanwhile('capture', 'site', '--author', 'editor', '--allow-private', '--json')
		const changed = JSON.parse(found.out.split('\n').find(l => l.startsWith('{')))
		assert.deepEqual([changed.added, changed.gone], [0, 0])
		assert.ok(changed.changed >= 1 && changed.changed <= 4, `${changed.changed} changed`)
	})
})

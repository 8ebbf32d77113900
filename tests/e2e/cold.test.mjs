// Sealed responses from packs that are not in memory (--memory 0): the same bytes, and never others, whatever happens to the file.
import test from 'node:test'
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { openSync, writeSync, closeSync, readFileSync, writeFileSync, truncateSync, copyFileSync, renameSync, unlinkSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import net from 'node:net'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { freePort, http, jsonLines, until } from './lib.mjs'
import { Site, host } from './gate.mjs'

const leaf = 16384
// nothing in it repeats, so a place of the file belongs to one object only
const large = randomBytes(3 * 1024 * 1024 + 777)
const small = `<h1>small</h1>${'政务'.repeat(100)}`
const entries = [
	{ path: '/', body: small, gzip: true }, { path: '/large.bin', body: large, type: 'application/octet-stream' },
	{ path: '/one-leaf', body: randomBytes(leaf) }, { path: '/leaf-and-one', body: randomBytes(leaf + 1) }, { path: '/block', body: randomBytes(8 * leaf) },
	{ path: '/empty', body: '' }, { path: '/404.html', status: 404, body: 'own 404' }, { path: '/gone', status: 410, body: 'gone' },
	{ path: '/moved', status: 301, body: '', type: '', headers: 'Location: /' },
	...Array.from({ length: 50 }, (_, i) => ({ path: `/n/${i}`, body: randomBytes(1000 + i * 997) })),
]

async function startCold(t, options = {}) {
	const site = new Site(t)
	site.publish(1, entries)
	site.vault = await site.startVault(t, ['--memory', '0'])
	await site.startGate(t, options)
	return site
}

const metric = async (site, outcome) => Number(new RegExp(`weique_cold_total\\{app="portal",class="sealed",outcome="${outcome}"\\} (\\d+)`)
	.exec((await site.get('/weique-metrics')).body)?.[1] ?? 0)

// The pack's file and the place in it where `bytes` stand.
function place(site, bytes) {
	for (const file of site.packs()) {
		const at = readFileSync(file).indexOf(bytes)
		if (at >= 0)
			return { file, at }
	}
	throw new Error('in no pack')
}

function alter(file, at, bytes) {
	const fd = openSync(file, 'r+')
	writeSync(fd, bytes, 0, bytes.length, at)
	closeSync(fd)
}

for (const threads of ['', 'weique_threads off;', 'thread_pool'])
	test(`what is cold is served like what is warm (${threads || 'threads by default'})`, async t => {
		const site = threads === 'thread_pool' ? await startCold(t, { outer: 'weique_threads cold;', top: 'thread_pool cold threads=2;' })
			: await startCold(t, { outer: threads })
		for (const e of entries) {
			const r = await site.get(e.path)
			assert.equal(r.status, e.status ?? 200, e.path)
			assert.ok(r.body.equals(Buffer.from(e.body)), e.path)
		}
		assert.ok(await metric(site, 'served') >= entries.length - 2)
		const status = JSON.parse((await site.get('/weique-status')).body)
		assert.ok(status.mapped_bytes < 100000, 'packs are not mapped')

		const packed = await site.get('/', { headers: { 'Accept-Encoding': 'gzip' } })
		assert.equal(gunzipSync(packed.body).toString(), small)
		const head = await site.get('/large.bin', { method: 'HEAD' })
		assert.equal(head.headers['content-length'], String(large.length))
		assert.equal(head.headers['accept-ranges'], 'bytes')
		assert.equal((await site.get('/large.bin', { headers: { 'If-None-Match': head.headers.etag } })).status, 304)
		assert.equal((await site.get('/nothing')).body.toString(), 'own 404')

		for (const [range, from, to] of [['0-0', 0, 1], ['0-16383', 0, leaf], ['16383-16384', leaf - 1, leaf + 1], ['100000-2999999', 100000, 3000000],
			['-5', large.length - 5, large.length], ['3145000-', 3145000, large.length], ['1048576-1048576', 1048576, 1048577]]) {
			const r = await site.get('/large.bin', { headers: { Range: `bytes=${range}`, 'If-Range': head.headers.etag } })
			assert.equal(r.status, 206, range)
			assert.equal(r.headers['content-range'], `bytes ${from}-${to - 1}/${large.length}`)
			assert.ok(r.body.equals(large.subarray(from, to)), range)
		}
		const outside = await site.get('/large.bin', { headers: { Range: `bytes=${large.length}-` } })
		assert.equal(outside.status, 416)
		assert.equal(outside.headers['content-range'], `bytes */${large.length}`)
		for (const headers of [{ Range: 'bytes=0-9,20-29' }, { Range: 'bytes=0-9', 'If-Range': '"old"' }, { Range: 'lines=1-2' }]) {
			const r = await site.get('/large.bin', { headers })
			assert.equal(r.status, 200)
			assert.ok(r.body.equals(large))
		}

		const many = await Promise.all(Array.from({ length: 40 }, (_, i) => i % 2 ? site.get('/large.bin') : site.get(`/n/${i}`)))
		many.forEach((r, i) => assert.ok(r.body.equals(i % 2 ? large : entries.find(e => e.path === `/n/${i}`).body)))
		await until('it is logged', () => readFileSync(`${site.dir}/access.log`, 'utf8')
			.includes(`/gone 410 class=sealed release=portal/1 digest=${createHash('sm3').update('gone').digest('hex')} reason=-`))
	})

test('what was altered on the disk is never sent', async t => {
	const site = await startCold(t)
	const tail = 2 * 1024 * 1024 + 5
	const { file, at } = place(site, large.subarray(tail, tail + 64))
	const before = readFileSync(file)
	site.vault.child.kill('SIGSTOP') // nobody mends it meanwhile
	t.after(() => site.vault.child.kill('SIGCONT'))
	alter(file, at, Buffer.from([large[tail] ^ 1]))

	await t.test('the connection is cut before the block', async () => {
		const got = await new Promise((resolve, reject) => http(site.port, '/large.bin', { host }).then(() => reject(new Error('whole')), resolve))
		assert.match(got.message, /cut response/)
		const received = Number(/cut response: (\d+) of/.exec(got.message)[1])
		assert.ok(received <= tail && received >= tail - 9 * leaf, got.message)
	})

	await t.test('a range that does not touch it is fine, one that does is a 500', async () => {
		const fine = await site.get('/large.bin', { headers: { Range: 'bytes=0-99999' } })
		assert.ok(fine.body.equals(large.subarray(0, 100000)))
		const bad = await site.get('/large.bin', { headers: { Range: `bytes=${tail}-${tail + 9}` } })
		assert.equal(bad.status, 500)
		assert.equal(bad.headers['content-range'], undefined)
		assert.equal(bad.headers.etag, undefined)
		assert.match(bad.body.toString(), /页面暂时无法显示/)
		assert.ok((await site.get('/large.bin', { headers: { Range: 'bytes=-99' } })).body.equals(large.subarray(-99)))
		await until('it is logged', () => /weique: cold_altered app=portal serial=1 pack=[0-9a-f]{64} object=\d+ leaf=128/.test(site.nginx.log()) &&
			/\/large.bin 500 class=sealed .*reason=cold_altered/.test(readFileSync(`${site.dir}/access.log`, 'utf8')))
		assert.ok(await metric(site, 'altered') >= 2)
	})

	await t.test('a small object, a swapped one, a file that is cut short', async () => {
		const one = entries.find(e => e.path === '/n/7').body, two = entries.find(e => e.path === '/n/8').body
		alter(file, place(site, one).at, two.subarray(0, one.length))
		assert.equal((await site.get('/n/7')).status, 500)
		assert.ok((await site.get('/n/8')).body.equals(two))
		truncateSync(file, place(site, large.subarray(0, 64)).at + 5 * leaf)
		const r = await site.get('/large.bin', { headers: { Range: `bytes=${6 * leaf}-${6 * leaf + 9}` } })
		assert.equal(r.status, 500)
		assert.ok(await metric(site, 'unreadable') >= 1)
		assert.equal((await site.get('/large.bin')).status, 500)
	})

	await t.test('the vault knows; a mended file is served again, without a new version', async () => {
		// as an operator does: the good file under a new name, then in its place
		writeFileSync(`${file}.good`, before)
		site.vault.child.kill('SIGCONT')
		await until('the event', () => jsonLines(site.log).some(e => /altered|fault/.test(e.event) && JSON.stringify(e.fields).includes(path.basename(file, '.pack'))))
		renameSync(`${file}.good`, file)
		await until('it is served again', async () => {
			const r = await site.get('/large.bin').catch(() => null)
			return r?.status === 200 && r.body.equals(large)
		})
	})
})

test('the vault dies, the file is removed: what is open goes on', async t => {
	const site = await startCold(t)
	assert.ok((await site.get('/large.bin')).body.equals(large))
	await site.vault.kill('SIGKILL')
	const { file } = place(site, large.subarray(0, 64))
	copyFileSync(file, `${file}.kept`)
	unlinkSync(file)
	for (let i = 0; i < 4; i++)
		assert.ok((await site.get('/large.bin')).body.equals(large))
})

test('a new release under load, from cold to cold', async t => {
	const site = await startCold(t)
	let stop = false
	const bad = []
	const load = async () => {
		while (!stop) {
			const r = await site.get('/large.bin', { headers: { Range: 'bytes=1000000-1999999' } }).catch(e => ({ status: e.message }))
			if (r.status !== 206 || !r.body.equals(large.subarray(1000000, 2000000)))
				bad.push(r.status)
		}
	}
	const loads = [load(), load(), load()]
	for (const serial of [2, 3]) {
		site.publish(serial, [...entries, { path: '/serial', body: `${serial}` }])
		await until(`serial ${serial}`, async () => (await site.get('/serial')).body.toString() === String(serial))
	}
	site.nginx.reload()
	await site.servesSerial(3)
	stop = true
	await Promise.all(loads)
	assert.deepEqual(bad, [])
	await until('old generations are closed', async () => JSON.parse((await site.get('/weique-status')).body).draining === 0)
})

test('visitors who read slowly, go away, or speak HTTP/2', async t => {
	const h2 = await freePort()
	const site = await startCold(t, { workers: 1, outer: `server { listen 127.0.0.1:${h2} http2; location / { weique on; } }` })
	const [worker] = site.nginx.workers()
	const open = () => {
		const socket = net.connect(site.port, '127.0.0.1')
		socket.on('error', () => {})
		socket.write(`GET /large.bin HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
		return socket
	}
	const memory = () => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${worker}/status`, 'utf8'))[1])
	const before = memory()
	const slow = Array.from({ length: 20 }, () => open().pause())
	for (let i = 0; i < 60; i++)
		await new Promise(resolve => { const s = open(); s.once('data', () => { s.destroy(); resolve() }) })
	assert.ok(memory() - before < 16 * 1024, `${memory() - before} KiB`)
	const parts = []
	await new Promise(resolve => slow[0].on('data', d => parts.push(d)).on('close', resolve).resume())
	assert.ok(Buffer.concat(parts).subarray(-large.length).equals(large))
	slow.forEach(s => s.destroy())
	for (const [args, expected] of [[[], large], [['-r', '16380-2000000'], large.subarray(16380, 2000001)]]) {
		const done = spawnSync('curl', ['-sS', '--http2-prior-knowledge', '-H', `Host: ${host}`, ...args, `http://127.0.0.1:${h2}/large.bin`], { maxBuffer: 1 << 26 })
		assert.equal(done.status, 0, done.stderr.toString())
		assert.ok(done.stdout.equals(expected))
	}
	assert.deepEqual(site.nginx.workers(), [worker])
	await until('nobody holds a release', async () => JSON.parse((await site.get('/weique-status')).body).apps[0].requests === 0)
	assert.doesNotMatch(site.nginx.log(), /\[(alert|crit|emerg)\]/)
})

// A real site under attack: the origin defaced, packs altered on disk, yesterday's signed snapshot put back, processes
// killed. While it lasts, visitors get a thousand answers and more, each compared with what was approved; and an event
// names the object.
import test from 'node:test'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
	closeSync, copyFileSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync,
} from 'node:fs'
import path from 'node:path'
import { built, delay, until } from './lib.mjs'
import { Line, Visitors, copyOf, filesOf, isRunning, policy } from './line.mjs'

const host = 'www.example.gov.cn'
const mark = '<h1>DEFACED</h1>'

async function served(t) {
	const site = copyOf(t, policy)
	const line = new Line(t, { site, host })
	const approved = filesOf(site)
	await line.up()
	await line.serves(1)
	return { line, site, approved }
}

// Changes a page at the origin and takes the change through review: the next serial. Returns what is approved from now on.
async function nextSerial(line, site, text) {
	writeFileSync(path.join(site, 'news.html'), text)
	writeFileSync(path.join(site, 'README.html'), `<h1>${text}</h1>`)
	const { release } = line.capture()
	line.approve(release, 'wang', 'li')
	const { serial } = line.seal(release)
	await line.serves(serial)
	return filesOf(site)
}

const snapshotFile = (line, serial) => path.join(line.state, 'vault/apps/site', `${String(serial).padStart(20, '0')}.snapshot`)
const packFiles = line => readdirSync(path.join(line.state, 'vault/packs')).filter(f => f.endsWith('.pack'))
	.map(f => path.join(line.state, 'vault/packs', f))

// Writes into the file as it is, under the same inode.
function overwrite(file, bytes, at = 0) {
	const fd = openSync(file, 'r+')
	writeSync(fd, bytes, 0, bytes.length, at)
	fsyncSync(fd)
	closeSync(fd)
}

function restore(file, bytes) {
	const fd = openSync(file, 'r+')
	ftruncateSync(fd, bytes.length)
	writeSync(fd, bytes, 0, bytes.length, 0)
	closeSync(fd)
}

test('a defaced origin changes nothing that a visitor sees', async t => {
	const { line, site, approved } = await served(t)
	const visitors = new Visitors(line, approved)
	await visitors.more(100)

	const html = [...approved.keys()].filter(k => k.endsWith('.html')).slice(0, 20)
	for (const target of html)
		writeFileSync(path.join(site, decodeURIComponent(target)), `${mark}${target}`)
	writeFileSync(path.join(site, 'added-by-somebody.html'), mark)
	const gone = [...approved.keys()].find(k => /\.png$|\.css$/.test(k)), goneFile = path.join(site, decodeURIComponent(gone))
	rmSync(goneFile)
	await visitors.more(1000)

	const found = line.capture()
	await visitors.more(1000)
	const expected = [...html.map(k => ['changed', k]), ['added', '/added-by-somebody.html'], ['gone', gone]]
	for (const k of html.filter(k => /\/index\.html$/.test(k)))
		expected.push(['changed', k.replace(/index\.html$/, '')])
	assert.equal(found.changed + found.added + found.gone, expected.length)

	const events = line.ledger('change.found').filter(e => e.body.release === found.release)
	const said = events.map(e => `${e.body.change} ${e.body.key}`).sort()
	assert.deepEqual(said, expected.map(([change, key]) => `${change} ${host}${key}`).sort())
	for (const e of events) {
		assert.equal(e.app, 'site')
		assert.equal(e.subject, e.body.key)
		assert.equal(e.body.change === 'gone', e.body.found === undefined)
		assert.equal(e.body.change === 'added', e.body.sealed === undefined)
	}
	const shown = line.json('release', 'show', found.release)
	assert.equal(shown.release.state, 'open')
	assert.equal(shown.changes.length, expected.length)
	await line.serves(1)
	const c = await line.connect()
	assert.equal((await c.get('/added-by-somebody.html')).status, 404)
	assert.equal((await c.get(gone)).status, 200)
	c.close()
	t.diagnostic(`${await visitors.allRight()} answers, none unapproved`)
})

test('packs are altered on disk', async t => {
	const { line, site } = await served(t)
	const first = packFiles(line)
	const approved = await nextSerial(line, site, 'the second version')
	const [pack] = first, name = path.basename(pack, '.pack'), bytes = readFileSync(pack)
	const [other] = packFiles(line).filter(f => f !== pack)
	assert.ok(other, 'a second pack')

	const ways = [
		['one byte flipped', () => overwrite(pack, Buffer.from([bytes[bytes.length >> 1] ^ 1]), bytes.length >> 1), /object \d+ \([0-9a-f]{64}\)/],
		['cut in the middle', () => { const fd = openSync(pack, 'r+'); ftruncateSync(fd, bytes.length >> 1); closeSync(fd) }, /has \d+ bytes instead of \d+/],
		['another pack in its place', () => { rmSync(pack); copyFileSync(other, pack) }, /has \d+ bytes instead of \d+|object|index/],
		['overwritten with a page of the intruder\'s', () => overwrite(pack, Buffer.alloc(bytes.length, mark)), /header, index/],
	]
	for (const [way, alter, note] of ways)
		await t.test(way, async t => {
			const before = line.events('vault.pack_altered').length, begin = Date.now(), restored = line.events('vault.restored').length
			const visitors = new Visitors(line, approved)
			alter()
			const event = await line.event('vault.pack_altered', before, e => e.fields.object === name)
			t.diagnostic(`event after ${Date.now() - begin} ms`)
			assert.equal(event.severity, 'alert')
			assert.equal(event.fields.app, 'site')
			assert.match(event.fields.note, note)
			await visitors.allRight()
			await until('the ledger has it', () => line.ledger('vault.pack_altered').some(e => e.subject === name && e.body.pack === name))
			const back = await line.event('vault.restored', restored, e => e.fields.object === name)
			assert.equal(back.fields.cause, 'pack_altered')
			assert.ok(readFileSync(pack).equals(bytes), 'the sealed bytes are back')
			assert.ok(!readFileSync(back.fields.evidence).equals(bytes), 'what stood there is kept')
			await until('the ledger has it', () => line.ledger('vault.restored').some(e => e.subject === name && e.body.evidence === back.fields.evidence))
			// the same fault is news again to a weique-vault that starts on a whole shelf
			const args = await line.kill('vault', 'SIGTERM'), connected = line.events('gate.worker_connected').length
			restore(pack, bytes)
			await line.begin('vault', args)
			await until('both workers', () => line.events('gate.worker_connected').length >= connected + 2)
		})

	await t.test('weique-vault is started anew on an altered pack: it serves nothing from it, the gate what it has', async t => {
		const visitors = new Visitors(line, approved)
		const args = await line.kill('vault')
		overwrite(pack, Buffer.from([bytes[5000] ^ 0x80]), 5000)
		const before = line.events('vault.pack_altered').length
		await line.begin('vault', args)
		const event = await line.event('vault.pack_altered', before, e => e.fields.object === name)
		assert.equal(event.fields.serial, 2)
		await visitors.allRight()
		await line.serves(2)

		await t.test('a worker that starts then gets nothing, never altered bytes', async t => {
			const visitors = new Visitors(line, approved)
			const [victim, survivor] = line.workers()
			process.kill(victim, 'SIGKILL')
			await until('another worker', () => line.workers().length === 2 && !line.workers().includes(victim))
			const fresh = line.workers().find(pid => pid !== survivor)
			await visitors.more(1000)
			assert.deepEqual((await line.status(fresh)).apps, [])
			await visitors.end()
			assert.deepEqual(visitors.wrong, [])
			assert.deepEqual([...visitors.other.keys()].filter(s => s !== 503), [])
			assert.ok(visitors.right > 0, 'the worker that lived goes on serving')
			assert.ok(visitors.failed.every(f => /ECONNRESET|EPIPE/.test(f)), visitors.failed.join())
			t.diagnostic(`${visitors.right} right, ${visitors.other.get(503) ?? 0} times 503, ${visitors.failed.length} connections reset`)
		})

		await t.test('the pack put right, everything is served again', async () => {
			restore(pack, bytes)
			await line.serves(2)
			await new Visitors(line, approved).allRight()
		})
	})
})

test('yesterday\'s signed snapshot is put back', async t => {
	const { line, site } = await served(t)
	const yesterday = readFileSync(snapshotFile(line, 1))
	const approved = await nextSerial(line, site, 'today')
	const today = readFileSync(snapshotFile(line, 2))
	assert.ok(!yesterday.equals(today))
	const isOurs = e => e.fields.app === 'site'
	const either = async (before, fits) => until('an event names the snapshot', () =>
		[...line.events('vault.snapshot_replayed').slice(before[0]), ...line.events('vault.snapshot_altered').slice(before[1])].find(fits), 60000)
	const now = () => [line.events('vault.snapshot_replayed').length, line.events('vault.snapshot_altered').length]

	await t.test('under a newer name', async t => {
		const before = now(), visitors = new Visitors(line, approved)
		writeFileSync(snapshotFile(line, 3), yesterday)
		const event = await either(before, e => isOurs(e) && e.fields.serial === 3)
		assert.equal(event.fields.object, 'site/3')
		t.diagnostic(event.event)
		await visitors.allRight()
		await until('the ledger has it', () => line.ledger(event.event).some(e => e.app === 'site' && e.body.serial === 3))
		rmSync(snapshotFile(line, 3))
	})

	await t.test('in place of today\'s', async t => {
		const before = now(), visitors = new Visitors(line, approved)
		rmSync(snapshotFile(line, 2))
		writeFileSync(snapshotFile(line, 2), yesterday)
		const event = await either(before, e => isOurs(e) && e.fields.serial === 2)
		t.diagnostic(event.event)
		await visitors.allRight()
	})

	await t.test('and weique-vault and all workers start anew', async t => {
		const before = now(), visitors = new Visitors(line, approved)
		const args = await line.kill('vault')
		rmSync(snapshotFile(line, 2))
		writeFileSync(snapshotFile(line, 3), yesterday)
		await line.begin('vault', args)
		const event = await either(before, isOurs)
		t.diagnostic(`${event.event}: ${event.fields.note}`)
		await visitors.more(1000)
		assert.deepEqual([visitors.wrong, [...visitors.other]], [[], []])
		const old = line.workers()
		process.kill(line.pid('nginx'), 'SIGHUP')
		await until('new workers', () => line.workers().filter(p => !old.includes(p)).length === 2, 20000)
		await visitors.more(1000)
		await visitors.end()
		assert.deepEqual(visitors.wrong, [])
		assert.deepEqual([...visitors.other.keys()].filter(s => s !== 503), [])
		t.diagnostic(`${visitors.right} right, ${visitors.other.get(503) ?? 0} times 503`)
	})

	await t.test('today\'s put back, it is served again', async () => {
		rmSync(snapshotFile(line, 3))
		rmSync(snapshotFile(line, 2), { force: true })
		writeFileSync(snapshotFile(line, 2), today)
		await line.serves(2)
		await new Visitors(line, approved).allRight()
	})
})

test('processes are killed', async t => {
	const { line, site, approved } = await served(t)

	await t.test('a worker, under load', async t => {
		const before = line.events('gate.worker_gone').length, visitors = new Visitors(line, approved)
		await visitors.more(200)
		const [victim] = line.workers()
		process.kill(victim, 'SIGKILL')
		const event = await line.event('gate.worker_gone', before, e => e.fields.pid === victim)
		assert.equal(event.fields.pid, victim)
		await line.serves(1)
		await visitors.more(1000)
		await visitors.end()
		assert.deepEqual([visitors.wrong, [...visitors.other]], [[], []])
		assert.ok(visitors.failed.length <= 4 && visitors.failed.every(f => /ECONNRESET|EPIPE/.test(f)), visitors.failed.join())
		await until('the ledger has it', () => line.ledger('gate.worker_gone').some(e => e.subject === `worker/${victim}`))
		t.diagnostic(`${visitors.right} right, ${visitors.failed.length} connections reset`)
	})

	await t.test('weique-vault: serving goes on, and workers come back to it', async () => {
		const visitors = new Visitors(line, approved)
		const args = await line.kill('vault')
		await visitors.more(1000)
		const before = line.events('gate.worker_connected').length
		await line.begin('vault', args)
		await until('both workers', () => line.events('gate.worker_connected').length >= before + 2)
		await visitors.allRight()
	})

	await t.test('weique-sign: sealing fails and changes nothing, and works when it is back', async () => {
		writeFileSync(path.join(site, 'news.html'), 'two')
		const { release } = line.capture()
		line.approve(release, 'wang', 'li')
		const args = await line.kill('sign'), before = line.ledger().length
		const refused = line.weique('release', 'seal', release)
		assert.notEqual(refused.code, 0)
		assert.match(refused.err, /sign\.sock/)
		assert.equal(line.release(release).state, 'open')
		assert.equal(line.ledger().length, before)
		assert.ok(!existsSync(snapshotFile(line, 2)))
		await line.begin('sign', args)
		await until('weique-sign answers', () => line.weique('release', 'seal', release).code === 0)
		await line.serves(2)
		await new Visitors(line, filesOf(site)).allRight()
	})

	await t.test('weique release seal, at any moment: the same serial and the same bytes', async t => {
		writeFileSync(path.join(site, 'news.html'), 'three')
		const { release } = line.capture()
		line.approve(release, 'wang', 'li')
		let killed = 0
		for (let msec = 1; msec < 80; msec += 3) {
			const child = spawn(built('src/bin/weique'), ['release', 'seal', release],
				{ env: { WEIQUE_STATE: line.state, WEIQUE_LANG: 'en' }, stdio: 'ignore' })
			const ended = new Promise(resolve => child.once('exit', (code, signal) => resolve(signal)))
			await delay(msec)
			child.kill('SIGKILL')
			killed += await ended === 'SIGKILL'
		}
		t.diagnostic(`killed ${killed} times`)
		assert.ok(killed > 0)
		const sealed = line.seal(release)
		assert.equal(sealed.serial, 3)
		await line.serves(3)
		assert.deepEqual(line.ledger('release.sealed').map(e => e.body.serial), [1, 2, 3])
		const bytes = readFileSync(snapshotFile(line, 3))
		rmSync(snapshotFile(line, 3))
		const again = line.seal(release)
		assert.deepEqual([again.serial, again.snapshot, again.again], [3, sealed.snapshot, true])
		assert.ok(readFileSync(snapshotFile(line, 3)).equals(bytes))
		assert.deepEqual(line.ledger('release.sealed').map(e => e.body.serial), [1, 2, 3])
		assert.equal(line.weique('ledger', 'verify').code, 0)
		await new Visitors(line, filesOf(site)).allRight()
	})

	await t.test('everything at once: make run brings it back as it was sealed', async () => {
		const all = [line.pid('vault'), line.pid('sign'), line.pid('nginx'), ...line.workers()]
		for (const pid of all)
			process.kill(pid, 'SIGKILL')
		await until('all have ended', () => !all.some(isRunning))
		const approved = filesOf(site)
		writeFileSync(path.join(site, 'news.html'), mark)
		await line.up()
		await line.serves(3)
		await new Visitors(line, approved).allRight()
	})
})

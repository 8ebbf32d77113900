// A real site under attack: the origin defaced, nothing but yesterday's signed snapshot left, processes killed. While it
// lasts, visitors get a thousand answers and more, each compared with what was approved; and an event names the object.
// Everything that is stored, altered in every way, is attack.test.mjs; random points are kill.test.mjs.
import test from 'node:test'
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { snapshotFile } from './attack.mjs'
import { until } from './lib.mjs'
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

test('nothing but yesterday\'s signed snapshot is there', async t => {
	const { line, site } = await served(t)
	const yesterday = readFileSync(snapshotFile(line, 1))
	const approved = await nextSerial(line, site, 'today')
	const today = readFileSync(snapshotFile(line, 2))
	assert.ok(!yesterday.equals(today))
	const isOurs = e => e.fields.app === 'site'
	const either = async (before, fits) => until('an event names the snapshot', () =>
		[...line.events('vault.snapshot_replayed').slice(before[0]), ...line.events('vault.snapshot_altered').slice(before[1])].find(fits), 60000)
	const now = () => [line.events('vault.snapshot_replayed').length, line.events('vault.snapshot_altered').length]

	await t.test('today\'s is taken away, and weique-vault and all workers start anew', async t => {
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

	await t.test('weique release seal again: the same serial and the same bytes', async () => {
		writeFileSync(path.join(site, 'news.html'), 'three')
		const { release } = line.capture()
		line.approve(release, 'wang', 'li')
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

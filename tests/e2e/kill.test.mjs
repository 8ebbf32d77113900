// kill -9 at 200 random points of workers, weique-vault, weique-sign and the commands while a site is captured, approved,
// sealed, rolled back and cleaned up; and files as a power cut leaves them. No half release, no lost event, and visitors
// go on getting approved bytes. KILL_POINTS (200) and KILL_SEED (the time) may be given; the seed is printed.
import test from 'node:test'
import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Approved, attackedSite, flood, holds, host, newsPage, packFiles, profile, replace, snapshotFile, sum } from './attack.mjs'
import { built, delay, freePort, isRoot, start, startNginx, tempDir, until } from './lib.mjs'
import { Line, isRunning } from './line.mjs'

const points = Number(process.env.KILL_POINTS ?? 200)
const seed = Number(process.env.KILL_SEED ?? Date.now()) >>> 0

// mulberry32: the same points for the same seed.
function randomOf(state) {
	return () => {
		state = (state + 0x6d2b79f5) | 0
		let t = Math.imul(state ^ (state >>> 15), 1 | state)
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
	}
}

async function guarded(t, pages) {
	const site = attackedSite(t, pages), line = new Line(t, { site, host }), file = path.join(line.dir, 'profile')
	await line.up()
	writeFileSync(path.join(line.state, 'weique.conf'), 'vault = { grace = "0s"; };\n')
	writeFileSync(file, profile('云山县人民政府'))
	line.json('app', 'profile', 'site', file)
	const { release } = line.capture()
	line.approve(release, 'wang', 'li')
	await line.serves(line.seal(release).serial)
	return { site, line, approved: await Approved.take(t, line, 2) }
}

// Asks and asks; news.html may be what it was and what it is about to be.
class Asking {
	constructor(line, approved) {
		Object.assign(this, { line, approved, said: [] })
	}

	begin() {
		this.stopped = false
		this.loop = (async () => {
			while (!this.stopped)
				this.said.push(await flood(this.line, this.approved, 500))
		})()
		this.loop.catch(() => {}) // end() says it
	}

	async end() {
		this.stopped = true
		await this.loop
		assert.equal(sum(this.said).wrong, 0, sum(this.said).first_wrong)
	}
}

class Killer {
	constructor(t, line) {
		Object.assign(this, { t, line, random: randomOf(seed), killed: {}, typical: {}, begun: {} })
	}

	get n() {
		return Object.values(this.killed).reduce((a, b) => a + b, 0)
	}

	count(what) {
		this.killed[what] = (this.killed[what] ?? 0) + 1
	}

	begin(args) {
		const p = start(this.t, built('src/bin/weique'), args, { env: this.line.commandEnv })
		p.closed = new Promise(resolve => p.child.once('close', resolve)) // all it said has come
		return p
	}

	// One process, and what supervises it starts it again.
	async daemon() {
		const { line } = this, name = ['worker', 'vault', 'sign'][Math.floor(this.random() * 3)]
		if (name === 'worker') {
			const workers = line.workers()
			process.kill(workers[Math.floor(this.random() * workers.length)], 'SIGKILL')
			await until('two workers', () => line.workers().length === 2)
		} else {
			assert.ok(!this.begun[name]?.ended, `${name} ended by itself: ${this.begun[name]?.out}`)
			this.begun[name] = await line.begin(name, await line.kill(name))
		}
		this.count(name)
	}

	// Runs the command until it is done, `done` being somebody else's word for it; kills it, or one of the others, on the way.
	async command(what, args, done = () => false) {
		let kills = 3
		for (let tries = 0; tries < 30; tries++) {
			const began = Date.now(), p = this.begin([...args, '--json']), aim = kills > 0 && this.n < points && this.typical[what]
			if (aim) {
				kills--
				await Promise.race([p.exited, delay(this.random() * 1.1 * aim)])
				if (this.random() < 0.4)
					await this.daemon()
				else if (!p.ended)
					p.child.kill('SIGKILL')
			}
			const { code, signal } = await p.exited
			await p.closed
			if (signal === 'SIGKILL') {
				this.count(what)
			} else if (code === 0) {
				if (!aim)
					this.typical[what] = Date.now() - began
				return JSON.parse(p.out)
			} else if (done()) {
				return null
			}
			this.last = p.out
		}
		throw new Error(`weique ${args.join(' ')} does not get done: ${this.last}`)
	}
}

test('kill -9 at random points', async t => {
	const { site, line, approved } = await guarded(t, 20)
	const killer = new Killer(t, line), asking = new Asking(line, approved)
	const decided = [], sealed = [[1], [2]], texts = new Map([[2, readFileSync(path.join(site, 'news.html'))]])
	let serial = 2
	t.diagnostic(`KILL_SEED=${seed}`)

	const release = async (id, text) => {
		for (const person of ['wang', 'li']) {
			const has = () => line.json('release', 'show', id).decisions.some(d => d.person === person)
			await killer.command('approve', ['release', 'approve', id, '--as', person, '--accept-findings', '--comment', '同意'], has)
			decided.push([id, person])
		}
		const done = await killer.command('seal', ['release', 'seal', id])
		assert.equal(done.serial, serial + 1, 'no serial is skipped and none is used twice')
		serial = done.serial
		sealed.push([serial, done.snapshot, id])
		texts.set(serial, text)
		await line.serves(serial).catch(e => {
			const said = Object.entries(killer.begun).map(([name, p]) => `${name}: ${p.ended ? 'ended' : 'runs'} ${p.out.slice(-2000)}`)
			throw new Error(said.join('\n'), { cause: e })
		})
	}

	for (let round = 1; killer.n < points || round <= 4; round++) {
		const text = Buffer.from(newsPage(`第${round}轮`)), back = round % 4 === 3 && serial - 1
		await asking.end()
		approved.add('/news.html', back ? texts.get(back) : text)
		asking.begin()
		if (back) {
			await release((await killer.command('rollback', ['release', 'rollback', 'site', '--to', back, '--author', 'editor'])).release, texts.get(back))
		} else {
			writeFileSync(path.join(site, 'news.html'), text)
			await release((await killer.command('capture', ['capture', 'site', '--author', 'editor'])).release, text)
		}
		if (round % 2 === 0)
			await killer.command('gc', ['vault', 'gc', '--keep', 4])
		await asking.end()
		approved.set('/news.html', texts.get(serial))
	}
	await asking.end()
	const asked = sum(asking.said)
	t.diagnostic(`${killer.n} killed: ${JSON.stringify(killer.killed)}; ${serial} serials; ${asked.requests} requests, ${asked.right} right, ` +
		`${asked.wrong} wrong, ${asked.failed} cut off, ${JSON.stringify(asked.status)}`)
	assert.ok(killer.n >= points)
	for (const what of ['worker', 'vault', 'sign', 'capture', 'approve', 'seal', 'gc', 'rollback'])
		assert.ok(points < 200 || killer.killed[what] > 0, `${what} was killed`)
	assert.deepEqual(Object.keys(asked.status).filter(s => !['200', '403', '404', '503'].includes(s)), [])
	assert.ok(asked.right > asked.requests / 2)

	await t.test('no event is lost', () => {
		assert.equal(line.weique('ledger', 'verify').code, 0)
		const approvals = line.ledger().filter(e => /^release\.decided$|^decision\.|^release\.approved$/.test(e.type))
		for (const [id, person] of decided)
			assert.ok(approvals.some(e => e.subject === id && JSON.stringify(e).includes(`"${person}"`)), `${id} ${person}`)
		const seals = line.ledger('release.sealed')
		assert.deepEqual(seals.map(e => e.body.serial), sealed.map(([s]) => s))
		for (const [number, snapshot, id] of sealed.slice(2)) {
			assert.equal(seals[number - 1].subject, id)
			assert.ok(JSON.stringify(seals[number - 1].body).includes(snapshot), `serial ${number}`)
		}
	})
	await t.test('no release is half made', () => {
		const seals = new Map(line.ledger('release.sealed').map(e => [e.subject, e.body.serial]))
		for (const r of line.json('release', 'list', '--app', 'site'))
			assert.equal(r.state === 'sealed' ? r.serial : undefined, seals.get(r.id), r.id)
		assert.equal(line.weique('vault', 'verify').code, 0)
	})
	await t.test('the next release goes as if nothing had been', async () => {
		const text = Buffer.from(newsPage('之后'))
		writeFileSync(path.join(site, 'news.html'), text)
		const { release } = line.capture()
		line.approve(release, 'wang', 'li')
		assert.equal(line.seal(release).serial, serial + 1)
		await line.serves(serial + 1)
		approved.set('/news.html', text)
		const last = await flood(line, approved, 1000)
		assert.deepEqual([last.wrong, last.failed, last.status[503]], [0, 0, undefined])
	})
})

test('files as a power cut leaves them', async t => {
	const { site, line, approved } = await guarded(t, 20)
	const all = async what => {
		const asked = await flood(line, approved, 1000)
		assert.deepEqual([asked.wrong, asked.failed, asked.status[503]], [0, 0, undefined], what)
	}
	const news = text => {
		writeFileSync(path.join(site, 'news.html'), newsPage(text))
		approved.set('/news.html', Buffer.from(newsPage(text)))
	}
	const propose = () => {
		const { release } = line.capture()
		line.approve(release, 'wang', 'li')
		return release
	}

	await t.test('a new pack is half there: it is not sealed; captured again, it is whole', async () => {
		const before = new Set(packFiles(line)), old = approved.rows.get('/news.html')
		news('三')
		const release = propose(), [torn] = packFiles(line).filter(f => !before.has(f)), bytes = readFileSync(torn)
		truncateSync(torn, bytes.length >> 1)
		assert.notEqual(line.weique('release', 'seal', release).code, 0)
		assert.equal(line.release(release).state, 'open')
		assert.ok(!existsSync(snapshotFile(line, 3)))
		const now = approved.rows.get('/news.html')
		approved.rows.set('/news.html', old)
		await all('the old version')
		approved.rows.set('/news.html', now)
		line.capture()
		assert.ok(holds(torn, bytes))
		assert.equal(line.seal(release).serial, 3)
		await line.serves(3)
		await all('the new one')
	})

	await t.test('a snapshot is half there: what was served goes on, nothing is sealed over it; without it sealing goes on', async () => {
		const old = approved.rows.get('/news.html')
		news('四')
		const release = propose(), begun = line.events('vault.snapshot_altered').length
		replace(snapshotFile(line, 4), readFileSync(snapshotFile(line, 3)).subarray(0, 2000))
		const event = await line.event('vault.snapshot_altered', begun, e => e.fields.object === 'site/4')
		assert.equal(event.fields.serial, 4)
		const now = approved.rows.get('/news.html')
		approved.rows.set('/news.html', old)
		line.refused(/another snapshot with serial 4/, 'release', 'seal', release)
		assert.equal(line.release(release).state, 'open')
		await all('the old version')
		approved.rows.set('/news.html', now)
		rmSync(snapshotFile(line, 4))
		assert.equal(line.seal(release).serial, 4)
		await line.serves(4)
		await all('the new one')
	})

	await t.test('a release that was signed and not put down comes before the next one', async () => {
		news('五')
		const signed = propose()
		replace(snapshotFile(line, 5), Buffer.from('torn'))
		line.refused(/another snapshot with serial 5/, 'release', 'seal', signed)
		rmSync(snapshotFile(line, 5))
		news('六')
		const next = propose()
		line.refused(/builds on serial 4, sealed last was 5/, 'release', 'seal', next)
		assert.equal(line.seal(signed).serial, 5)
		line.refused(/superseded/, 'release', 'seal', next)
		assert.equal(line.seal(propose()).serial, 6)
		await line.serves(6)
		await all('the last one')
	})

	await t.test('the ledger\'s log ends in the middle of an entry', async () => {
		const wal = path.join(line.state, 'ledger/ledger.db-wal'), before = line.ledger().length, vault = await line.kill('vault')
		assert.ok(readFileSync(wal).length > 0, 'it was killed with a log')
		appendFileSync(wal, Buffer.alloc(2000, 0x5a))
		assert.equal(line.weique('ledger', 'verify').code, 0)
		assert.ok(line.ledger().length >= before)
		await line.begin('vault', vault)
		news('七')
		assert.equal(line.seal(propose()).serial, 7)
		await line.serves(7)
		await all('the next release')
		assert.equal(line.weique('ledger', 'verify').code, 0)
	})

	await t.test('a capture\'s journal ends in the middle of an answer', async t => {
		const dir = tempDir(t, 'origin'), port = await freePort(), journal = path.join(line.state, 'captures/site/journal')
		await startNginx(t, { dir, user: isRoot ? 'www-data' : undefined, http: 'types { text/html html; text/css css; application/json json; }\n' +
			`server { listen 127.0.0.1:${port}; root ${site}; charset utf-8; location / { limit_rate 200k; } }` })
		line.json('app', 'change', 'site', '--origin', `http://127.0.0.1:${port}/`)
		news('八')
		const args = ['capture', 'site', '--author', 'editor', '--allow-private', '--json']
		const p = start(t, built('src/bin/weique'), args, { env: line.commandEnv })
		await until('some answers are there', () => p.ended || (existsSync(journal) && readFileSync(journal).length > 20000))
		await p.kill('SIGKILL')
		assert.ok(existsSync(journal), 'it was killed on the way')
		truncateSync(journal, readFileSync(journal).length - 700)
		appendFileSync(journal, Buffer.alloc(100, 0xff))
		const done = await line.weiqueMeanwhile(...args)
		assert.equal(done.code, 0, done.out)
		const { release } = JSON.parse(done.out), shown = line.json('release', 'show', release, '--all')
		t.diagnostic(done.out.trim())
		const page = shown.changes.find(c => c.key === `${host}/news.html`)
		assert.ok(page, 'the changed page is among the changes')
		assert.deepEqual(shown.changes.filter(c => c.change === 'gone' && c.key.startsWith(`${host}/p/`)), [], 'nothing is taken for gone')
	})

	await t.test('after all of it', async () => {
		const all = [line.pid('vault'), line.pid('sign'), line.pid('nginx'), ...line.workers()]
		for (const pid of all)
			process.kill(pid, 'SIGKILL')
		await until('all have ended', () => !all.some(isRunning))
		assert.equal(line.weique('ledger', 'verify').code, 0)
	})
})

// Every stored object attacked in every way in every situation: who asks the gate gets approved bytes or none, and an event
// names the object and the cause within a minute.
//
//     objects      the origin; a pack; the snapshot; inside the snapshot the manifest, the policy, the link table
//     ways         altered; cut; swapped with another valid one; yesterday's validly signed one put back
//     situations   one installation each: see below
//
// What is altered inside the snapshot is altered twice: in place, and as a next serial beside it, as somebody would who
// wants it to be loaded. ATTACK_REQUESTS (10000) requests a cell, each answer compared by tests/e2e/flood.c. That the
// matrix can fail is shown with the checks taken out of the programs (tests/e2e/unchecked.c).
import test from 'node:test'
import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
	Approved, Snapshot, attackedSite, flood, holds, host, newsPage, overwrite, packFiles, profile, replace, requests, snapshotFile, sum,
} from './attack.mjs'
import { built, freePort, isRoot, jsonLines, run, startNginx, tempDir, until } from './lib.mjs'
import { Line, isRunning } from './line.mjs'

const mark = '<h1>DEFACED</h1>'

/* ---- an installation with a today and a yesterday ---- */

class Installation {
	// `args`: of weique-vault, besides its usual ones; `program`, `module`: in the place of the real ones.
	static async make(t, { args = [], program, module } = {}) {
		const site = attackedSite(t), line = new Line(t, { site, host }), i = new Installation()
		Object.assign(i, { t, site, line, args, program, forged: 0, planted: new Map() })
		await line.up()
		await i.release('云山县人民政府', '第一版')
		for (const file of readdirSync(path.join(site, 'p')).map(f => path.join(site, 'p', f)))
			writeFileSync(file, readFileSync(file, 'utf8').replace('partner05', 'partner85'))
		await i.release('云山市人民政府', '第二版')
		if (module)
			i.nameModule(module)
		i.approved = await Approved.take(t, line, i.serial)
		// with another policy and other links, whatever is released later
		i.before = new Snapshot(readFileSync(snapshotFile(line, i.serial - 1)))
		i.foreign = i.makeForeign()
		i.look()
		await i.vaultAnew(args)
		await i.newWorkers(module)
		await line.serves(i.serial)
		return i
	}

	// A new profile and a new page, through review.
	async release(name, text) {
		const { line, site } = this, file = path.join(line.dir, 'profile')
		writeFileSync(file, profile(name))
		line.json('app', 'profile', 'site', file)
		this.oldNews = readFileSync(path.join(site, 'news.html'))
		writeFileSync(path.join(site, 'news.html'), newsPage(text))
		const { release } = line.capture()
		line.approve(release, 'wang', 'li')
		this.serial = line.seal(release).serial
		await line.serves(this.serial)
	}

	// weique-vault ends and begins on what is there; what it told once is news again.
	async vaultAnew(more, ready = true) {
		const { line } = this
		this.command ??= readFileSync(`/proc/${line.pid('vault')}/cmdline`, 'utf8').split('\0').slice(0, -1)
		const connected = line.events('gate.worker_connected').length
		await line.kill('vault', ready ? 'SIGTERM' : 'SIGKILL')
		const [program, ...args] = this.command
		await line.begin('vault', [this.program ?? program, ...args, ...more])
		if (ready)
			await until('both workers', () => line.events('gate.worker_connected').length >= connected + 2)
	}

	nameModule(module) {
		const conf = path.join(this.line.state, 'nginx/nginx.conf')
		writeFileSync(conf, readFileSync(conf, 'utf8').replace(/load_module [^;]*;/, `load_module ${module};`))
	}

	// Workers that have nothing yet but what weique-vault gives them now. For another module nginx begins anew.
	async newWorkers(module) {
		const { line } = this, master = line.pid('nginx'), old = line.workers(), nginx = path.join(line.state, 'nginx')
		process.kill(master, module ? 'SIGQUIT' : 'SIGHUP')
		if (module) {
			await until('nginx ends', () => !isRunning(master))
			run('/usr/sbin/nginx', ['-e', path.join(line.state, 'log/nginx-error.log'), '-p', nginx, '-c', path.join(nginx, 'nginx.conf')])
		}
		await until('new workers', () => line.workers().filter(p => !old.includes(p)).length === 2, 20000)
	}

	// A snapshot of an installation of somebody else's, validly signed, of an application with the same name.
	makeForeign() {
		const dir = tempDir(this.t, 'foreign'), page = path.join(dir, 'page'), spec = path.join(dir, 'spec'), out = {}
		writeFileSync(page, mark)
		writeFileSync(spec, [...this.approved.rows.keys()].map(k => `${host}${k}\t200\ttext/html\t\t${page}\t-`).join('\n') + '\n')
		for (const serial of [this.serial, this.serial + 1]) {
			run(built('tests/e2e/mkvault'), ['make', '--vault', path.join(dir, 'vault'), '--key', path.join(dir, 'key'), '--app', 'site', '--serial',
				String(serial), '--host', host, '--spec', spec])
			out[serial] = readFileSync(snapshotFile({ state: dir }, serial))
		}
		cpSync(path.join(dir, 'vault/packs'), path.join(this.line.state, 'vault/packs'), { recursive: true })
		return out
	}

	// What stands on the shelf now is what has to be there.
	look() {
		const files = [snapshotFile(this.line, this.serial), snapshotFile(this.line, this.serial - 1), ...packFiles(this.line)]
		this.good = new Map(files.map(f => [f, readFileSync(f)]))
		this.today = new Snapshot(this.good.get(files[0]))
		this.yesterday = new Snapshot(this.good.get(files[1]))
		const used = new Set(this.today.allEntries.map(e => e.pack))
		this.packs = [...used].map(n => path.join(this.line.state, 'vault/packs', `${this.today.packName(n)}.pack`))
	}

	// Puts everything back that is not what it was, as an operator would from a backup.
	putBack() {
		for (const [file, bytes] of this.good)
			if (!holds(file, bytes))
				replace(file, bytes)
		// what was planted, unless a release has taken its place
		for (const [file, bytes] of this.planted)
			if (holds(file, bytes))
				rmSync(file)
		this.planted.clear()
	}
}

/* ---- the attacks: each alters, and says which objects an event has to name ---- */

const file = (i, target) => path.join(i.site, target)

const onOrigin = (i, changes) => {
	const before = new Map(Object.keys(changes).map(k => [k, existsSync(file(i, k)) ? readFileSync(file(i, k)) : null]))
	for (const [target, bytes] of Object.entries(changes))
		writeFileSync(file(i, target), bytes)
	return {
		targets: Object.keys(changes),
		undo: () => before.forEach((bytes, k) => bytes ? writeFileSync(file(i, k), bytes) : rmSync(file(i, k))),
	}
}

function plant(i, serial, bytes) {
	replace(snapshotFile(i.line, serial), bytes)
	i.planted.set(snapshotFile(i.line, serial), bytes)
}

// In place of today's and as the next serial; `alter` gets a copy of today's file and may return another one.
const onSnapshot = (i, alter) => {
	const altered = alter(new Snapshot(Buffer.from(i.today.bytes))) ?? assert.fail()
	const next = i.serial + 1 + i.forged++
	overwrite(snapshotFile(i.line, i.serial), altered)
	plant(i, next, withSerial(altered, next))
	return { objects: [`site/${i.serial}`, `site/${next}`], pattern: /^vault\.snapshot_(altered|replayed)$/ }
}

// Yesterday's as it was signed, under a newer name too.
const putBackSnapshot = i => {
	const attack = onSnapshot(i, () => i.yesterday.bytes), next = i.serial + 1 + i.forged++
	plant(i, next, i.yesterday.bytes)
	return { ...attack, objects: [...attack.objects, `site/${next}`] }
}

function withSerial(bytes, serial) {
	const s = new Snapshot(Buffer.from(bytes))
	s.bytes.writeBigUInt64BE(BigInt(serial), s.serialAt)
	s.bytes.writeBigUInt64BE(BigInt(bytes.length - 1024), s.lengthAt)
	return s.bytes
}

// Two pages of the manifest with the same flags and other bytes.
const twoPages = s => {
	const [a, ...rest] = s.allEntries.filter(e => e.status === 200 && /^\/p\//.test(e.target))
	return [a, rest.find(e => e.flags === a.flags && e.digest !== a.digest)]
}

const cutInside = (s, name) => s.bytes.subarray(0, s[name].at + (s[name].n * s[name].row >> 1))
const take = (s, from, name) => {
	assert.equal(s.section(name).length, from.section(name).length)
	assert.notDeepEqual(s.section(name), from.section(name))
	from.section(name).copy(s.section(name))
	return s.bytes
}

const onPack = (i, number, write) => {
	const pack = i.packs[number % i.packs.length], other = i.packs[(number + 1) % i.packs.length]
	assert.notEqual(pack, other)
	write(pack, Buffer.from(i.good.get(pack)), i.good.get(other))
	return { objects: [path.basename(pack, '.pack')], pattern: /^vault\.pack_(altered|missing)$/ }
}

const attacks = {
	origin: {
		altered: i => onOrigin(i, { '/p/001.html': mark, '/p/002.html': mark, '/index.html': mark, '/added-by-somebody.html': mark }),
		cut: i => onOrigin(i, { '/p/003.html': readFileSync(file(i, '/p/003.html')).subarray(0, 700) }),
		swapped: i => onOrigin(i, { '/p/004.html': readFileSync(file(i, '/p/006.html')), '/p/006.html': readFileSync(file(i, '/p/004.html')) }),
		'put back': i => onOrigin(i, { '/news.html': i.oldNews }),
	},
	pack: {
		// the first byte of every object in it
		altered: i => onPack(i, 0, (pack, bytes) => {
			const rows = Number(bytes.readBigUInt64BE(16))
			for (let row = rows; row < bytes.length; row += 96)
				if (bytes.readBigUInt64BE(row + 72) > 0n)
					bytes[Number(bytes.readBigUInt64BE(row + 64))] ^= 1
			overwrite(pack, bytes)
		}),
		cut: i => onPack(i, 0, (pack, bytes) => overwrite(pack, bytes.subarray(0, bytes.length >> 1))),
		swapped: i => onPack(i, 0, (pack, bytes, other) => overwrite(pack, other)),
		'put back': i => onPack(i, 1, (pack, bytes, other) => replace(pack, other)),
	},
	snapshot: {
		altered: i => onSnapshot(i, s => { s.bytes[s.serialAt + 20] ^= 1; return s.bytes }),
		cut: i => onSnapshot(i, s => s.bytes.subarray(0, s.bytes.length >> 1)),
		swapped: i => onSnapshot(i, () => i.foreign[i.serial] ?? Object.values(i.foreign)[0]),
		'put back': putBackSnapshot,
	},
	manifest: {
		altered: i => onSnapshot(i, s => {
			const [a, b] = twoPages(s)
			s.bytes.copy(s.bytes, a.at + 16, b.at + 16, b.at + 96)
			return s.bytes
		}),
		cut: i => onSnapshot(i, s => cutInside(s, 'entries')),
		swapped: i => onSnapshot(i, s => {
			const [a, b] = twoPages(s), kept = Buffer.from(s.bytes.subarray(a.at + 16, a.at + 96))
			s.bytes.copy(s.bytes, a.at + 16, b.at + 16, b.at + 96)
			kept.copy(s.bytes, b.at + 16)
			return s.bytes
		}),
		// yesterday's body under today's head
		'put back': i => onSnapshot(i, s => Buffer.concat([s.bytes.subarray(0, 1024), i.yesterday.bytes.subarray(1024)])),
	},
	policy: {
		altered: i => onSnapshot(i, s => {
			const at = s.section('policy').indexOf('云山市')
			assert.ok(at > 0)
			s.section('policy').write('假冒市', at)
			return s.bytes
		}),
		cut: i => onSnapshot(i, s => cutInside(s, 'policy')),
		// the block of somebody else's application: nothing is closed, nobody is asked
		swapped: i => onSnapshot(i, s => {
			s.section('policy').fill(0)
			return s.bytes
		}),
		'put back': i => onSnapshot(i, s => take(s, i.before, 'policy')),
	},
	links: {
		altered: i => onSnapshot(i, s => {
			for (const link of s.allLinks)
				s.bytes.write('intrude', link.place + 'http://www.'.length)
			return s.bytes
		}),
		cut: i => onSnapshot(i, s => cutInside(s, 'links')),
		swapped: i => onSnapshot(i, s => {
			const [a, b] = s.allLinks, kept = Buffer.from(s.bytes.subarray(a.at, a.at + 16))
			s.bytes.copy(s.bytes, a.at, b.at, b.at + 16)
			kept.copy(s.bytes, b.at)
			return s.bytes
		}),
		'put back': i => onSnapshot(i, s => take(s, i.before, 'links')),
	},
}

/* ---- one cell ---- */

// Waits for an event that names each object; returns how long it took and the event.
async function noticed(i, attack, begin, before) {
	const { line } = i
	if (attack.targets) {
		const done = await line.weiqueMeanwhile('capture', 'site', '--author', 'editor', '--json')
		assert.equal(done.code, 0, done.out)
		const { release } = JSON.parse(done.out)
		const found = line.ledger('change.found').filter(e => e.body.release === release).map(e => e.body.key)
		for (const target of attack.targets)
			assert.ok(found.includes(`${host}${target}`), `${target} among ${found}`)
		return { msec: Date.now() - begin, event: 'change.found' }
	}
	const events = () => jsonLines(path.join(line.state, 'log/vault.jsonl')).slice(before).filter(e => attack.pattern.test(e.event))
	const named = await until(`events that name ${attack.objects}`, () => {
		const found = attack.objects.map(o => events().find(e => e.fields.object === o))
		return found.every(Boolean) && found
	}, 60000)
	for (const e of named) {
		assert.equal(e.fields.app, 'site')
		assert.equal(e.severity, 'alert')
		assert.ok(e.fields.note.length > 10, e.fields.note)
		i.named.push([e.event, e.fields.object])
	}
	return { msec: Date.now() - begin, event: named.at(-1).event, note: named[0].fields.note }
}

// `during(i, attacked)` does what the situation is about and returns what was asked meanwhile.
async function cell(t, i, object, way, { during, after = async () => {} }) {
	const before = jsonLines(path.join(i.line.state, 'log/vault.jsonl')).length
	const state = {}
	let asked, seen
	try {
		asked = await during(i, () => {
			state.begin = Date.now()
			state.attack = attacks[object][way](i)
		})
		seen = await noticed(i, state.attack, state.begin, before)
		await after(i, state.attack, before)
	} finally {
		state.attack?.undo?.()
		i.putBack()
	}
	const statuses = Object.entries(asked.status).filter(([s]) => s !== '200').map(([s, n]) => `${n}×${s}`).join(' ')
	t.diagnostic(`${object} ${way}: ${asked.requests} requests, ${asked.right} right, ${asked.wrong} wrong, ${asked.failed} cut off, ` +
		`${statuses}; ${seen.event} after ${seen.msec} ms${seen.note ? `: ${seen.note}` : ''}${i.note ? `; ${i.note}` : ''}`)
	return asked
}

const everyCell = Object.keys(attacks).flatMap(object => Object.keys(attacks[object]).map(way => [object, way]))

/* ---- the situations ---- */

const half = Math.ceil(requests / 2)

async function restored(i, attack, before) {
	for (const object of (attack.objects ?? []).filter(o => o === `site/${i.serial}` || !o.includes('/'))) {
		const e = await until(`${object} is restored`, () => jsonLines(path.join(i.line.state, 'log/vault.jsonl')).slice(before)
			.find(e => e.event === 'vault.restored' && e.fields.object === object), 60000)
		assert.ok(existsSync(e.fields.evidence))
		i.named.push([e.event, object])
	}
	for (const f of [snapshotFile(i.line, i.serial), ...i.packs])
		assert.ok(holds(f, i.good.get(f)), `${f} is what was sealed`)
}

// What a page may be asked for and not be given: closed, dynamic without an origin, unknown.
const refusals = new Set(['403', '404', '502'])
const allServed = asked => {
	assert.equal(asked.failed, 0)
	assert.deepEqual(Object.keys(asked.status).filter(s => s !== '200' && !refusals.has(s)), [])
}

// Altered bytes are met when they are read: that page fails, the others are served. What is put in the place of a file that
// is held open changes nothing.
const onlyPacksFail = (asked, object, way) => {
	if (object !== 'pack' || way === 'put back')
		allServed(asked)
	else
		assert.ok(asked.status[500] > 0 || asked.status[503] > 0 || asked.failed > 0, 'the pack is read from the disk')
}

const situations = {
	'warm: everything in memory, weique-vault restores': {
		during: async (i, attack) => { attack(); return flood(i.line, i.approved) },
		after: restored,
		judge: allServed,
	},
	'cold: nothing in memory, each block read from the disk': {
		args: ['--memory', '0'],
		during: async (i, attack) => { attack(); return flood(i.line, i.approved) },
		judge: onlyPacksFail,
	},
	'restart: a worker and weique-vault are killed and begin on what is there': {
		args: ['--no-restore'],
		during: async (i, attack) => {
			const { line } = i, [victim] = line.workers()
			attack()
			await i.vaultAnew(i.args, false)
			process.kill(victim, 'SIGKILL')
			const first = await flood(line, i.approved, half)
			await until('another worker', () => line.workers().length === 2 && !line.workers().includes(victim))
			return sum([first, await flood(line, i.approved, half)])
		},
	},
	'reload: nginx takes new workers, from cold packs': {
		args: ['--memory', '0', '--no-restore'],
		during: async (i, attack) => {
			attack()
			const first = flood(i.line, i.approved, half)
			await i.newWorkers()
			return sum([await first, await flood(i.line, i.approved, half)])
		},
		// a connection that waits for its next request ends with its worker
		judge: (asked, object, way) => {
			assert.ok(asked.failed <= 16, `${asked.failed} cut off`)
			onlyPacksFail({ ...asked, failed: 0 }, object, way)
		},
	},
	'release: capture, approve and seal go on': {
		during: async (i, attack) => {
			const { line } = i, text = newsPage(`第${i.serial + 1}版`)
			i.oldNews = readFileSync(path.join(i.site, 'news.html'))
			writeFileSync(path.join(i.site, 'news.html'), text)
			i.approved.add('/news.html', Buffer.from(text))
			i.open = line.capture().release
			attack()
			const asked = flood(line, i.approved)
			i.codes = []
			for (const person of ['wang', 'li'])
				i.codes.push((await line.weiqueMeanwhile('release', 'approve', i.open, '--as', person, '--accept-findings', '--comment', '同意')).code)
			i.codes.push((await line.weiqueMeanwhile('release', 'seal', i.open)).code)
			i.text = text
			i.note = i.codes.every(c => c === 0) ? 'the release goes live meanwhile' : `the release is held up (exit ${i.codes})`
			return asked
		},
		judge: allServed,
		// a release that the attack held up goes live when everything is as it was
		finish: async i => {
			const { line } = i
			for (const person of ['wang', 'li'])
				if (!line.release(i.open).decisions?.some?.(d => d.person === person))
					line.weique('release', 'approve', i.open, '--as', person, '--accept-findings', '--comment', '同意')
			i.serial = line.seal(i.open).serial
			await line.serves(i.serial)
			i.approved.set('/news.html', Buffer.from(i.text))
			i.look()
		},
	},
}

for (const [name, situation] of Object.entries(situations))
	test(name, async t => {
		const i = await Installation.make(t, { args: situation.args })
		i.named = []
		if (isRoot)
			for (const pid of i.line.workers())
				assert.equal(statSync(`/proc/${pid}`).uid, Number(run('id', ['-u', 'www-data'])))
		const total = []
		for (const [object, way] of everyCell)
			await t.test(`${object} ${way}`, async t => {
				const asked = await cell(t, i, object, way, situation)
				assert.equal(asked.wrong, 0, asked.first_wrong)
				assert.ok(asked.right > 0, 'serving goes on')
				situation.judge?.(asked, object, way)
				await i.vaultAnew(i.args)
				await situation.finish?.(i)
				await i.line.serves(i.serial)
				total.push(asked)
			})
		const all = sum(total)
		t.diagnostic(`${all.requests} requests, ${all.right} right, ${all.wrong} wrong, ${all.failed} cut off, ${JSON.stringify(all.status)}`)
		await t.test('every event stands in the ledger', async () => {
			await until('the ledger has them', () => {
				const recorded = new Set(i.line.ledger().map(e => `${e.type} ${e.subject}`))
				const subject = o => o.includes('/') ? o.split('/')[0] : o
				return i.named.every(([type, object]) => [...recorded].some(r => r.startsWith(`${type} `) && (r.includes(object) || r.includes(subject(object)))))
			})
			assert.equal(i.line.weique('ledger', 'verify').code, 0)
			assert.equal(i.line.weique('vault', 'verify').code, 0)
		})
	})

/* ---- the same with the checks taken out ---- */

const unchecked = async (t, i, object, way, during) => {
	const asked = await during(i, () => attacks[object][way](i))
	t.diagnostic(`${object} ${way}: ${asked.requests} requests, ${asked.right} right, ${asked.wrong} wrong, the first ${asked.first_wrong}`)
	assert.ok(asked.wrong > 0, 'the test would not notice')
}

test('with weique-vault\'s checks taken out visitors get what nobody approved', async t => {
	const i = await Installation.make(t, { args: ['--no-restore'], program: built('tests/e2e/weique-vault-unchecked') })
	const { during } = situations['restart: a worker and weique-vault are killed and begin on what is there']
	for (const [object, way] of [['pack', 'altered'], ['snapshot', 'put back'], ['manifest', 'altered'], ['manifest', 'swapped'],
		['manifest', 'put back'], ['policy', 'altered'], ['policy', 'put back'], ['links', 'altered']])
		await t.test(`${object} ${way}`, async t => {
			await unchecked(t, i, object, way, during)
			await i.line.kill('vault')
			i.putBack()
			rmSync(path.join(i.line.state, 'broker/site.floor'))
			await i.line.begin('vault', [i.program, ...i.command.slice(1), ...i.args])
			await i.newWorkers()
			await i.line.serves(i.serial)
		})
})

test('without the gate\'s check of cold packs visitors get what nobody approved', async t => {
	const module = built('tests/e2e/ngx_http_weique_module_unchecked.so')
	const i = await Installation.make(t, { args: ['--memory', '0'], module })
	const { during } = situations['cold: nothing in memory, each block read from the disk']
	await unchecked(t, i, 'pack', 'altered', during)
})

test('without a gate visitors get what nobody approved', async t => {
	const site = attackedSite(t), dir = tempDir(t, 'open'), port = await freePort(), approved = new Approved(t)
	await startNginx(t, { dir, http: `server { listen 127.0.0.1:${port}; root ${site}; }`, user: isRoot ? 'www-data' : undefined })
	approved.add('/news.html', readFileSync(path.join(site, 'news.html')))
	approved.denied = []
	assert.equal((await flood({ httpPort: port, host }, approved, 100)).wrong, 0)
	const asked = await (attacks.origin['put back']({ site, oldNews: Buffer.from(newsPage('昨天')) }), flood({ httpPort: port, host }, approved, 100))
	assert.equal(asked.wrong, 100)
})

// The thin line as `make run` sets it up, for end-to-end tests: one state directory with weique-sign, weique-vault and
// the distribution's nginx, the people editor (author), wang and li (reviewers), the application "site".
//
// What visitors get is compared with what stood on the disk when it was approved (Approved), never with what stands there
// now. Visitors ask on and on, over kept connections, while something is done to the site; every answer is compared.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
	chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync,
} from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { buildDir, built, freePort, jsonLines, root, start, tempDir, until } from './lib.mjs'

export const policy = '/usr/share/doc/debian-policy'
export const libstdcxx = '/usr/share/doc/libstdc++-12-doc/libstdc++'

// A folder of a distribution's package: a real site that nobody here wrote. Fails when the package is not installed.
export function realSite(dir) {
	assert.ok(existsSync(dir), `${dir} is missing: install the packages of scripts/packages check`)
	return dir
}

// A copy of it that a test may deface; symbolic links become files.
export function copyOf(t, dir) {
	const copy = path.join(tempDir(t, 'site'), 'html')
	cpSync(realSite(dir), copy, { recursive: true, dereference: true })
	return copy
}

// Every file below `dir` by its request target, as capture publishes a folder: {"/a/b.html": Buffer}.
export function filesOf(dir) {
	const files = new Map()
	const walk = (folder, target) => {
		for (const name of readdirSync(folder)) {
			const file = path.join(folder, name)
			if (name.startsWith('.'))
				continue
			if (statSync(file).isDirectory()) {
				walk(file, `${target}${encodeURIComponent(name)}/`)
				continue
			}
			const body = readFileSync(file)
			files.set(`${target}${encodeURIComponent(name)}`, body)
			if (/^index\.html?$/.test(name))
				files.set(target, body)
		}
	}
	walk(dir, '/')
	return files
}

// With all its threads: the first may have ended while another one still holds a socket open.
export const isRunning = pid => {
	const lives = task => {
		try {
			return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'))
		} catch {
			return false
		}
	}
	try {
		return readdirSync(`/proc/${pid}/task`).some(lives)
	} catch {
		return false
	}
}

// Processes that a state directory left running: its name is in their command line, or they hold a file of it open.
export function processesOf(state) {
	const uses = pid => {
		if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(state))
			return true
		return readdirSync(`/proc/${pid}/fd`).some(fd => {
			try {
				return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith(`${state}/`)
			} catch {
				return false
			}
		})
	}
	return readdirSync('/proc').filter(n => /^\d+$/.test(n) && Number(n) !== process.pid).map(Number).filter(pid => {
		try {
			return uses(pid) && isRunning(pid)
		} catch {
			return false // it ended, or is another user's
		}
	})
}

export class Line {
	// `as`: a command that runs the rest as another user, `owner` is that user's id.
	constructor(t, { site, host, as = [], owner } = {}) {
		const dir = mkdtempSync(path.join(tmpdir(), 'wq-line-'))
		chmodSync(dir, 0o755)
		if (owner !== undefined)
			chownSync(dir, owner, owner)
		Object.assign(this, { t, site, host, dir, as, state: path.join(dir, 'state') })
		// in this order: without the folder nobody knows what to end
		t.after(() => {
			this.stop()
			if (!process.env.KEEP)
				rmSync(dir, { recursive: true, force: true })
		})
	}

	async env(more = {}) {
		this.httpPort ??= await freePort()
		this.httpsPort ??= await freePort()
		this.originPort ??= await freePort()
		return {
			PATH: process.env.PATH, HOME: process.env.HOME ?? '/', LC_ALL: 'C.UTF-8', BUILD: buildDir, STATE: this.state,
			SITE: this.site ?? '', HOST: this.host ?? '', HTTP_PORT: String(this.httpPort), HTTPS_PORT: String(this.httpsPort), ORIGIN_PORT: String(this.originPort),
			DETACH: '1', ...more,
		}
	}

	// scripts/run to its end, and until nobody holds its output any more. Returns {code, signal, out, msec}.
	async run(more = {}) {
		const begin = Date.now()
		const [program, ...args] = [...this.as, path.join(root, 'scripts/run')]
		const child = spawn(program, args, { env: await this.env(more), cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
		let out = ''
		for (const stream of [child.stdout, child.stderr])
			stream.setEncoding('utf8').on('data', d => { out += d })
		const [code, signal] = await new Promise((resolve, reject) => {
			const timer = setTimeout(() => { child.kill('SIGKILL'); reject(new Error(`scripts/run does not end:\n${out}`)) }, 90000)
			child.once('close', (...end) => { clearTimeout(timer); resolve(end) })
		})
		return { code, signal, out, msec: Date.now() - begin }
	}

	async up(more) {
		const done = await this.run(more)
		assert.equal(done.code, 0, done.out)
		return done
	}

	stop() {
		const [program, ...args] = [...this.as, path.join(root, 'scripts/stop')]
		return spawnSync(program, args, { env: { PATH: process.env.PATH, STATE: this.state }, cwd: root, encoding: 'utf8' })
	}

	get commandEnv() {
		return { PATH: process.env.PATH, WEIQUE_STATE: this.state, WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_LANG: 'en' }
	}

	// The command on this state: {code, out, err}.
	weique(...args) {
		const done = spawnSync(built('src/bin/weique'), args,
			{ env: this.commandEnv, cwd: root, encoding: 'utf8', timeout: 60000, maxBuffer: 256 << 20 })
		return { code: done.status, out: done.stdout, err: done.stderr }
	}

	// The same while this process goes on serving: an origin, visitors.
	async weiqueMeanwhile(...args) {
		const p = start(this.t, built('src/bin/weique'), args, { env: this.commandEnv })
		const closed = new Promise(resolve => p.child.once('close', resolve)) // all it said has come
		const { code } = await p.exited
		await closed
		return { code, out: p.out }
	}

	// The same, which has to succeed; its JSON.
	json(...args) {
		const done = this.weique(...args, '--json')
		assert.equal(done.code, 0, `weique ${args.join(' ')}: ${done.err}`)
		return JSON.parse(done.out)
	}

	// The same, which has to be refused with this text.
	refused(text, ...args) {
		const done = this.weique(...args)
		assert.notEqual(done.code, 0, `weique ${args.join(' ')}: ${done.out}${done.err}`)
		assert.match(done.err, text)
	}

	capture(author = 'editor') {
		return this.json('capture', 'site', '--author', author)
	}

	approve(release, ...people) {
		for (const person of people)
			this.json('release', 'approve', release, '--as', person, '--accept-findings', '--comment', '同意')
	}

	seal(release) {
		return this.json('release', 'seal', release)
	}

	release(id) {
		return this.json('release', 'list', '--app', 'site').find(r => r.id === id)
	}

	ledger(type) {
		const done = this.weique('ledger', 'log', '--json')
		assert.equal(done.code, 0, done.err)
		const events = done.out.split('\n').filter(Boolean).map(l => JSON.parse(l)).filter(e => !type || e.type === type)
		return events.map(e => ({ ...e, body: JSON.parse(e.body || '{}') }))
	}

	// Events of weique-vault's log.
	events(name) {
		return jsonLines(path.join(this.state, 'log/vault.jsonl')).filter(e => e.event === name)
	}

	// The first event of this name after those that were there, which `fits`.
	event(name, after, fits = () => true, msec = 60000) {
		return until(`event ${name}`, () => this.events(name).slice(after).find(fits), msec)
	}

	// Runs SQL on the ledger's database as somebody would who has the file.
	sql(statement, ...values) {
		const script = 'import sqlite3, sys, json\n' +
			'db = sqlite3.connect(sys.argv[1])\n' +
			'values = [bytes.fromhex(v["hex"]) if isinstance(v, dict) else v for v in json.loads(sys.argv[3])]\n' +
			'rows = db.execute(sys.argv[2], values).fetchall()\ndb.commit()\n' +
			'print(json.dumps([[v.hex() if isinstance(v, bytes) else v for v in r] for r in rows]))\n'
		const done = spawnSync('python3', ['-c', script, path.join(this.state, 'ledger/ledger.db'), statement, JSON.stringify(values)],
			{ encoding: 'utf8' })
		assert.equal(done.status, 0, done.stderr)
		return JSON.parse(done.stdout)
	}

	pid(name) {
		return Number(readFileSync(path.join(this.state, `run/${name}.pid`), 'utf8'))
	}

	// Kills weique-vault or weique-sign; returns what it was started with.
	async kill(name, signal = 'SIGKILL') {
		const pid = this.pid(name)
		const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
		process.kill(pid, signal)
		await until(`${name} ends`, () => !isRunning(pid))
		return args
	}

	// Starts it again as it was. `make stop` ends it like the first one.
	async begin(name, [program, ...args]) {
		const p = start(this.t, program, args)
		writeFileSync(path.join(this.state, `run/${name}.pid`), `${p.pid}\n`)
		return p
	}

	workers() {
		const children = readFileSync(`/proc/${this.pid('nginx')}/task/${this.pid('nginx')}/children`, 'utf8')
		return children.trim().split(/\s+/).map(Number).filter(pid => {
			try {
				return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('nginx: worker process\0') ||
					/^nginx: worker process\s*$/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '))
			} catch {
				return false
			}
		})
	}

	// A connection, to the worker with this id if one is given.
	async connect(worker) {
		for (let tries = 0; tries < 400; tries++) {
			const c = new Connection(this.httpPort, this.host ?? 'localhost')
			c.worker = JSON.parse((await c.get('/weique-status', { host: '127.0.0.1' })).body).pid
			if (!worker || c.worker === worker)
				return c
			c.close()
		}
		throw new Error(`no connection reaches worker ${worker}`)
	}

	async status(worker) {
		const c = await this.connect(worker)
		const status = JSON.parse((await c.get('/weique-status', { host: '127.0.0.1' })).body)
		c.close()
		return status
	}

	// Until each worker serves this serial.
	async serves(serial, msec = 20000) {
		await until(`two workers serve serial ${serial}`, async () => {
			const workers = this.workers()
			if (workers.length !== 2)
				return false
			for (const pid of workers)
				if ((await this.status(pid)).apps[0]?.serial !== serial)
					return false
			return true
		}, msec)
	}
}

// An HTTP/1.1 connection that is kept: one request at a time, answers with Content-Length only, which is all the gate
// sends. Fails with the socket's error; a connection that the server closes in good order is opened again.
export class Connection {
	constructor(port, host) {
		Object.assign(this, { port, host, waiting: null, socket: null })
	}

	open() {
		const socket = net.connect({ port: this.port, host: '127.0.0.1', noDelay: true })
		// what an earlier socket still has to say concerns nobody
		const mine = fn => arg => { if (socket === this.socket) fn(arg) }
		socket.on('data', mine(d => {
			this.parts.push(d)
			this.got += d.length
			if (this.got >= this.need)
				this.step()
		}))
		socket.on('error', mine(e => this.fail(e)))
		socket.on('close', mine(() => this.fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))))
		this.socket = socket
	}

	fail(e) {
		const waiting = this.waiting
		this.waiting = null
		this.close()
		waiting?.reject(e)
	}

	step() {
		const bytes = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts)
		this.parts = [bytes]
		const end = bytes.indexOf('\r\n\r\n')
		if (end < 0)
			return
		const head = bytes.toString('latin1', 0, end)
		const status = Number(head.slice(9, 12))
		const length = this.method === 'HEAD' || status === 304 ? 0 : Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? NaN)
		if (Number.isNaN(length))
			return this.fail(new Error(`no Content-Length: ${head}`))
		this.need = end + 4 + length
		if (bytes.length < this.need)
			return
		const answer = { status, head, body: bytes.subarray(end + 4, this.need) }
		if (bytes.length > this.need)
			return this.fail(new Error(`more than was asked for: ${this.method} ${this.target} ${head}`))
		const { resolve } = this.waiting
		this.waiting = null
		if (/\r\nconnection: close/i.test(head))
			this.close()
		resolve(answer)
	}

	get(target, { method = 'GET', headers = '', host = this.host } = {}) {
		if (!this.socket)
			this.open()
		return new Promise((resolve, reject) => {
			Object.assign(this, { waiting: { resolve, reject }, parts: [], got: 0, need: 0, method, target })
			this.socket.write(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`)
		})
	}

	close() {
		const socket = this.socket
		this.socket = null
		socket?.destroy()
	}
}

export const header = (answer, name) => new RegExp(`\r\n${name}: ([^\r]*)`, 'i').exec(answer.head)?.[1]

// The bytes that a visitor's program shows.
export const shown = answer => header(answer, 'content-encoding') === 'gzip' ? gunzipSync(answer.body) : answer.body

// What visitors get while something goes on. Each has a kept connection and asks for one page after the other, with and
// without gzip. `wrong`: answers with status 200 and other bytes than the approved ones, or with a page of the gate's own that
// says something it never says; `failed`: requests without an answer; `other`: answers by status.
export class Visitors {
	constructor(line, approved, n = 4) {
		Object.assign(this, { line, approved, answers: 0, right: 0, wrong: [], failed: [], other: new Map(), stopped: false })
		this.targets = [...approved.keys()]
		this.all = Promise.all(Array.from({ length: n }, (_, i) => this.visit(i)))
		line.t.after(() => this.end())
	}

	async visit(number) {
		const c = new Connection(this.line.httpPort, this.line.host ?? 'localhost')
		for (let i = number; !this.stopped; i++) {
			const target = this.targets[(i * 7) % this.targets.length]
			try {
				this.check(target, await c.get(target, { headers: i % 2 ? 'Accept-Encoding: gzip\r\n' : '' }))
			} catch (e) {
				this.failed.push(`${target}: ${e.code ?? e.message}`)
				c.close()
			}
			// a new connection now and then, so that both workers are asked
			if (i % 50 === 49)
				c.close()
		}
		c.close()
	}

	check(target, answer) {
		this.answers++
		if (answer.status === 200) {
			if (shown(answer).equals(this.approved.get(target)))
				this.right++
			else
				this.wrong.push(target)
			return
		}
		this.other.set(answer.status, (this.other.get(answer.status) ?? 0) + 1)
		if (/defaced/i.test(answer.body.toString('latin1')))
			this.wrong.push(`${answer.status} ${target}`)
	}

	// `n` more answers from now on.
	async more(n = 1000) {
		const goal = this.answers + n
		await until(`${n} more answers`, () => this.answers >= goal, 60000)
	}

	async end() {
		this.stopped = true
		await this.all
		return this
	}

	// Ends, after `n` more answers: every one of them was right.
	async allRight(n = 1000) {
		await this.more(n)
		await this.end()
		assert.deepEqual({ wrong: this.wrong, failed: this.failed, other: [...this.other] }, { wrong: [], failed: [], other: [] })
		assert.equal(this.right, this.answers)
		return this.answers
	}
}

// A small site of the test's own, for what is not about bytes.
export function smallSite(t, pages = { 'index.html': '<h1>one</h1>', 'news.html': '<h1>news</h1>', '404.html': '<h1>no</h1>' }) {
	const dir = path.join(tempDir(t, 'small'), 'html')
	mkdirSync(dir)
	for (const [name, text] of Object.entries(pages))
		writeFileSync(path.join(dir, name), text)
	return dir
}

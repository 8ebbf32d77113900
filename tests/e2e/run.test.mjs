// `make run` and `make stop` as a person or a script meets them: what they say, what they leave behind, who may run them.
import test from 'node:test'
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { buildDir, isRoot, root, run, tempDir, until } from './lib.mjs'
import { Line, Visitors, filesOf, isRunning, processesOf, smallSite } from './line.mjs'

const pages = version => ({ 'index.html': `<h1>${version}</h1>`, 'docs.html': `<p>docs of ${version}</p>` })

function pids(line) {
	return [line.pid('sign'), line.pid('vault'), line.pid('nginx'), ...line.workers()]
}

function nothingRuns(line) {
	assert.deepEqual(processesOf(line.state), [])
}

async function front(line) {
	const c = await line.connect()
	const answer = await c.get('/')
	c.close()
	return answer.body.toString()
}

async function reachable(port) {
	return new Promise(resolve => {
		const socket = net.connect(port, '127.0.0.1')
		socket.once('connect', () => { socket.destroy(); resolve(true) })
		socket.once('error', () => resolve(false))
	})
}

async function occupy(t) {
	const server = net.createServer(s => s.destroy())
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
	t.after(() => server.close())
	return server.address().port
}

test('make run DETACH=1 returns when the site is served, make stop ends all of it', async t => {
	const site = smallSite(t, pages('one')), line = new Line(t, { site })
	const done = await line.up()
	assert.doesNotMatch(done.out, /warn|error/i)
	assert.equal(await front(line), '<h1>one</h1>')
	const all = pids(line)
	assert.equal(all.length, 5)
	assert.ok(all.every(isRunning))
	const stopped = line.stop()
	assert.equal(stopped.status, 0)
	assert.match(stopped.stdout, /ended 3 processes/)
	assert.deepEqual(all.filter(isRunning), [])
	nothingRuns(line)
	assert.equal(await reachable(line.httpPort), false)
	assert.match(line.stop().stdout, /ended 0 processes/)

	await t.test('a second run with the same STATE serves what was sealed, and what differs at the origin waits', async () => {
		const approved = filesOf(site)
		writeFileSync(path.join(site, 'index.html'), '<h1>DEFACED</h1>')
		await line.up()
		await line.serves(1)
		await new Visitors(line, approved).allRight(200)
		const [newest] = line.json('release', 'list')
		assert.deepEqual([newest.state, newest.changed], ['open', 2]) // index.html and its folder
	})

	await t.test('a run while it is running takes its place', async () => {
		const before = pids(line)
		await line.up({ SITE: '' })
		await line.serves(1)
		assert.deepEqual(before.filter(isRunning), [])
		assert.equal(await front(line), '<h1>one</h1>')
	})

	await t.test('an origin that was emptied takes nothing away: what is sealed is served', async () => {
		const kept = path.join(tempDir(t, 'kept'), 'site')
		cpSync(site, kept, { recursive: true })
		for (const name of readdirSync(site))
			rmSync(path.join(site, name), { recursive: true })
		const done = await line.up()
		assert.match(done.out, /the origin cannot be captured: what is sealed is served/)
		assert.equal(await front(line), '<h1>one</h1>')
		cpSync(kept, site, { recursive: true })
	})

	await t.test('another SITE or HOST for the same STATE is refused, and what is served goes on', async t => {
		const before = pids(line)
		for (const other of [{ SITE: smallSite(t, pages('two')) }, { HOST: 'www.example.gov.cn' }]) {
			const done = await line.run(other)
			assert.equal(done.code, 1)
			assert.match(done.out, /guards .* as localhost; for another SITE or HOST give another STATE=/)
		}
		assert.ok(before.every(isRunning))
	})

	await t.test('make stop ends what was left when nginx\'s master was killed', async () => {
		const workers = line.workers(), master = line.pid('nginx')
		process.kill(master, 'SIGKILL')
		await until('the master ends', () => !isRunning(master))
		line.stop()
		await until('no worker is left', () => !workers.some(isRunning))
		nothingRuns(line)
	})
})

test('by make itself', async t => {
	const line = new Line(t, { site: smallSite(t, pages('made')) })
	const make = (...args) => spawnSync('make', ['-s', '-C', root, ...args, `STATE=${line.state}`, `BUILD=${buildDir}`],
		{ encoding: 'utf8', timeout: 300000, env: { PATH: process.env.PATH, HOME: process.env.HOME ?? '/', LC_ALL: 'C.UTF-8' } })
	const ports = Object.entries(await line.env()).filter(([name]) => /_PORT$/.test(name)).map(p => p.join('='))
	const done = make('run', `SITE=${line.site}`, 'HOST=www.example.gov.cn', 'DETACH=1', ...ports)
	assert.equal(done.status, 0, done.stdout + done.stderr)
	line.host = 'www.example.gov.cn'
	await line.serves(1)
	assert.equal(await front(line), '<h1>made</h1>')
	const all = pids(line)
	assert.equal(make('stop').status, 0)
	assert.deepEqual(all.filter(isRunning), [])
})

test('two STATEs side by side', async t => {
	const lines = ['one', 'two'].map(name => new Line(t, { site: smallSite(t, pages(name)), host: `${name}.example.gov.cn` }))
	for (const line of lines)
		await line.up()
	for (const [i, line] of lines.entries()) {
		await line.serves(1)
		assert.equal(await front(line), `<h1>${['one', 'two'][i]}</h1>`)
	}
	lines[0].stop()
	nothingRuns(lines[0])
	await new Visitors(lines[1], filesOf(lines[1].site)).allRight(200)
})

test('what cannot be run is said, and nothing is left behind', async t => {
	const site = smallSite(t)
	const nothing = (line, done, text, code = 1) => {
		assert.equal(done.code, code, done.out)
		assert.match(done.out, text)
		nothingRuns(line)
		assert.ok(!existsSync(line.state), 'no state directory that a corrected call would stumble over')
	}

	for (const [what, wrong] of [['no such directory', '/no/such/site'], ['a file', path.join(site, 'index.html')]])
		await t.test(`SITE is ${what}`, async t => {
			const line = new Line(t, { site: wrong })
			nothing(line, await line.run(), /SITE=.* is neither a directory nor an http\(s\) URL/, 2)
		})

	await t.test('SITE is empty', async t => {
		const line = new Line(t, { site: tempDir(t, 'empty') })
		nothing(line, await line.run(), /the capture failed/)
		line.site = site
		await line.up()
	})

	for (const port of ['HTTP_PORT', 'HTTPS_PORT'])
		await t.test(`${port} is in use`, async t => {
			const line = new Line(t, { site }), busy = await occupy(t)
			nothing(line, await line.run({ [port]: String(busy) }), new RegExp(`port ${busy} of 127.0.0.1 is in use`))
		})

	await t.test('the name of STATE is too long for a socket', async t => {
		const line = new Line(t, { site })
		line.state = path.join(line.dir, 'x'.repeat(100))
		nothing(line, await line.run(), /the name of STATE is too long/)
	})

	await t.test('it was not built', async t => {
		const line = new Line(t, { site })
		nothing(line, await line.run({ BUILD: path.join(line.dir, 'nowhere') }), /is not built; run: make build/)
	})
})

test('in the foreground, Ctrl-C ends it', async t => {
	for (const signal of ['SIGINT', 'SIGTERM']) {
		const line = new Line(t, { site: smallSite(t) })
		const child = spawn(path.join(root, 'scripts/run'), [], { env: await line.env({ DETACH: '' }), cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
		let out = ''
		for (const stream of [child.stdout, child.stderr])
			stream.setEncoding('utf8').on('data', d => { out += d })
		const closed = new Promise(resolve => child.once('close', code => resolve(code)))
		t.after(() => child.kill('SIGKILL'))
		await until('it shows events', () => /events \(Ctrl-C/.test(out), 60000)
		await line.serves(1)
		const all = pids(line)
		child.kill(signal)
		assert.equal(await closed, 0, out)
		assert.deepEqual(all.filter(isRunning), [])
		nothingRuns(line)
	}
})

test('Ctrl-C before it is served leaves no process behind', async t => {
	const line = new Line(t, { site: smallSite(t) })
	const child = spawn(path.join(root, 'scripts/run'), [], { env: await line.env(), cwd: root, stdio: 'ignore' })
	const closed = new Promise(resolve => child.once('exit', resolve))
	await until('weique-sign runs', () => existsSync(path.join(line.state, 'run/sign.pid')))
	child.kill('SIGINT')
	assert.equal(await closed, 130)
	await until('all of it has ended', () => processesOf(line.state).length === 0)
	nothingRuns(line)
})

test('a user without privileges runs it just as well', async t => {
	const site = smallSite(t, pages('mine'))
	const as = isRoot ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] : []
	const owner = isRoot ? Number(run('id', ['-u', 'nobody'])) : process.getuid()
	if (isRoot) {
		const reach = spawnSync(as[0], [...as.slice(1), path.join(buildDir, 'src/bin/weique'), '--version'])
		assert.equal(reach.status, 0, `other users cannot reach ${buildDir}: the clone has to lie where everybody may read`)
	}
	const line = new Line(t, { site, as, owner: isRoot ? owner : undefined })
	await line.up({ HOME: line.dir })
	await line.serves(1)
	await new Visitors(line, filesOf(site)).allRight(200)
	for (const pid of pids(line))
		assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), new RegExp(`^Uid:\\s+${owner}\\s+${owner}`, 'm'))
	for (const name of readdirSync(line.state))
		assert.equal(statSync(path.join(line.state, name)).uid, owner, name)
	const all = pids(line)
	assert.match(line.stop().stdout, /ended 3 processes/)
	assert.deepEqual(all.filter(isRunning), [])
})

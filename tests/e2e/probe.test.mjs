// Availability: visits to a server that goes up and down, by the clock of a week that libfaketime gives, from two vantage points that
// share nothing but signed files.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import test from 'node:test'
import { built, freePort, root, run, start, tempDir, until } from './lib.mjs'

const weique = built('src/bin/weique'), HOUR = 3600000, DAY = 24 * HOUR
const faketime = run('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1']).trim()
const midnight = Date.parse('2026-11-22T00:00:00+08:00') // of the day after the week that is looked at

// A server whose addresses answer as `site[path]` says: a body, a status, 'drop', 'slow', {to}.
async function server(t) {
	const site = {}, port = await freePort()
	const s = http.createServer((request, response) => {
		const does = site[request.url] ?? 404
		if (does === 'drop')
			return request.socket.destroy()
		if (does === 'slow')
			return setTimeout(() => response.end('late'), 1200)
		if (does.to)
			return response.writeHead(302, { location: does.to }).end()
		if (typeof does === 'number')
			return response.writeHead(does).end('<p>an error</p>')
		response.end(does)
	})
	await new Promise(resolve => s.listen(port, '127.0.0.1', resolve))
	t.after(() => { s.closeAllConnections(); s.close() })
	return { site, port, url: where => `http://127.0.0.1:${port}${where}` }
}

// An installation: a state directory and a name.
class Point {
	constructor(t, vantage, rules = path.join(root, 'rules')) {
		Object.assign(this, { t, vantage, rules, state: tempDir(t, 'probe') })
	}

	async weique(args, { at, expect = 0 } = {}) {
		const env = { ...process.env, WEIQUE_RULES: this.rules, WEIQUE_STATE: this.state, WEIQUE_LANG: 'en', TZ: 'UTC' }
		if (at)
			Object.assign(env, { LD_PRELOAD: faketime, FAKETIME: `@${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}`, FAKETIME_DONT_FAKE_MONOTONIC: '1' })
		const p = start(this.t, weique, args, { env })
		assert.equal((await p.exited).code, expect, `weique ${args.join(' ')}: ${p.out}`)
		return p.out
	}

	targets(rows) {
		this.file = path.join(this.state, 'targets.txt')
		writeFileSync(this.file, '# a comment\n\n' + rows.map(r => r.join(' ')).join('\n') + '\n')
	}

	visit(at, ...more) {
		return this.weique(['probe', 'run', '--once', '--quiet', '--allow-private', '--targets', this.file, '--vantage', this.vantage, ...more], { at })
	}

	async status(at, what = []) {
		const said = JSON.parse((await this.weique(['probe', 'status', '--json', ...what], { at })))
		return { ...said, of: Object.fromEntries(said.sites.map(s => [s.name, s])), rules: said.findings.findings.map(f => `${f.rule} ${f.place.url.split('/').at(-1)} ${f.severity}`) }
	}
}

test('a week of 20 visits a day, from two vantage points', async t => {
	const s = await server(t), north = new Point(t, 'north'), south = new Point(t, 'south')
	const rows = [['six', s.url('/six')], ['seven', s.url('/seven')]]
	const at = i => midnight - 7 * DAY + i * 72 * 60000 + 1000
	const parcel = path.join(south.state, 'south.parcel'), key = path.join(south.state, 'south.key'), pub = path.join(south.state, 'south.pub')
	const made = midnight + 2 * HOUR
	const export_ = (file, moment, expect) => south.weique(['probe', 'export', '--since', '2026-11-14', '--out', file, '--key', key, '--vantage', 'south'], { at: moment, expect })
	const import_ = (file, moment, expect) => north.weique(['probe', 'import', file], { at: moment, expect })
	north.targets(rows)
	south.targets(rows)

	await t.test('6 of 140 failed visits are none, 7 are the veto', async () => {
		for (let i = 0; i < 140; i++) {
			s.site['/six'] = i % 20 === 3 && i < 120 ? 'drop' : '<h1>six</h1>'
			s.site['/seven'] = i % 20 === 5 ? 503 : '<h1>seven</h1>'
			await north.visit(at(i))
		}
		const { of, rules } = await north.status(midnight + HOUR)
		assert.deepEqual([of.six.before.visits, of.six.before.failed, of.six.before.complete, of.six.before.verdict], [140, 6, true, 'met'])
		assert.deepEqual([of.seven.before.visits, of.seven.before.failed, of.seven.before.failed_thousandths_percent, of.seven.before.verdict], [140, 7, 5000, 'vetoed'])
		assert.equal(of.six.week.complete, false)
		assert.equal(of.six.now, 'up')
		assert.equal(of.seven.vantages[0].since, new Date(at(126)).toISOString().slice(0, 19) + of.seven.vantages[0].since.slice(19))
		assert.deepEqual(rules, ['uptime.share seven high'])
	})

	await t.test('status ends as --fail-on says, and shows days and hours', async () => {
		await north.weique(['probe', 'status', '--fail-on', 'high', '--quiet'], { at: midnight + HOUR, expect: 1 })
		await north.weique(['probe', 'status', 'six', '--fail-on', 'info', '--quiet'], { at: midnight + HOUR })
		const said = await north.weique(['probe', 'status', 'seven'], { at: midnight + HOUR })
		assert.match(said, /11-15 \|[ ▁▅█]{24}\| 20 visits, 1 failed/)
		assert.match(said, /7 whole days before today: 140 visits, 7 failed, 5\.000 % \(veto at 5 %\), veto\n/)
		await north.weique(['probe', 'status', 'nobody'], { at: midnight + HOUR, expect: 2 })
	})

	await t.test('what another vantage point could open is no failure of the site', async () => {
		s.site['/six'] = s.site['/seven'] = '<h1>both</h1>'
		for (let i = 5; i < 140; i += 20)
			await south.visit(at(i) + 60000)
		writeFileSync(pub, await south.weique(['probe', 'key', key]))
		await export_(parcel, made)
		await import_(parcel, made, 1) // nobody trusts it yet
		await north.weique(['probe', 'trust', 'south', '--key', pub])
		assert.match(await import_(parcel, made), /14 visits, 14 of them new/)
		const { of, rules } = await north.status(made)
		assert.deepEqual([of.seven.before.visits, of.seven.before.failed, of.seven.before.verdict], [147, 0, 'met'])
		assert.deepEqual(of.seven.vantages.map(v => v.vantage), ['north', 'south'])
		assert.equal(of.seven.vantages[0].week.failed, 6) // its own arithmetic stays
		assert.equal(of.seven.contradicted, 6)
		assert.deepEqual(rules, [])
	})

	await t.test('replayed, altered and foreign files are refused, a newer one is joined once', async () => {
		await import_(parcel, made, 4)
		const bytes = readFileSync(parcel), other = path.join(south.state, 'other.parcel')
		for (const place of [5, 40, bytes.length >> 1, bytes.length - 1]) {
			const altered = Buffer.from(bytes)
			altered[place] ^= 1
			writeFileSync(other, altered)
			const p = start(t, weique, ['probe', 'import', other], { env: { ...process.env, WEIQUE_STATE: north.state, WEIQUE_RULES: north.rules } })
			assert.ok([1, 4].includes((await p.exited).code), `byte ${place}: ${p.out}`)
		}
		const wrong = path.join(south.state, 'wrong.key')
		await south.weique(['probe', 'key', wrong])
		await south.weique(['probe', 'export', '--out', other, '--key', wrong, '--vantage', 'south', '--since', '2026-11-14'], { at: made + 60000 })
		assert.match(await import_(other, made + 60000, 1), /another key/)
		await south.visit(made + 120000)
		await export_(other, made + 180000)
		assert.match(await import_(other, made + 180000), /16 visits, 2 of them new/)
	})

	await t.test('nobody here writes in the name of a peer, and no peer takes a name of ours', async () => {
		await north.weique(['probe', 'run', '--once', '--targets', north.file, '--vantage', 'south'], { expect: 2 })
		await south.weique(['probe', 'trust', 'south', '--key', pub], { expect: 2 })
	})

	await t.test('down is what both say; of one alone it is said which', async () => {
		const later = midnight + 5 * HOUR
		s.site['/six'] = 'drop'
		await north.visit(later)
		s.site['/six'] = '<h1>six</h1>'
		await south.visit(later + 60000)
		await export_(parcel, later + 90000)
		await import_(parcel, later + 90000)
		let { of, rules } = await north.status(later + 120000)
		assert.equal(of.six.now, 'partly')
		assert.deepEqual(rules, ['uptime.down six medium'])
		assert.match(await north.weique(['probe', 'status', 'six'], { at: later + 120000 }), /partly down .*only from north/)
		s.site['/six'] = 'drop'
		await south.visit(later + 150000)
		await export_(parcel, later + 160000)
		await import_(parcel, later + 160000);
		({ of, rules } = await north.status(later + 200000))
		assert.equal(of.six.now, 'down')
		assert.deepEqual([of.six.fresh, of.six.down], [2, 2])
		assert.ok(rules.includes('uptime.down six high'), rules)
		assert.equal((await north.status(later + 10 * HOUR)).of.six.now, 'unknown')
	})

	await t.test('lines that were altered or torn are told and left out', async () => {
		const dir = path.join(north.state, 'probe/north'), file = path.join(dir, readdirSync(dir).filter(f => f.endsWith('.log')).at(-1))
		const before = readFileSync(file, 'utf8')
		writeFileSync(file, before.replace('"outcome":"truncated"', '"outcome":"opened"').replace('"outcome":"protocol"', '"outcome":"opened"') + '{"at":"2026')
		const { altered_lines, torn_lines, of } = await north.status(midnight + 6 * HOUR)
		assert.deepEqual([altered_lines, torn_lines], [1, 1])
		assert.notEqual(of.six.vantages.find(v => v.vantage === 'north').last.slice(0, 13), '2026-11-21T21')
		await north.visit(midnight + 7 * HOUR)
		assert.equal((await north.status(midnight + 7 * HOUR + 1000)).torn_lines, 0)
	})
})

test('what counts as opened', async t => {
	const s = await server(t), rules = path.join(tempDir(t, 'rules'), 'rules')
	mkdirSync(rules)
	cpSync(path.join(root, 'rules/indicator'), path.join(rules, 'indicator'), { recursive: true })
	const data = path.join(rules, 'indicator/indicator-2019.txt')
	writeFileSync(data, readFileSync(data, 'utf8').replace('visit_msec: 15000', 'visit_msec: 700'))
	const point = new Point(t, 'here', rules)
	const cases = {
		page: ['<h1>page</h1>', 'opened'], empty: ['', 'empty'], gone: [410, 'status'], broken: [500, 'status'],
		late: ['slow', 'timeout'], cut: ['drop', 'protocol'], moved: [{ to: '/page' }, 'opened'], round: [{ to: '/round' }, 'redirects'],
		abroad: [{ to: 'http://10.255.255.1/' }, 'forbidden'], script: [{ to: 'javascript:alert(1)' }, 'redirects'],
	}
	for (const [name, [does]] of Object.entries(cases))
		s.site[`/${name}`] = does
	const nobody = await freePort()
	point.targets([...Object.keys(cases).map(name => [name, s.url(`/${name}`)]), ['refused', `http://127.0.0.1:${nobody}/`]])
	await point.visit()
	const { of } = await point.status()
	for (const [name, [, outcome]] of Object.entries({ ...cases, refused: [null, 'refused'] }))
		assert.equal(of[name].vantages[0].outcome, outcome, name)
	assert.equal(of.moved.vantages[0].status, 200)
	// without --allow-private, nothing of this machine is reached
	await point.weique(['probe', 'run', '--once', '--targets', point.file, '--vantage', 'strict'])
	assert.equal((await point.status()).of.page.vantages.find(v => v.vantage === 'strict').outcome, 'forbidden')
})

test('rounds go on until they are ended, and follow what happens', async t => {
	const s = await server(t), point = new Point(t, 'here')
	s.site['/'] = '<h1>up</h1>'
	point.targets([['site', s.url('/')]])
	const env = { ...process.env, WEIQUE_RULES: point.rules, WEIQUE_STATE: point.state, WEIQUE_LANG: 'en' }
	const p = start(t, weique, ['probe', 'run', '--interval', '1s', '--allow-private', '--targets', point.file, '--vantage', 'here'], { env })
	const now = async () => (await point.status()).of.site.now
	await until('up', async () => await now() === 'up', 20000)
	s.site['/'] = 503
	await until('down', async () => await now() === 'down', 20000)
	s.site['/'] = '<h1>up</h1>'
	await until('up again', async () => await now() === 'up', 20000)
	await point.weique(['probe', 'run', '--once', '--targets', point.file, '--vantage', 'here'], { expect: 7 })
	assert.deepEqual(await p.kill('SIGTERM'), { code: 0, signal: null })
	assert.match(p.out, /opened[^]*status[^]*opened/)
})

// Every application of a registry, one of them away and one closed; a region with the signed result of a lower unit.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import test from 'node:test'
import { built, freePort, root, run, start, tempDir, until } from './lib.mjs'

const weique = built('src/bin/weique')

async function server(t) {
	const port = await freePort()
	const s = http.createServer((request, response) => {
		const host = request.headers.host
		if (request.url !== '/' && request.url !== '/a.html')
			return response.writeHead(404).end('none')
		response.setHeader('content-type', 'text/html; charset=utf-8')
		response.end(`<!DOCTYPE html><html lang="zh"><title>${host}</title><p>一县人民政府门户网站 <a href="/a.html">a</a>${host.startsWith('bad') ? ' <a href="/gone.html">gone</a>' : ''}`)
	})
	await new Promise(resolve => s.listen(port, '127.0.0.1', resolve))
	t.after(() => { s.closeAllConnections(); s.close() })
	return port
}

class Installation {
	constructor(t, name) {
		Object.assign(this, { t, name, state: tempDir(t, name), env: { ...process.env, WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_LANG: 'en' } })
		Object.assign(this.env, { WEIQUE_STATE: this.state })
		this.run('init')
		this.run('unit', 'add', 'county', '--name', `${name}人民政府`, '--kind', 'organ')
		this.run('person', 'add', 'lao', '--name', 'lao', '--roles', 'leader', '--in-establishment')
	}

	run(...args) {
		return run(weique, args, { env: this.env })
	}

	app(id, host, type = 'service') {
		this.run('app', 'add', id, '--unit', 'county', '--type', type, '--host', host, '--origin', tempDir(this.t, 'site'), '--leader', 'lao', '--purpose', 'p')
	}

	// The server lives in this process: nothing may block it.
	async slow(args, expect = 0) {
		const p = start(this.t, weique, args, { env: this.env })
		assert.equal((await p.exited).code, expect, `weique ${args.join(' ')}: ${p.out}`)
		return p.out
	}

	async all(ports, more = [], expect = 0) {
		const routes = Object.entries(ports).flatMap(([host, port]) => ['--resolve', `${host}:80:127.0.0.1:${port}`, '--resolve', `${host}:443:127.0.0.1:${port}`])
		const said = await this.slow(['inspect', 'all', '--http', '--allow-address', '127.0.0.0/8', ...routes, ...more, '--json'], expect)
		return Object.fromEntries(JSON.parse(said.split('\n')[0]).map(r => [r.app, r]))
	}
}

test('every application of the registry, and a region', async t => {
	const port = await server(t), nobody = await freePort(), city = new Installation(t, 'city'), county = new Installation(t, 'county')
	const ports = { 'good.example.gov.cn': port, 'bad.example.gov.cn': port, 'away.example.gov.cn': nobody, 'old.example.gov.cn': port }
	for (const [id, host] of [['good', 'good.example.gov.cn'], ['bad', 'bad.example.gov.cn'], ['away', 'away.example.gov.cn'], ['old', 'old.example.gov.cn']])
		city.app(id, host)
	city.run('app', 'close', 'old', '--reason', 'a test')

	await t.test('one that is away stops no other; a closed one that answers is found', async () => {
		const rows = await city.all(ports, ['--jobs', '2'], 5)
		assert.deepEqual(Object.fromEntries(Object.entries(rows).map(([id, r]) => [id, r.state])),
			{ good: 'looked', bad: 'looked', away: 'unreachable', old: 'closed-answers' })
		assert.equal(rows.good.pages, 2)
		assert.ok(rows.bad.findings.medium + rows.bad.findings.high > rows.good.findings.medium + rows.good.findings.high || rows.bad.findings.low > rows.good.findings.low, JSON.stringify(rows))
		assert.ok(rows.old.findings.high === 1)
		assert.equal(rows.good.new, undefined)
		const records = city.run('inspect', 'list')
		for (const host of ['good', 'bad'])
			assert.match(records, new RegExp(`${host}.example.gov.cn`))
	})

	await t.test('the next round tells what is new and gone', async () => {
		const second = Math.floor(Date.now() / 1000)
		await until('the next second: records are named by it', () => Math.floor(Date.now() / 1000) > second)
		const rows = await city.all(ports, ['--fail-on', 'high'], 1)
		assert.deepEqual([rows.good.new, rows.good.gone], [0, 0])
	})

	await t.test('a region: one\'s own, and what a lower unit signed', async () => {
		const key = path.join(county.state, 'k'), parcel = path.join(county.state, 'county.parcel')
		county.app('far', 'far.example.gov.cn')
		await county.all({ 'far.example.gov.cn': port })
		writeFileSync(`${key}.pub`, county.run('probe', 'key', key))
		county.run('inspect', 'export', '--name', 'county', '--out', parcel, '--key', key)
		await city.slow(['inspect', 'import', parcel], 1)
		city.run('probe', 'trust', 'county', '--key', `${key}.pub`)
		await city.slow(['probe', 'import', parcel], 2)
		city.run('inspect', 'import', parcel)
		await city.slow(['inspect', 'import', parcel], 4)
		const altered = readFileSync(parcel)
		altered[altered.length >> 1] ^= 1
		writeFileSync(parcel, altered)
		const p = start(t, weique, ['inspect', 'import', parcel], { env: city.env })
		assert.ok([1, 4].includes((await p.exited).code), p.out)

		const html = path.join(city.state, 'region.html'), csv = path.join(city.state, 'region.csv')
		const region = JSON.parse(city.run('inspect', 'region', '--json', '--html', html, '--csv', csv))
		assert.deepEqual(region.sites.map(s => `${s.peer}:${s.site}`).sort(),
			[':away.example.gov.cn', ':bad.example.gov.cn', ':good.example.gov.cn', 'county:far.example.gov.cn'])
		assert.equal(region.qualified + region.open + region.unqualified, 4)
		assert.ok(region.clauses.some(c => c.clause === 'A5' && c.sites >= 3), JSON.stringify(region.clauses))
		const page = readFileSync(html, 'utf8')
		assert.match(page, /<tr>.*far\.example\.gov\.cn.*<\/tr>/)
		assert.doesNotMatch(page, /<script|https?:\/\/(?!\S*example)/)
		assert.equal(readFileSync(csv, 'utf8').trim().split('\r\n').length, 5)
	})
})

// The same line with an origin that is asked by HTTP: a server of the unit's that is not touched.
import test from 'node:test'
import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { Line, Visitors, copyOf, header, policy } from './line.mjs'

const types = { '.html': 'text/html', '.css': 'text/css', '.js': 'application/javascript', '.png': 'image/png', '.svg': 'image/svg+xml' }

// Serves a folder as an ordinary web server does; .given is what it answered with status 200, .asked every request.
async function startOrigin(t, dir) {
	const origin = { given: new Map(), asked: [], broken: false }
	const server = http.createServer((request, response) => {
		origin.asked.push({ target: request.url, host: request.headers.host, method: request.method })
		if (origin.broken)
			return response.writeHead(500, { 'Content-Type': 'text/html' }).end('<h1>DEFACED by an error</h1>')
		const at = new URL(request.url, 'http://x')
		if (at.pathname === '/moved')
			return response.writeHead(302, { Location: '/index.html' }).end()
		let file = path.join(dir, decodeURIComponent(at.pathname))
		try {
			if (statSync(file).isDirectory())
				file = path.join(file, 'index.html')
			const body = at.search ? Buffer.concat([readFileSync(file), Buffer.from(`<!-- ${at.search} -->`)]) : readFileSync(file)
			origin.given.set(request.url, body)
			response.writeHead(200, { 'Content-Type': types[path.extname(file)] ?? 'application/octet-stream', 'Set-Cookie': 'a=1', 'X-Powered-By': 'x' })
			response.end(body)
		} catch {
			response.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>not here</h1>')
		}
	})
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
	origin.stop = () => new Promise(resolve => { server.closeAllConnections(); server.close(resolve) })
	t.after(() => origin.stop())
	origin.url = `http://127.0.0.1:${server.address().port}/`
	return origin
}

async function capture(line) {
	const done = await line.weiqueMeanwhile('capture', 'site', '--author', 'editor', '--allow-private', '--json')
	assert.equal(done.code, 0, done.out)
	return JSON.parse(done.out)
}

test('make run SITE=http://…', async t => {
	const dir = path.join(copyOf(t, policy), 'policy.html'), origin = await startOrigin(t, dir)
	appendFileSync(path.join(dir, 'index.html'), '<a href="/moved">moved</a><a href="search.html?page=2">two</a><a href="/nowhere.html">x</a>')
	const line = new Line(t, { site: origin.url, host: 'www.example.gov.cn' })
	const done = await line.up()
	await line.serves(1)
	const approved = new Map(origin.given)

	await t.test('every page that links lead to is served as the origin gave it', async t => {
		const html = [...approved.keys()].filter(k => k.endsWith('.html'))
		assert.ok(html.length > 25 && approved.size > html.length, `${approved.size} resources, ${html.length} of them pages`)
		t.diagnostic(`${approved.size} resources, served after ${done.msec} ms`)
		assert.ok(approved.has('/search.html?page=2'))
		assert.ok(origin.asked.every(r => r.method === 'GET'))
		const times = target => origin.asked.filter(r => r.target === target).length
		for (const target of new Set(origin.asked.map(r => r.target)))
			assert.equal(times(target), /\.(html|js|svg)|^\/$/.test(target) && target !== '/nowhere.html' ? 2 : 1, `${target}: pages are looked at twice`)
		const c = await line.connect()
		for (const [target, body] of approved) {
			const answer = await c.get(target)
			assert.equal(answer.status, 200, target)
			assert.ok(answer.body.equals(body), target)
			assert.doesNotMatch(answer.head, /set-cookie|x-powered-by/i)
		}
		const moved = await c.get('/moved')
		assert.equal(moved.status, 302)
		assert.equal(header(moved, 'location'), '/index.html')
		assert.equal((await c.get('/nowhere.html')).status, 404)
		c.close()
	})

	await t.test('the origin defaced: visitors see what is sealed, the change waits', async t => {
		const visitors = new Visitors(line, approved)
		const page = path.join(dir, 'ch-scope.html'), was = readFileSync(page)
		writeFileSync(page, '<h1>DEFACED</h1><a href="added.html">x</a>')
		writeFileSync(path.join(dir, 'added.html'), '<h1>DEFACED</h1>')
		const found = await capture(line)
		const keys = line.ledger('change.found').filter(e => e.body.release === found.release).map(e => `${e.body.change} ${e.body.key}`)
		assert.ok(keys.includes('changed www.example.gov.cn/ch-scope.html'), keys.join())
		assert.ok(keys.includes('added www.example.gov.cn/added.html'), keys.join())
		assert.equal(line.release(found.release).state, 'open')
		t.diagnostic(`${await visitors.allRight()} answers, none unapproved`)
		writeFileSync(page, was)
	})

	await t.test('the origin broken or down: the site goes on, and nothing is proposed that takes it away', async () => {
		const visitors = new Visitors(line, approved), before = line.json('release', 'list').length
		const proposed = () => line.json('release', 'list').slice(0, -before)
		origin.broken = true
		const broken = await capture(line)
		assert.deepEqual([broken.release, broken.gone], ['', 0])
		assert.ok(broken.unknown >= approved.size)
		await origin.stop()
		const down = await capture(line)
		assert.deepEqual([down.release, down.gone], ['', 0])
		assert.deepEqual(proposed(), [])
		await visitors.allRight()
	})

	await t.test('a private address needs to be allowed', () => {
		line.refused(/private address/, 'capture', 'site', '--author', 'editor')
	})
})

test('an origin that does not answer is said, and nothing is left behind', async t => {
	const origin = await startOrigin(t, '/nonexistent')
	await origin.stop()
	const line = new Line(t, { site: origin.url })
	const done = await line.run()
	assert.equal(done.code, 1, done.out)
	assert.match(done.out, /the capture failed/)
})

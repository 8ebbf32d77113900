// Paths that the sealed policy makes dynamic, staff or closed: what reaches the application behind the gate, and what of
// its answers reaches the visitor. The application is a server of the test's own, whose every answer is known.
import test from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import net from 'node:net'
import path from 'node:path'
import { brotliCompressSync, deflateRawSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { delay, freePort, parseResponse, run, until } from './lib.mjs'
import { Site, host } from './gate.mjs'

const profile = `paths = [ "/app dynamic", "/search dynamic", "/staff staff", "/tmp closed", "/list sealed query=page,size", "/static sealed query=ignore" ];
staff = { from = [ "127.0.0.0/8" ]; };
leave = { prompt = true; name = "云山县人民政府"; };
`
const sealed = [{ path: '/', body: '<h1>sealed</h1>' }, { path: '/list?page=2', body: 'page two' }, { path: '/static/a.css', body: 'a{}' },
	{ path: '/404.html', status: 404, body: 'own 404' }, { path: '/sw.js', body: 'sealed worker', type: 'text/javascript' }]

// A page with links in, out, and everything that a rewriter must leave alone.
const page = `<!DOCTYPE html><html><head><title>查询结果</title></head><body>
<a href="/in.html">里面</a> <a href="http://www.example.gov.cn/x">自己</a> <a href="http://www.other.gov.cn/">兄弟</a>
<a class=x href="http://www.outside.example/path?a=1&amp;b=2#f">外面</a><A HREF='https://evil.example'>大写</A>
<script>var a = "<a href='http://script.example/'>";</script><!-- <a href="http://comment.example/"> -->
<img src="http://img.example/i.png"><p>${'正文。'.repeat(3000)}</p><area href="//area.example/y"></body></html>
`

function send(res, status, headers, body) {
	res.writeHead(status, headers)
	res.end(body)
}

// The application: what it was asked is kept in .seen.
async function startOrigin(t, routes) {
	const seen = []
	const server = createServer((req, res) => {
		const parts = []
		req.on('data', d => parts.push(d))
		req.on('end', () => {
			const url = new URL(req.url, 'http://origin')
			seen.push({ method: req.method, url: req.url, headers: req.headers, raw: req.rawHeaders, body: Buffer.concat(parts).toString() })
			const route = routes[url.pathname]
			if (route)
				return route(req, res, url)
			send(res, 404, { 'Content-Type': 'text/html; charset=utf-8' }, '<h1>origin has none</h1>')
		})
	})
	server.seen = seen
	server.last = () => seen[seen.length - 1]
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
	t.after(() => { server.closeAllConnections(); server.close() })
	server.port = server.address().port
	return server
}

async function startAll(t, routes, { inner = '', outer = '', text = profile, more = [], workers = 2 } = {}) {
	const site = new Site(t)
	writeFileSync(path.join(site.dir, 'profile'), text)
	site.publish(1, sealed, { more: ['--profile', path.join(site.dir, 'profile'), ...more] })
	const origin = await startOrigin(t, routes)
	site.vault = await site.startVault(t)
	await site.startGate(t, { inner: `proxy_pass http://127.0.0.1:${origin.port}; proxy_set_header Host $host; proxy_http_version 1.1; ${inner}`, outer, workers })
	return { site, origin }
}

const html = { 'Content-Type': 'text/html; charset=utf-8' }
const routes = {
	'/app/echo': (req, res, url) => send(res, 200, { 'Content-Type': 'text/plain' }, `${req.method} ${url.search}`),
	'/app/form': (req, res) => send(res, 200, { 'Content-Type': 'text/plain' }, 'posted'),
	'/search': (req, res, url) => send(res, 200, html, `<p>${url.searchParams.get('q')}</p>`),
	'/staff/x': (req, res) => send(res, 200, { 'Content-Type': 'text/plain' }, 'for staff'),
	'/nothing': (req, res) => send(res, 200, html, 'must never be seen'),
	'/app/page': (req, res) => send(res, 200, { ...html, 'Content-Security-Policy': "default-src 'self'", 'ETag': '"abc"', 'Last-Modified': 'Thu, 01 Jan 2015 00:00:00 GMT', 'Accept-Ranges': 'bytes', 'Content-Length': Buffer.byteLength(page) }, page),
}
const link = /href="\/leave\/d\/[0-9a-f]{32}\/[\w-]+"/g

test('what may be asked of the application, and in which form', async t => {
	const { site, origin } = await startAll(t, routes)

	await t.test('sealed paths never ask it', async () => {
		assert.equal((await site.get('/')).body.toString(), '<h1>sealed</h1>')
		assert.equal((await site.get('/nothing')).body.toString(), 'own 404')
		assert.equal((await site.get('/', { method: 'POST', body: 'x' })).status, 405)
		assert.equal(origin.seen.length, 0)
	})

	await t.test('closed paths are closed to everybody', async () => {
		const r = await site.get('/tmp/x')
		assert.equal(r.status, 403)
		assert.equal((await site.get('/tmp/x', { method: 'POST', body: 'x' })).status, 403)
		assert.equal((await site.get('/tmpx')).status, 404)
		assert.equal(origin.seen.length, 0)
	})

	await t.test('a path has the query policy of its rule', async () => {
		for (const target of ['/list?page=2', '/list?x=1&page=2', '/list?page=2&page=3', '/list?page=2&x=%2500'])
			assert.equal((await site.get(target)).body.toString(), 'page two', target)
		assert.equal((await site.get('/list?page=3')).status, 404)
		for (const target of ['/static/a.css', '/static/a.css?v=1', '/static/a.css?v=%252541'])
			assert.equal((await site.get(target)).body.toString(), 'a{}', target)
		assert.equal((await site.get('/?v=1')).status, 404)
		assert.equal((await site.get('/?v=%252541')).status, 400)
		assert.equal((await site.get(`/?v=${'x'.repeat(5000)}`)).status, 414)
	})

	await t.test('every method and body goes through under a dynamic path', async () => {
		for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
			const r = await site.get('/app/echo?a=1', { method, body: method === 'GET' ? undefined : 'body '.repeat(5000) })
			assert.equal(r.status, 200, method)
			assert.equal(r.body.toString(), `${method} ?a=1`)
			if (method !== 'GET')
				assert.equal(origin.last().body, 'body '.repeat(5000))
		}
	})

	await t.test('the application gets the canonical form', async () => {
		const table = [['/a/../search?q=%e4%b8%ad', '/search?q=%E4%B8%AD'], ['/%73earch', '/search'], ['/./app/./echo?', '/app/echo'],
			['/app/%e4%b8%ad?x=%7e', '/app/%E4%B8%AD?x=~'], ['/app/a%20b?c=d%20e+f', '/app/a%20b?c=d%20e+f'],
			['/app/echo?u=http%253A%252F%252Fx', '/app/echo?u=http%253A%252F%252Fx'], ['/app/echo?q=%c4%e3', '/app/echo?q=%C4%E3'],
			[`/app/echo?long=${'%e4'.repeat(1500)}`, `/app/echo?long=${'%E4'.repeat(1500)}`], [`http://${host}/app/echo`, '/app/echo']]
		for (const [raw, canonical] of table) {
			await site.get(raw, { host: 'WWW.Example.gov.CN.' })
			assert.equal(origin.last().url, canonical, raw)
			assert.equal(origin.last().headers.host, host, raw)
		}
	})

	await t.test('what can be read in two ways is refused', async () => {
		const before = origin.seen.length
		for (const target of ['/app;x/echo', '/app/echo;jsessionid=1', '/app/..;/tmp/x', '/app%2fecho', '/app/%2e%2e;/x', '/app//echo', '/app/\\..\\x', '/app/echo?a=\\'])
			assert.equal((await site.get(target)).status, 400, target)
		assert.equal((await site.get('/;x')).status, 400)
		assert.equal(origin.seen.length, before)
	})

	await t.test('no service worker comes from a dynamic path', async () => {
		const headers = { 'Service-Worker': 'script' }
		assert.equal((await site.get('/app/echo', { headers })).status, 403)
		assert.equal((await site.get('/staff/x', { headers })).status, 403)
		assert.equal((await site.get('/sw.js', { headers })).body.toString(), 'sealed worker')
		await until('the reason is logged', () => /\/app\/echo 403 class=dynamic .*reason=service_worker/.test(readFileSync(`${site.dir}/access.log`, 'utf8')))
	})

	await t.test('the log and the metrics say what was done', async () => {
		const log = await until('the log', () => readFileSync(`${site.dir}/access.log`, 'utf8'))
		assert.match(log, /^\/app\/echo\?a=1 200 class=dynamic release=portal\/1 digest=- reason=-$/m)
		assert.match(log, /^\/tmp\/x 403 class=closed release=portal\/1 digest=- reason=class_closed$/m)
	})
})

test('staff paths are for listed networks', async t => {
	const { site, origin } = await startAll(t, routes, { inner: 'set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;' })
	assert.equal((await site.get('/staff/x')).body.toString(), 'for staff')
	for (const address of ['203.0.113.9', '2001:db8::1', '10.0.0.1', '128.0.0.1']) {
		const r = await site.get('/staff/x', { headers: { 'X-Real-IP': address } })
		assert.equal(r.status, 403, address)
		assert.match(r.body.toString(), /第十九条/)
	}
	assert.equal((await site.get('/staff/x', { headers: { 'X-Real-IP': '127.5.5.5' } })).status, 200)
	assert.equal(origin.seen.length, 2)
	await until('the reason is logged', () => /\/staff\/x 403 class=staff .*reason=staff_network/.test(readFileSync(`${site.dir}/access.log`, 'utf8')))
})

test('without a handler there is no way through, and a rewritten address has none', async t => {
	const site = new Site(t)
	writeFileSync(path.join(site.dir, 'profile'), profile)
	site.publish(1, sealed, { more: ['--profile', path.join(site.dir, 'profile')] })
	const origin = await startOrigin(t, routes)
	await site.startVault(t)
	await site.startGate(t, { inner: `location /app/rewritten { rewrite ^ /app/echo break; proxy_pass http://127.0.0.1:${origin.port}; }
		location /app/base/ { proxy_pass http://127.0.0.1:${origin.port}/app/; }` })
	assert.equal((await site.get('/app/echo')).status, 404)
	assert.equal((await site.get('/staff/x')).status, 404)
	assert.equal((await site.get('/app/rewritten')).status, 404)
	assert.equal(origin.seen.length, 0)
	// the operator's own change of the base is the operator's
	assert.equal((await site.get('/app/base/x/../echo?a=%2f')).body.toString(), 'GET ?a=%2F')
	assert.equal(origin.last().url, '/app/echo?a=%2F')
})

test('documents are rewritten while they stream', async t => {
	const whole = Buffer.from(page)
	const variants = {
		'/app/whole': (req, res) => send(res, 200, html, whole),
		'/app/bytes': async (req, res) => {
			res.writeHead(200, html)
			res.socket.setNoDelay(true)
			for (let i = 0; i < 700; i++) {
				res.write(whole.subarray(i, i + 1))
				if (i % 10 === 0)
					await new Promise(setImmediate)
			}
			res.end(whole.subarray(700))
		},
		'/app/length': (req, res) => send(res, 200, { ...html, 'Content-Length': whole.length }, whole),
		'/app/nolabel': (req, res) => send(res, 200, { 'Content-Type': 'text/html' }, whole),
		'/app/notype': (req, res) => { res.writeHead(200); res.end(whole) },
		'/app/xhtml': (req, res) => send(res, 200, { 'Content-Type': 'application/xhtml+xml' }, whole),
		'/app/gzip': (req, res) => send(res, 200, { ...html, 'Content-Encoding': 'gzip' }, gzipSync(whole)),
		'/app/x-gzip': (req, res) => send(res, 200, { ...html, 'Content-Encoding': 'X-GZIP' }, gzipSync(whole)),
		'/app/deflate': (req, res) => send(res, 200, { ...html, 'Content-Encoding': 'deflate' }, deflateSync(whole)),
		'/app/raw-deflate': (req, res) => send(res, 200, { ...html, 'Content-Encoding': 'deflate' }, deflateRawSync(whole)),
		'/app/identity': (req, res) => send(res, 200, { ...html, 'Content-Encoding': 'identity' }, whole),
		'/app/500': (req, res) => send(res, 500, html, whole),
		'/app/404': (req, res) => send(res, 404, html, whole),
	}
	const { site, origin } = await startAll(t, {
		...routes, ...variants,
		'/app/br': (req, res) => send(res, 200, { ...html, 'Content-Encoding': 'br' }, brotliCompressSync(whole)),
		'/app/zstd': (req, res) => send(res, 200, { ...html, 'Content-Encoding': 'zstd' }, 'x'),
		'/app/twice': (req, res) => send(res, 200, { ...html, 'Content-Encoding': 'gzip, gzip' }, gzipSync(gzipSync(whole))),
		'/app/broken-gzip': (req, res) => send(res, 200, { ...html, 'Content-Encoding': 'gzip' }, 'no gzip at all'),
		'/app/utf16': (req, res) => send(res, 200, { 'Content-Type': 'text/html; charset=utf-16' }, Buffer.from(page, 'utf16le')),
		'/app/utf16-bom': (req, res) => send(res, 200, { 'Content-Type': 'text/html; charset=utf-8' }, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(page, 'utf16le')])),
		'/app/iso-2022': (req, res) => send(res, 200, { 'Content-Type': 'text/html; charset=ISO-2022-JP' }, 'x'),
		'/app/part': (req, res) => send(res, 206, { ...html, 'Content-Range': 'bytes 0-9/100' }, whole.subarray(0, 10)),
		'/app/late': (req, res) => { res.writeHead(200, { ...html, 'Content-Encoding': 'gzip' }); const z = gzipSync(`<p>${randomBytes(200000).toString('base64')}`); z[z.length >> 1] ^= 0xff; res.end(z) },
		'/app/a.css': (req, res) => send(res, 200, { 'Content-Type': 'text/css', 'Content-Encoding': 'br', ETag: '"css"' }, brotliCompressSync('a{}')),
		'/app/empty': (req, res) => send(res, 200, html, ''),
		'/app/none': (req, res) => send(res, 204, html),
		'/app/json': (req, res) => send(res, 200, { 'Content-Type': 'application/json' }, '{"html":"<a href=\\"http://outside.example\\">"}'),
		'/app/gb': (req, res) => send(res, 200, { 'Content-Type': 'text/html; charset=gb18030' }, Buffer.concat([Buffer.from('<p>'), Buffer.from([0xc4, 0x5c, 0xd5, 0x7c]), Buffer.from('</p><a href="http://outside.example/">x</a>')])),
	})
	const expected = (await site.get('/app/whole')).body.toString()

	await t.test('links that lead out are renamed, nothing else changes', () => {
		const names = expected.match(/\/leave\/d\/[0-9a-f]{32}\/[\w-]+/g) ?? []
		const addresses = names.map(n => Buffer.from(n.split('/')[4], 'base64url').toString())
		assert.deepEqual(addresses, ['http://www.outside.example/path?a=1&b=2#f', 'https://evil.example/', 'http://area.example/y'])
		let i = 0
		const written = ['http://www.outside.example/path?a=1&amp;b=2#f', 'https://evil.example', '//area.example/y']
		assert.equal(expected.replace(/\/leave\/d\/[0-9a-f]{32}\/[\w-]+/g, () => written[i++]), page)
	})

	await t.test('however the answer comes', async () => {
		for (const name of Object.keys(variants)) {
			const r = await site.get(name)
			assert.equal(r.status, name === '/app/500' ? 500 : name === '/app/404' ? 404 : 200, name)
			assert.equal(r.body.toString(), expected, name)
			assert.equal(r.headers['content-encoding'], undefined, name)
		}
	})

	await t.test('its header says what was made of it', async () => {
		const r = await site.get('/app/page')
		assert.equal(r.body.toString(), expected)
		for (const name of ['etag', 'last-modified', 'accept-ranges', 'content-length'])
			assert.equal(r.headers[name], undefined, name)
		assert.equal(r.headers['content-security-policy'], "default-src 'self'")
		const head = await site.get('/app/page', { method: 'HEAD' })
		assert.equal(head.status, 200)
		assert.equal(head.headers['content-length'], undefined)
		assert.equal(head.body.length, 0)
	})

	await t.test('the application is asked for what can be rewritten', async () => {
		await site.get('/app/whole', { headers: { 'Accept-Encoding': 'gzip, br', Range: 'bytes=0-9', 'If-Range': '"x"' } })
		assert.equal(origin.last().headers['accept-encoding'], 'identity')
		assert.equal(origin.last().headers.range, undefined)
		assert.equal(origin.last().headers['if-range'], undefined)
		await site.get('/app/a.jpg', { headers: { Range: 'bytes=0-9' } })
		assert.equal(origin.last().headers.range, 'bytes=0-9')
	})

	await t.test('what cannot be rewritten is not passed on', async () => {
		for (const [name, reason] of [['br', 'document_coding'], ['zstd', 'document_coding'], ['twice', 'document_coding'], ['broken-gzip', 'document_broken'],
			['utf16', 'document_charset'], ['utf16-bom', 'document_charset'], ['iso-2022', 'document_charset'], ['part', 'document_part']]) {
			const r = await site.get(`/app/${name}`)
			assert.equal(r.status, 502, name)
			assert.match(r.body.toString(), /后台应用的答复/, name)
			await until(`${reason} is logged`, () => new RegExp(`/app/${name} 502 .*reason=${reason}`).test(readFileSync(`${site.dir}/access.log`, 'utf8')))
		}
		await assert.rejects(site.get('/app/late'), 'a document that breaks in the middle does not look whole')
	})

	await t.test('what is no document goes through as it is', async () => {
		const css = await site.get('/app/a.css', { headers: { 'Accept-Encoding': 'br' } })
		assert.equal(css.headers['content-encoding'], 'br')
		assert.equal(css.headers.etag, '"css"')
		assert.ok(css.body.equals(brotliCompressSync('a{}')))
		assert.equal((await site.get('/app/json')).body.toString(), '{"html":"<a href=\\"http://outside.example\\">"}')
		assert.equal((await site.get('/app/empty')).body.length, 0)
		assert.equal((await site.get('/app/none')).status, 204)
	})

	await t.test('bytes of other charsets stay', async () => {
		const r = await site.get('/app/gb')
		assert.ok(r.body.subarray(0, 11).equals(Buffer.from([0x3c, 0x70, 0x3e, 0xc4, 0x5c, 0xd5, 0x7c, 0x3c, 0x2f, 0x70, 0x3e])))
		assert.match(r.body.toString('latin1'), /\/leave\/d\//)
	})

	await t.test('metrics count it', async () => {
		const metrics = (await site.get('/weique-metrics')).body.toString()
		const n = (outcome, family = 'documents') => Number(new RegExp(`weique_${family}_total\\{app="portal",class="dynamic",outcome="${outcome}"\\} (\\d+)`).exec(metrics)?.[1] ?? 0)
		assert.ok(n('rewritten') >= Object.keys(variants).length, metrics)
		assert.equal(n('refused'), 8)
		assert.equal(n('cut'), 1)
		assert.ok(n('forwarded', 'requests') > 20)
	})
})

// A TCP connection that reads only when it is told to.
function slowVisitor(port, target) {
	const socket = net.connect(port, '127.0.0.1')
	const parts = []
	socket.pause()
	socket.on('data', d => parts.push(d))
	socket.on('error', () => {})
	const ended = new Promise(resolve => socket.on('close', resolve))
	socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
	return { socket, bytes: () => Buffer.concat(parts), ended, received: () => parts.reduce((n, p) => n + p.length, 0) }
}

const rss = pid => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024

test('streams: bounded, at once, and cut when they are cut', async t => {
	const paragraph = Buffer.from(`<p>${'x'.repeat(1000)}<a href="http://outside.example/">out</a></p>\n`)
	const big = 60 * 1024 * 1024
	const closed = []
	let release
	const write = (res, chunk) => res.write(chunk) || new Promise(resolve => { res.once('drain', resolve); res.once('close', resolve) })
	const { site, origin } = await startAll(t, {
		'/app/big': async (req, res, url) => {
			res.writeHead(200, url.searchParams.has('gzip') ? { ...html, 'Content-Encoding': 'gzip' } : html)
			const chunk = Buffer.concat(Array(64).fill(paragraph))
			let sent = 0
			res.on('close', () => closed.push({ sent, whole: res.writableFinished }))
			if (url.searchParams.has('gzip'))
				return res.end(gzipSync(Buffer.alloc(big, paragraph)))
			for (; sent < big && !res.destroyed; sent += chunk.length)
				await write(res, chunk)
			res.end()
		},
		'/app/abort': (req, res) => { res.writeHead(200, html); res.write(Buffer.concat(Array(64).fill(paragraph))); setTimeout(() => res.destroy(), 50) },
		'/app/abort-early': (req, res) => { res.writeHead(200, html); res.write('<p>'); setTimeout(() => res.destroy(), 50) },
		'/app/events': (req, res) => { res.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' }); res.write('data: one\n\n'); release = () => res.end('data: two\n\n') },
		'/app/trickle': (req, res) => { res.writeHead(200, { ...html, 'X-Accel-Buffering': 'no' }); res.write('<p>first</p>'); release = () => res.end('<a href="http://outside.example/">last</a>') },
		'/app/small': (req, res) => send(res, 200, html, paragraph),
	}, { workers: 1, inner: 'proxy_max_temp_file_size 0; proxy_busy_buffers_size 8k;', outer: '' })
	const [worker] = site.nginx.workers()

	await t.test('a visitor who does not read slows the application down', async () => {
		await site.get('/app/small')
		const before = rss(worker)
		const visitors = Array.from({ length: 8 }, () => slowVisitor(site.port, '/app/big'))
		await until('the application waits', async () => {
			const n = origin.seen.length
			await delay(300)
			return n === origin.seen.length && n >= 9
		})
		assert.ok(rss(worker) - before < 24 * 1024 * 1024, `${rss(worker) - before} bytes for eight`)
		visitors.slice(1).forEach(v => v.socket.destroy())
		await until('the application is told', () => closed.length >= 7)
		assert.ok(closed.every(c => c.sent < big / 2 && !c.whole), JSON.stringify(closed))
		visitors[0].socket.resume()
		await visitors[0].ended
		const r = parseResponse(visitors[0].bytes())
		assert.equal(r.body.toString().match(/<a href="\/leave\/d\//g).length, Math.ceil(big / (64 * paragraph.length)) * 64)
		assert.ok(rss(worker) - before < 24 * 1024 * 1024)
	})

	await t.test('a small stream that unpacks to much stays small', async () => {
		const before = rss(worker)
		const visitor = slowVisitor(site.port, '/app/big?gzip')
		await until('it was asked', () => origin.last().url.endsWith('gzip'))
		await delay(500)
		assert.ok(rss(worker) - before < 16 * 1024 * 1024)
		visitor.socket.resume()
		await visitor.ended
		const n = Math.floor(big / paragraph.length)
		assert.ok(Math.abs(parseResponse(visitor.bytes()).body.toString().match(/<a href="\/leave\/d\//g).length - n) <= 1)
		assert.ok(rss(worker) - before < 16 * 1024 * 1024)
	})

	await t.test('what the application cuts is cut', async () => {
		await assert.rejects(site.get('/app/abort'))
		await assert.rejects(site.get('/app/abort-early'))
		assert.equal((await site.get('/app/small')).status, 200)
	})

	await t.test('what is flushed arrives', async () => {
		const events = slowVisitor(site.port, '/app/events')
		events.socket.resume()
		await until('the first event', () => events.bytes().includes('data: one'))
		release()
		await events.ended
		assert.match(events.bytes().toString(), /data: two/)
		const trickle = slowVisitor(site.port, '/app/trickle')
		trickle.socket.resume()
		await until('the first paragraph', () => trickle.bytes().includes('<p>first</p>'))
		release()
		await trickle.ended
		assert.match(parseResponse(trickle.bytes()).body.toString(), /^<p>first<\/p><a href="\/leave\/d\/[^"]+">last<\/a>$/)
	})
})

test('when the application is down, what is sealed goes on', async t => {
	const { site, origin } = await startAll(t, routes)
	assert.equal((await site.get('/app/page')).status, 200)
	origin.closeAllConnections()
	await new Promise(resolve => origin.close(resolve))
	assert.equal((await site.get('/app/page')).status, 502)
	assert.equal((await site.get('/')).body.toString(), '<h1>sealed</h1>')
})

test('over TLS 1.3 and HTTP/2, with curl', async t => {
	const site = new Site(t)
	const large = Buffer.from(Array.from({ length: 400000 }, (_, i) => i * 31 & 0xff))
	writeFileSync(path.join(site.dir, 'profile'), profile)
	site.publish(1, [...sealed, { path: '/large.bin', body: large, type: 'application/octet-stream' }, { path: '/page.html', body: page, gzip: true }],
		{ more: ['--profile', path.join(site.dir, 'profile')] })
	const origin = await startOrigin(t, { ...routes, '/app/bin': (req, res) => send(res, 200, { 'Content-Type': 'application/octet-stream' }, large) })
	run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${host}`,
		'-addext', `subjectAltName=DNS:${host}`, '-keyout', path.join(site.dir, 'tls.key'), '-out', path.join(site.dir, 'tls.crt')])
	await site.startVault(t)
	const tls = await freePort()
	await site.startGate(t, { inner: `proxy_pass http://127.0.0.1:${origin.port};`, outer: `server { listen 127.0.0.1:${tls} ssl http2; ssl_certificate ${site.dir}/tls.crt; ssl_certificate_key ${site.dir}/tls.key;
		ssl_protocols TLSv1.3; location / { weique on; proxy_pass http://127.0.0.1:${origin.port}; proxy_set_header Host $host; gzip on; gzip_min_length 1; } }` })
	// not spawnSync: the application lives in this process
	const curl = async (target, ...args) => {
		const child = spawn('curl', ['-sS', '-i', '--raw', '--cacert', path.join(site.dir, 'tls.crt'), '--resolve', `${host}:${tls}:127.0.0.1`, '--max-time', '20',
			'--path-as-is', ...args, ...[].concat(target).map(x => `https://${host}:${tls}${x}`)])
		const parts = [], errors = []
		child.stdout.on('data', d => parts.push(d))
		child.stderr.on('data', d => errors.push(d))
		assert.equal(await new Promise(resolve => child.on('close', resolve)), 0, Buffer.concat(errors).toString())
		return Buffer.concat(parts)
	}
	const ask = async (target, ...args) => parseResponse(await curl(target, ...args), args.includes('-I') ? 'HEAD' : 'GET')
	for (const version of ['--http1.1', '--http2']) {
		const name = /\/leave\/d\/[0-9a-f]{32}\/[\w-]+/g // `//area.example` is another address over TLS
		const expected = (await site.get('/app/page')).body.toString().replace(name, '?')
		await t.test(version, async () => {
			const home = await ask('/', version)
			assert.equal(home.body.toString(), '<h1>sealed</h1>')
			assert.match(home.raw, version === '--http2' ? /^HTTP\/2 200/ : /^HTTP\/1.1 200/)
			assert.ok((await ask('/large.bin', version)).body.equals(large))
			const range = await ask('/large.bin', version, '-r', '100000-299999')
			assert.equal(range.status, 206)
			assert.ok(range.body.equals(large.subarray(100000, 300000)))
			assert.equal((await ask('/', version, '-H', `If-None-Match: ${home.headers.etag}`)).status, 304)
			const head = (await ask('/large.bin', version, '-I'))
			assert.equal(head.headers['content-length'], '400000')
			assert.equal(head.body.length, 0)
			assert.ok(gunzipSync((await ask('/page.html', version, '-H', 'Accept-Encoding: gzip')).body).equals(Buffer.from(page)))

			assert.equal((await ask('/app/page', version)).body.toString().replace(name, '?'), expected)
			const packed = await ask('/app/page', version, '-H', 'Accept-Encoding: gzip')
			assert.equal(packed.headers['content-encoding'], 'gzip')
			assert.equal(gunzipSync(packed.body).toString().replace(name, '?'), expected)
			assert.equal((await ask('/app/page', version, '-I')).body.length, 0)
			assert.ok((await ask('/app/bin', version)).body.equals(large))
			assert.equal((await ask('/app/form', version, '-d', 'a=b')).body.toString(), 'posted')
			assert.equal(origin.last().body, 'a=b')
			assert.equal(origin.last().headers.host, host)
			assert.equal((await ask('/app/x/../echo?%e4', version)).body.toString(), 'GET ?%E4')
			// one connection, sealed and dynamic by turns
			const kept = (await curl(['/', '/app/page', '/list?page=2', '/app/page', '/'], version)).toString()
			assert.equal(kept.split('<h1>sealed</h1>').length, 3)
			assert.equal(kept.split('查询结果').length, 3)
			assert.match(kept, /page two/)
		})
	}
})

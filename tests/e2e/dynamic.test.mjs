// Paths that the sealed policy makes dynamic, staff or closed: what reaches the application behind the gate, and what of
// its answers reaches the visitor. The application is a server of the test's own, whose every answer is known.
import test from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { brotliCompressSync, deflateRawSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { delay, http, parseResponse, run, until } from './lib.mjs'
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

// Where nginx decides how a request is read: the engine has to see what the application sees, or the request has to be refused. Each
// row of docs/waf-decoding.md that the gate answers for is one test here. The origin tells what it got.
import test from 'node:test'
import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { connect } from 'node:http2'
import { readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { form, startRules } from './rules.mjs'
import { freePort, until } from './lib.mjs'
import { host } from './gate.mjs'

// Every value of these is told; what is told is what the engine saw.
const tell = `
SecRuleEngine On
SecRequestBodyAccess On
SecRule REQUEST_URI "@unconditionalMatch" "id:1,phase:1,pass,log,msg:'uri',logdata:'%{MATCHED_VAR}'"
SecRule REQUEST_HEADERS "@unconditionalMatch" "id:2,phase:1,pass,log,msg:'header',logdata:'%{MATCHED_VAR}'"
SecRule ARGS "@unconditionalMatch" "id:3,phase:2,pass,log,msg:'arg',logdata:'%{MATCHED_VAR}'"
SecRule REQUEST_PROTOCOL|REQUEST_METHOD "@unconditionalMatch" "id:4,phase:1,pass,log,msg:'line',logdata:'%{MATCHED_VAR}'"
SecRule ARGS|REQUEST_HEADERS "@contains evil" "id:9,phase:2,deny,log,msg:'evil'"
`

function raw(port, text) {
	return new Promise((resolve, reject) => {
		const socket = net.connect({ port, host: '127.0.0.1' })
		const got = []
		const timer = setTimeout(() => socket.destroy(), 3000)
		socket.on('data', d => got.push(d))
		socket.on('error', reject)
		socket.on('close', () => { clearTimeout(timer); resolve(Number(Buffer.concat(got).toString('latin1').split(' ')[1] ?? 0)) })
		socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
	})
}

test('what nginx decides, the engine sees', async t => {
	const site = await startRules(t, { text: tell, guard: 'mode = "block";', workers: 1 })
	const ask = async (lines, body = '') => {
		const n = site.lines().length, asked = site.origin.seen.length
		const status = await raw(site.port, Buffer.concat([Buffer.from(lines.join('\r\n') + '\r\n\r\n', 'latin1'), Buffer.from(body)]))
		if (status === 200 || status === 403)
			await until('a line', () => site.lines().length > n)
		return { status, line: site.lines()[n], got: site.origin.seen.length > asked ? site.origin.seen.at(-1) : null }
	}
	const values = (line, id) => line.rules.filter(r => r.id === id).map(r => [r.var, r.value])
	const head = [`GET /app/x HTTP/1.1`, `Host: ${host}`, 'Connection: close']
	const post = ['POST /app/x HTTP/1.1', `Host: ${host}`, 'Connection: close', `Content-Type: ${form['Content-Type']}`]

	await t.test('two Host headers, none, and one that is two', async () => {
		for (const lines of [[...head, 'Host: other.example'], ['GET /app/x HTTP/1.1', 'Connection: close'], ['GET /app/x HTTP/1.1', 'Host: a@b', 'Connection: close']]) {
			const r = await ask(lines)
			assert.ok(r.status === 400 || r.status === 404, `${r.status}`)
			assert.equal(r.got, null)
		}
	})

	await t.test('two Content-Length headers, one that is none, both lengths', async () => {
		for (const more of [['Content-Length: 3', 'Content-Length: 4'], ['Content-Length: 3', 'Content-Length: 3'], ['Content-Length: +3'], ['Content-Length: 3, 3'], ['Content-Length: 6', 'Transfer-Encoding: chunked']]) {
			const r = await ask([...post, ...more], 'a=evil')
			assert.equal(r.status, 400, more.join())
			assert.equal(r.got, null)
		}
	})

	await t.test('chunks: extensions are no part of the body, odd ones are refused', async () => {
		const fine = await ask([...post, 'Transfer-Encoding: chunked'], '2;x=evil\r\na=\r\n4\r\nfine\r\n0\r\n\r\n')
		assert.equal(fine.status, 200)
		assert.deepEqual(values(fine.line, 3), [['ARGS:a', 'fine']])
		assert.equal(fine.got.body, 'a=fine')
		assert.equal((await ask([...post, 'Transfer-Encoding: chunked'], '2;x=y\r\na=\r\n4\r\nevil\r\n0\r\n\r\n')).status, 403)
		for (const more of ['Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: identity', 'Transfer-Encoding: xchunked']) {
			const r = await ask([...post, more], '6\r\na=evil\r\n0\r\n\r\n')
			assert.ok([400, 501].includes(r.status), `${more} ${r.status}`)
			assert.equal(r.got, null)
		}
		assert.equal((await ask([...post, 'Transfer-Encoding: chunked'], 'x\r\na=evil\r\n0\r\n\r\n')).got, null)
	})

	await t.test('a header with _ reaches neither', async () => {
		const r = await ask([...head, 'X_Odd: evil', 'X-Fine: yes'])
		assert.equal(r.status, 200)
		assert.ok(!r.got.raw.some(x => /X_Odd/i.test(x)))
		assert.ok(!values(r.line, 2).some(([name]) => /X_Odd/i.test(name)))
		assert.ok(values(r.line, 2).some(([name, value]) => name === 'REQUEST_HEADERS:X-Fine' && value === 'yes'))
	})

	await t.test('the address: one form, or none', async () => {
		for (const [target, seen] of [['/app/../app/./x?a=%41', '/app/x?a=A'], ['/%61pp/x', '/app/x'], [`http://${host}/app/x?a=1`, '/app/x?a=1']]) {
			const r = await ask([`GET ${target} HTTP/1.1`, ...head.slice(1)])
			assert.equal(r.got.url, seen)
			assert.deepEqual(values(r.line, 1), [['REQUEST_URI', seen]], target)
		}
		for (const target of ['/app/..;/x', '/app/x;a=evil', '/app%2fx', '/app/%2e%2e;/x', '/app/\\x', '//app/x'])
			assert.deepEqual(await ask([`GET ${target} HTTP/1.1`, ...head.slice(1)]).then(r => [r.status, r.got]), [400, null], target)
	})

	await t.test('Content-Type twice: the body is judged by what the application may take it for', async () => {
		const r = await ask([...post, 'Content-Type: text/plain', 'Content-Length: 6'], 'a=evil')
		assert.ok(r.status === 400 || r.status === 403, `${r.status}`)
		assert.equal(r.got, null)
	})

	await t.test('a compressed body is undone for rules, or refused', async () => {
		for (const [word, status] of [['fine', 200], ['evil', 403]]) {
			const body = gzipSync(`a=${word}`)
			assert.equal((await ask([...post, 'Content-Encoding: gzip', `Content-Length: ${body.length}`], body)).status, status)
		}
		assert.equal((await ask([...post, 'Content-Encoding: br', 'Content-Length: 3'], 'xyz')).status, 403)
	})

	await t.test('HTTP/1.0 and HTTP/0.9', async () => {
		const r = await ask(['GET /app/x?a=evil HTTP/1.0', `Host: ${host}`])
		assert.equal(r.status, 403)
		assert.ok(values(r.line, 4).some(([, value]) => value === 'HTTP/1.0'))
		const asked = site.origin.seen.length
		await raw(site.port, 'GET /app/x?a=evil\r\n')
		assert.equal(site.origin.seen.length, asked)
	})

	await t.test('line ends: a bare LF is one, a bare CR none', async () => {
		const asked = site.origin.seen.length
		assert.equal(await raw(site.port, `GET /app/x?a=evil HTTP/1.1\nHost: ${host}\nConnection: close\n\n`), 403)
		assert.ok([0, 400].includes(await raw(site.port, `GET /app/x HTTP/1.1\r\nHost: ${host}\r\nX-A: b\rX-B: evil\r\nConnection: close\r\n\r\n`)) || site.origin.seen.length === asked)
	})
})

test('HTTP/2: pseudo-headers become the line that the application gets', async t => {
	const port = await freePort()
	const site = await startRules(t, { text: tell, workers: 1 })
	writeFileSync(site.nginx.conf, readFileSync(site.nginx.conf, 'utf8').replace(/server \{/, `server { listen 127.0.0.1:${port} http2; location / { weique on; proxy_pass http://127.0.0.1:${site.origin.port}; proxy_set_header Host $host; proxy_http_version 1.1; } }\nserver {`))
	site.nginx.reload()
	await until('the new port', () => new Promise(resolve => { const s = net.connect(port, '127.0.0.1', () => { s.destroy(); resolve(true) }); s.on('error', () => resolve(false)) }))
	const session = connect(`http://127.0.0.1:${port}`)
	t.after(() => session.destroy())
	const ask = headers => new Promise(resolve => {
		const s = session.request(headers)
		let status = 0
		s.on('response', h => { status = h[':status'] })
		s.on('data', () => {})
		s.on('error', () => resolve(status))
		s.on('close', () => resolve(status))
		s.end()
	})
	assert.equal(await ask({ ':path': '/app/../app/x?a=%41', ':authority': host, cookie: ['a=1', 'b=2'] }), 200)
	const l = await site.line(0)
	const values = id => l.rules.filter(r => r.id === id).map(r => r.value)
	assert.deepEqual(values(1), ['/app/x?a=A'])
	assert.ok(values(4).includes('HTTP/2.0') && values(4).includes('GET'))
	const of = name => l.rules.filter(r => r.id === 2 && r.var.toLowerCase() === `request_headers:${name}`)
	assert.equal(of('host').length, 1)
	assert.equal(of('host')[0].value, host)
	assert.equal(of('cookie').length, 1, 'crumbs are one header')
	assert.equal(site.origin.seen[0].headers.cookie, 'a=1; b=2')
	// two names of the host
	const asked = site.origin.seen.length
	assert.notEqual(await ask({ ':path': '/app/x', ':authority': host, host: 'other.example' }), 200)
	assert.equal(site.origin.seen.length, asked)
})

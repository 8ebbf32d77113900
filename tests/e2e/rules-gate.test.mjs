// The rule engine in the gate: each verdict, bodies of every kind and size, answers, budgets, exceptions, reloads, log and events. With
// a rule set of the test's own, so that every verdict is known; what real rule sets find is tested elsewhere.
import test from 'node:test'
import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { form, profileOf, rules, send, startRules } from './rules.mjs'
import { built, delay, freePort, parseResponse, run, until } from './lib.mjs'
import { host } from './gate.mjs'

const post = body => ({ method: 'POST', headers: form, body })
const number = /<strong>(\d{8}-[0-9A-F]{8})<\/strong>/
const html = { 'Content-Type': 'text/html; charset=utf-8' }
const metric = async (site, outcome) => Number(new RegExp(`weique_rules_total\\{app="portal",class="-",outcome="${outcome}"\\} (\\d+)`).exec((await site.get('/weique-metrics')).body.toString())?.[1] ?? 0)

// What is written as it stands; the answer is everything until the other side ends the connection.
function raw(port, parts, { msec = 10000, until: wanted } = {}) {
	return new Promise((resolve, reject) => {
		const socket = net.connect({ port, host: '127.0.0.1' })
		const got = []
		const timer = setTimeout(() => socket.destroy(new Error('no end')), msec)
		socket.on('data', d => { got.push(d); if (wanted?.test(Buffer.concat(got).toString('latin1'))) socket.end() })
		socket.on('error', reject)
		socket.on('close', () => { clearTimeout(timer); resolve(Buffer.concat(got).toString('latin1')) })
		;(async () => {
			for (const part of parts)
				if (typeof part === 'number')
					await delay(part)
				else
					socket.write(part)
		})()
	})
}

test('block: a page with a number that the log knows', async t => {
	const site = await startRules(t)

	await t.test('what no rule minds reaches the application', async () => {
		assert.equal((await site.get('/app/x?q=fine')).body.toString(), 'GET /app/x?q=fine 0')
		assert.equal((await site.get('/app/x', post('a=b'))).body.toString(), 'POST /app/x 3')
		assert.equal((await site.get('/staff/x?q=fine')).status, 200)
	})

	await t.test('phase 1, phase 2, a body', async () => {
		const before = site.origin.seen.length
		const numbers = []
		for (const [target, options] of [['/app/x', { headers: { 'X-Attack': 'phase1' } }], ['/app/x?q=evil', {}], ['/app/x', post('a=1&b=evil')], ['/staff/x?q=evil', {}]]) {
			const r = await site.get(target, options)
			assert.equal(r.status, 403, target)
			assert.match(r.body.toString(), /<html lang="zh-CN">[^]*网站没有受理[^]*lang="en"/)
			assert.equal(r.headers['cache-control'], 'no-store')
			assert.match(r.headers['content-security-policy'], /default-src 'none'/)
			numbers.push(number.exec(r.body.toString())[1])
		}
		assert.equal(site.origin.seen.length, before)
		await site.line(3)
		assert.deepEqual(site.lines().map(l => [l.verdict, l.status, l.rules[0]?.id, l.incident]),
			[101, 102, 102, 102].map((id, i) => ['block', 403, id, numbers[i]]))
		assert.deepEqual([...numbers].sort(), numbers)
		await until('the access log says why', () => /\/app\/x\?q=evil 403 class=dynamic .*reason=rule_blocked/.test(readFileSync(`${site.dir}/access.log`, 'utf8')))
	})

	await t.test('a line has what an operator needs', async () => {
		const l = site.lines()[2]
		assert.equal(l.application, 'portal')
		assert.equal(l.client, '127.0.0.1')
		assert.equal(l.method, 'POST')
		assert.equal(l.uri, '/app/x')
		assert.ok(Math.abs(Date.parse(l.time) - Date.now()) < 60000)
		const [rule] = l.rules
		assert.deepEqual([rule.phase, rule.msg, rule.data, rule.var, rule.value, rule.severity, rule.tags], [2, 'evil argument', 'found evil in ARGS:b', 'ARGS:b', 'evil', 'critical', ['attack-test']])
		assert.match(rule.file, /rules\.conf$/)
		assert.ok(rule.line > 1)
	})

	await t.test('secrets do not stand in it', async () => {
		await site.get('/app/x?password=evil-geheim&q=1', { headers: { Cookie: 'sid=cookie-geheim', Authorization: 'Basic geheim' } })
		await site.line(4)
		assert.doesNotMatch(readFileSync(site.ruleLog, 'utf8'), /geheim/)
		assert.equal(site.lines()[4].uri, '/app/x?password=***&q=1')
	})

	await t.test('the vault has an event of it, once a minute', async () => {
		for (let i = 0; i < 5; i++)
			await site.get(`/app/x?q=evil${i}`)
		const [e] = await until('the event', () => { const all = site.events('gate.rule_blocked').filter(e => e.fields.rule === 102); return all.length > 0 && all })
		assert.equal(e.fields.clause, 'C3')
		assert.equal(e.fields.app, 'portal')
		assert.equal(e.fields.variable, 'ARGS:q')
		assert.equal(e.fields.value, 'evil')
		assert.equal(site.events('gate.rule_blocked').filter(e => e.fields.rule === 102).length, 1)
		await until('the ledger has it', () => site.ledgerTypes().includes('gate.rule_blocked'))
	})

	await t.test('what is only noted passes, and is logged', async () => {
		const n = site.lines().length
		assert.equal((await site.get('/app/x?q=notable')).status, 200)
		const l = await site.line(n)
		assert.deepEqual([l.verdict, l.status, l.rules.map(r => r.id)], ['log', 200, [106]])
	})

	await t.test('counters', async () => {
		assert.ok(await metric(site, 'evaluated') >= 10)
		assert.ok(await metric(site, 'blocked') >= 10)
		assert.equal(await metric(site, 'logged'), 1)
		assert.ok(await metric(site, 'microseconds') > 0)
		assert.equal(await metric(site, 'over'), 0)
	})

	await t.test('sealed paths are served whatever is asked, and watched when they were refused', async () => {
		const n = site.lines().length
		assert.equal((await site.get('/', { headers: { 'X-Attack': 'phase1' } })).body.toString(), '<h1>sealed</h1>')
		assert.equal((await site.get("/nothing?q=evil'")).status, 404)
		const l = await site.line(n)
		assert.deepEqual([l.class, l.status, l.verdict, l.rules.map(r => r.id)], ['sealed', 404, 'log', [102]])
		assert.equal(await metric(site, 'watched'), 1)
		assert.equal(site.lines().length, n + 1)
	})
})

test('bodies of every kind and size', async t => {
	const site = await startRules(t, { guard: 'mode = "block"; body_max = "64KiB"; upload_max = "300MiB";', inner: 'client_max_body_size 300m;' })
	const boundary = 'XyZ'
	const multipart = { 'Content-Type': `multipart/form-data; boundary=${boundary}` }
	const part = (name, content, file) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file ? `; filename="${file}"` : ''}\r\n\r\n${content}\r\n`
	const end = `--${boundary}--\r\n`

	await t.test('a form, JSON and multipart', async () => {
		const json = { 'Content-Type': 'application/json' }
		for (const [headers, body, status] of [
			[form, `a=${'x'.repeat(30000)}&b=fine`, 200], [form, `a=${'x'.repeat(30000)}&b=evil`, 403],
			[json, JSON.stringify({ a: [{ b: 'fine' }] }), 200], [json, JSON.stringify({ a: [{ b: 'evil' }] }), 403],
			[multipart, part('a', 'fine') + part('f', 'evil in a file', 'x.txt') + end, 200], [multipart, part('a', 'evil') + end, 403],
			[multipart, part('f', 'x', 'shell.php') + end, 403], [{ 'Content-Type': 'text/plain' }, 'a=evil', 200],
			[{ 'Content-Type': 'application/octet-stream' }, 'x'.repeat(100000), 200]]) {
			const r = await site.get('/app/x', { method: 'POST', headers, body })
			assert.equal(r.status, status, `${headers['Content-Type']} ${body.slice(0, 40)}`)
			if (status === 200)
				assert.equal(site.origin.seen.at(-1).bytes, Buffer.byteLength(body))
		}
	})

	await t.test('chunked, in pieces, and with Expect', async () => {
		const head = `POST /app/x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n`
		const chunk = s => `${Buffer.byteLength(s).toString(16)}\r\n${s}\r\n`
		for (const [word, status] of [['fine', 200], ['evil', 403]]) {
			const pieces = ['a=1&', 'b=', word.slice(0, 2), word.slice(2)]
			assert.equal(parseResponse(Buffer.from(await raw(site.port, [`${head}Transfer-Encoding: chunked\r\n\r\n`, ...pieces.flatMap(p => [20, chunk(p)]), '0\r\n\r\n']), 'latin1')).status, status)
			assert.equal(parseResponse(Buffer.from(await raw(site.port, [`${head}Content-Length: 10\r\n\r\n`, ...pieces.flatMap(p => [20, p])]), 'latin1')).status, status)
			const text = await raw(site.port, [`${head}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n`, 100, `a=1&b=${word}`])
			assert.match(text, new RegExp(`^HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 ${status} `))
		}
		// refused before its body is sent
		assert.match(await raw(site.port, [`${head}X-Attack: phase1\r\nContent-Length: 1000000\r\n\r\n`, 'a=1'], { until: /<\/html>/ }), /^HTTP\/1.1 403 /)
	})

	await t.test('over the limit of what rules look at, and unreadable', async () => {
		const big = await site.get('/app/x', post(`a=${'x'.repeat(70000)}`))
		assert.equal(big.status, 403)
		assert.match(big.body.toString(), /超出了限度/)
		const odd = await site.get('/app/x', { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Encoding': 'br' }, body: 'xxxx' })
		assert.equal(odd.status, 403)
		assert.match(odd.body.toString(), /无法读取/)
		const broken = await site.get('/app/x', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"a":' })
		assert.equal(broken.status, 403)
		await until('the lines', () => site.lines().some(l => l.over && l.verdict === 'block') && site.lines().filter(l => l.unreadable && l.verdict === 'block').length === 2)
		// the policy may let both pass
		site.republish(2, 'mode = "block"; body_max = "64KiB"; over = "pass"; unreadable = "pass";')
		await site.servesSerial(2)
		assert.equal((await site.get('/app/x', post(`a=${'x'.repeat(70000)}`))).status, 200)
		assert.equal((await site.get('/app/x', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"a":' })).status, 200)
		site.republish(3, 'mode = "block"; body_max = "64KiB"; upload_max = "300MiB";')
		await site.servesSerial(3)
	})

	await t.test('what some server would read, whatever the method and the headers say', async () => {
		const before = site.origin.seen.length
		const ask = (method, headers, body, target = '/app/x') => raw(site.port, [`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n${headers.map(h => `${h}\r\n`).join('')}\r\n${body}`])
		const type = 'Content-Type: application/x-www-form-urlencoded'
		for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
			assert.match(await ask(method, [type], 'a=evil'), /^HTTP\/1.1 40[35] /, method)
		for (const [headers, body] of [
			[[type, 'Content-Type: text/plain'], 'a=fine'], [['Content-Type: text/plain', type], 'a=evil'], [['Content-Type: image/png', type], 'a=evil'],
			[['Content-Type: APPLICATION/X-WWW-FORM-URLENCODED;x=y'], 'a=evil'], [[`${type}; charset=utf-8; charset=ibm037`], 'a=fine'],
			[[`${type}; charset=utf-7`], 'a=fine'], [[type, 'Content-Encoding: identity', 'Content-Encoding: br'], 'a=fine'],
			[['Content-Type: multipart/related; boundary=XyZ'], part('a', 'evil') + end], [['Content-Type: multipart/mixed'], part('a', 'fine') + end]])
			assert.match(await ask('POST', headers, body), /^HTTP\/1.1 403 /, headers.join())
		for (const target of [`http://${host}/app/x?q=evil`, '/app/x?q=%65vil', '/app/x?a=1;q=evil'])
			assert.match(await ask('GET', [], '', target), /^HTTP\/1.1 403 /, target)
		assert.equal(site.origin.seen.length, before)
		assert.match(await ask('POST', [type, type], 'a=fine'), /^HTTP\/1.1 200 /)
		// the second of two requests in one packet
		const one = (word, more) => `POST /app/x HTTP/1.1\r\nHost: ${host}\r\n${more}${type}\r\nContent-Length: 6\r\n\r\na=${word}`
		assert.match(await raw(site.port, [one('fine', '') + one('evil', 'Connection: close\r\n')]), /^HTTP\/1.1 200 [^]*HTTP\/1.1 403 /)
	})

	await t.test('an upload of 200 MB takes no memory of the worker', async () => {
		const memory = () => Math.max(...site.nginx.workers().map(pid => Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])))
		const before = memory()
		const head = Buffer.from(part('a', 'fine') + `--${boundary}\r\nContent-Disposition: form-data; name="f"; filename="big.bin"\r\n\r\n`)
		const block = Buffer.alloc(1024 * 1024, 'evil ')
		for (const [tail, status] of [[`\r\n${end}`, 200], [`\r\n${part('b', 'evil')}${end}`, 403]]) {
			const total = head.length + 200 * block.length + Buffer.byteLength(tail)
			const answer = await new Promise((resolve, reject) => {
				const socket = net.connect({ port: site.port, host: '127.0.0.1' })
				const got = []
				socket.on('data', d => got.push(d))
				socket.on('error', reject)
				socket.on('close', () => resolve(Buffer.concat(got).toString('latin1')))
				socket.write(`POST /app/x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Type: ${multipart['Content-Type']}\r\nContent-Length: ${total}\r\n\r\n`)
				socket.write(head)
				let i = 0
				const more = () => {
					while (i < 200) {
						i++
						if (!socket.write(block)) {
							socket.once('drain', more)
							return
						}
					}
					socket.write(tail)
				}
				more()
			})
			assert.equal(Number(answer.split(' ')[1]), status)
		}
		assert.equal(site.origin.seen.at(-1).bytes, head.length + 200 * block.length + `\r\n${end}`.length)
		assert.ok(memory() - before < 8 * 1024, `${before} KiB before, ${memory()} KiB after`)
	})

	await t.test('more than the policy allows is refused at once', async () => {
		site.republish(4, 'mode = "block"; upload_max = "1MiB";')
		await site.servesSerial(4)
		assert.match(await raw(site.port, [`POST /app/x HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${multipart['Content-Type']}\r\nContent-Length: 2000000\r\n\r\n`], { until: /<\/html>/ }), /^HTTP\/1.1 403 /)
	})
})

test('HTTP/2', async t => {
	const port = await freePort()
	let origin
	const site = await startRules(t, { routes: { '/app/leak': (req, res) => send(res, 200, html, 'a SECRET-LEAK') } })
	origin = site.origin.port
	// a second gate: the first one's configuration knows the origin's port now
	writeFileSync(site.nginx.conf, readFileSync(site.nginx.conf, 'utf8').replace(/server \{/, `server { listen 127.0.0.1:${port} http2; location / { weique on; proxy_pass http://127.0.0.1:${origin}; proxy_set_header Host $host; proxy_http_version 1.1; } }\nserver {`))
	site.nginx.reload()
	await until('the new port', () => new Promise(resolve => { const s = net.connect(port, '127.0.0.1', () => { s.destroy(); resolve(true) }); s.on('error', () => resolve(false)) }))
	const session = connect(`http://127.0.0.1:${port}`)
	t.after(() => session.destroy())
	const ask = (target, { method = 'GET', headers = {}, body } = {}) => new Promise((resolve, reject) => {
		const s = session.request({ ':method': method, ':path': target, ':authority': host, ...headers })
		const got = []
		let status
		s.on('response', h => { status = h[':status'] })
		s.on('data', d => got.push(d))
		s.on('error', reject)
		s.on('end', () => resolve({ status, body: Buffer.concat(got).toString() }))
		s.end(body)
	})
	assert.equal((await ask('/app/x?q=fine')).body, 'GET /app/x?q=fine 0')
	assert.equal((await ask('/app/x', { method: 'POST', headers: { 'content-type': form['Content-Type'] }, body: 'a=b' })).body, 'POST /app/x 3')
	for (const [target, options] of [['/app/x?q=evil', {}], ['/app/x', { headers: { 'x-attack': 'phase1' } }], ['/app/x', { method: 'POST', headers: { 'content-type': form['Content-Type'] }, body: `a=${'x'.repeat(20000)}&b=evil` }], ['/app/leak', {}]]) {
		const r = await ask(target, options)
		assert.equal(r.status, 403, target)
		assert.match(r.body, number)
	}
	assert.equal((await Promise.all(Array.from({ length: 50 }, (_, i) => ask(`/app/x?q=${i % 2 ? 'evil' : 'fine'}`)))).filter(r => r.status === 403).length, 25)
})

test('answers: phases 3 and 4', async t => {
	const big = 'x'.repeat(300000)
	const site = await startRules(t, { routes: {
		'/app/leak-header': (req, res) => send(res, 200, { ...html, 'X-Leak': 'yes' }, 'body'),
		'/app/leak': (req, res) => send(res, 200, html, `<p>${big}SECRET-LEAK${big}</p>`),
		'/app/late': (req, res) => send(res, 200, html, `${big}${big}SECRET-LEAK`),
		'/app/fine': (req, res) => send(res, 200, { ...html, ETag: '"x"' }, `<p>${big}</p>`),
		'/app/empty': (req, res) => send(res, 200, { ...html, 'Content-Length': 0 }, ''),
		'/app/type': (req, res) => send(res, 200, { 'Content-Type': 'application/pdf' }, 'SECRET-LEAK'),
		'/app/slow': async (req, res) => { res.writeHead(200, html); for (const w of ['SEC', 'RET-', 'LE', 'AK']) { res.write(w); await delay(20) } res.end() },
		'/app/coded': (req, res) => { site.coding = req.headers['accept-encoding']; send(res, 200, html, 'plain') },
		'/app/304': (req, res) => send(res, 304, {}, undefined),
	} })
	for (const target of ['/app/leak-header', '/app/leak', '/app/slow']) {
		const r = await site.get(target)
		assert.equal(r.status, 403, target)
		assert.match(r.body.toString(), number)
		assert.doesNotMatch(r.body.toString(), /SECRET/)
	}
	const fine = await site.get('/app/fine')
	assert.equal(fine.body.toString(), `<p>${big}</p>`)
	assert.equal(fine.headers.etag, '"x"')
	assert.equal((await site.get('/app/empty')).status, 200)
	assert.equal((await site.get('/app/type')).body.toString(), 'SECRET-LEAK')
	assert.equal((await site.get('/app/304')).status, 304)
	assert.equal((await site.get('/app/fine', { method: 'HEAD' })).status, 200)
	assert.equal((await site.get('/app/late')).body.length, 600011)
	await site.get('/app/coded', { headers: { 'Accept-Encoding': 'gzip, br' } })
	assert.equal(site.coding, 'identity')
	await until('three lines', () => site.lines().length === 3)
	assert.deepEqual(site.lines().map(l => [l.verdict, l.rules[0].id, l.rules[0].phase]), [['block', 104, 3], ['block', 105, 4], ['block', 105, 4]])
})

test('an answer that is expensive to judge waits, and others do not', async t => {
	// each looks through all of it, and together that is more than a slice, but within the budget
	const text = rules + Array.from({ length: 120 }, (_, i) => `SecRule RESPONSE_BODY "@rx [a-z][a-z ]{${i % 7 + 2}}[0-9]{${i + 2}}" "id:${400 + i},phase:4,pass,log,msg:'slow'"\n`).join('')
	const body = `7z ${'warning '.repeat(8000)}`, long = `7z ${'warning '.repeat(70000)}`
	const site = await startRules(t, { text, workers: 1, guard: 'mode = "block"; over = "pass"; budget = "30s"; client = "0s";', routes: {
		'/app/slow': (req, res) => send(res, 200, html, body), '/app/slow-leak': (req, res) => send(res, 200, html, `${body}SECRET-LEAK`),
		'/app/long': (req, res) => send(res, 200, html, long) } })
	const patient = { msec: 60000 }
	const slow = Array.from({ length: 8 }, () => site.get('/app/slow', patient)), leaks = Array.from({ length: 4 }, () => site.get('/app/slow-leak', patient))
	for (let i = 0; i < 10; i++)
		assert.equal((await site.get('/app/x?q=fine', patient)).status, 200)
	for (const r of await Promise.all(slow))
		assert.deepEqual([r.status, r.body.toString()], [200, body])
	for (const r of await Promise.all(leaks)) {
		assert.equal(r.status, 403)
		assert.match(r.body.toString(), number)
	}
	// on one connection, one after the other
	const again = (await raw(site.port, [Array.from({ length: 6 }, (_, i) => `GET /app/slow HTTP/1.1\r\nHost: ${host}\r\n${i === 5 ? 'Connection: close\r\n' : ''}\r\n`).join('')], patient)).match(/HTTP\/1.1 200/g)
	assert.equal(again.length, 6)
	let ended = false, meanwhile = 0
	const waiting = site.get('/app/long', patient).then(r => { ended = true; return r })
	for (; !ended; meanwhile++)
		assert.equal((await site.get('/app/x?q=fine', { localAddress: '127.0.1.1' })).status, 200)
	assert.equal((await waiting).body.length, long.length)
	assert.ok(meanwhile > 20, `only ${meanwhile} others were answered meanwhile`)
	// a visitor who goes away meanwhile
	await Promise.all(Array.from({ length: 10 }, () => new Promise(resolve => {
		const s = net.connect(site.port, '127.0.0.1', () => { s.write(`GET /app/slow HTTP/1.1\r\nHost: ${host}\r\n\r\n`); setTimeout(() => { s.destroy(); resolve() }, 15) })
	})))
	assert.equal((await site.get('/app/x?q=fine')).status, 200)
	assert.doesNotMatch(site.nginx.log(), /exited on signal|\[alert\]/)
})

test('log: everything passes, and is on record', async t => {
	const site = await startRules(t, { guard: 'mode = "log"; paths = [ "/app/off off", "/app/hard block" ];', routes: { '/app/leak': (req, res) => send(res, 200, { ...html, 'X-Leak': 'yes' }, 'a SECRET-LEAK') } })
	for (const [target, options, ids] of [['/app/x?q=evil', {}, [102]], ['/app/x', { headers: { 'X-Attack': 'phase1' } }, [101]], ['/app/x', post('a=evil'), [102]],
		['/app/x', post(`a=${'x'.repeat(100000)}&b=evil`), [102]], ['/app/leak', {}, [104, 105]]]) {
		const n = site.lines().length
		assert.equal((await site.get(target, options)).status, 200, target)
		const l = await site.line(n)
		assert.deepEqual([l.verdict, l.status, l.rules.map(r => r.id)], ['log', 200, ids], target)
	}
	const n = site.lines().length
	assert.equal((await site.get('/app/off/x?q=evil')).status, 200)
	assert.equal((await site.get('/app/hard/x?q=evil')).status, 403)
	assert.deepEqual([(await site.line(n)).verdict, site.lines().length], ['block', n + 1])
	await until('one event', () => site.events('gate.rule_blocked').length === 1)
	// many at once, on connections that are used again
	const before = await metric(site, 'logged')
	await Promise.all(Array.from({ length: 100 }, (_, i) => site.get(`/app/x?q=evil${i}`, i % 2 ? post('a=evil') : {})))
	await until('all are counted', async () => await metric(site, 'logged') === before + 100)
	const lines = (await raw(site.port, [Array.from({ length: 20 }, (_, i) => `GET /app/x?q=evil${i} HTTP/1.1\r\nHost: ${host}\r\n${i === 19 ? 'Connection: close\r\n' : ''}\r\n`).join('')])).match(/HTTP\/1.1 200/g)
	assert.equal(lines.length, 20)
	await until('these too', async () => await metric(site, 'logged') === before + 120)
})

test('challenge: a button, a cookie, and on', async t => {
	const site = await startRules(t, { guard: 'mode = "challenge";', inner: 'set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;' })
	const page = await site.get('/app/x?q=evil&x=1')
	assert.equal(page.status, 403)
	assert.match(page.body.toString(), /<button type="submit">继续访问/)
	const way = /action="([^"]+)"/.exec(page.body.toString())[1]
	assert.match(way, /^\/weique-continue\/[0-9a-f]{32}\/[\w-]+$/)
	assert.equal((await site.get('/app/x', post('a=evil'))).status, 403)
	assert.equal((await site.get('/app/x?q=fine')).status, 200)

	const on = await site.get(`${way}?`)
	assert.equal(on.status, 303)
	assert.equal(on.headers.location, '/app/x?q=evil&x=1')
	const cookie = /^(weique_pass=[0-9a-f]{32}); Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/.exec(on.headers['set-cookie'])[1]
	const headers = { Cookie: `a=b; ${cookie}` }
	assert.equal((await site.get('/app/x?q=evil&x=1', { headers })).status, 200)
	assert.equal((await site.get('/app/x', { method: 'POST', headers: { ...form, ...headers }, body: 'a=evil' })).status, 200)
	// neither for another network nor with another mark, nor to another place
	assert.equal((await site.get('/app/x?q=evil', { headers: { ...headers, 'X-Real-IP': '203.0.113.9' } })).status, 403)
	assert.equal((await site.get('/app/x?q=evil', { headers: { Cookie: 'weique_pass=00000000000000000000000000000000' } })).status, 403)
	for (const other of [way.replace(/[0-9a-f]{32}/, '0'.repeat(32)), `${way}x`, way.replace(/[\w-]+$/, Buffer.from('//evil.example/').toString('base64url')), '/weique-continue/'])
		assert.equal((await site.get(other)).status, 403, other)
	assert.equal((await site.get(way, { headers: { 'X-Real-IP': '203.0.113.9' } })).status, 403)
	assert.equal((await site.get(way, { method: 'POST', body: 'x' })).status, 405)
	await until('lines', () => site.lines().filter(l => l.verdict === 'challenge').length === 4)
	assert.equal(site.lines().filter(l => l.verdict === 'log').length, 2)
	assert.equal(await metric(site, 'challenged'), 4)
	assert.equal(await metric(site, 'confirmed'), 1)
})

test('exceptions: scoped, with an end, live', async t => {
	const day = offset => new Date(Date.now() + offset * 86400000).toISOString().slice(0, 10)
	const guard = (...list) => `mode = "block"; exceptions = [ ${list.map(x => `"${x}"`).join(', ')} ];`
	const site = await startRules(t, { guard: guard(`102 ARGS:content /app/article until ${day(2)} 教程`, `102 ARGS:old /app until ${day(-2)} ended`) })
	const status = async target => (await site.get(target)).status
	assert.equal(await status('/app/article?content=evil'), 200)
	assert.equal(await status('/app/article/1?content=evil'), 200)
	assert.equal(await status('/app/article?content=fine&title=evil'), 403)
	assert.equal(await status('/app/articles?content=evil'), 403)
	assert.equal(await status('/app/x?old=evil'), 403)
	const text = (await site.get('/weique-metrics')).body.toString()
	assert.match(text, new RegExp(`weique_rule_exception_hits_total\\{app="portal",exception="102 ARGS:content /app/article"\\} [1-9]`))
	site.republish(2, guard(`tag:attack-test /app until ${day(0)} 测试`, '103 ARGS:/[/ / until 2099-01-01 no such pattern'))
	await site.servesSerial(2)
	assert.equal(await status('/app/x?old=evil'), 200)
	assert.equal((await site.get('/app/x', { headers: { 'X-Attack': 'phase1' } })).status, 200)
	assert.equal((await site.get('/staff/x?q=evil')).status, 403)
	assert.match(site.nginx.log(), /exception_left_out app=portal exception="103 ARGS:\/\[\/ \/"/)
})

test('over a budget the profile decides', async t => {
	// each costs its share of a small budget
	const slow = rules + Array.from({ length: 200 }, (_, i) => `SecRule ARGS:slow "@rx [a-z][a-z ]{${i % 7 + 2}}[0-9]{${i + 2}}" "id:${400 + i},phase:2,pass,log,msg:'slow'"\n`).join('')
	const site = await startRules(t, { text: slow, guard: 'mode = "block"; client = "5ms"; budget = "50ms";', inner: 'set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;' })
	const costly = `slow=7+${'warning+'.repeat(2000)}`
	let refused = 0
	for (let i = 0; i < 400 && refused === 0; i++)
		refused += (await site.get('/app/x', post(costly))).status === 403
	assert.equal(refused, 1)
	// another client is not concerned
	assert.equal((await site.get('/app/x?q=fine', { headers: { 'X-Real-IP': '203.0.113.9' } })).status, 200)
	const l = await until('a line', () => site.lines().find(l => l.over))
	assert.equal(l.verdict, 'block')
	assert.ok(await metric(site, 'over') >= 1)
	await until('the bucket fills again', async () => (await site.get('/app/x?q=fine')).status === 200)
})

test('a reload brings new rules and loses no request', async t => {
	const site = await startRules(t)
	let stop = false, asked = 0
	const bad = []
	const load = Array.from({ length: 8 }, async () => {
		while (!stop) {
			const r = await site.get(asked++ % 2 ? '/app/x?q=fine' : '/app/x', asked % 2 ? {} : post('a=fine')).catch(e => ({ status: e.message }))
			if (r.status !== 200)
				bad.push(r.status)
		}
	})
	const rss = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${site.nginx.pid}/status`, 'utf8'))[1])
	let first
	for (let i = 0; i < 30; i++) {
		const before = site.nginx.workers()
		writeFileSync(site.rules, `${rules}\nSecRule ARGS "@streq reload${i}" "id:${300 + i},phase:1,deny,log"\n`)
		site.nginx.reload()
		await until(`reload ${i}`, () => site.nginx.workers().filter(pid => !before.includes(pid)).length === 2, 30000)
		await until(`the rules of reload ${i}`, async () => (await site.get(`/app/x?q=reload${i}`)).status === 403)
		if (i === 9)
			first = rss()
	}
	stop = true
	await Promise.all(load)
	assert.deepEqual(bad, [])
	assert.ok(asked > 100)
	assert.ok(rss() - first < 2048, `${first} KiB after 10 reloads, ${rss()} KiB after 30`)
	// a rule set that is none changes nothing
	writeFileSync(site.rules, 'SecRule NOTHING "@rx x" "id:1,phase:1"\n')
	site.nginx.reload()
	await until('the error is named', () => /weique_rules: .*rules\.conf/.test(site.nginx.log()))
	assert.equal((await site.get('/app/x?q=evil')).status, 403)
	// the log is opened anew when it was moved away
	renameSync(site.ruleLog, `${site.ruleLog}.1`)
	site.nginx.child.kill('SIGUSR1')
	await until('a new log', async () => { await site.get('/app/x?q=evil'); return site.lines().length > 0 })
})

test('a worker that is killed takes nothing with it', async t => {
	const site = await startRules(t)
	for (let i = 0; i < 4; i++)
		assert.equal((await site.get('/app/x?q=evil')).status, 403)
	await site.line(3)
	const before = site.nginx.workers()
	for (const pid of before)
		process.kill(pid, 'SIGKILL')
	await until('new workers', () => site.nginx.workers().filter(pid => !before.includes(pid)).length === 2)
	await until('they judge', async () => (await site.get('/app/x?q=evil').catch(() => ({}))).status === 403)
	await site.line(4)
	const numbers = site.lines().map(l => l.incident)
	assert.deepEqual([...new Set(numbers)].sort(), numbers)
})

test('an operator finds the number, and tries exceptions before they are approved', async t => {
	const site = await startRules(t)
	const weique = (...args) => JSON.parse(run(built('src/bin/weique'), ['rules', ...args, '--json', '--log', site.ruleLog]))
	const page = (await site.get('/app/article?content=evil')).body.toString()
	await site.get('/app/article?title=evil&content=evil')
	await site.get('/app/x?content=evil')
	await site.line(2)
	const [, n] = number.exec(page)
	const found = weique('incident', n)
	assert.deepEqual([found.incident, found.verdict, found.rules[0].var], [n, 'block', 'ARGS:content'])
	assert.match(run(built('src/bin/weique'), ['rules', 'incident', n.toLowerCase(), '--log', site.ruleLog]), /102 critical {2}evil argument\n\s+ARGS:content = evil/)
	assert.throws(() => weique('incident', '20200101-00000000'), /exit 1|exit 2|exit 4/)

	const profile = path.join(site.dir, 'new.conf')
	const day = new Date(Date.now() + 86400000 * 30).toISOString().slice(0, 10)
	writeFileSync(profile, profileOf(`mode = "block"; exceptions = [ "102 ARGS:/^cont/ /app/article until ${day} 教程", "tag:attack-test /app until 2020-01-01 ended" ];`))
	const said = weique('replay', '--profile', profile)
	assert.deepEqual(said.incidents.map(i => [i.passes, i.rules_left]), [[true, 0], [false, 1], [false, 1]])
	assert.deepEqual(said.exceptions.map(x => [x.ended, x.rules]).sort(), [[false, 1], [true, 0]])
	assert.equal(said.passed, 1)
})

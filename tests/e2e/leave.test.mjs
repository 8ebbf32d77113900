// The leave-site prompt (2024 art. 15): pages by id and by token, what is refused, the way back.
import test from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run, until } from './lib.mjs'
import { Site, host } from './gate.mjs'

const address = 'http://www.outside.example/path?a=1&b=2#f'
const text = `paths = [ "/app dynamic" ];
leave = { prompt = true; name = "云山县人民政府"; };
`

// What the application redirects to and links to is given in the query of the request.
async function startOrigin(t) {
	const server = createServer((req, res) => {
		const url = new URL(req.url, 'http://origin'), to = url.searchParams.get('to')
		if (url.pathname === '/app/go')
			res.writeHead(302, { Location: to })
		else if (url.pathname === '/app/refresh')
			res.writeHead(200, { Refresh: to, 'Content-Type': 'text/plain' })
		else
			res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
		res.end(url.pathname === '/app/page' ? `<a href="${to.replaceAll('&', '&amp;')}">x</a>` : '')
	})
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
	t.after(() => { server.closeAllConnections(); server.close() })
	return server.address().port
}

async function startAll(t, { more = [], profile = text, app = 'portal', hosts = [host] } = {}) {
	const site = new Site(t)
	writeFileSync(path.join(site.dir, 'profile'), profile)
	site.publish(1, [{ path: '/', body: 'home' }], { app, hosts, more: ['--profile', path.join(site.dir, 'profile'), '--link', address, ...more] })
	const port = await startOrigin(t)
	await site.startVault(t)
	await site.startGate(t, { inner: `proxy_pass http://127.0.0.1:${port};` })
	return site
}

const go = (site, to, options) => site.get(`/app/go?to=${encodeURIComponent(to)}`, options).then(r => r.headers.location)
// The id of policy/leave.h: SM3 of the canonical encoding of the address.
function idOf(address) {
	const domain = 'weique.leave.id', n = Buffer.alloc(4)
	n.writeUInt32BE(Buffer.byteLength(address))
	const canonical = Buffer.concat([Buffer.from('WQC1'), Buffer.from([domain.length]), Buffer.from(domain), Buffer.from([0, 1, 0, 1]), Buffer.from('s'), n, Buffer.from(address)])
	return createHash('sm3').update(canonical).digest('hex').slice(0, 32)
}

test('a link out asks first', async t => {
	const site = await startAll(t)

	await t.test('by the id of a sealed link', async () => {
		const r = await site.get(`/leave/${idOf(address)}`)
		assert.equal(r.status, 200)
		assert.equal(r.headers['content-type'], 'text/html; charset=utf-8')
		const body = r.body.toString()
		assert.match(body, /云山县人民政府/)
		assert.ok(body.includes('http://www.outside.example/path?a=1&amp;b=2#f'))
		assert.doesNotMatch(body, /<script|http-equiv="?refresh/i)
		assert.match(r.headers['cache-control'], /no-store/)
		assert.ok(r.headers['content-security-policy'])
		assert.equal(r.headers.location, undefined)
		const head = await site.get(`/leave/${idOf(address)}`, { method: 'HEAD' })
		assert.equal(head.headers['content-length'], r.headers['content-length'])
		assert.equal(head.body.length, 0)
	})

	await t.test('by the token of a dynamic page, also a long one', async () => {
		for (const to of [address, `https://long.example/?q=${'x'.repeat(4000)}`, 'https://x.example/?u=http%3A%2F%2Fy%2F%2541']) {
			const page = await site.get(`/app/page?to=${encodeURIComponent(to)}`)
			const token = /href="(\/leave\/d\/[0-9a-f]{32}\/[\w-]+)"/.exec(page.body)?.[1]
			assert.ok(token, page.body.toString())
			const r = await site.get(token)
			assert.equal(r.status, 200, to)
			assert.ok(r.body.toString().includes(to.replaceAll('&', '&amp;')))
			// what a form adds means nothing
			assert.equal((await site.get(`${token}?q=1`)).status, 200)
		}
	})

	await t.test('a redirect of the application', async () => {
		const target = await go(site, 'https://evil.example/')
		assert.match(target, /^\/leave\/d\//)
		assert.ok((await site.get(target)).body.toString().includes('https://evil.example/'))
		for (const to of ['/in.html', `http://${host}/x`, 'http://www.other.gov.cn/', '../x', '?a=b'])
			assert.equal(await go(site, to), to)
		for (const to of ['//evil.example/', 'http://gov.cn@evil.com/', 'http://www.gov.cn.evil.com/', 'http://evil.com/?u=gov.cn', '\\\\evil.example\\x'])
			assert.match(await go(site, to), /^\/leave\/d\//, to)
		const refresh = async to => (await site.get(`/app/refresh?to=${encodeURIComponent(to)}`)).headers.refresh
		assert.match(await refresh('5; url=http://evil.example/'), /^5; url=\/leave\/d\/[0-9a-f]{32}\/[\w-]+$/)
		assert.match(await refresh('0;http://evil.example/'), /^0; url=\/leave\/d\//)
		assert.match(await refresh('0, URL = "http://evil.example/"'), /^0, url=\/leave\/d\//)
		assert.equal(await refresh('5'), '5')
		assert.equal(await refresh('5; url=/in'), '5; url=/in')
	})

	await t.test('what is nobody\'s is refused', async () => {
		const token = await go(site, 'https://evil.example/')
		const [, , , mark, name] = token.split('/')
		const other = Buffer.from('https://other.example/').toString('base64url')
		for (const target of ['/leave/', '/leave/x', `/leave/${'0'.repeat(32)}`, `/leave/${idOf(address)}/`, `/leave/${idOf(address).toUpperCase().replace(/^[0-9]+$/, 'X')}`]) {
			const r = await site.get(target)
			assert.equal(r.status, 404, target)
			assert.match(r.headers['cache-control'], /no-store/)
		}
		for (const target of [`/leave/d/${mark}/${other}`, `/leave/d/${'0'.repeat(32)}/${name}`, `/leave/d/${mark}/${name}A`, `/leave/d/${mark}/`, '/leave/d/', `/leave/d/${mark.slice(1)}/${name}`])
			assert.equal((await site.get(target)).status, 403, target)
		assert.equal((await site.get(`/leave/${idOf(address)}`, { method: 'PUT', body: 'x' })).status, 405)
		// a form that would have posted outside: the same question, and nothing of what was filled in
		const post = await site.get(`/leave/${idOf(address)}`, { method: 'POST', body: 'name=secret' })
		assert.equal(post.status, 200)
		assert.ok(post.body.includes('是否继续') && !post.body.includes('secret'))
	})

	await t.test('the way back is a page of ours', async () => {
		const back = async referer => {
			const body = (await site.get(`/leave/${idOf(address)}`, { headers: referer ? { Referer: referer } : {} })).body.toString()
			return [...body.matchAll(/href="([^"]*)"/g)].map(m => m[1]).filter(h => h.startsWith('/'))
		}
		assert.deepEqual(await back(), ['/'])
		assert.deepEqual(await back(`http://${host}/news/1.html?a=1&b=2`), ['/news/1.html?a=1&amp;b=2'])
		for (const referer of ['http://evil.example/x', `http://${host}@evil.example/x`, `http://${host}//evil.example`, `http://${host}/a%2fb`, 'javascript:alert(1)', 'x'.repeat(5000), `http://${host}/leave/${idOf(address)}`])
			assert.deepEqual(await back(referer), ['/'], referer)
	})

	await t.test('the log and the metrics say so', async () => {
		const metrics = (await site.get('/weique-metrics')).body.toString()
		for (const outcome of ['served', 'not_found', 'refused'])
			assert.match(metrics, new RegExp(`weique_requests_total\\{app="portal",class="leave",outcome="${outcome}"\\} [1-9]`))
		await until('the log', () => {
			const log = readFileSync(`${site.dir}/access.log`, 'utf8')
			return /^\/leave\/d\/\S+ 403 class=leave .*reason=leave_token$/m.test(log) && /^\/leave\/x 404 class=leave .*reason=leave_unknown$/m.test(log)
		})
	})
})

test('a token is one application\'s', async t => {
	const a = await startAll(t)
	a.publish(1, [{ path: '/', body: 'other' }], { app: 'other', hosts: ['other.example.gov.cn'], more: ['--profile', path.join(a.dir, 'profile')] })
	await until('both are served', async () => (await a.get('/', { host: 'other.example.gov.cn' })).body.toString() === 'other')
	const token = await go(a, 'https://evil.example/')
	assert.equal((await a.get(token)).status, 200)
	assert.equal((await a.get(token, { host: 'other.example.gov.cn' })).status, 403)
	assert.equal((await a.get(`/leave/${idOf(address)}`, { host: 'other.example.gov.cn' })).status, 404)
})

test('without a prompt nothing leads to it', async t => {
	const site = await startAll(t, { profile: 'paths = [ "/app dynamic" ];\n' })
	assert.equal(await go(site, 'https://evil.example/'), 'https://evil.example/')
	assert.equal((await site.get(`/leave/${idOf(address)}`)).status, 404)
	const page = await site.get(`/app/page?to=${encodeURIComponent(address)}`)
	assert.match(page.body.toString(), /href="http:\/\/www\.outside\.example/)
})

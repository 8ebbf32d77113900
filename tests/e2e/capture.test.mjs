// Capture beside an origin by HTTP that behaves as origins do: it varies from fetch to fetch, is busy, is slow, changes while
// nobody looks; and beside an operator who interrupts. Everything real but the gate: the command, weique-sign, a server.
import test from 'node:test'
import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { built, root, run, start, tempDir, until } from './lib.mjs'

const host = 'www.example.gov.cn'

// `pages` is target -> string, Buffer or function(request) that gives one; .asked is every target that was asked for.
async function startOrigin(t, pages) {
	const origin = { pages, asked: [], connections: 0 }
	const server = http.createServer((request, response) => {
		origin.asked.push(request.url)
		const busy = origin.busy?.(request)
		if (busy)
			return response.writeHead(busy.status, busy.headers ?? {}).end()
		const page = pages[request.url]
		if (page === undefined)
			return response.writeHead(404).end()
		const body = typeof page === 'function' ? page(request) : page
		const type = /\.css$/.test(request.url) ? 'text/css' : /\.js$/.test(request.url) ? 'application/javascript' : 'text/html; charset=utf-8'
		response.writeHead(200, { 'Content-Type': type }).end(body)
	})
	server.on('connection', () => { origin.connections++ })
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
	t.after(() => { server.closeAllConnections(); server.close() })
	origin.url = `http://127.0.0.1:${server.address().port}/`
	return origin
}

// An installation with an author, two reviewers, weique-sign and one application.
class Unit {
	constructor(t, origin) {
		this.t = t
		this.state = path.join(tempDir(t, 'capture'), 'state')
		this.env = { PATH: process.env.PATH, WEIQUE_STATE: this.state, WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_LANG: 'en' }
		const sign = path.join(this.state, 'sign')
		this.do('init')
		writeFileSync(path.join(this.state, 'weique.conf'), 'capture = { second_look = "1s"; };\n')
		run(built('src/bin/weique-sign'), ['init', '--dir', sign], { env: this.env })
		this.do('unit', 'add', 'unit', '--name', 'x', '--kind', 'organ')
		for (const [id, role] of [['editor', 'author'], ['wang', 'reviewer'], ['li', 'reviewer'], ['zhao', 'leader']]) {
			this.do('person', 'add', id, '--name', id, '--roles', role, '--in-establishment')
			appendFileSync(path.join(sign, 'trust'), this.do('person', 'trust', id))
		}
		this.do('app', 'add', 'site', '--unit', 'unit', '--type', 'portal', '--host', host, '--origin', origin, '--name', 'x',
			'--leader', 'zhao', '--purpose', 'x')
		const asked = JSON.parse(this.do('approval', 'ask', 'app.opening', 'site', '--person', 'editor', '--text', 'x', '--despite', 'x', '--json'))
		for (const person of ['wang', 'zhao'])
			this.do('approval', 'approve', asked.approval, '--as', person)
		this.sign = start(t, built('src/bin/weique-sign'), ['serve', '--dir', sign, '--socket', path.join(this.state, 'run/sign.sock')], { env: this.env })
	}

	do(...args) {
		return run(built('src/bin/weique'), args, { env: this.env })
	}

	// The command while this process serves the origin: {code, out}.
	start(...args) {
		return start(this.t, built('src/bin/weique'), args, { env: this.env })
	}

	async capture(...args) {
		const p = this.start('capture', 'site', '--author', 'editor', '--allow-private', '--json', ...args)
		const { code } = await p.exited
		assert.equal(code, 0, p.out)
		return JSON.parse(p.out)
	}

	async seal(release) {
		await until('weique-sign listens', () => existsSync(path.join(this.state, 'run/sign.sock')))
		for (const person of ['wang', 'li'])
			this.do('release', 'approve', release, '--as', person, '--accept-findings', '--comment', 'read')
		this.do('release', 'seal', release)
	}

	profile(text) {
		const file = path.join(this.state, 'profile')
		writeFileSync(file, text)
		this.do('app', 'profile', 'site', file)
	}

	ledger(type) {
		return this.do('ledger', 'log', '--json').split('\n').filter(Boolean).map(l => JSON.parse(l))
			.filter(e => e.type === type).map(e => ({ ...e, body: JSON.parse(e.body) }))
	}

	findings(rule) {
		return this.ledger('finding.raised').map(e => e.body.finding ?? e.body).filter(f => !rule || f.rule === rule)
	}

	get journal() {
		return path.join(this.state, 'captures/site/journal')
	}
}

const html = (title, body) => `<!DOCTYPE html><html><head><meta charset="utf-8"><title>${title}</title></head><body>${body}</body></html>`

function manyPages(n) {
	const pages = { '/': html('home', Array.from({ length: n }, (_, i) => `<a href="/p${i}.html">${i}</a>`).join('\n')) }
	for (let i = 0; i < n; i++)
		pages[`/p${i}.html`] = html(`page ${i}`, `<p>第 ${i} 页</p>`)
	return pages
}

test('a capture that is killed goes on where it was', async t => {
	const n = 2000
	const origin = await startOrigin(t, manyPages(n))
	const unit = new Unit(t, origin.url)
	const killed = unit.start('capture', 'site', '--author', 'editor', '--allow-private')
	await until('half of it is read', () => origin.asked.length > n / 2, 60000)
	await killed.kill('SIGKILL')
	const before = new Set(origin.asked), asked = origin.asked.length
	assert.equal(killed.ended, true)
	assert.ok(before.size < n, `${before.size} asked for before the kill`)
	// and the last record was torn
	truncateSync(unit.journal, statSync(unit.journal).size - 3)
	origin.asked.length = 0
	const result = await unit.capture()
	assert.equal(result.added, n + 1)
	assert.equal(result.unknown, 0)
	assert.ok(result.recalled > n / 2 - 100 && result.recalled < asked, `${result.recalled} of ${asked} recalled`)
	// every page is asked for once more, at the second look; the first look asks for what is missing only
	assert.equal(origin.asked.length, n + 1 - result.recalled + n + 1)
	t.diagnostic(`${asked} asked for before the kill, ${result.recalled} recalled`)
	assert.equal(existsSync(unit.journal), false)
})

test('SIGTERM ends a capture cleanly; --fresh forgets it', async t => {
	const origin = await startOrigin(t, manyPages(1500))
	const unit = new Unit(t, origin.url)
	const p = unit.start('capture', 'site', '--author', 'editor', '--allow-private')
	await until('some of it is read', () => origin.asked.length > 300)
	p.child.kill('SIGTERM')
	const { code } = await p.exited
	assert.equal(code, 7, p.out)
	assert.match(p.out, /interrupted/)
	assert.ok(existsSync(unit.journal))
	const result = await unit.capture('--fresh')
	assert.equal(result.recalled, 0)
	assert.equal(result.added, 1501)
})

test('an origin that is busy is waited for', async t => {
	const origin = await startOrigin(t, manyPages(20))
	const unit = new Unit(t, origin.url)
	let turned = 0
	origin.busy = () => origin.asked.length === 5 || origin.asked.length === 9
		? { status: ++turned === 1 ? 429 : 503, headers: { 'Retry-After': '1' } } : null
	const result = await unit.capture()
	assert.equal(turned, 2)
	assert.deepEqual([result.added, result.unknown], [21, 0])
})

test('what changed at the origin is noticed once, with its severity', async t => {
	const origin = await startOrigin(t, {
		'/': html('home', '<p>欢迎访问云山县人民政府门户网站。</p><a href="/a.html">a</a><a href="/b.html">b</a>'),
		'/a.html': html('a', `<p>${'关于印发工作要点的通知。'.repeat(40)}</p>`),
		'/b.html': html('b', '<p>联系我们</p>'),
	})
	const unit = new Unit(t, origin.url)
	await unit.seal((await unit.capture()).release)
	assert.equal((await unit.capture()).release, '')
	origin.pages['/a.html'] = html('a', '<h1>HACKED</h1><script src="https://evil.example/x.js"></script>')
	const found = await unit.capture()
	assert.equal(found.changed, 1)
	assert.ok(found.changes.high + found.changes.critical === 1, JSON.stringify(found.changes))
	const events = unit.ledger('change.found')
	assert.equal(events.length, 1)
	assert.ok(['high', 'critical'].includes(events[0].body.severity))
	// the same again is no news
	const again = await unit.capture()
	assert.deepEqual([again.release, again.again], [found.release, true])
	assert.equal(unit.ledger('change.found').length, 1)
	// one more change is one more event
	origin.pages['/b.html'] = html('b', '<p>联系我们吧</p>')
	const more = await unit.capture()
	assert.notEqual(more.release, found.release)
	assert.deepEqual(unit.ledger('change.found').slice(1).map(e => e.body.key), [`${host}/b.html`])
	// for a timer
	const p = unit.start('capture', 'site', '--author', 'editor', '--allow-private', '--fail-on', 'high')
	assert.equal((await p.exited).code, 1, p.out)
	origin.pages['/a.html'] = html('a', `<p>${'关于印发工作要点的通知。'.repeat(40)}</p>`)
	const fine = unit.start('capture', 'site', '--author', 'editor', '--allow-private', '--fail-on', 'high')
	assert.equal((await fine.exited).code, 0, fine.out)
})

test('--every looks again and again, and ends cleanly', async t => {
	const origin = await startOrigin(t, { '/': html('home', '<p>一</p>') })
	const unit = new Unit(t, origin.url)
	await unit.seal((await unit.capture()).release)
	const p = unit.start('capture', 'site', '--author', 'editor', '--allow-private', '--every', '1s')
	await until('two looks find nothing', () => p.out.split('\n').filter(l => /the same: 1 resources/.test(l)).length >= 2)
	origin.pages['/'] = html('home', '<p>二</p>')
	const line = await until('the change is printed', () => /! (r\d+): 0 added, 1 changed, 0 gone/.exec(p.out))
	await until('and is no news', () => p.out.includes(`= ${line[1]}:`))
	assert.equal(unit.ledger('change.found').length, 1)
	p.child.kill('SIGTERM')
	assert.equal((await p.exited).code, 0, p.out)
})

// What varies on real portals: a clock, a counter, a token in a form, session ids in links, a banner at random.
function restlessOrigin(t) {
	let n = 1000
	const token = () => Array.from({ length: 32 }, () => '0123456789abcdef'[Math.floor(Math.random() * 16)]).join('')
	let shown = 0
	const banners = ['<p class="banner">依法行政，执政为民</p>', '<p class="banner">保护个人信息，人人有责</p>', '<p class="banner">一网通办</p>']
	const page = (title, inside) => request => {
		const session = /PHPSESSID=([0-9a-f]+)/.exec(request.url)?.[1] ?? token()
		return html(title, `<p>当前时间：${new Date().toISOString().slice(0, 19).replace('T', ' ')}</p>
${inside.replaceAll('SESSION', session)}
<p>阅读次数：${n++} 次</p>`)
	}
	const pages = {
		'/': request => page('首页', `${banners[shown++ % banners.length]}<ul><li><a href="/a.html">通知公告</a></li><li><a href="/ask.html">咨询</a></li><li><a href="/list.php?PHPSESSID=SESSION">列表</a></li></ul>`)(request),
		'/a.html': page('通知公告', '<p>关于做好年度工作的通知。各单位：请于十月底前报送。</p>'),
		'/ask.html': request => page('咨询', `<form method="post" action="/ask"><input type="hidden" name="csrf_token" value="${token()}"><input name="q"></form>`)(request),
	}
	return startOrigin(t, new Proxy(pages, {
		get: (target, url) => target[url] ?? (/^\/list\.php\?PHPSESSID=/.test(url) ? page('列表', '<a href="/">首页</a>') : undefined),
	}))
}

test('what varies is learnt, approved once, and raises nothing afterwards', async t => {
	const origin = await restlessOrigin(t), unit = new Unit(t, origin.url)
	const first = await unit.capture()
	assert.ok(first.volatile > 0)
	const found = unit.findings('capture.volatile')
	assert.ok(found.some(f => f.severity === 'high' && /\/ask\.html dynamic/.test(f.advice.en)), 'a token in a form')
	assert.ok(found.some(f => f.severity === 'info'))
	await unit.seal(first.release)
	for (let i = 0; i < 3; i++) {
		const later = await unit.capture()
		assert.deepEqual([later.release, later.changed, later.added, later.gone, later.findings], ['', 0, 0, 0, 0])
	}
	assert.equal(unit.ledger('change.found').length, 0)
	// but what stands around it is watched
	const was = origin.pages['/a.html']
	origin.pages['/a.html'] = request => was(request).replace('十月底', '九月底')
	const changed = await unit.capture()
	assert.deepEqual([changed.changed, changed.added, changed.gone], [1, 0, 0])
	assert.deepEqual(unit.ledger('change.found').map(e => e.body.key), [`${host}/a.html`])
})

test('what varies and waits for approval is proposed once', async t => {
	let n = 100
	const origin = await startOrigin(t, { '/': () => html('home', `<p>当前时间：${new Date().toISOString()}</p><p>阅读次数：${n++} 次</p>`) })
	const unit = new Unit(t, origin.url), first = await unit.capture()
	assert.equal(first.volatile, 2)
	const again = await unit.capture()
	assert.deepEqual([again.release, again.again], [first.release, true])
})

test('paths that are not sealed are neither asked for nor walked; queries as the profile says', async t => {
	const origin = await startOrigin(t, {
		'/': html('home', `<a href="/search?q=1">s</a><a href="/admin/">a</a><a href="/tmp/x.html">t</a><a href="/s/a.css?v=9">c</a>
<a href="/list?utm=1&page=2">l</a><a href="/list?page=2">l</a><a href="/admin;x">p</a><a href="/one?x=1">o</a>`),
		'/s/a.css': 'a{}', '/list?page=2': html('list', 'two'), '/one': html('one', ''), '/one?x=1': html('one x', ''),
	})
	const unit = new Unit(t, origin.url)
	unit.profile('paths = [ "/search dynamic", "/admin staff", "/tmp closed", "/s sealed query=ignore", "/list sealed query=page", "/one sealed" ];\n')
	const result = await unit.capture()
	assert.equal(result.added, 3)
	assert.deepEqual([...new Set(origin.asked)].sort(), ['/', '/list?page=2', '/s/a.css'])
})

test('the policy alone is a release: no visit of the origin', async t => {
	const origin = await startOrigin(t, { '/': html('home', '<a href="/a.html">a</a><a href="/b/">b</a>'), '/a.html': html('a', ''), '/b/': html('b', '') })
	const unit = new Unit(t, origin.url)
	await unit.seal((await unit.capture()).release)
	origin.asked.length = 0
	assert.equal((await unit.capture('--policy')).release, '')
	unit.profile('paths = [ "/b dynamic" ];\n')
	const changed = await unit.capture('--policy')
	assert.deepEqual([changed.policy, changed.gone, changed.same, changed.added, changed.changed], [true, 1, 2, 0, 0])
	assert.deepEqual(origin.asked, [])
	await unit.seal(changed.release)
	assert.equal((await unit.capture('--policy')).release, '')
	assert.equal((await unit.capture()).release, '')
	unit.profile('leave = { prompt = true; name = "x"; };\npaths = [ "/b dynamic" ];\n')
	const p = unit.start('capture', 'site', '--author', 'editor', '--policy')
	assert.equal((await p.exited).code, 4)
	assert.match(p.out, /capture without --policy/)
})

test('prompts, footer and CSP are part of what is sealed, and no reason for endless changes', async t => {
	const origin = await startOrigin(t, {
		'/': html('home', '<a href="https://www.evil.example/x?a=1&amp;b=2">out</a> <a href="/a.html">a</a><a href="https://www.ndrc.gov.cn/">in</a>'),
		'/a.html': html('a', '<p>x</p>'),
	})
	const unit = new Unit(t, origin.url)
	unit.profile('leave = { prompt = true; name = "云山县人民政府"; };\nfooter = "<p id=\\"wq-foot\\">标识</p>";\ncsp = "enforce";\n')
	const first = await unit.capture()
	assert.equal(first.policy, true)
	const body = readFileSync(path.join(unit.state, `releases/${first.release}.body`))
	assert.ok(body.includes('https://www.evil.example/x?a=1&b=2'), 'the table of links')
	assert.ok(!body.includes('ndrc'))
	assert.match(body.toString('latin1'), /Content-Security-Policy: [^\r]*'self'/)
	await unit.seal(first.release)
	for (let i = 0; i < 2; i++)
		assert.equal((await unit.capture()).release, '')
	// a page that stays keeps its links when another one changes
	origin.pages['/a.html'] = html('a', '<p>y</p><a href="http://other.example/">o</a>')
	const changed = await unit.capture()
	assert.equal(changed.changed, 1)
	const next = readFileSync(path.join(unit.state, `releases/${changed.release}.body`))
	assert.ok(next.includes('https://www.evil.example/x?a=1&b=2') && next.includes('http://other.example/'))
	await unit.seal(changed.release)
	unit.profile('footer = "<p id=\\"wq-foot\\">标识</p>";\n')
	const without = await unit.capture()
	assert.deepEqual([without.changed, without.policy], [2, true])
	const last = readFileSync(path.join(unit.state, `releases/${without.release}.body`))
	assert.ok(!last.includes('evil.example') && !last.includes('Content-Security-Policy'))
})

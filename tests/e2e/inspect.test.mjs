// weique inspect: a newcomer's look at a site over HTTP, what it says for people and for programs, what it leaves behind.
import test from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { built, root, start, tempDir, until } from './lib.mjs'

const weique = built('src/bin/weique')
const env = { ...process.env, WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_STATE: '/nonexistent', NO_COLOR: '1', LC_ALL: 'C.UTF-8' }
const escape = '\x1b]0;owned\x07\x1b[31m'

const page = (title, body) => [200, { 'Content-Type': 'text/html; charset=utf-8' }, `<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>${title}</title></head><body>${body}</body></html>`]

// A small site whose faults are known. `pages` may be altered between two looks.
function small() {
	const pages = {
		'/': page('青山县人民政府', '<a href="/a.html">a</a> <a href="/gone.html">gone</a> <a href="/b.html#there">b</a> <img src="/no.png" alt="x">'),
		'/a.html': page(`a${escape}`, `<p>${escape}</p><a href="/gone.html">${escape}</a><a href="/b.html#nowhere">n</a>`),
		'/b.html': page('b', '<h2 id="there">b</h2><a href="/slow.html">s</a><a href="/in.html">in</a>'),
		'/slow.html': page('s', 'slow'),
		'/in.html': [302, { Location: 'http://169.254.169.254/latest/meta-data/' }, ''],
		'/robots.txt': [200, { 'Content-Type': 'text/plain' }, 'User-agent: *\nDisallow: /secret/\n'],
	}
	return pages
}

// Serves `pages`; what was asked for is in .asked. `hold` (a promise) delays /slow.html.
async function serve(t, pages, options = {}) {
	const asked = []
	const server = createServer(async (req, res) => {
		const name = req.url.split('?')[0]
		asked.push(req.url)
		if (name === '/slow.html' && options.hold)
			await options.hold
		const [status, headers, body] = pages[name] ?? [404, { 'Content-Type': 'text/html' }, '<html><title>404</title>no</html>']
		res.writeHead(status, headers)
		res.end(req.method === 'HEAD' ? undefined : body)
	})
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
	t.after(() => { server.closeAllConnections(); server.close() })
	return { asked, url: `http://127.0.0.1:${server.address().port}/`, site: `127.0.0.1_${server.address().port}` }
}

// The server lives in this process: the program has to run beside it.
async function inspect(t, args, more = {}) {
	const p = start(t, weique, ['inspect', ...args], { env: { ...env, ...more } })
	let out = '', err = ''
	p.child.stdout.on('data', d => { out += d })
	p.child.stderr.on('data', d => { err += d })
	const { code } = await p.exited
	await until('its output', () => p.child.stdout.readableEnded && p.child.stderr.readableEnded)
	return { code, out, err, lines: () => out.split('\n').filter(Boolean).map(l => JSON.parse(l)) }
}

test('one object a line for each finding, nothing else on standard output', async t => {
	const s = await serve(t, small())
	const r = await inspect(t, [s.url, '--allow-private', '--json'])
	assert.equal(r.code, 0, r.err)
	const broken = r.lines().filter(f => f.rule === 'link.broken')
	assert.deepEqual(broken.map(f => [f.url, f.page]).sort(), [
		[`${s.url}gone.html`, s.url], [`${s.url}gone.html`, `${s.url}a.html`], [`${s.url}no.png`, s.url]].sort())
	for (const f of broken) {
		assert.equal(f.clause, 'B5')
		assert.equal(f.target, f.url)
		assert.ok(f.line >= 1 && f.severity && f.advice && /^[0-9a-f]{32}$/.test(f.id))
	}
	assert.equal(broken.find(f => f.url.endsWith('gone.html')).pages, 2)
	assert.deepEqual(r.lines().filter(f => f.rule === 'link.fragment').map(f => f.url), [`${s.url}b.html#nowhere`])
	const mark = r.lines().find(f => f.rule === 'mark.missing')
	assert.equal(mark.url, s.url)
	assert.equal(mark.target, null)
	assert.match(r.err, /assumed/)
})

test('titles of hostile pages do not speak to the terminal', async t => {
	const s = await serve(t, small())
	for (const args of [[], ['--links-only'], ['--lang', 'zh']]) {
		const r = await inspect(t, [s.url, '--allow-private', ...args])
		assert.equal(r.code, 0, r.err)
		assert.ok(!/[\x00-\x09\x0b-\x1f\x7f]/.test(r.out + r.err), JSON.stringify(r.out + r.err))
	}
})

test('broken links alone', async t => {
	const s = await serve(t, small())
	const r = await inspect(t, [s.url, '--allow-private', '--links-only', '--json', '--quiet'])
	assert.equal(r.code, 0, r.err)
	assert.ok(r.lines().length >= 4 && r.lines().every(f => f.rule.startsWith('link.')), r.out)
	assert.equal(r.err, '')
})

test('a private address is reached only when it is allowed, and no other with it', async t => {
	const s = await serve(t, small())
	const refused = await inspect(t, [s.url])
	assert.equal(refused.code, 5)
	assert.deepEqual(s.asked, [])
	const r = await inspect(t, [s.url, '--allow-private', '--json', '--quiet'])
	const away = r.lines().filter(f => /169\.254/.test(f.excerpt) || /\/in\.html$/.test(f.url))
	assert.ok(away.some(f => f.rule === 'link.private' || f.rule === 'link.redirects-outside'), JSON.stringify(r.lines().map(f => [f.rule, f.url])))
	const named = await inspect(t, ['http://www.example.gov.cn/', '--resolve', `www.example.gov.cn:80:127.0.0.1:${new URL(s.url).port}`, '--allow-address', '127.0.0.0/8', '--json', '--quiet', '--no-outside'])
	assert.equal(named.code, 0, named.err)
	assert.ok(named.lines().some(f => f.url === 'http://www.example.gov.cn/gone.html'), named.out)
})

test('a site that does not answer is a finding and status 5', async t => {
	const r = await inspect(t, ['http://127.0.0.1:1/', '--allow-private', '--json', '--quiet'])
	assert.equal(r.code, 5)
	assert.deepEqual(r.lines().filter(f => f.rule === 'uptime.down').map(f => [f.url, f.severity]), [['http://127.0.0.1:1/', 'high']])
	assert.equal((await inspect(t, ['ftp://127.0.0.1/'])).code, 2)
	assert.equal((await inspect(t, ['http://127.0.0.1:1/', '--checks', 'everything'])).code, 2)
	assert.equal((await inspect(t, ['http://127.0.0.1:1/', '--resolve', 'x'])).code, 2)
})

test('--fail-on', async t => {
	const s = await serve(t, small())
	assert.equal((await inspect(t, [s.url, '--allow-private', '--fail-on', 'medium', '--quiet'])).code, 1)
	assert.equal((await inspect(t, [s.url, '--allow-private', '--fail-on', 'critical', '--quiet'])).code, 0)
	assert.equal((await inspect(t, [s.url, '--allow-private', '--fail-on', 'awful', '--quiet'])).code, 2)
})

test('reports in files, and what changed since last time', async t => {
	const pages = small(), s = await serve(t, pages), dir = tempDir(t)
	const file = name => path.join(dir, name)
	const args = [s.url, '--allow-private', '--dir', file('state')]
	const first = await inspect(t, [...args, '--html', file('r.html'), '--csv', file('r.csv'), '--report', file('r.json'), '--lang', 'zh'])
	assert.equal(first.code, 0, first.err)
	const html = readFileSync(file('r.html'), 'utf8')
	assert.match(html, /<html lang="zh-CN">/)
	assert.ok(!html.includes('<script') && !html.includes('\x1b') && html.includes('断链') && html.includes('2024'))
	assert.ok(readFileSync(file('r.csv'), 'utf8').startsWith('\ufeff级别,'))
	assert.equal(JSON.parse(readFileSync(file('r.json'), 'utf8')).format, 'weique-inspection')

	pages['/gone.html'] = page('here again', 'x')
	pages['/a.html'] = page('a', '<a href="/lost.html">l</a>')
	await until('the next second', () => Date.now() % 1000 < 100) // records are named by the second
	const second = await inspect(t, args)
	assert.match(second.out, /since last +new [1-9]\d*, gone [1-9]/)
	assert.match(second.out, /\(new\) http:\/\/127[^ ]*\/lost\.html/)
	const records = readdirSync(file(`state/inspect/${s.site}`)).filter(n => n.endsWith('.json'))
	assert.equal(records.length, 2)
	const diff = await inspect(t, ['diff', s.site, '--dir', file('state'), '--json'])
	const changes = JSON.parse(diff.out).changes.filter(c => c.rule === 'link.broken').map(c => `${c.change} ${c.subject}`)
	assert.deepEqual(changes.sort(), [`gone ${s.url}gone.html`, `new ${s.url}lost.html`])
	const list = await inspect(t, ['list', '--dir', file('state'), '--json'])
	assert.deepEqual(JSON.parse(list.out).map(r => r.site), [s.site, s.site])
	const shown = await inspect(t, ['show', s.site, '--dir', file('state')])
	assert.match(shown.out, /lost\.html/)
	assert.equal((await inspect(t, ['show', '../..', '--dir', file('state')])).code, 2)
})

test('an interrupt ends it with what was found and says how to go on', async t => {
	let release
	const options = { hold: new Promise(resolve => { release = resolve }) }
	t.after(() => release())
	const s = await serve(t, small(), options), dir = tempDir(t)
	const p = start(t, weique, ['inspect', s.url, '--allow-private', '--dir', dir], { env })
	await until('the slow page is asked for', () => s.asked.some(u => u === '/slow.html'))
	p.child.kill('SIGINT')
	const { code } = await p.exited
	assert.equal(code, 0, p.out)
	assert.match(p.out, /interrupted/)
	assert.match(p.out, /--resume --dir/)
	assert.match(p.out, /mark\.missing/)
	release()
	const again = await inspect(t, [s.url, '--allow-private', '--dir', dir, '--resume', '--json', '--quiet'])
	assert.equal(again.code, 0, again.err)
	assert.ok(again.lines().some(f => f.rule === 'link.broken'), again.out)
})

test('nothing stays behind without --dir or --keep', async t => {
	const s = await serve(t, small()), dir = tempDir(t)
	await inspect(t, [s.url, '--allow-private', '--quiet'], { TMPDIR: dir })
	assert.deepEqual(readdirSync(dir), [])
	await inspect(t, [s.url, '--allow-private', '--quiet', '--keep'], { TMPDIR: dir })
	assert.equal(readdirSync(dir).length, 1)
})

// What an inspection looks at beside the walk: sources of reprints, what nobody links to, whose identifiers a page bears, how an https site is carried.
import test from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createServer as createSecure } from 'node:https'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { built, root, run, start, tempDir, until } from './lib.mjs'
import { pages as seeded } from '../inspect/site.mjs'

const weique = built('src/bin/weique')
const env = { ...process.env, WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_STATE: '/nonexistent', NO_COLOR: '1', LC_ALL: 'C.UTF-8' }
const of = (type, body) => ({ status: 200, headers: { 'Content-Type': type }, body })
const notFound = { status: 404, headers: { 'Content-Type': 'text/html' }, body: '<title>404</title>no' }

async function serve(t, more, missing = notFound) {
	const asked = []
	const server = createServer((req, res) => {
		asked.push(req.url)
		const a = more[req.url] ?? pages[req.url.split('?')[0]] ?? missing
		res.writeHead(a.status, a.headers)
		res.end(req.method === 'HEAD' ? undefined : a.body)
	})
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
	t.after(() => { server.closeAllConnections(); server.close() })
	const port = server.address().port, pages = seeded(`127.0.0.1:${port}`)
	return { asked, pages, url: p => `http://127.0.0.1:${port}${p}` }
}

async function inspect(t, args, more = {}) {
	const p = start(t, weique, ['inspect', ...args, '--allow-private', '--no-outside', '--kind', 'organ', '--json', '--quiet'], { env: { ...env, ...more } })
	let out = '', err = ''
	p.child.stdout.on('data', d => { out += d })
	p.child.stderr.on('data', d => { err += d })
	const { code } = await p.exited
	await until('its output', () => p.child.stdout.readableEnded && p.child.stderr.readableEnded)
	assert.equal(code, 0, err)
	const lines = out.split('\n').filter(Boolean).map(l => JSON.parse(l))
	return rule => lines.filter(f => f.rule === rule)
}

test('the source of a reprint is read', async t => {
	const s = await serve(t, {})
	// the label of the site's own pages, beside one whose link is broken and one that leads through a redirect
	const told = s.pages['/reprint/differs.html'].body
	s.pages['/reprint/gone.html'] = of('text/html; charset=utf-8', told.replace('/reprint/other.html', '/reprint/nowhere.html'))
	s.pages['/reprint/moved.html'] = of('text/html; charset=utf-8', told.replace('/reprint/other.html', '/reprint/old.html'))
	s.pages['/reprint/old.html'] = { status: 302, headers: { Location: '/reprint/source.html' }, body: '' }
	s.pages['/reprint/home.html'] = of('text/html; charset=utf-8', told.replace('/reprint/other.html', '/'))
	s.pages['/hub.html'] = of('text/html; charset=utf-8', ['differs', 'gone', 'moved', 'home'].map(n => `<a href="/reprint/${n}.html">${n}</a>`).join(' '))
	const found = await inspect(t, [s.url('/hub.html'), '--depth', '1', '--checks', 'quality'])
	const said = Object.fromEntries(found('reprint.source-mismatch').filter(f => /%|404/.test(f.excerpt)).map(f => [path.basename(f.page, '.html'), f.excerpt]))
	assert.match(said.differs ?? '', /: \d+ % of the text$/)
	assert.match(said.gone ?? '', /: 404$/)
	assert.deepEqual(Object.keys(said).sort(), ['differs', 'gone'], JSON.stringify(said))
})

test('leftovers are asked for only when it is said so, and known by what they are', async t => {
	const planted = { '/.git/HEAD': of('application/octet-stream', 'ref: refs/heads/main\n'), '/.env': of('text/html', '<!DOCTYPE html><title>APP_KEY=</title>') }
	const s = await serve(t, planted)
	await inspect(t, [s.url('/'), '--pages', '1'])
	assert.ok(!s.asked.includes('/.git/HEAD'))
	const found = await inspect(t, [s.url('/'), '--pages', '1', '--checks', 'front,leftovers'])
	assert.deepEqual(found('front.leftover').map(f => f.url), [s.url('/.git/HEAD')])
	assert.ok(s.asked.length > 20)
})

test('a server that gives the same for everything has no leftovers', async t => {
	const s = await serve(t, {}, of('application/octet-stream', 'ref: refs/heads/main\n[core]\nrepositoryformatversion\nAPP_KEY=\nrevlogv1 store'))
	const found = await inspect(t, [s.url('/'), '--pages', '1', '--checks', 'leftovers,page'])
	assert.deepEqual(found('front.leftover').map(f => f.url), [])
	assert.ok(s.asked.includes('/.git/HEAD'))
})

test('identifiers of a registered application on a host that is not', async t => {
	const dir = tempDir(t), state = { WEIQUE_STATE: path.join(dir, 'state') }, pages = {
		'/': of('text/html; charset=utf-8', '<!DOCTYPE html><title>云山县人民政府</title><p>\n<a href="https://beian.miit.gov.cn/">京ICP备05070218号-1</a>') }
	const must = (...args) => run(weique, args, { env: { ...env, ...state } })
	mkdirSync(path.join(dir, 'site'))
	must('init')
	must('unit', 'add', 'yunshan', '--name', '云山县人民政府', '--kind', 'organ', '--level', 'county')
	must('person', 'add', 'zhang', '--name', '张某', '--roles', 'author', '--in-establishment', '--key-out', path.join(dir, 'key'))
	must('app', 'add', 'portal', '--unit', 'yunshan', '--type', 'portal', '--host', 'www.yunshan.gov.cn', '--origin', path.join(dir, 'site'), '--leader', 'zhang',
		'--name', '云山县人民政府门户网站', '--purpose', 'p', '--icp', '京ICP备05070218号-1', '--site-code', '4403000002')
	const s = await serve(t, pages), port = new URL(s.url('/')).port
	const look = host => inspect(t, [`http://${host}/`, '--resolve', `${host}:80:127.0.0.1:${port}`, '--allow-address', '127.0.0.0/8', '--pages', '1'], state)
	const fake = (await look('www.yunshan-gov.com'))('fake.identifier')
	assert.deepEqual(fake.map(f => [f.page, f.line, f.severity]), [['http://www.yunshan-gov.com/', 2, 'critical']])
	assert.match(fake[0].excerpt, /京ICP备05070218号.*云山县人民政府/)
	for (const host of ['www.yunshan.gov.cn', 'zwfw.yunshan.gov.cn'])
		assert.deepEqual((await look(host))('fake.identifier'), [], host)
})

test('an https site: its transport belongs to --checks all', async t => {
	const dir = tempDir(t), host = 'www.qingshan.gov.cn', file = n => path.join(dir, n)
	run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', file('key'), '-out', file('cert'), '-days', '90', '-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`])
	const pages = seeded(host), answer = (req, res) => {
		const a = pages[req.url.split('?')[0]] ?? notFound
		res.writeHead(a.status, a.headers)
		res.end(req.method === 'HEAD' ? undefined : a.body)
	}
	const secure = createSecure({ key: readFileSync(file('key')), cert: readFileSync(file('cert')) }, answer), plain = createServer(answer)
	for (const server of [secure, plain]) {
		await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
		t.after(() => { server.closeAllConnections(); server.close() })
	}
	pages['/mixed.html'] = of('text/html; charset=utf-8', `<!DOCTYPE html><html lang="zh"><title>m</title><script src="http://${host}/js/leave.js"></script>`)
	const found = await inspect(t, [`https://${host}/mixed.html`, '--resolve', `${host}:443:127.0.0.1:${secure.address().port}`, '--resolve', `${host}:80:127.0.0.1:${plain.address().port}`,
		'--allow-address', '127.0.0.0/8', '--ca-file', file('cert'), '--checks', 'all,-dns', '--pages', '1'])
	for (const rule of ['tls.no-redirect', 'tls.no-hsts', 'front.mixed-content'])
		assert.equal(found(rule).length, 1, rule)
	assert.equal(found('tls.untrusted').length, 0)
})

// What an inspection looks at beside the walk: sources of reprints, and what nobody links to.
import test from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import path from 'node:path'
import { built, root, start, until } from './lib.mjs'
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

async function inspect(t, args) {
	const p = start(t, weique, ['inspect', ...args, '--allow-private', '--no-outside', '--kind', 'organ', '--json', '--quiet'], { env })
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

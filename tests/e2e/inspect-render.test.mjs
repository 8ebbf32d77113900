// weique inspect --render: what only a browser can tell of a home page, and what it takes back of what the bytes said.
// As root the browser runs as nobody, else as whoever runs the test. Nothing leaves the machine: every host is routed here.
import test from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { built, root, start, tempDir, until } from './lib.mjs'
import { pages as seeded, page, markOf, footer } from '../inspect/site.mjs'

const weique = built('src/bin/weique')
const env = { ...process.env, WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_STATE: '/nonexistent', NO_COLOR: '1', LC_ALL: 'C.UTF-8' }
const asUser = process.getuid() === 0 ? ['--render-user', 'nobody'] : []
const html = body => ({ status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body })
const of = (type, body) => ({ status: 200, headers: { 'Content-Type': type }, body })
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

// The site of the seeds, with home pages that sheets in files of their own and scripts change, and a tracker's host beside it.
async function serve(t) {
	const asked = []
	const server = createServer((req, res) => {
		const host = req.headers.host.split(':')[0]
		asked.push(`${host}${req.url}`)
		const a = host === '127.0.0.1' ? pages[req.url.split('?')[0]] : host === 'dcs.conac.cn' ? of('image/png', png)
			: host === 'hm.baidu.com' ? of('text/javascript', '') : undefined
		res.writeHead(a?.status ?? 404, a?.headers ?? { 'Content-Type': 'text/html' })
		res.end(req.method === 'HEAD' ? undefined : a?.body ?? '<title>404</title>no')
	})
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
	t.after(() => { server.closeAllConnections(); server.close() })
	const port = server.address().port, pages = seeded(`127.0.0.1:${port}`)
	const image = '<span id="_ideConac"><a href="//bszs.conac.cn/sitename?method=show&id=1A2B3C4D5E6F7081E0530A0B0C0D0E0F"><img id="imgConac" src="//dcs.conac.cn/image/red.png" width="60" height="70" alt="党政机关"></a></span>'
	const tall = '<div style="height:2500px">正文</div>'
	const put = (name, parts, sheet) => { pages[name] = html(page(`127.0.0.1:${port}`, { head: sheet ? `<link rel="stylesheet" href="/css/${sheet}.css">` : '', leave: '', ...parts })) }
	pages['/css/bottom.css'] = of('text/css', '#m{position:absolute;top:2900px;left:0;right:0;text-align:center} body{position:relative;min-height:3000px;margin:0}')
	pages['/css/top.css'] = of('text/css', '#m{position:absolute;top:0;left:0}')
	pages['/css/gone.css'] = of('text/css', '#m{display:none}')
	put('/r/bottom/', { body: `<div id="m">${image}</div>${tall}`, footer: footer({ mark: null }) }, 'bottom')
	put('/r/top/', { body: tall, footer: footer({ mark: `<div id="m">${image}</div>` }) }, 'top')
	put('/r/gone/', { body: tall, footer: footer({ mark: `<div id="m">${image}</div>` }) }, 'gone')
	put('/r/written/', { body: tall, footer: footer({ mark: `<div style="text-align:center" id="m"></div><script>document.getElementById('m').innerHTML = ${JSON.stringify(image).replaceAll('conac', "co' + 'nac").replaceAll("'", '"').replaceAll('" + "', '" + "')}</script>` }) })
	put('/r/noise/', { body: tall, leave: `<script>alert('x');var s=document.createElement('script');s.src=['http://hm','baidu','com/hm.js?1'].join('.');document.head.appendChild(s);var c=document.createElement('script');c.src='http:/'+'/cdn.shop.example.com/a.js';document.head.appendChild(c)</script>` })
	return { asked, port, url: p => `http://127.0.0.1:${port}${p}` }
}

async function inspect(t, s, name, more = [], user = asUser, status = 0) {
	const traps = ['evil.example', 'evilgov.cn', ...['www.gov.cn', 'added', 'form', 'window', 'xn--zfr164b'].map(n => `${n}.evil.example`)]
	const routes = [...traps, 'shop.example.com', 'cdn.shop.example.com', 'dcs.conac.cn', 'bszs.conac.cn', 'hm.baidu.com', 'zfwzgl.www.gov.cn'].flatMap(h => ['--resolve', `${h}:80:127.0.0.1:${s.port}`])
	const p = start(t, weique, ['inspect', s.url(name), '--allow-private', '--no-outside', '--kind', 'organ', '--pages', '1', '--render', ...user, '--json', '--quiet', ...routes, ...more], { env })
	let out = '', err = ''
	p.child.stdout.on('data', d => { out += d })
	p.child.stderr.on('data', d => { err += d })
	const { code } = await p.exited
	await until('its output', () => p.child.stdout.readableEnded && p.child.stderr.readableEnded)
	assert.equal(code, status, err)
	const lines = out.split('\n').filter(Boolean).map(l => JSON.parse(l))
	return { code, err, of: rule => lines.filter(f => f.rule === rule), rules: [...new Set(lines.map(f => f.rule))] }
}

test('the mark is where the browser puts it, whatever the order of the bytes', async t => {
	const s = await serve(t)
	const bottom = await inspect(t, s, '/r/bottom/')
	assert.deepEqual(bottom.rules.filter(r => r.startsWith('mark.')), [], 'a sheet in a file of its own moves it to the bottom')
	const top = await inspect(t, s, '/r/top/')
	assert.match(top.of('mark.position').map(f => f.excerpt).join(), /not at the bottom: 0,0 60x70/)
	const gone = await inspect(t, s, '/r/gone/')
	assert.match(gone.of('mark.not-shown').map(f => f.excerpt).join(), /not visible when rendered/)
})

test('a mark that a script writes is there', async t => {
	const s = await serve(t)
	const plain = await inspect(t, s, '/r/written/', ['--checks', 'page,portal'])
	assert.ok(!plain.rules.includes('mark.position'), plain.rules.join())
	const r = await inspect(t, s, '/r/written/')
	assert.ok(s.asked.some(a => a.startsWith('dcs.conac.cn/image/red.png')), s.asked.join('\n'))
	assert.deepEqual(r.rules.filter(n => n.startsWith('mark.')), [])
})

test('a prompt is tried, not believed', async t => {
	const s = await serve(t)
	assert.deepEqual((await inspect(t, s, '/leave/none.html')).of('leave.no-prompt').map(f => f.target), ['http://shop.example.com/'])

	const substring = await inspect(t, s, '/leave/substring.html')
	const traps = substring.of('leave.bypassed').map(f => f.target)
	for (const trap of ['http://www.gov.cn.evil.example/', 'http://evil.example/?u=gov.cn', 'http://gov.cn@evil.example/', 'http://evilgov.cn/', 'http://window.evil.example/'])
		assert.ok(traps.includes(trap), `${trap} not in ${traps}`)
	assert.ok(!traps.includes('http://added.evil.example/') && substring.of('leave.no-prompt').length === 0, traps.join())

	const anchors = (await inspect(t, s, '/leave/anchors.html')).of('leave.bypassed').map(f => f.target)
	assert.ok(anchors.includes('http://added.evil.example/') && anchors.includes('http://form.evil.example/') && !anchors.includes('http://evilgov.cn/'), anchors.join())
	assert.ok(!s.asked.some(a => /evil|^shop/.test(a)), `asked for: ${s.asked}`)
})

test('a prompt that works is no finding, whatever its script looks like', async t => {
	const s = await serve(t)
	// the careful script, in a form that its reader does not understand: said of the bytes, taken back by the browser
	const odd = page(`127.0.0.1:${s.port}`, { body: '<p><a href="http://shop.example.com/" rel="noopener">合作企业</a></p>',
		leave: '<script>eval(decodeURIComponent(atob(document.documentElement.dataset.x)))</script>' })
	const careful = seeded('x')['/js/leave.js'].body
	const server = createServer((req, res) => {
		res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' })
		res.end(odd.replace('<html', `<html data-x="${Buffer.from(encodeURIComponent(careful)).toString('base64')}"`))
	})
	await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
	t.after(() => { server.closeAllConnections(); server.close() })
	const port = server.address().port, at = { port: s.port, url: () => `http://127.0.0.1:${port}/` }
	const plain = await inspect(t, at, '/', ['--checks', 'portal'])
	assert.deepEqual(plain.rules.filter(r => r.startsWith('leave.')), [], 'rendered')
	const bytes = start(t, weique, ['inspect', at.url(), '--allow-private', '--no-outside', '--kind', 'organ', '--pages', '1', '--json', '--quiet'], { env })
	let out = ''
	bytes.child.stdout.on('data', d => { out += d })
	await bytes.exited
	await until('its output', () => bytes.child.stdout.readableEnded)
	assert.match(out, /"rule":"leave\.no-prompt"/)
})

test('whom scripts ask for, and what opens by itself', async t => {
	const s = await serve(t)
	const r = await inspect(t, s, '/r/noise/')
	assert.ok(r.of('page.outside-script').some(f => f.target === 'http://cdn.shop.example.com/a.js'), r.rules.join())
	assert.equal(r.of('data.tracker').length, 1)
	assert.deepEqual(r.of('access.autoplay').map(f => f.excerpt.replace(/\d+/, 'n')), ['rendered: n dialogs before anything was clicked'])
})

test('the report shows the page; nothing stays behind', async t => {
	const s = await serve(t), dir = tempDir(t), file = path.join(dir, 'r.html')
	const before = new Set(readdirSync('/tmp').filter(n => n.startsWith('weique-render-')))
	const r = await inspect(t, s, '/', ['--html', file, '--dir', path.join(dir, 'state')])
	const picture = /src="data:image\/png;base64,([A-Za-z0-9+/=]+)"/.exec(readFileSync(file, 'utf8'))
	assert.ok(Buffer.from(picture[1], 'base64').subarray(0, 4).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47])))
	assert.deepEqual(r.rules.filter(n => /^(leave|mark)\./.test(n)), [])
	const made = readdirSync('/tmp').filter(n => n.startsWith('weique-render-') && !before.has(n)) // perhaps another test's
	await until('profiles are gone', () => !readdirSync('/tmp').some(n => made.includes(n)))
})

test('what is missing is said', async t => {
	const s = await serve(t)
	if (process.getuid() === 0) {
		const r = await inspect(t, s, '/', [], ['--render-user', 'no-such-user'], 3)
		assert.match(r.err, /useradd --system no-such-user/)
	}
})

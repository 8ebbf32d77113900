// Every link of tests/inspect/faults.txt (link-*) is found by `weique inspect --links-only`, and nothing else is said of the site.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import http from 'node:http'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { built, freePort, root, tempDir } from './lib.mjs'
import { spawn } from 'node:child_process'
import { friend, gambling, linkAnswer, linkPages, parked, send } from '../inspect/links.mjs'

// Those that another test holds: silence, names and certificates by src/inspect/fetch/fetch_test.c and src/inspect/site/site_test.c, what a
// page detector says by the seeded site's.
const elsewhere = ['link-silent', 'link-dns', 'link-tls', 'link-no-opener', 'link-look-alike']

const faults = readFileSync(path.join(root, 'tests/inspect/faults.txt'), 'utf8').split('\n')
	.filter(l => l.startsWith('link-')).map(l => l.split('|').map(s => s.trim()))
	.map(([id, rule, , page]) => ({ id, rule, page })).filter(f => !elsewhere.includes(f.id))

// The site on one address of this machine, those that it links to on others: outside, as other hosts are.
async function serve(t) {
	const port = await freePort(), host = `127.0.0.1:${port}`, dead = await freePort(), at = n => `http://127.0.0.${n}:${port}`
	const others = { friend: at(2), parked: at(3), gambling: at(4), refused: `http://127.0.0.1:${dead}`, silent: at(2), tls: at(2), dns: at(2) }
	const pages = linkPages(host, others), hosts = { '127.0.0.2': friend, '127.0.0.3': parked, '127.0.0.4': gambling }
	const answer = (request, response) => {
		const name = request.headers.host.split(':')[0], where = new URL(request.url, 'http://x').pathname
		send(response, hosts[name] ?? pages[where] ?? linkAnswer(where) ??
			{ status: 404, headers: { 'Content-Type': 'text/html' }, body: '<title>404</title>' }, request.method === 'HEAD')
	}
	for (let n = 1; n <= 4; n++) {
		const server = http.createServer(answer)
		await new Promise(resolve => server.listen(port, `127.0.0.${n}`, resolve))
		t.after(() => { server.closeAllConnections(); server.close() })
	}
	return host
}

function inspect(args) {
	return new Promise((resolve, reject) => {
		const child = spawn(built('src/bin/weique'), ['inspect', ...args], { env: { ...process.env, WEIQUE_RULES: path.join(root, 'rules') }, stdio: ['ignore', 'pipe', 'pipe'] })
		let out = '', err = ''
		child.stdout.on('data', d => { out += d })
		child.stderr.on('data', d => { err += d })
		child.on('error', reject)
		child.on('close', status => resolve({ status, out, err }))
	})
}

test('every planted link is found, and no other fault', { timeout: 120000 }, async t => {
	const host = await serve(t), dir = tempDir(t, 'links')
	const { status, out, err } = await inspect([`http://${host}/links/`, '--links-only', '--allow-private', '--allow-address', '127.0.0.0/8',
		'--resolve', 'www.gov.cn.evil-example.com:127.0.0.2', '--at-once', '--json', '--dir', dir, '--lang', 'en'])
	assert.equal(status, 0, err)
	const found = out.split('\n').filter(l => l.startsWith('{')).map(l => JSON.parse(l)).filter(f => f.rule?.startsWith('link.'))
	const pathOf = url => url?.startsWith(`http://${host}`) ? url.slice(`http://${host}`.length) : url
	for (const { id, rule, page } of faults)
		assert.ok(found.some(f => f.rule === rule && pathOf(f.page) === page), `${id}: ${rule} on ${page}`)
	// as many of each rule on each page as are planted there, or more: never fewer
	const count = list => list.reduce((m, k) => m.set(k, (m.get(k) ?? 0) + 1), new Map())
	const seen = count(found.map(f => `${f.rule} ${pathOf(f.page)}`))
	for (const [key, n] of count(faults.map(f => `${f.rule} ${f.page}`)))
		assert.ok((seen.get(key) ?? 0) >= n, `${key}: ${seen.get(key)} of ${n}`)
	// what is said besides: the home page that this site does not have, and a name that leads to another port
	const planned = new Set(faults.map(f => `${f.rule} ${f.page}`))
	const extra = found.filter(f => !planned.has(`${f.rule} ${pathOf(f.page)}`))
	assert.deepEqual(extra.filter(f => pathOf(f.target) !== '/' && !f.target.includes('evil-example')).map(f => `${f.rule} ${f.page} ${f.target}`), [])
	// again, from the log: the same
	const again = await inspect([`http://${host}/links/`, '--links-only', '--allow-private', '--allow-address', '127.0.0.0/8',
		'--resolve', 'www.gov.cn.evil-example.com:127.0.0.2', '--at-once', '--json', '--dir', dir, '--lang', 'en', '--resume'])
	const ids = text => text.split('\n').filter(l => l.startsWith('{')).map(l => JSON.parse(l).id).filter(Boolean).sort()
	assert.deepEqual(ids(again.out), ids(out))
})

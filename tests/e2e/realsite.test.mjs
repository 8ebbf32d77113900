// A site that nobody here wrote, with the leave-site prompt: what is served has the digests that were approved, and every link of
// every page leads through the gate to what it led to at the origin. (That a site without prompts is served byte for byte:
// line.test.mjs, origin.test.mjs.)
import test from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { freePort, http, startNginx, tempDir } from './lib.mjs'
import { Line, copyOf, header, libstdcxx, policy } from './line.mjs'

const host = 'www.example.gov.cn'

function profile(t) {
	const file = path.join(tempDir(t, 'profile'), 'profile.conf')
	writeFileSync(file, 'leave = { prompt = true; name = "云山县人民政府"; };\n')
	return file
}

// Calls `fn` with every item on a few connections.
async function each(line, items, fn) {
	let next = 0
	await Promise.all(Array.from({ length: 4 }, async () => {
		const c = await line.connect()
		for (let i; (i = next++) < items.length;)
			await fn(c, items[i])
		c.close()
	}))
}

const entities = { amp: '&', quot: '"', lt: '<', gt: '>' }
const plain = text => text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(amp|quot|lt|gt));/gi, (whole, dec, hex, name) =>
	name ? entities[name.toLowerCase()] : String.fromCodePoint(dec ? Number(dec) : parseInt(hex, 16)))

// The addresses that a page names, without fragments: those of the same host by target, and the others.
function linksOf(bytes, target) {
	const inside = new Set(), outside = new Set(), text = bytes.toString('latin1').replace(/<!--.*?-->|<script\b[^>]*>.*?<\/script>/gs, '')
	for (const [, a, b] of text.matchAll(/<[a-z][^<>]*?\s(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)) {
		let url
		try {
			url = new URL(plain(Buffer.from(a ?? b, 'latin1').toString()), `http://${host}${target}`)
		} catch {
			continue // no browser follows it
		}
		if (!/^https?:$/.test(url.protocol))
			continue
		if (url.host === host)
			inside.add(url.pathname + url.search)
		else
			outside.add(url.href)
	}
	return { inside, outside }
}

// Takes the site through review and compares what the gate serves; `status` is what the origin answers to a target.
async function walk(t, line, { least, status }) {
	await line.up({ PROFILE: profile(t) })
	await line.serves(1)
	const release = line.json('release', 'list')[0]
	const changes = line.json('release', 'show', release.id, '--all').changes
	assert.ok(changes.length >= least, `${changes.length} resources`)

	const served = new Map()
	await each(line, changes, async (c, { key, status, is }) => {
		const target = key.slice(key.indexOf('/'))
		const answer = await c.get(target)
		assert.equal(answer.status, status, target)
		if (status === 200) {
			assert.equal(createHash('sm3').update(answer.body).digest('hex'), is, target)
			served.set(target, { body: answer.body, html: /html/.test(header(answer, 'content-type')) })
		}
	})

	const links = new Map(), outside = []
	let pages = 0
	for (const [target, { body, html }] of served) {
		if (!html)
			continue
		const found = linksOf(body, target)
		pages++
		for (const link of found.inside)
			if (!links.has(link))
				links.set(link, target)
		outside.push(...[...found.outside].map(link => `${target}: ${link}`))
	}
	const broken = []
	let prompts = 0
	await each(line, [...links.keys()], async (c, link) => {
		const answer = await c.get(link)
		if (/^\/leave\//.test(link)) {
			assert.equal(answer.status, 200, `${links.get(link)}: ${link}`)
			prompts++
			return
		}
		const was = await status(link)
		assert.equal(answer.status, was, `${links.get(link)}: ${link}`)
		if (was >= 400)
			broken.push(link)
	})
	t.diagnostic(`${served.size} resources and ${pages} pages compared; ${links.size} addresses, ${prompts} of them prompts`)
	t.diagnostic(`broken at the origin already: ${broken.length}${broken.length ? `: ${broken.slice(0, 40).sort().join(' ')}` : ''}`)
	return { prompts, outside }
}

test('debian-policy over HTTP', { timeout: 120000 }, async t => {
	const port = await freePort(), dir = copyOf(t, policy)
	await startNginx(t, { dir: tempDir(t, 'origin'), workers: 1, http: `
	include /etc/nginx/mime.types;
	server { listen 127.0.0.1:${port}; root ${dir}/policy.html; absolute_redirect off; }` })
	const done = await walk(t, new Line(t, { site: `http://127.0.0.1:${port}/`, host }), {
		least: 40, status: async link => (await http(port, link, { host })).status,
	})
	assert.ok(done.prompts > 10)
	t.diagnostic(`${done.outside.length} addresses of other hosts are left: ${done.outside.slice(0, 10).join('\n')}`)
})

// What a web server would answer for a link into this folder.
function statusOf(dir, link) {
	const name = path.join(dir, decodeURIComponent(link.replace(/\?.*$/, '')))
	if (!existsSync(name))
		return 404
	if (!statSync(name).isDirectory())
		return 200
	return !existsSync(path.join(name, 'index.html')) ? 404 : link.endsWith('/') ? 200 : 301
}

test('libstdc++-12-doc from a directory', { timeout: 300000 }, async t => {
	const done = await walk(t, new Line(t, { site: libstdcxx, host }), { least: 7000, status: link => statusOf(libstdcxx, link) })
	assert.ok(done.prompts > 10)
	t.diagnostic(`${done.outside.length} addresses of other hosts are left: ${done.outside.slice(0, 10).join('\n')}`)
})

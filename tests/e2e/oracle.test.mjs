// Broken links of real documentation: what the walk says of the pages over HTTP, and what a reader of the files says that shares no code
// with it (tests/inspect/oracle/links.c, libxml2). docs/inspect-differences.md explains what may differ.
import test from 'node:test'
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { built, freePort, run, startNginx, tempDir } from './lib.mjs'
import { inspect } from './seeded.mjs'

// Of libstdc++-12-doc the manual, of nodejs its API, and debian-policy.
const folders = ['/usr/share/doc/gcc-12-base/libstdc++/manual', '/usr/share/doc/nodejs/api', '/usr/share/doc/debian-policy']

const plain = text => {
	try {
		return decodeURIComponent(text)
	} catch {
		return text
	}
}

test('natural broken addresses and places: the same as from the files', { timeout: 120000 }, async t => {
	const dir = tempDir(t, 'oracle'), port = await freePort(), own = path.join(dir, 'own')
	mkdirSync(own)
	const said = run(built('tests/inspect/oracle-links'), ['', ...folders], { maxBuffer: 64 << 20 }).split('\n').filter(Boolean).map(l => l.split(' '))
	// every page that the oracle reads is a start: what no other page leads to counts as well
	const pages = run('find', [...folders, '-type', 'f', '-name', '*.html']).split('\n').filter(Boolean)
	writeFileSync(path.join(own, 'index.html'), `<!DOCTYPE html><html lang="en"><title>all</title>${pages.map(p => `<a href="${encodeURI(p)}">x</a>`).join('\n')}`)
	await startNginx(t, {
		dir, user: 'root', http: `include /etc/nginx/mime.types; default_type text/plain; charset utf-8;
	server { listen 127.0.0.1:${port}; root ${own}; location /usr/ { root /; } }` })
	const base = `http://127.0.0.1:${port}`
	const found = (await inspect([`${base}/`, '--links-only', '--allow-private', '--no-outside', '--depth', '2', '--dir', path.join(dir, 'state')])).filter(f => f.target?.startsWith(`${base}/`))
	const read = new Set(pages)
	// of pages that the oracle read, and of sheets below its folders
	const here = f => read.has(plain(f.page.slice(base.length)))
	const ours = rule => new Set(found.filter(f => f.rule === rule && here(f)).map(f => plain(f.target.slice(base.length))))
	const theirs = kind => new Set(said.filter(([k, target, page]) => k === kind && target !== '/' && read.has(page)).map(([, target]) => plain(target)))
	const broken = new Set([...ours('link.broken')].map(u => u.split('#')[0])), places = ours('link.fragment')
	const only = (a, b) => [...a].filter(x => !b.has(x))
	t.diagnostic(`${pages.length} pages; broken: ${broken.size} here, ${theirs('broken').size} there; places: ${places.size} here, ${theirs('fragment').size} there`)
	assert.deepEqual({ notFound: only(theirs('broken'), broken), placesNotFound: only(theirs('fragment'), places) }, { notFound: [], placesNotFound: [] })
	// sheets' own addresses stand at their pages here and at the sheet there
	const sheets = new Set(said.filter(([k, , page]) => k === 'broken' && page.endsWith('.css')).map(([, target]) => plain(target)))
	assert.deepEqual({ more: only(broken, theirs('broken')).filter(u => !sheets.has(u)), morePlaces: only(places, theirs('fragment')) }, { more: [], morePlaces: [] })
	assert.ok(broken.size > 20 && places.size > 0, 'there is nothing to compare')
})

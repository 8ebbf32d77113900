// Reviewing on a real site: a template changes on every page of a manual, one page is changed in another way as well. Then the
// release is sealed, taken back by another release, old versions go, and what was damaged is put back.
import test from 'node:test'
import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Line, copyOf, policy } from './line.mjs'
import { http, tempDir, until } from './lib.mjs'

const pages = dir => readdirSync(dir, { recursive: true }).map(String).filter(f => /\.html$/.test(f) && statSync(path.join(dir, f)).isFile())

test('a release is reviewed, sealed, taken back, and old versions go', { timeout: 240000 }, async t => {
	const site = copyOf(t, policy), line = new Line(t, { site, host: 'manual.example.gov.cn' })
	await line.up()
	await line.serves(1)
	const first = readFileSync(path.join(site, 'policy.html/index.html'))
	const served = async () => (await http(line.httpPort, '/policy.html/index.html', { host: line.host })).body

	// the template: one line in the footer of every page that has one; a hidden link on one of them as well
	const changed = pages(path.join(site, 'policy.html')).filter(f => {
		const file = path.join(site, 'policy.html', f), html = readFileSync(file, 'utf8')
		if (!html.includes('</body>'))
			return false
		writeFileSync(file, html.replace('</body>', '<p class="mark">云山县人民政府主办</p></body>'))
		return true
	})
	assert.ok(changed.length > 20, `${changed.length} pages of the manual`)
	const victim = path.join(site, 'policy.html', changed.find(f => f.startsWith('ch-')))
	writeFileSync(victim, readFileSync(victim, 'utf8').replace('</body>',
		'<div style="display:none"><a href="http://bet.example.com/"><script>alert(1)</script>博彩</a></div></body>'))
	const release = line.capture().release

	await t.test('the template is one group, and nothing hides in it', () => {
		const diff = line.json('release', 'diff', release)
		const template = diff.groups[0]
		assert.ok(template.pages >= changed.length - 3, `${template.pages} of ${changed.length}`)
		const key = `manual.example.gov.cn/policy.html/${path.basename(victim)}`
		const alone = diff.pages.find(p => p.key === key)
		assert.equal(diff.groups[alone.group].pages, 1)
		assert.ok(alone.markup.some(run => run.added.some(piece => piece.includes('bet.example.com'))))
		const shared = diff.pages.find(p => p.group === 0)
		assert.deepEqual(shared.text.flatMap(run => run.added), ['云山县人民政府主办'])
		assert.deepEqual(shared.text.flatMap(run => run.removed), [])
		assert.equal(line.json('release', 'diff', release, '--group', template.id).pages.length, template.pages)
	})

	await t.test('for people, without colours and controls', () => {
		const done = line.weique('release', 'diff', release)
		assert.equal(done.code, 0, done.err)
		assert.match(done.out, /the same change in \d+ pages/)
		assert.match(done.out, /! \+ <a href="http:\/\/bet\.example\.com\/">/)
		assert.doesNotMatch(done.out, /\x1b/)
		const shown = line.weique('release', 'show', release)
		assert.match(shown.out, /still missing: 0 of 2 approvals/)
		assert.match(shown.out, /weique release approve/)
		line.refused(/changes nothing like this/, 'release', 'diff', release, '/no-such-page.html')
	})

	await t.test('as one file with no tag of the pages', () => {
		const file = path.join(tempDir(t, 'report'), 'r.html')
		line.json('release', 'diff', release, '--html', file)
		const html = readFileSync(file, 'utf8')
		assert.match(html, /default-src 'none'/)
		assert.doesNotMatch(html, /<script|<iframe|<a href="http|javascript:/i)
		assert.match(html, /&lt;script&gt;/)
		assert.match(html, /bet\.example\.com/)
	})

	await t.test('findings have to be accepted, with a comment, and that is signed', () => {
		assert.ok(line.json('release', 'show', release).findings.some(f => ['high', 'critical'].includes(f.severity)))
		line.refused(/--accept-findings/, 'release', 'approve', release, '--as', 'wang', '--comment', 'fine')
		line.refused(/--accept-findings/, 'release', 'approve', release, '--as', 'wang', '--accept-findings')
		assert.deepEqual(line.json('release', 'show', release).decisions, [])
		line.approve(release, 'wang', 'li')
		for (const decision of line.json('release', 'show', release).decisions)
			assert.match(decision.comment, /\[accepts \d+ findings, SM3 [0-9a-f]{64}\]/)
		assert.equal(line.json('release', 'show', release).procedure.state, 'complete')
	})

	await t.test('back to what was', async () => {
		line.seal(release)
		await until('the new version is served', async () => !(await served()).equals(first))
		line.refused(/was never sealed/, 'release', 'rollback', 'site', '--to', '9', '--author', 'editor')
		const back = line.json('release', 'rollback', 'site', '--to', '1', '--author', 'editor', '--reason', '误改').release
		line.refused(/0 of 2|nobody has decided/, 'release', 'seal', back)
		line.approve(back, 'wang', 'li')
		assert.equal(line.seal(back).serial, 3)
		await until('the old version is served again', async () => (await served()).equals(first))
		assert.equal(line.ledger('release.rollback')[0].body.to, 1)
	})

	await t.test('what is no longer kept goes, what is served stays', async () => {
		const conf = path.join(line.state, 'weique.conf'), text = readFileSync(conf, 'utf8')
		assert.ok(line.json('vault', 'gc', '--keep', '1').snapshot.removable === 0, 'younger than vault.grace')
		writeFileSync(conf, text.replace(/# grace = .*/, 'grace = "0ms";'))
		const would = line.json('vault', 'gc', '--keep', '1', '--dry-run')
		assert.equal(would.snapshot.removable, 2)
		line.json('vault', 'gc', '--keep', '1')
		assert.equal(readdirSync(path.join(line.state, 'vault/apps/site')).filter(f => f.endsWith('.snapshot')).length, 1)
		assert.equal(line.ledger('vault.collected').length, 1)
		line.refused(/no longer kept/, 'release', 'rollback', 'site', '--to', '2', '--author', 'editor')
		assert.equal(line.json('vault', 'verify').wrong, 0)
		assert.ok((await served()).equals(first))
		// a release whose body is gone can still be looked up
		assert.equal(line.json('release', 'show', release).release.id, release)
	})

	await t.test('what was damaged is put back from a backup', () => {
		const backup = path.join(tempDir(t, 'backup'), 'state'), packs = path.join(line.state, 'vault/packs')
		cpSync(line.state, backup, { recursive: true, filter: f => !/\/run(\/|$)/.test(f) })
		line.stop() // weique-vault would put it back from its own memory
		const pack = path.join(packs, readdirSync(packs).find(f => f.endsWith('.pack')))
		unlinkSync(pack)
		const wrong = line.weique('vault', 'verify', '--json')
		assert.notEqual(wrong.code, 0)
		assert.equal(JSON.parse(wrong.out.split('\n')[0]).wrong, 1)
		assert.equal(line.json('vault', 'repair', '--from', backup).repaired, 1)
		assert.ok(existsSync(pack))
		assert.equal(line.json('vault', 'verify').wrong, 0)
	})
})

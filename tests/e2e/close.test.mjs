// Closing an application (A4): the command says how serving ends, and after those steps the gate answers 403 everywhere.
import test from 'node:test'
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Line } from './line.mjs'
import { http, tempDir, until } from './lib.mjs'

test('a closed application is neither captured nor, after its last release, served', { timeout: 120000 }, async t => {
	const dir = tempDir(t, 'close'), site = path.join(dir, 'site'), conf = path.join(dir, 'closed.conf')
	mkdirSync(path.join(site, 'a'), { recursive: true })
	for (const name of ['index.html', 'a/b.html'])
		writeFileSync(path.join(site, name), `<!DOCTYPE html><meta charset=utf-8><p>${name}`)
	const line = new Line(t, { site, host: 'old.example.gov.cn' })
	await line.up()
	await line.serves(1)
	const status = async target => (await http(line.httpPort, target, { host: line.host })).status
	assert.equal(await status('/a/b.html'), 200)
	const asked = line.json('approval', 'ask', 'app.closing', 'site', '--person', 'editor', '--text', '并入门户').approval
	for (const person of ['wang', 'leader'])
		line.json('approval', 'approve', asked, '--as', person)
	const closed = line.weique('app', 'close', 'site', '--reason', '并入门户')
	assert.equal(closed.code, 0, closed.err)
	for (const step of ["echo 'paths = [ \"/ closed\" ];' > closed.conf", 'weique app profile site closed.conf', 'weique capture site --policy --author'])
		assert.ok(closed.out.includes(step), closed.out)
	line.refused(/A4.*\n?.*--policy/, 'capture', 'site', '--author', 'editor')
	// as long as nothing else is sealed, what was approved is served
	assert.equal(await status('/a/b.html'), 200)
	writeFileSync(conf, 'paths = [ "/ closed" ];\n')
	line.json('app', 'profile', 'site', conf)
	const release = line.json('capture', 'site', '--policy', '--author', 'editor').release
	line.approve(release, 'wang', 'li')
	line.seal(release)
	await until('the gate has switched', async () => await status('/a/b.html') === 403)
	for (const target of ['/', '/index.html', '/a/b.html', '/a/', '/none', '/leave/0123456789abcdef0123456789abcdef'])
		assert.equal(await status(target), 403, target)
})

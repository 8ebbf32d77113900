// What weique-sign does not seal: it verifies the signed decisions itself, against the keys and rules of its own trust list,
// whatever the database says.
import test from 'node:test'
import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Line, Visitors, filesOf, smallSite } from './line.mjs'

test('what is not approved as it has to be is not sealed', async t => {
	const site = smallSite(t), line = new Line(t, { site, host: 'www.example.gov.cn' })
	const approved = filesOf(site)
	approved.delete('/404.html') // sealed with status 404
	await line.up()
	await line.serves(1)
	const visitors = new Visitors(line, approved, 1)
	const trust = path.join(line.state, 'sign/trust')
	const add = (id, options, trusted = true) => {
		line.json('person', 'add', id, '--name', id, ...options)
		if (trusted)
			appendFileSync(trust, line.weique('person', 'trust', id).out)
	}
	let version = 0
	const propose = author => {
		writeFileSync(path.join(site, 'news.html'), `<h1>version ${++version}</h1>`)
		return line.capture(author).release
	}
	const shelf = () => readdirSync(path.join(line.state, 'vault/apps/site')).filter(f => f.endsWith('.snapshot'))
	// refused, and nothing came of it
	const notSealed = (release, text) => {
		const events = line.ledger('release.sealed').length
		line.refused(text, 'release', 'seal', release)
		assert.equal(line.ledger('release.sealed').length, events)
		assert.notEqual(line.release(release).state, 'sealed')
		assert.equal(shelf().length, 1)
	}
	add('zhao', ['--roles', 'author,reviewer', '--in-establishment'])
	add('qian', ['--roles', 'reviewer'])
	add('sun', ['--roles', 'reviewer', '--in-establishment'], false)
	add('zhou', ['--roles', 'author', '--in-establishment'])

	await t.test('the author\'s own approval', () => {
		const release = propose('zhao')
		assert.equal(line.weique('release', 'approve', release, '--as', 'zhao').code, 1)
		line.refused(/author may not decide/, 'release', 'approve', release, '--as', 'zhao')
		assert.deepEqual(line.json('release', 'show', release).decisions, [])
		line.approve(release, 'wang')
		notSealed(release, /1 of 2 approvals/)
	})

	await t.test('no approval, one approval, the same person twice', () => {
		const release = propose()
		notSealed(release, /nobody has decided/)
		line.approve(release, 'wang')
		notSealed(release, /1 of 2 approvals/)
		assert.notEqual(line.weique('release', 'approve', release, '--as', 'wang').code, 0)
		notSealed(release, /1 of 2 approvals/)
	})

	await t.test('a contractor\'s approval does not count', () => {
		const release = propose()
		line.approve(release, 'wang', 'qian')
		notSealed(release, /1 of 2 approvals; qian is not in-establishment/)
	})

	await t.test('nor that of somebody who is not on weique-sign\'s trust list, or no reviewer there', () => {
		const stranger = propose()
		line.approve(stranger, 'wang', 'sun')
		notSealed(stranger, /sun is not on the trust list/)
		const author = propose()
		line.approve(author, 'wang')
		line.refused(/zhou is not registered as a reviewer/, 'release', 'approve', author, '--as', 'zhou')
		line.sql('update person set roles = 3 where id = ?', 'zhou') // whoever alters the database gains nothing
		line.approve(author, 'zhou')
		notSealed(author, /zhou is not a reviewer/)
	})

	await t.test('a rejection', () => {
		const release = propose()
		line.approve(release, 'wang')
		line.json('release', 'reject', release, '--as', 'li')
		assert.equal(line.release(release).state, 'rejected')
		notSealed(release, /is rejected/)
		line.refused(/is rejected: nothing is left to decide/, 'release', 'approve', release, '--as', 'zhao')
		line.sql('update release set state = 0 where id = ?', release)
		notSealed(release, /li rejected it/)
	})

	await t.test('a decision that was altered in the database', () => {
		const release = propose()
		line.approve(release, 'wang', 'li')
		const rows = line.sql('select person, canonical, sig from decision where release = ? order by person', release)
		assert.deepEqual(rows.map(r => r[0]), ['li', 'wang'])
		for (const [column, at] of [[1, rows[0][1].length - 2], [2, 0], [2, 126]]) {
			const bytes = Buffer.from(rows[0][column], 'hex')
			bytes[at >> 1] ^= 1
			const name = ['', 'canonical', 'sig'][column]
			line.sql(`update decision set ${name} = ? where release = ? and person = 'li'`, { hex: bytes.toString('hex') }, release)
			line.refused(/signature is not valid|format/, 'release', 'seal', release)
			line.sql(`update decision set ${name} = ? where release = ? and person = 'li'`, { hex: rows[0][column] }, release)
		}
		// wang's signed word under li's name, and one made up
		line.sql('update decision set canonical = ?, sig = ? where release = ? and person = \'li\'', { hex: rows[1][1] }, { hex: rows[1][2] }, release)
		notSealed(release, /1 of 2 approvals/)
		const forged = Buffer.from(Buffer.from(rows[1][1], 'hex').toString('latin1').replace('wang', 'zhao'), 'latin1')
		line.sql('update decision set canonical = ?, sig = ? where release = ? and person = \'li\'', { hex: forged.toString('hex') }, { hex: rows[1][2] }, release)
		notSealed(release, /signature is not valid/)

		// what the ledger says counts, and it makes the tables again
		assert.equal(line.weique('ledger', 'verify').code, 0)
		assert.equal(line.weique('ledger', 'rebuild').code, 0)
		assert.deepEqual(line.sql('select person, canonical, sig from decision where release = ? order by person', release), rows)
	})

	await t.test('a statement that was altered after people decided', () => {
		const good = propose()
		line.approve(good, 'wang', 'li')
		const [[statement]] = line.sql('select statement from release where id = ?', good)
		const bad = propose()
		const [[other]] = line.sql('select statement from release where id = ?', bad)
		// the approved release's decisions for the other one's content
		line.sql('update release set statement = ? where id = ?', { hex: other }, good)
		line.refused(/about something else|signature is not valid/, 'release', 'seal', good)
		line.sql('update release set statement = ? where id = ?', { hex: statement }, good)
		assert.equal(shelf().length, 1)
	})

	await t.test('a body that was altered between approval and sealing', () => {
		const release = propose()
		line.approve(release, 'wang', 'li')
		const file = path.join(line.state, `releases/${release}.body`), bytes = readFileSync(file)
		for (const bad of [Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes.at(-1) ^ 1])]), bytes.subarray(0, -1), Buffer.concat([bytes, bytes])]) {
			writeFileSync(file, bad)
			line.refused(/content was altered/, 'release', 'seal', release)
		}
		writeFileSync(file, bytes)
		assert.equal(shelf().length, 1)
	})

	await t.test('a release on an older ground than what was sealed last', async () => {
		await visitors.allRight()
		const first = propose(), second = propose()
		line.approve(first, 'wang', 'li')
		line.approve(second, 'wang', 'li')
		assert.equal(line.seal(first).serial, 2)
		assert.equal(line.release(second).state, 'superseded')
		line.refused(/is superseded/, 'release', 'seal', second)
		line.sql('update release set state = 0 where id = ?', second)
		line.refused(/builds on serial 1, sealed last was 2/, 'release', 'seal', second)
		assert.deepEqual(shelf().length, 2)
		await line.serves(2)
		const now = filesOf(site)
		now.delete('/404.html')
		now.set('/news.html', Buffer.from(`<h1>version ${version - 1}</h1>`))
		await new Visitors(line, now).allRight()
	})

	await t.test('weique-sign says what it refused', () => {
		const log = readFileSync(path.join(line.state, 'log/sign.jsonl'), 'utf8').split('\n').filter(Boolean).map(l => JSON.parse(l))
		const refused = log.filter(e => e.event === 'sign.refused')
		assert.ok(refused.length >= 10, `${refused.length}`)
		assert.ok(refused.every(e => e.severity === 'warning'))
		assert.ok(!existsSync(path.join(line.state, 'sign/apps/other.sealed')))
	})
})

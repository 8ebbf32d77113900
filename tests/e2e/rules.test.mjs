// `weique rules test` and `weique rules explain`: in process with Debian's rule set, through the gate with the same cases, and with the whole
// of a release where WEIQUE_CRS names one (a folder with rules/, tests/, crs-setup.conf.example).
import test from 'node:test'
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { debian, startCrs, weique } from './crs.mjs'
import { root, tempDir } from './lib.mjs'

const cases = path.join(root, 'tests/waf/cases/own.yaml'), overrides = path.join(root, 'rules/waf/overrides.yaml')
const full = process.env.WEIQUE_CRS

function run(...args) {
	const done = spawnSync(weique, ['--lang', 'en', 'rules', ...args], { encoding: 'utf8', maxBuffer: 1 << 28 })
	return { status: done.status, out: done.stdout, err: done.stderr }
}

function json(...args) {
	const r = run(...args, '--json')
	return { status: r.status, ...JSON.parse(r.out) }
}

// Not spawnSync: the backend lives in this process.
function through(site, tests, ...more) {
	return new Promise(resolve => {
		const p = spawn(weique, ['--lang', 'en', 'rules', 'test', '--json', '--tests', tests, '--overrides', overrides, '--gate', `http://127.0.0.1:${site.port}`, '--log', site.ruleLog, ...more])
		const out = []
		p.stdout.on('data', d => out.push(d))
		p.on('close', status => resolve({ status, ...JSON.parse(Buffer.concat(out).toString()) }))
	})
}

const failures = r => r.tests.filter(t => t.verdict === 'failed').map(t => `${t.test}: ${t.why} (fired: ${t.fired})`)

test('own cases in process', async t => {
	const r = json('test', '--rules', debian, '--tests', cases, '--overrides', overrides)
	assert.deepEqual(failures(r), [])
	assert.deepEqual([r.status, r.passed, r.failed], [0, 6, 0])
	assert.equal(r.tests[4].answered_by_server !== undefined, true)

	await t.test('several threads say the same', () =>
		assert.deepEqual(json('test', '--rules', debian, '--tests', cases, '--overrides', overrides, '--jobs', '3'), r))
	await t.test('only those that are asked for', () => {
		assert.deepEqual(json('test', '--rules', debian, '--tests', cases, '--id', '942100-2').tests.map(x => x.test), ['942100-2'])
		assert.equal(run('test', '--rules', debian, '--tests', cases, '--id', '1').status, 2)
	})
})

test('a failure is told, an override has its reason, what is not understood is refused', t => {
	const dir = tempDir(t, 'ftw'), file = path.join(dir, 'case.yaml'), over = path.join(dir, 'over.yaml')
	const text = (output, more = '') => `rule_id: 942100\ntests:\n  - test_id: 7\n    stages:\n      - input:\n          headers:\n            Host: localhost\n${more}        output:\n          ${output}\n`

	writeFileSync(file, text('log: {expect_ids: [942100]}'))
	writeFileSync(over, 'test_overrides:\n  - rule_id: 942100\n    test_ids: [7]\n    reason: "no attack in it"\n    output: {log: {no_expect_ids: [942100]}}\n')
	const failed = run('test', '--rules', debian, '--tests', file, '--overrides', overrides)
	assert.equal(failed.status, 1)
	assert.match(failed.out, /failed +942100-7 +942100 did not fire/)
	assert.match(failed.out, /0 passed, 0 overridden, 1 failed/)
	const overridden = json('test', '--rules', debian, '--tests', file, '--overrides', over)
	assert.deepEqual([overridden.status, overridden.overridden, overridden.tests[0].overridden], [0, 1, 'no attack in it'])
	for (const [bad, message] of [
		[text('log: {expect_ids: [942100]}', '          save_cookie: true\n'), /case\.yaml:8: .*"save_cookie" is not supported/],
		[text('log: {expect: 1}'), /case\.yaml:9: .*"expect" is not supported/],
		[text('status: many'), /case\.yaml:9: write a number/],
		[text('status: 200', '          data: "{{ now }}"\n'), /case\.yaml:8: of templates only/],
		['tests: [', /case\.yaml:/],
		['', /no tests in it/],
	]) {
		writeFileSync(file, bad)
		const r = run('test', '--rules', debian, '--tests', file, '--overrides', overrides)
		assert.equal(r.status, 3, bad)
		assert.match(r.err, message)
	}
	writeFileSync(over, 'test_overrides:\n  - rule_id: 942100\n    output: {status: 200}\n')
	assert.match(run('test', '--rules', debian, '--tests', cases, '--overrides', over).err, /over\.yaml:2: an override needs rule_id and reason/)
})

test('own cases through the gate', async t => {
	const site = await startCrs(t, { dir: debian })
	const r = await through(site, cases)
	assert.deepEqual(failures(r), [])
	assert.deepEqual([r.status, r.passed], [0, 6])
	assert.ok(r.tests[0].fired.split(' ').includes('942100'))
})

test('explain', t => {
	const dir = tempDir(t, 'explain'), file = path.join(dir, 'request'), answer = path.join(dir, 'answer')
	writeFileSync(file, 'POST /a?id=1%27%20OR%201=1-- HTTP/1.1\nHost: example.com\nUser-Agent: x\nAccept: */*\nX_Dropped: 1\nContent-Type: application/x-www-form-urlencoded\n\nname=%E5%8C%BB')
	writeFileSync(answer, 'HTTP/1.1 200 OK\nContent-Type: text/html\n\nYou have an error in your SQL syntax; check the manual that corresponds to your MySQL server version')

	const r = json('explain', file, '--rules', debian, '--response', answer, '--rule', '942430')
	const hit = r.rules.find(x => x.id === 942100)
	assert.equal(r.verdict, 'refuse')
	assert.equal(hit.values[0].variable, 'ARGS:id')
	assert.equal(hit.values[0].matched, true)
	assert.ok(r.scores.sql_injection_score >= 5)
	assert.ok(r.rules.some(x => x.id === 951230))
	assert.deepEqual([r.asked[0].id, r.asked[0].why], [942430, 'skipped'])
	assert.ok(r.asked[0].by > 0)

	const text = run('explain', file, '--rules', debian, '--rule', '942140')
	assert.match(text.out, /942100 +CRITICAL +phase 2/)
	assert.match(text.out, /ARGS:id +1' OR 1=1--/)
	assert.match(text.out, /nginx drops 1 headers/)
	assert.match(text.out, /942140 +no value/)
	assert.match(text.out, /verdict: it is refused \(403, by rule 949110\)/)
	assert.doesNotMatch(text.out, /\x1b/)
	assert.match(spawnSync(weique, ['--lang', 'zh', 'rules', 'explain', file, '--rules', debian], { encoding: 'utf8' }).stdout, /结论：拒绝/)

	const every = json('explain', file, '--rules', debian, '--all')
	assert.ok(every.asked.length > 200)
	writeFileSync(file, 'GET /a%2fb HTTP/1.1\nHost: example.com\n\n')
	assert.match(run('explain', file, '--rules', debian).out, /the server answers 400 itself: encoded-separator/)
	assert.match(run('explain', file, '--rules', debian, '--rule', '1').out, /1 {2}the set has no such rule/)
})

if (full) test('all cases of a release, in process and through the gate', async t => {
	const tests = path.join(full, 'tests')
	const inside = json('test', '--rules', full, '--tests', tests, '--overrides', overrides, '--jobs', '2')
	assert.deepEqual(failures(inside), [])
	assert.ok(inside.passed > 2000)
	assert.ok(inside.overridden <= 30)

	const site = await startCrs(t, { dir: full })
	const outside = await through(site, tests)
	assert.deepEqual(failures(outside), [])
	assert.equal(outside.overridden, inside.overridden)
})

// Rule sets with the profile of rules/waf/chinese-*.conf let citizens write, and catch attacks within what they write.
//
// With WEIQUE_CRS the limits of CRS 4; without it Debian's rules, of which there are no payloads here.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { built, root, tempDir } from '../e2e/lib.mjs'
import { blocked, judge, ruleFiles } from './false_alarms.mjs'
import { attackRequests, benignRequests } from './requests.mjs'

const crs = process.env.WEIQUE_CRS
const LIMITS = [[1, 2], [2, 10]] // paranoia, false alarms of 2,000
const tool = path.join(root, 'tests/waf/false_alarms.mjs')

function describe(requests, answers) {
	return answers.flatMap((answer, i) => blocked(answer)
		? [`${requests[i].id}: ${answer.matches.map(([rule, , value]) => `${rule} ${value.slice(0, 80)}`).join('; ') || answer.verdict}`] : []).join('\n')
}

test('benign texts pass', () => {
	const requests = benignRequests()
	for (const [paranoia, limit] of LIMITS) {
		const { answers } = judge(requests, { crs, profile: true, paranoia })
		assert.equal(answers.length, 2000)
		assert.ok(answers.filter(blocked).length <= limit, `paranoia ${paranoia}:\n${describe(requests, answers)}`)
	}
})

test('texts of another seed pass as well', () => {
	const ran = spawnSync('node', [tool, '--what', 'texts', '--with', '--seed', 'second'], { encoding: 'utf8' })
	const found = [...ran.stdout.matchAll(/false alarms: (\d+) of 2000/g)].map(match => Number(match[1]))
	assert.equal(found.length, LIMITS.length, ran.stderr)
	found.forEach((n, i) => assert.ok(n <= LIMITS[i][1], ran.stdout))
})

test('without the profile they do not: the test can fail', () => {
	const { answers } = judge(benignRequests(), { crs, profile: false, paranoia: 1 })
	assert.ok(answers.filter(blocked).length > 500)
})

// The rule set without the profile refuses all GB18030, attack or not; so it is asked about the same texts and payloads in UTF-8.
if (crs) test('attacks within Chinese text are caught as without the profile', () => {
	const utf8 = attackRequests(crs, 'UTF-8'), gb18030 = attackRequests(crs, 'GB18030')
	for (const [paranoia] of LIMITS) {
		const without = judge(utf8, { crs, profile: false, paranoia }).answers
		for (const requests of [utf8, gb18030]) {
			const { answers } = judge(requests, { crs, profile: true, paranoia })
			for (const placement of ['between', 'whole']) {
				const caught = list => list.filter((answer, i) => requests[i].placement === placement && blocked(answer)).length
				assert.ok(caught(answers) >= caught(without) - 10,
					`paranoia ${paranoia}, ${requests[0].charset}, ${placement}: ${caught(answers)} of 1000, without ${caught(without)}`)
			}
		}
	}
})

// tests/waf/cases: for every rule that the profile changes two attacks that are still caught and two texts that pass. Those of paranoia 2 are
// made for CRS 4.
test('every change of a rule has its attacks and its texts', t => {
	const main = path.join(tempDir(t, 'chinese'), 'main.conf')
	writeFileSync(main, ruleFiles(crs, true).filter(file => !file.endsWith('/weique.conf')).map(file => `Include ${file}\n`).join(''))
	for (const paranoia of crs ? ['1', '2'] : ['1']) {
		const ran = spawnSync(built('src/bin/weique'), ['rules', 'test', '--rules', main, '--tests', path.join(root, `tests/waf/cases/paranoia${paranoia}`),
			'--paranoia', paranoia], { encoding: 'utf8' })
		assert.equal(ran.status, 0, ran.stdout + ran.stderr)
		assert.match(ran.stdout, /(\d\d+) passed, 0 overridden, 0 failed/)
	}
})

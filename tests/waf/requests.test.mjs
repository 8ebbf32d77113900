// What is sent to the engine says what the index says: texts come back from the bytes, payloads out of cases.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { tempDir } from '../e2e/lib.mjs'
import { payloads, unescaped } from './payloads.mjs'
import { attackRequests, benignRequests } from './requests.mjs'
import { texts } from './texts.mjs'

// The fields of a request as a server reads them, text by text.
function fieldsOf({ bytes, carrier, charset }) {
	const decoder = new TextDecoder(charset, { fatal: true })
	const split = bytes.indexOf('\r\n\r\n')
	const head = bytes.subarray(0, split).toString('latin1'), body = bytes.subarray(split + 4)
	assert.equal(Number(head.match(/Content-Length: (\d+)/)?.[1] ?? 0), body.length)
	if (carrier === 'json')
		return Object.values(JSON.parse(decoder.decode(body)))
	if (carrier === 'multipart')
		return body.toString('latin1').split(/\r\n?------gecko.*?\r\n|------gecko.*?\r\n/).slice(1, 3)
			.map(part => decoder.decode(Buffer.from(part.slice(part.indexOf('\r\n\r\n') + 4), 'latin1')))
	const pairs = carrier === 'query' ? head.match(/\?(\S+)/)[1] : body.toString('latin1')
	return pairs.split('&').map(pair => decoder.decode(unescaped(pair.slice(pair.indexOf('=') + 1))))
}

test('a benign request carries its text and nothing else', () => {
	const list = benignRequests()
	assert.equal(new Set(list.map(request => request.file)).size, 2000)
	texts().forEach((text, i) =>
		assert.deepEqual(fieldsOf(list[i]).map(field => field.replaceAll('\r\n', '\n')), [text.text, '咨询'], text.id))
})

const CASES = `---
rule_id: 942999
tests:
  - test_id: 1
    stages: [{input: {uri: "/get?a=1&var=%27+or+%C4%E3%2527", headers: {Host: localhost}}, output: {log: {expect_ids: [942999]}}}]
  - test_id: 2
    stages: [{input: {uri: "/post", data: "var=x<y>"}, output: {log: {expect_ids: [942999]}}}, {input: {uri: "/post", data: "var=z\\"z"}, output: {log: {expect_ids: [942999]}}}]
  - {test_id: 3, stages: [{input: {uri: "/get?a=benign--"}, output: {log: {no_expect_ids: [942999]}}}]}
  - {test_id: 4, stages: [{input: {uri: "/get?a=%w20--"}, output: {log: {expect_ids: [942999]}}}]}
  - {test_id: 5, stages: [{input: {uri: "/get?evil'name=1", headers: {X: y}}, output: {log: {expect_ids: [942999]}}}]}
  - {test_id: 6, stages: [{input: {data: "{\\"a\\": \\"'b\\"}", headers: {content-type: application/json}}, output: {log: {expect_ids: [942999]}}}]}
  - {test_id: 7, stages: [{input: {uri: "/get?other=x%3Cy%3E"}, output: {log: {expect_ids: [942999]}}}]}
`

test('payloads: positive cases of query and form, unescaped, every one once', t => {
	const dir = tempDir(t, 'cases')
	mkdirSync(path.join(dir, 'rules'))
	mkdirSync(path.join(dir, 'tests/REQUEST-942-X'), { recursive: true })
	writeFileSync(path.join(dir, 'rules/x.conf'), 'SecRule ARGS "@rx x" \\\n  "id:942999,\\\n  tag:\'paranoia-level/3\'"\n')
	writeFileSync(path.join(dir, 'tests/REQUEST-942-X/942999.yaml'), CASES)
	writeFileSync(path.join(dir, 'tests/REQUEST-942-X/empty.yaml'), '# no case\n')
	const found = payloads(dir)
	assert.deepEqual(found.map(p => [p.id, p.bytes.toString('latin1')]).sort(),
		[['942999-1', "' or \xc4\xe3%27"], ['942999-2', 'x<y>'], ['942999-2-2', 'z"z']])
	assert.ok(found.every(p => p.rule === 942999 && p.family === 942 && p.paranoia === 3))

	const requests = attackRequests(dir)
	assert.equal(new Set(requests.map(request => request.file)).size, 6)
	for (const request of requests.filter(r => r.id.startsWith('942999-2-'))) {
		const [main, other] = fieldsOf(request)
		assert.ok(request.placement === 'whole' ? main === 'z"z' || main === 'x<y>' : /.(z"z|x<y>)./s.test(main), main)
		assert.ok(other.length >= 2)
	}
	assert.throws(() => payloads(path.join(dir, 'rules')))
})

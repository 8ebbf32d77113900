// The benign corpus is the one that was fixed before the engine was written, and is as wide as it says.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { encode, gb2312 } from './gb18030.mjs'
import { canonical, digest, LENGTHS, texts } from './texts.mjs'

const all = texts()
const count = key => all.reduce((n, t) => ({ ...n, [t[key]]: (n[t[key]] ?? 0) + 1 }), {})
const size = text => [...text].length

test('the texts are those of the first commit', () => {
	assert.equal(`${digest(all)}\n`, readFileSync(new URL('texts/DIGEST', import.meta.url), 'utf8'))
	assert.notEqual(digest([...all.slice(1), { ...all[0], text: '别的' }]), digest(all))
	assert.equal(canonical(all).split('\n').length, 2001)
})

test('2,000 different texts, a quarter of each length', () => {
	assert.equal(new Set(all.map(t => t.text)).size, 2000)
	assert.equal(new Set(all.map(t => t.id)).size, 2000)
	assert.deepEqual(count('length'), { search: 500, 30: 500, 200: 500, 1000: 500 })
	for (const { id, length, text } of all)
		assert.ok(size(text) >= LENGTHS[length][0] && size(text) <= LENGTHS[length][1], `${id}: ${size(text)}`)
})

test('charsets, carriers and kinds are mixed evenly, also with one another', () => {
	for (const length of Object.keys(LENGTHS))
		for (const charset of ['UTF-8', 'GB18030'])
			for (const [carrier, least] of [['query', 66], ['form', 66], ['json', 66], ['multipart', 20]]) {
				const n = all.filter(t => t.length === length && t.charset === charset && t.carrier === carrier).length
				assert.ok(n >= least, `${length} ${charset} ${carrier}: ${n}`)
			}
	for (const [kind, n] of Object.entries(count('kind')))
		assert.ok(n >= 60, `${kind}: ${n}`)
})

test('every text has bytes in its charset and comes back from them', () => {
	const decoder = new TextDecoder('gb18030', { fatal: true })
	for (const { id, text } of all) {
		assert.equal(decoder.decode(encode(text)), text, id)
	}
	assert.deepEqual([...encode('中a\u3400𠀀')], [0xd6, 0xd0, 0x61, 0x81, 0x39, 0xee, 0x39, 0x95, 0x32, 0x82, 0x36])
})

test('the vocabulary is wide', () => {
	const used = new Set(all.flatMap(t => [...t.text]))
	const rows = [gb2312(16, 55), gb2312(56, 87)]
	assert.deepEqual(rows.map(row => row.length), [3755, 3008])
	for (const row of rows)
		assert.ok(row.filter(character => used.has(character)).length >= row.length * 0.99)
	const escapes = all.filter(t => t.charset === 'GB18030' && encode(t.text).toString('latin1').match(/[\x81-\xfe]\\/))
	assert.ok(escapes.length >= 20, `${escapes.length} texts with a second byte 5C`)
	for (const sign of '\'";-#&<>%=|@《「（；＇＜')
		assert.ok(used.has(sign), sign)
})

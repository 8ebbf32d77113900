// GB18030 bytes of a text, without iconv: the tables come from the decoder that Node has.
//
// Two-byte and four-byte sequences of the basic plane are decoded once and turned round; the other planes are counted.
// Editions of the standard disagree on a few dozen code points (Vertical forms, U+9FB4 and its neighbours, U+1E3F): texts that
// must look the same everywhere do not use them.
const decoder = new TextDecoder('gb18030', { fatal: true })
const PLANE_1_POINTER = 189000 // 0x90308130, U+10000

const fourBytes = pointer => [0x81 + Math.floor(pointer / 12600), 0x30 + Math.floor(pointer / 1260) % 10,
	0x81 + Math.floor(pointer / 10) % 126, 0x30 + pointer % 10]

function decoded(bytes) {
	try {
		return decoder.decode(Uint8Array.from(bytes))
	} catch {
		return ''
	}
}

let table
function reverseTable() {
	if (table)
		return table
	table = new Map()
	const learn = bytes => {
		const text = decoded(bytes)
		if ([...text].length === 1 && !table.has(text))
			table.set(text, bytes)
	}
	for (let lead = 0x81; lead <= 0xfe; lead++)
		for (let trail = 0x40; trail <= 0xfe; trail++)
			if (trail !== 0x7f)
				learn([lead, trail])
	for (let pointer = 0; pointer < 39420; pointer++)
		learn(fourBytes(pointer))
	return table
}

// Every character of rows `from` to `to` of the 94 × 94 table of GB 2312 (16–55: level 1, 56–87: level 2).
export function gb2312(from, to) {
	const characters = []
	for (let row = from; row <= to; row++)
		for (let cell = 1; cell <= 94; cell++) {
			const text = decoded([0xa0 + row, 0xa0 + cell])
			if (/^\p{Script=Han}$/u.test(text))
				characters.push(text)
		}
	return characters
}

// The Han characters that GBK puts before GB 2312 (lead bytes 81 to A0): traditional and rare ones. Their second byte may be
// an ASCII letter, `\` or `|`.
export function gbk3() {
	const characters = []
	for (let lead = 0x81; lead <= 0xa0; lead++)
		for (let trail = 0x40; trail <= 0xfe; trail++) {
			const text = trail === 0x7f ? '' : decoded([lead, trail])
			if (/^\p{Script=Han}$/u.test(text))
				characters.push(text)
		}
	return characters
}

// The bytes of `text`; throws on a lone surrogate, which no encoding has.
export function encode(text) {
	const bytes = []
	for (const character of text) {
		const code = character.codePointAt(0)
		if (code < 0x80)
			bytes.push(code)
		else if (code >= 0x10000)
			bytes.push(...fourBytes(PLANE_1_POINTER + code - 0x10000))
		else if (reverseTable().has(character))
			bytes.push(...reverseTable().get(character))
		else
			throw new Error(`U+${code.toString(16)} has no GB18030 sequence`)
	}
	return Buffer.from(bytes)
}

// The benign corpus: 2,000 texts that citizens and officials could have written, the same on every machine.
//
//   node tests/waf/texts.mjs            one JSON object a line
//   node tests/waf/texts.mjs --digest   SHA-256 of these lines; tests/waf/texts/DIGEST holds it
//
// The texts were fixed before the rule engine was written and are never changed: an engine that stumbles over one of them is
// mended, not the text. Phrases stand in tests/waf/texts/, one a line; words in braces are filled in here. Telephone, account and identity
// numbers are invented; the check digit of an identity number is always wrong.
//
// A text: {id, kind, length, charset, carrier, text}. Lengths are counted in code points; a line end is "\n", as in a textarea.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gb2312, gbk3 } from './gb18030.mjs'

const SEED = process.env.WQ_TEXTS_SEED ?? 'weique benign texts 1'
const PER_LENGTH = 500
export const LENGTHS = { search: [4, 8], 30: [30, 30], 200: [200, 200], 1000: [1000, 1000] }
const SEARCH_KINDS = ['term', 'place', 'name', 'organisation', 'poem', 'mixed', 'characters', 'subject']
const PROSE_KINDS = ['letter', 'form', 'notice', 'poem', 'news', 'mixed', 'characters', 'traditional']
const CARRIERS = ['query', 'form', 'json', 'query', 'form', 'json', 'query', 'form', 'json', 'multipart']

const lines = name => readFileSync(new URL(`texts/${name}.txt`, import.meta.url), 'utf8').trimEnd().split('\n')
const rows = name => Object.fromEntries(lines(name).map(line => {
	const [key, ...rest] = line.split(' ')
	return [key, rest]
}))
const sentences = {
	letter: lines('letters'), form: lines('forms'), notice: lines('notices'), poem: lines('poems'), news: lines('news'),
	mixed: lines('mixed'), traditional: lines('traditional'), term: lines('search'),
}
const places = lines('places').map(line => line.split(' '))
const words = lines('words').flatMap(line => line.split(' '))
const names = rows('names')
const parts = rows('parts')
const level1 = gb2312(16, 55)
const level2 = gb2312(56, 87)
const beyond = gbk3()

// A reproducible source of choices: mulberry32 from a seed in words.
function chooser(seed) {
	let state = createHash('sha256').update(seed).digest().readUInt32LE()
	const next = () => {
		state = state + 0x6d2b79f5 | 0
		let t = Math.imul(state ^ state >>> 15, 1 | state)
		t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t
		return ((t ^ t >>> 14) >>> 0) / 4294967296
	}
	const int = (from, to) => from + Math.floor(next() * (to - from + 1))
	return {
		int,
		chance: percent => int(1, 100) <= percent,
		one: list => list[int(0, list.length - 1)],
		digits: count => Array.from({ length: count }, () => int(0, 9)).join(''),
		shuffled(list) {
			const all = [...list]
			for (let i = all.length - 1; i > 0; i--) {
				const j = int(0, i);
				[all[i], all[j]] = [all[j], all[i]]
			}
			return all
		},
	}
}

const character = c => c.one(c.chance(60) ? level1 : level2)
const letters = list => [...list.join('')]

function rareName(c) {
	const surname = c.chance(60) ? c.one(letters(names.rare_surname)) : c.one(letters(names.surname))
	const given = () => {
		if (c.chance(15))
			return c.one(letters(names.gb18030_given))
		return c.chance(30) ? character(c) : c.one(letters(names.rare_given))
	}
	return surname + given() + (c.chance(50) ? given() : '')
}

function name(c) {
	const kind = c.int(1, 100)
	if (kind <= 4)
		return c.one(names.ethnic)
	if (kind <= 30)
		return rareName(c)
	const surname = kind <= 36 ? c.one(names.compound) : c.one(letters(names.surname))
	const given = () => c.chance(85) ? c.one(letters(names.given)) : character(c)
	return surname + given() + (c.chance(70) ? given() : '')
}

function place(c) {
	const [province, ...inside] = c.one(places)
	return c.chance(50) ? c.one(inside) : province + c.one(inside)
}

const road = c => c.one(parts.road) + c.one(parts.road_end)
const city = c => c.one(places.flatMap(row => row.filter(p => p.endsWith('市'))))
const organisation = c => c.one([city(c), place(c), '']) + c.one(parts.org_head) +
	c.one(parts.org_mid) + c.one(parts.org_end)

function identity(c) {
	const digits = `${c.int(11, 65)}${c.digits(4)}${c.int(1940, 2015)}${String(c.int(1, 12)).padStart(2, '0')}` +
		`${String(c.int(1, 28)).padStart(2, '0')}${c.digits(3)}`
	const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
	const sum = weights.reduce((total, weight, i) => total + weight * Number(digits[i]), 0)
	return digits + '10X98765432'[(sum + c.int(1, 10)) % 11]
}

function date(c) {
	const [y, m, d] = [c.int(1998, 2024), c.int(1, 12), c.int(1, 28)]
	const two = n => String(n).padStart(2, '0')
	return c.one([`${y}年${m}月${d}日`, `${y}年${m}月${d}日`, `${m}月${d}日`, `${y}-${two(m)}-${two(d)}`, `${y}.${m}.${d}`, `${y}/${m}/${d}`])
}

const clock = c => `${c.int(0, 23)}:${c.one(['00', '15', '30', '45', '59'])}`
const CAPITALS = 'ABCDEFGHJKLMNPQRTUWXY'
const capitals = (c, count) => Array.from({ length: count }, () => c.one([...CAPITALS])).join('')
const slots = {
	city, place, road, name, date, org: organisation, rare: rareName, id: identity, hm: clock,
	ethnic: c => c.one(names.ethnic),
	word: c => c.one(words),
	n: c => `${c.int(1, 99)}`,
	year: c => `${c.int(2015, 2024)}`,
	num: c => `${c.int(1, 9)}${c.digits(c.int(7, 11))}`,
	zip: c => `${c.int(10, 85)}${c.digits(4)}`,
	pct: c => c.one([`${c.int(1, 99)}%`, `${c.int(0, 30)}.${c.int(1, 9)}%`, `${c.int(0, 30)}.${c.int(1, 9)}％`, `百分之${c.one([...'二三五六七八九'])}`]),
	money: c => c.one([`${c.int(2, 99)},${c.digits(3)}`, `${c.int(200, 99000)}`, `${c.int(1, 999)}.${c.digits(2)}`]),
	time: c => c.one([`${clock(c)}-${clock(c)}`, `${clock(c)}至${clock(c)}`, `${clock(c)}～${clock(c)}`, `${c.int(6, 11)}时—${c.int(12, 22)}时`]),
	tel: c => `${c.one(['010', '021', '0571', '0755', '028', '0931', '0898', '(0371) '])}-${c.int(2, 8)}${c.digits(7)}`,
	mobile: c => `1${c.int(3, 9)}${c.digits(1)}0000${c.digits(4)}`,
	code: c => `${capitals(c, c.int(1, 4))}${c.one(['', '-', '_'])}${c.digits(c.int(3, 6))}`,
	usci: c => `91${c.digits(6)}MA${capitals(c, 3)}${c.digits(4)}${capitals(c, 1)}`,
	vin: c => `L${capitals(c, 4)}${c.digits(4)}${capitals(c, 2)}${c.digits(6)}`,
	plate: c => `${c.one(parts.plate)}${c.one(['', '·', '-'])}${capitals(c, 1)}${c.digits(4)}`,
	docno: c => `${c.one(parts.doc)}〔${c.int(2009, 2024)}〕${c.int(1, 160)}号`,
	mail: c => `${c.one(parts.mail_user)}${c.chance(50) ? c.digits(3) : ''}@${c.one(parts.mail_host)}`,
	url: c => `${c.one(['http://', 'https://', 'https://', ''])}${c.one(parts.host)}${c.one(parts.path)}`,
}

function filled(c, phrase) {
	let text = phrase
	while (/\{[a-z]+\}/.test(text))
		text = text.replace(/\{([a-z]+)\}/g, (_, slot) => slots[slot](c))
	return text
}

// A line of a glossary, a list of names or an index: characters of the whole table, also those that nobody can pronounce.
function strangeCharacters(c) {
	const source = c.int(1, 100)
	const draw = () => {
		if (source <= 70)
			return character(c)
		return source <= 90 ? c.one(beyond) : c.one([...letters(names.gb18030_given), ...level2.slice(0, 200)])
	}
	const run = count => Array.from({ length: count }, draw).join('')
	const items = Array.from({ length: c.int(3, 9) }, () => run(c.int(1, 6)))
	return items.join(c.one(['、', '，', '；', ' ', '/', '·'])) + c.one(['。', '；', '！', '？', '……'])
}

function* endless(c, kind) {
	for (;;) {
		if (kind === 'characters')
			yield strangeCharacters(c)
		else
			yield* c.shuffled(sentences[kind]).map(phrase => filled(c, phrase))
	}
}

// Sentences until the length is reached, the last one cut. Short texts begin at any clause, not only at a sentence's first.
function prose(c, kind, length, carrier) {
	const glue = c.one(carrier === 'query' ? ['', ' '] : ['', '\n'])
	let text = ''
	for (const sentence of endless(c, kind)) {
		const clauses = sentence.split(/(?<=[，；。：、！？])/)
		text += text === '' && length < 100 ? clauses.slice(c.int(0, clauses.length - 1)).join('') : sentence
		if ([...text].length >= length)
			return [...text].slice(0, length).join('')
		text += glue
	}
}

const cut = (c, text) => {
	const all = [...text]
	const length = c.int(4, Math.min(8, all.length))
	const from = c.int(0, all.length - length)
	return all.slice(from, from + length).join('')
}
const searches = {
	term: c => c.one(sentences.term),
	place: c => c.one([place(c), `${c.one(places).at(-1)}${road(c)}`, `${road(c)}${c.int(1, 300)}号`]),
	name: c => c.one([name(c) + c.one(['医生', '局长', '律师', '老师', '简历', '任前公示']), rareName(c) + c.one(['书法', '烈士', '主任'])]),
	organisation: c => c.one(parts.org_head) + c.one(parts.org_mid) + c.one(['', '公司', '厂']),
	poem: c => c.one(c.one(sentences.poem).split(/[，。？！；、：]/)),
	mixed: c => c.one([c.one(parts.mixed_head) + c.one(words), c.one(words) + c.one(parts.mixed_head), cut(c, filled(c, c.one(sentences.mixed)))]),
	characters: c => Array.from({ length: c.int(4, 8) }, () => c.chance(85) ? character(c) : c.one(beyond)).join(''),
	subject: c => c.one(words) + (c.chance(30) ? c.one(words) : '') + c.one(parts.subject_end),
}

// One text: drawn again until it has the right length, is no repetition, and does not begin or end with a blank.
function draw(id, kind, length, carrier, seen) {
	const [least, most] = LENGTHS[length]
	for (let attempt = 0; ; attempt++) {
		const c = chooser(`${SEED} ${id} ${attempt}`)
		const text = length === 'search' ? searches[kind](c) : prose(c, kind, most, carrier)
		const size = [...text].length
		if (size >= least && size <= most && text === text.trim() && !seen.has(text))
			return text
	}
}

export function texts() {
	const seen = new Set()
	return Object.keys(LENGTHS).flatMap(length => Array.from({ length: PER_LENGTH }, (_, i) => {
		const kinds = length === 'search' ? SEARCH_KINDS : PROSE_KINDS
		const kind = kinds[i % kinds.length]
		const turn = Math.floor(i / kinds.length)
		const carrier = CARRIERS[turn % CARRIERS.length]
		const charset = (turn + Math.floor(turn / CARRIERS.length)) % 2 ? 'GB18030' : 'UTF-8'
		const id = `${length}-${String(i + 1).padStart(3, '0')}`
		const text = draw(id, kind, length, carrier, seen)
		seen.add(text)
		return { id, kind, length, charset, carrier, text }
	}))
}

export const canonical = list => list.map(text => `${JSON.stringify(text)}\n`).join('')
export const digest = list => createHash('sha256').update(canonical(list)).digest('hex')

if (process.argv[1] === fileURLToPath(import.meta.url))
	process.stdout.write(process.argv.includes('--digest') ? `${digest(texts())}\n` : canonical(texts()))

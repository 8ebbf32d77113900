// Writes requests as they go over the wire, one file each, and index.json beside them: what false alarms and catches are measured with.
//
//   node tests/waf/requests.mjs --out DIR [--crs DIR] [--what texts|attacks|all]     --crs: WEIQUE_CRS when it is not given
//
// index.json: a list of {id, file, attack, kind, length, charset, carrier, placement, rule, family, paranoia}; the last four are those of
// an attack. Each payload goes into two requests: `between` two sentences of a benign text, and `whole`, one of two parameters
// beside a benign one. Parameters are escaped as a browser does it, in the bytes of the charset; a payload keeps its bytes.
// Every second UTF-8 JSON body is written with \u escapes, as many libraries do; every second GB18030 form names its charset.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { encode } from './gb18030.mjs'
import { payloads } from './payloads.mjs'
import { texts } from './texts.mjs'

export const HOST = 'www.example.gov.cn'
const HEADERS = [`Host: ${HOST}`, 'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0',
	'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'Accept-Language: zh-CN,zh;q=0.8,en;q=0.3',
	'Connection: keep-alive']
const TOPIC = '咨询'
const BOUNDARY = '----geckoformboundary5f2a90b8d3c1e6f74a0b'
const ATTACK_CARRIERS = ['query', 'form', 'json', 'query', 'form', 'json', 'query', 'form', 'json', 'multipart']

const inCharset = (text, charset) => charset === 'UTF-8' ? Buffer.from(text) : encode(text)

// The bytes of a form's field: browsers send a line end as CRLF.
const typed = (text, charset, carrier) => inCharset(carrier === 'json' ? text : text.replaceAll('\n', '\r\n'), charset)

// application/x-www-form-urlencoded (URL Standard §5.2), from bytes.
const escaped = bytes => bytes.toString('latin1').replace(/[^*\-.0-9A-Z_a-z]/g,
	byte => byte === ' ' ? '+' : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
const pairs = fields => fields.map(([name, bytes]) => `${name}=${escaped(bytes)}`).join('&')

function message(line, headers, body = Buffer.alloc(0)) {
	const length = line.startsWith('POST') ? [`Content-Length: ${body.length}`] : []
	return Buffer.concat([Buffer.from([line, ...HEADERS, ...headers, ...length].join('\r\n') + '\r\n\r\n'), body])
}

// JSON text in the charset: what is not ASCII stands as bytes, or as \u escapes where `ascii` is asked for.
function jsonBody(fields, charset, ascii) {
	const decoder = new TextDecoder(charset)
	const text = JSON.stringify(Object.fromEntries(fields.map(([name, bytes]) => [name, decoder.decode(bytes)])))
	return ascii ? Buffer.from(text.replace(/[^\0-\x7f]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`))
		: inCharset(text, charset)
}

function multipartBody(fields) {
	const parts = fields.flatMap(([name, bytes]) =>
		[Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`), bytes, Buffer.from('\r\n')])
	return Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)])
}

// The bytes of one request; `fields` are pairs of a name and bytes, `odd` chooses between the two ways of writing.
const carriers = {
	query: fields => message(`GET /search?${pairs(fields)} HTTP/1.1`, []),
	form: (fields, charset, odd) => message('POST /letter HTTP/1.1',
		[`Content-Type: application/x-www-form-urlencoded${odd && charset === 'GB18030' ? '; charset=GB18030' : ''}`],
		Buffer.from(pairs(fields))),
	json: (fields, charset, odd) => message('POST /api/letter HTTP/1.1',
		[`Content-Type: application/json${charset === 'GB18030' ? '; charset=GB18030' : ''}`],
		jsonBody(fields, charset, odd && charset === 'UTF-8')),
	multipart: fields => message('POST /letter HTTP/1.1', [`Content-Type: multipart/form-data; boundary=${BOUNDARY}`],
		multipartBody(fields)),
}

const NAMES = { query: ['q', 'type'], form: ['content', 'subject'], json: ['content', 'subject'], multipart: ['content', 'subject'] }

export function benignRequests() {
	return texts().map(({ text, ...entry }, i) => {
		const [main, other] = NAMES[entry.carrier]
		const fields = [[main, typed(text, entry.charset, entry.carrier)], [other, inCharset(TOPIC, entry.charset)]]
		return { ...entry, file: `benign-${entry.id}.http`, attack: false, bytes: carriers[entry.carrier](fields, entry.charset, i % 2 === 1) }
	})
}

// A text parted at the punctuation that is nearest to its middle.
function halves(text) {
	const middle = text.length / 2
	const ends = [...text.matchAll(/[。！？；，、：\n]/gu)].map(found => found.index + 1)
	const at = ends.reduce((best, end) => Math.abs(end - middle) < Math.abs(best - middle) ? end : best, 0)
	return [text.slice(0, at), text.slice(at)]
}

// Whether JSON in this charset can say these bytes.
function sayable(bytes, charset) {
	try {
		return inCharset(new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes), charset).equals(bytes)
	} catch {
		return false
	}
}

function attackRequest(payload, text, placement, i, charset = text.charset) {
	const wanted = ATTACK_CARRIERS[i % ATTACK_CARRIERS.length]
	const carrier = wanted === 'json' && !sayable(payload.bytes, charset) ? 'form' : wanted
	const [main, other] = NAMES[carrier]
	const bytesOf = piece => typed(piece, charset, carrier)
	const [before, after] = halves(text.text)
	const fields = placement === 'whole' ? [[main, payload.bytes], [other, bytesOf(text.text)]]
		: [[main, Buffer.concat([bytesOf(before), payload.bytes, bytesOf(after)])], [other, bytesOf(TOPIC)]]
	const { bytes, ...about } = payload
	const id = `${payload.id}-${placement}`
	return { ...about, id, file: `attack-${id}.http`, attack: true, placement, kind: text.kind, length: text.length, charset, carrier,
		bytes: carriers[carrier](fields, charset, i % 2 === 1) }
}

// With `charset`: all of them in this one, whatever the text's is.
export function attackRequests(crs, charset) {
	const benign = texts().filter(text => text.length === '30' || text.length === '200')
	return payloads(crs).flatMap((payload, i) => ['between', 'whole'].map((placement, j) =>
		attackRequest(payload, benign[(i * 7 + j) % benign.length], placement, i + 3 * j, charset)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const { values } = parseArgs({ options: { out: { type: 'string' }, what: { type: 'string', default: 'all' },
		crs: { type: 'string', default: process.env.WEIQUE_CRS } } })
	if (!values.out || !['texts', 'attacks', 'all'].includes(values.what) || values.what !== 'texts' && !values.crs) {
		process.stderr.write('usage: requests.mjs --out DIR [--crs DIR] [--what texts|attacks|all]\n')
		process.exit(2)
	}
	const list = [...values.what === 'attacks' ? [] : benignRequests(), ...values.what === 'texts' ? [] : attackRequests(values.crs)]
	mkdirSync(values.out, { recursive: true })
	for (const { file, bytes } of list)
		writeFileSync(path.join(values.out, file), bytes)
	writeFileSync(path.join(values.out, 'index.json'), `[\n${list.map(({ bytes, ...entry }) => JSON.stringify(entry)).join(',\n')}\n]\n`)
	process.stdout.write(`${list.length} requests in ${values.out}\n`)
}

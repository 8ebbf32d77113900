// What the tests of attacks and of killed processes share: a site of their own with links outside, a profile with a leave
// prompt, a dynamic and a closed path; the sealed responses as the manifest names them; visitors by the ten thousand.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
	closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, writeFileSync, writeSync,
} from 'node:fs'
import path from 'node:path'
import { built, tempDir } from './lib.mjs'

export const host = 'www.example.gov.cn'
export const requests = Number(process.env.ATTACK_REQUESTS ?? 10000)

/* ---- the site ---- */

const page = n => `/p/${String(n).padStart(3, '0')}.html`
const outside = n => `http://www.partner${String(n % 20).padStart(2, '0')}.example/`

function html(title, n, pages) {
	const text = Array.from({ length: 12 + n % 9 }, (_, i) => `<p>第${n}页第${i}段：办事指南和政策文件，${'内容'.repeat(20 + (n * i) % 30)}。</p>`)
	return `<!DOCTYPE html>\n<html lang="zh"><head><meta charset="utf-8"><title>${title}</title></head><body>\n<h1>${title}</h1>\n` +
		`${text.join('\n')}\n<p><a href="${page((n + 1) % pages)}">下一页</a> <a href="${outside(n)}">外部链接</a></p>\n</body></html>\n`
}

// A page without links outside: what is sealed of it is what stands here.
export const newsPage = text => `<!DOCTYPE html>\n<html lang="zh"><head><meta charset="utf-8"><title>要闻</title></head><body><h1>${text}</h1>\n` +
	`<p>${`${text}，`.repeat(50)}</p></body></html>\n`

export function attackedSite(t, pages = 120) {
	const dir = path.join(tempDir(t, 'attacked'), 'html')
	for (const folder of ['p', 'closed', 'search'])
		mkdirSync(path.join(dir, folder), { recursive: true })
	for (let n = 0; n < pages; n++)
		writeFileSync(path.join(dir, page(n)), html(`第${n}页`, n, pages))
	writeFileSync(path.join(dir, 'index.html'), html('首页', 0, pages))
	writeFileSync(path.join(dir, 'news.html'), newsPage('第一版'))
	writeFileSync(path.join(dir, 'style.css'), 'body { color: #222; font: 16px/1.6 serif }\n'.repeat(40))
	writeFileSync(path.join(dir, 'data.json'), JSON.stringify(Array.from({ length: 20000 }, (_, i) => [i, i * 7919 % 10007])))
	for (const closed of ['closed/secret.html', 'search/index.html'])
		writeFileSync(path.join(dir, closed), newsPage('不公开'))
	return dir
}

export const profile = name => 'paths = [ "/search dynamic", "/closed closed" ];\n' +
	`leave = { prompt = true; name = "${name}"; };\ncapture = { twice = false; };\n`

// Targets that are not sealed: nobody may get anything of them with status 200.
export const notServed = ['/closed/secret.html', '/closed/', '/search/', '/search/index.html', '/added-by-somebody.html', '/leave/00000000000000000000000000000000']

/* ---- stored files ---- */

export const snapshotFile = (line, serial) => path.join(line.state, 'vault/apps/site', `${String(serial).padStart(20, '0')}.snapshot`)
export const packFiles = line => readdirSync(path.join(line.state, 'vault/packs')).filter(f => f.endsWith('.pack'))
	.map(f => path.join(line.state, 'vault/packs', f))

// Under the same inode, whoever has it open.
export function overwrite(file, bytes) {
	const fd = openSync(file, 'r+')
	ftruncateSync(fd, bytes.length)
	writeSync(fd, bytes, 0, bytes.length, 0)
	fsyncSync(fd)
	closeSync(fd)
}

// As another file under this name, in one step.
export function replace(file, bytes) {
	writeFileSync(`${file}.new`, bytes)
	renameSync(`${file}.new`, file)
}

export const holds = (file, bytes) => existsSync(file) && readFileSync(file).equals(bytes)

const sections = ['packs', 'texts', 'hosts', 'entries', 'slots', 'policy', 'links', 'sources', 'strings']
const body = 1024

// A snapshot file by docs/formats.md, with the place of everything in the file.
export class Snapshot {
	constructor(bytes) {
		this.bytes = bytes
		assert.equal(bytes.toString('latin1', 0, 6), 'WQSNAP')
		assert.equal(bytes.toString('latin1', body, body + 6), 'WQBODY')
		for (const [i, name] of sections.entries()) {
			const at = body + 32 + 16 * i
			this[name] = { at: body + Number(bytes.readBigUInt64BE(at)), n: bytes.readUInt32BE(at + 8), row: bytes.readUInt32BE(at + 12) }
		}
		// the head: magic, domain, version, algorithm, then the fields s u d d d d u t d
		let at = 12 + 4
		at += 1 + bytes[at] + 4
		at += 5 + bytes.readUInt32BE(at + 1)
		this.serialAt = at + 1
		this.lengthAt = at + 9 + 4 * 33 + 1
	}

	get serial() {
		return Number(this.bytes.readBigUInt64BE(this.serialAt))
	}

	section(name) {
		const { at, n, row } = this[name]
		return this.bytes.subarray(at, at + n * row)
	}

	string(at, n) {
		return this.bytes.toString('utf8', this.strings.at + at, this.strings.at + at + n)
	}

	packName(number) {
		return this.bytes.toString('hex', this.packs.at + 40 * number, this.packs.at + 40 * number + 32)
	}

	get allEntries() {
		return Array.from({ length: this.entries.n }, (_, i) => {
			const at = this.entries.at + 96 * i, b = this.bytes
			const key = this.string(b.readUInt32BE(at), b.readUInt16BE(at + 4))
			return {
				at, key, target: key.slice(key.indexOf('/')), status: b.readUInt16BE(at + 6), flags: b.readUInt16BE(at + 10),
				pack: b.readUInt32BE(at + 16), length: Number(b.readBigUInt64BE(at + 24)), digest: b.toString('hex', at + 64, at + 96),
			}
		})
	}

	get allLinks() {
		return Array.from({ length: this.links.n }, (_, i) => {
			const at = this.links.at + 24 * i, b = this.bytes
			return {
				at, id: b.toString('hex', at, at + 16), place: this.strings.at + b.readUInt32BE(at + 16),
				address: this.string(b.readUInt32BE(at + 16), b.readUInt32BE(at + 20)),
			}
		})
	}
}

/* ---- what is approved ---- */

// What every page is allowed to be, in files for flood. Taken once through the gate while nobody has touched anything, each
// page compared with the digest that the sealed manifest names.
export class Approved {
	constructor(t) {
		this.dir = tempDir(t, 'approved')
		this.rows = new Map()
		this.denied = notServed
		this.file = path.join(this.dir, 'list')
	}

	add(target, bytes) {
		const name = path.join(this.dir, createHash('sha256').update(bytes).digest('hex'))
		writeFileSync(name, bytes)
		this.rows.set(target, [...(this.rows.get(target) ?? []), name])
	}

	// `addresses`: what the origin's pages link to outside.
	static async take(t, line, serial) {
		const a = new Approved(t), snapshot = new Snapshot(readFileSync(snapshotFile(line, serial))), c = await line.connect()
		const entries = snapshot.allEntries.filter(e => e.status === 200), links = snapshot.allLinks
		assert.ok(entries.length > 20 && links.length === 20 && snapshot.policy.n > 0)
		for (const e of entries) {
			const answer = await c.get(e.target)
			assert.equal(answer.status, 200, e.target)
			assert.equal(createHash('sm3').update(answer.body).digest('hex'), e.digest, e.target)
			a.add(e.target, answer.body)
		}
		for (const link of links) {
			const answer = await c.get(`/leave/${link.id}`), text = answer.body.toString()
			assert.equal(answer.status, 200)
			assert.match(link.address, /^http:\/\/www\.partner\d\d\.example\/$/)
			assert.ok(text.includes(link.address), link.address)
			a.add(`/leave/${link.id}`, answer.body)
		}
		for (const target of notServed)
			assert.notEqual((await c.get(target)).status, 200, target)
		c.close()
		return a
	}

	// Only this is approved of a page from now on.
	set(target, bytes) {
		this.rows.delete(target)
		this.add(target, bytes)
	}

	write() {
		const lines = [...this.rows].flatMap(([target, files]) => files.map(f => `${target}\t${f}`))
		replace(this.file, Buffer.from([...lines, ...this.denied].join('\n') + '\n'))
		return this.file
	}
}

// `n` requests on eight connections, all compared: a promise of what flood prints.
export function flood(line, approved, n = requests) {
	const file = approved.write()
	const child = spawn(built('tests/e2e/flood'), ['--port', line.httpPort, '--host', line.host, '--requests', n, '--approved', file],
		{ stdio: ['ignore', 'pipe', 'inherit'] })
	let out = ''
	child.stdout.setEncoding('utf8').on('data', d => { out += d })
	return new Promise((resolve, reject) => child.once('close', code => {
		try {
			const said = JSON.parse(out)
			resolve({ ...said, whole: code !== 2 })
		} catch (e) {
			reject(new Error(`flood: exit ${code}: ${out}`, { cause: e }))
		}
	}))
}

// Adds up what several floods said.
export function sum(all) {
	const total = { requests: 0, right: 0, wrong: 0, failed: 0, status: {}, first_wrong: '' }
	for (const one of all) {
		for (const k of ['requests', 'right', 'wrong', 'failed'])
			total[k] += one[k]
		for (const [status, n] of Object.entries(one.status))
			total.status[status] = (total.status[status] ?? 0) + n
		total.first_wrong ||= one.first_wrong
	}
	return total
}

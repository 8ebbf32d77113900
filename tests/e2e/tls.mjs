// What the tests of secure connections share: an authority that issues what it is asked for, and a server that speaks just enough
// TLS by hand to offer what no library of the distribution offers any more (SSLv2, SSLv3, RC4, 3DES, EXPORT, compression, TLCP).
import { readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { run } from './lib.mjs'

const identity = '1234567812345678'
export const host = 'www.example.gov.cn'

const utc = days => new Date(Date.now() + days * 86400e3).toISOString().replace(/[-:T]/g, '').slice(0, 14) + 'Z'

// A folder of keys and certificates. Names of files stand for them.
export class Authority {
	constructor(dir) {
		this.dir = dir
		this.n = 0
		for (const [name, text] of [['index.txt', ''], ['serial', '1001'], ['crlnumber', '01']])
			writeFileSync(this.file(name), text)
		writeFileSync(this.file('ca.cnf'), `[ca]\ndefault_ca = a\n[a]\ndatabase = ${dir}/index.txt\nserial = ${dir}/serial\ncrlnumber = ${dir}/crlnumber\n` +
			`new_certs_dir = ${dir}\ndefault_md = sha256\npolicy = p\nunique_subject = no\ndefault_crl_days = 9\n[p]\ncommonName = supplied\norganizationName = optional\n[req]\ndistinguished_name = n\n[n]\n`)
	}

	file(name) {
		return path.join(this.dir, name)
	}

	read(...names) {
		return names.map(n => readFileSync(this.file(n), 'latin1')).join('')
	}

	// Certificates in one file.
	bundle(...names) {
		const file = this.file(`bundle${++this.n}.pem`)
		writeFileSync(file, this.read(...names.map(n => `${n}.pem`)))
		return file
	}

	key(name, ...how) {
		run('openssl', ['genpkey', '-quiet', '-out', this.file(`${name}.key`), ...how])
		return name
	}

	// `by` names the issuer; without it the certificate is signed by itself.
	issue(name, { key = 'leaf', by, cn = host, o, san = `DNS:${host}`, ca = false, from = -10, to = 80, md = 'sha256', ext = '' } = {}) {
		const f = n => this.file(n), sm = md === 'sm3' ? ['-sigopt', `distid:${identity}`, '-vfyopt', `distid:${identity}`] : []
		run('openssl', ['req', '-new', '-config', f('ca.cnf'), '-key', f(`${key}.key`), '-out', f('one.csr'), '-utf8',
			'-subj', `${o ? `/O=${o}` : ''}/CN=${cn}`, ...(sm.length ? ['-sm3', ...sm.slice(0, 2)] : ['-sha256'])])
		writeFileSync(f('one.ext'), `basicConstraints=critical,CA:${ca ? 'TRUE' : 'FALSE'}\nkeyUsage=critical,${ca ? 'keyCertSign,cRLSign' : 'digitalSignature,keyEncipherment'}\n` +
			`${san ? `subjectAltName=${san}\n` : ''}${ext}\n`)
		run('openssl', ['ca', '-batch', '-notext', '-preserveDN', '-utf8', '-config', f('ca.cnf'), '-in', f('one.csr'), '-out', f(`${name}.pem`), '-md', md,
			'-startdate', utc(from), '-enddate', utc(to), '-extfile', f('one.ext'), '-keyfile', f(`${by?.key ?? key}.key`),
			...(by ? ['-cert', f(`${by.name}.pem`)] : ['-selfsign']), ...sm], { stdio: 'pipe' })
		return { name, key, pem: f(`${name}.pem`), keyFile: f(`${key}.key`) }
	}

	revoke(cert, by) {
		run('openssl', ['ca', '-config', this.file('ca.cnf'), '-revoke', cert.pem, '-keyfile', by.keyFile, '-cert', by.pem])
	}

	crl(by) {
		run('openssl', ['ca', '-gencrl', '-config', this.file('ca.cnf'), '-out', this.file('crl.pem'), '-keyfile', by.keyFile, '-cert', by.pem])
		return this.file('crl.pem')
	}

	// What a responder says of the certificate, in DER.
	staple(cert, by) {
		const out = this.file(`${cert.name}.ocsp`)
		run('openssl', ['ocsp', '-index', this.file('index.txt'), '-CA', by.pem, '-rsigner', by.pem, '-rkey', by.keyFile, '-issuer', by.pem,
			'-cert', cert.pem, '-respout', out, '-ndays', '2'])
		return out
	}

	der(...names) {
		return names.map(n => run('openssl', ['x509', '-in', this.file(`${n}.pem`), '-outform', 'DER'], { encoding: 'buffer' }))
	}
}

// ---- TLS by hand ----

const u8 = n => Buffer.from([n])
const u16 = n => Buffer.from([n >> 8 & 255, n & 255])
const u24 = n => Buffer.from([n >> 16, n >> 8 & 255, n & 255])
const message = (type, ...parts) => {
	const body = Buffer.concat(parts)
	return Buffer.concat([u8(type), u24(body.length), body])
}
export const record = (type, version, ...parts) => {
	const body = Buffer.concat(parts)
	return Buffer.concat([u8(type), u16(version), u16(body.length), body])
}
export const alert = (version, description) => record(21, version, Buffer.from([2, description]))

// A ClientHello as {record, version, suites, compressions, extensions}; null while it is not whole; {ssl2: true} for SSLv2's.
export function readHello(bytes) {
	if (bytes.length >= 3 && bytes[0] & 0x80 && bytes[2] === 1)
		return { ssl2: true }
	if (bytes.length < 5 || bytes.length < 5 + bytes.readUInt16BE(3))
		return null
	const hello = { record: bytes.readUInt16BE(1), version: bytes.readUInt16BE(9), suites: [], compressions: [], extensions: new Map() }
	let at = 9 + 2 + 32
	at += 1 + bytes[at]
	for (const end = at + 2 + bytes.readUInt16BE(at), from = at + 2; (at = Math.max(at, from)) < end; at += 2)
		hello.suites.push(bytes.readUInt16BE(at))
	hello.compressions = [...bytes.subarray(at + 1, at + 1 + bytes[at])]
	at += 1 + bytes[at]
	for (at += 2; at + 4 <= 5 + bytes.readUInt16BE(3);) {
		const n = bytes.readUInt16BE(at + 2)
		hello.extensions.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + n))
		at += 4 + n
	}
	return hello
}

// ServerHello, certificates, parameters and the end, as one flight of clear bytes.
export function serverFlight({ version, suite, certs = [], compression = 0, renegotiation = true, key, limit = 16384 }) {
	const extensions = renegotiation ? Buffer.from([0, 5, 0xff, 1, 0, 1, 0]) : Buffer.alloc(0)
	const list = Buffer.concat(certs.map(der => Buffer.concat([u24(der.length), der])))
	const all = Buffer.concat([
		message(2, u16(version), Buffer.alloc(32, 7), u8(0), u16(suite), u8(compression), extensions),
		...(certs.length ? [message(11, u24(list.length), list)] : []),
		...(key ? [message(12, key)] : []),
		message(14),
	])
	const records = []
	for (let at = 0; at < all.length; at += limit)
		records.push(record(22, version, all.subarray(at, at + limit)))
	return Buffer.concat(records)
}

// p, g, Y of so many bits, and a signature that nobody checks.
export function dhKey(bits) {
	const number = Buffer.alloc(bits / 8, 0xff)
	return Buffer.concat([u16(number.length), number, u16(1), u8(2), u16(number.length), number, u16(4), Buffer.alloc(4)])
}

// A server on a port: `answer(hello)` returns bytes. What it cannot say yet (undefined) goes to `behind`, a port, if there is one.
export async function handServer(t, port, answer, behind) {
	const sockets = new Set()
	const server = net.createServer(socket => {
		let bytes = Buffer.alloc(0), done = false
		sockets.add(socket)
		socket.on('close', () => sockets.delete(socket))
		socket.on('error', () => {})
		socket.on('data', data => {
			if (done)
				return behind ? undefined : socket.destroy()
			bytes = Buffer.concat([bytes, data])
			const hello = readHello(bytes)
			if (!hello)
				return
			done = true
			const said = answer(hello)
			if (said)
				return socket.write(said)
			if (!behind)
				return socket.end(alert(0x0301, 40))
			const next = net.connect(behind, '127.0.0.1', () => { next.write(bytes); socket.pipe(next).pipe(socket) })
			next.on('error', () => socket.destroy())
		})
	})
	await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
	t.after(() => {
		for (const socket of sockets)
			socket.destroy()
		server.close()
	})
}

// A hostile site and what stands around it, for a network namespace of its own (hostile.mjs).
//
// A DNS server of ours answers for every name, one address is the site's (a global one, so that no exception is asked for), all
// others are canaries: private networks, this machine, the metadata of clouds. Every byte is written by hand, for no server library
// would say what is said here. Runs as a worker: whoever tests is busy with what comes out.
import { spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import zlib from 'node:zlib'

const SITE = '93.184.216.34' // global to everybody, and here alone
const CANARIES = ['10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '198.18.0.1', '192.0.2.1', '203.0.113.9']
const CANARIES6 = ['fd00::1', 'fe80::1', '2001:db8::1']
const PORTS = [80, 443, 8080, 8443, 22, 6379, 9200]

function must(program, ...args) {
	const done = spawnSync(program, args, { encoding: 'utf8' })
	if (done.status !== 0)
		throw new Error(`${program} ${args.join(' ')}: ${done.stderr}`)
}

const hits = [] // what came to a canary
const leaks = [] // cookies and credentials that came anywhere

let turn = 0
// Names: rebind.* alternates, *.mixed.* has both, inside.* is private, all others are the site.
function addressesOf(name) {
	const first = name.split('.')[0]
	if (first === 'rebind')
		return [turn++ % 2 ? '10.0.0.1' : SITE]
	return { mixed: ['169.254.169.254', SITE], inner: ['10.0.0.1'], metadata: ['169.254.169.254'], local: ['127.0.0.1'], nowhere: [] }[first] ?? [SITE]
}

function answerName(message) {
	const labels = []
	let at = 12
	for (; message[at]; at += message[at] + 1)
		labels.push(message.subarray(at + 1, at + 1 + message[at]).toString('latin1').toLowerCase())
	const type = message.readUInt16BE(at + 1), question = message.subarray(12, at + 5)
	const name = labels.join('.')
	let records = type === 1 ? addressesOf(name).map(a => Buffer.from(a.split('.').map(Number))) : []
	if (type === 28 && labels[0] === 'mapped')
		records = [Buffer.from('00000000000000000000ffff0a000001', 'hex')]
	const head = Buffer.from(message.subarray(0, 12))
	head.writeUInt16BE(0x8180, 2)
	head.writeUInt16BE(records.length, 6)
	head.writeUInt32BE(0, 8)
	const answers = records.map(r => {
		const fixed = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, r.length])
		return Buffer.concat([fixed, r])
	})
	return Buffer.concat([head, question, ...answers])
}

// Writes until `pieces` ends or nobody listens any more.
function pour(socket, pieces) {
	const iterator = pieces[Symbol.iterator]()
	const more = () => {
		while (!socket.destroyed) {
			const { value, done } = iterator.next()
			if (done)
				return socket.end()
			if (!socket.write(value))
				return socket.once('drain', more)
		}
	}
	more()
}

function serve(socket) {
	const to = socket.localAddress.replace('::ffff:', ''), port = socket.localPort
	let head = Buffer.alloc(0), answered = false
	socket.on('error', () => {})
	if (to !== SITE || !PORTS.slice(0, 4).includes(port)) {
		hits.push(`${to}:${port}`)
		socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\ninner')
		return
	}
	socket.on('data', d => {
		if (answered)
			return
		head = Buffer.concat([head, d])
		if (port === 443 || port === 8443)
			return port === 8443 ? socket.end('this is no TLS\r\n') : undefined // a handshake that never ends
		if (head.length > 64 * 1024)
			return socket.destroy()
		if (!head.includes('\r\n\r\n'))
			return
		const [line, ...fields] = head.toString('latin1').split('\r\n\r\n')[0].split('\r\n')
		const [method, target] = line.split(' ')
		const host = (fields.find(f => /^host:/i.test(f)) ?? 'host:').slice(5).trim().split(':')[0]
		const leaked = fields.filter(f => /^(cookie|authorization|proxy-authorization|referer):/i.test(f))
		leaks.push(...leaked.map(f => `${host}${target} ${f}`))
		head = Buffer.alloc(0)
		answered = true
		const hostility = hostilities[host.split('.')[0]]
		if (!hostility)
			return respond(socket, '404 Not Found', { 'Content-Type': 'text/html' }, '<title>404</title>')
		hostility.serve({ method, target, host }, socket)
	})
}

// A whole answer; the connection ends with it.
function respond(socket, status, headers, body = '') {
	const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body)
	const lines = Object.entries(headers).flatMap(([k, v]) => [v].flat().map(one => `${k}: ${one}\r\n`)).join('')
	const length = 'Content-Length' in headers || 'Transfer-Encoding' in headers ? '' : `Content-Length: ${bytes.length}\r\n`
	socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\nConnection: close\r\n${length}${lines}\r\n`, 'latin1'), bytes]))
	socket.end()
}

const page = (socket, title, body, type = 'text/html; charset=utf-8') =>
	respond(socket, '200 OK', { 'Content-Type': type }, `<!DOCTYPE html><html lang="zh-CN"><head><title>${title}</title></head><body>${body}</body></html>`)

// `n` MiB of zeros as one deflate stream with a gzip head, in small pieces that repeat: no bomb is ever held whole.
function* gzipBomb(n) {
	const piece = zlib.deflateRawSync(Buffer.alloc(1 << 20), { level: 9, finishFlush: zlib.constants.Z_FULL_FLUSH })
	yield Buffer.from('1f8b0800000000000003', 'hex')
	for (let i = 0; i < n; i++)
		yield piece
}

function* repeat(piece, bytes) {
	const bytesOf = Buffer.from(piece)
	const many = Buffer.concat(Array(Math.max(1, Math.ceil(65536 / bytesOf.length))).fill(bytesOf))
	for (let n = 0; n < bytes; n += many.length)
		yield many
}

// Addresses, resolver, listeners.
async function open(dir) {
	must('ip', 'link', 'set', 'lo', 'up')
	for (const a of [SITE, ...CANARIES])
		must('ip', 'addr', 'add', `${a}/32`, 'dev', 'lo')
	for (const a of CANARIES6)
		must('ip', 'addr', 'add', `${a}/128`, 'dev', 'lo', 'nodad')
	writeFileSync(path.join(dir, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:2 attempts:2\n')
	must('mount', '--bind', path.join(dir, 'resolv.conf'), '/etc/resolv.conf')
	const names = dgram.createSocket('udp4')
	names.on('message', (m, from) => names.send(answerName(m), from.port, from.address))
	await new Promise(resolve => names.bind(53, '127.0.0.1', resolve))
	for (const port of PORTS) {
		const server = net.createServer(serve)
		await new Promise((resolve, reject) => server.once('error', reject).listen(port, '::', 4096, resolve))
	}
	parentPort.on('message', () => parentPort.postMessage({ hits, leaks }))
	parentPort.postMessage('ready')
}

const MB = 1 << 20
const html = { 'Content-Type': 'text/html; charset=utf-8' }
const evil = '\x1b]0;owned\x07\x1b[2J\u009b31m\u202e\u2066\u200f<script>alert(1)</script><img src=x onerror=alert(1)>"\'=cmd|\' /C calc\'!A0'
const head = (status, headers) => `HTTP/1.1 ${status}\r\nConnection: close\r\n${Object.entries(headers).map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`
const numbers = function* (n, piece, before = '', after = '') {
	yield Buffer.from(before)
	for (let i = 0; i < n; i += 1000)
		yield Buffer.from(Array.from({ length: Math.min(1000, n - i) }, (_, k) => piece(i + k)).join(''))
	yield Buffer.from(after)
}
const hugePage = (socket, pieces, headers = html) => { socket.write(head('200 OK', headers)); pour(socket, pieces) }
const only = (serve, ...more) => ({ serve: (q, s) => q.target === '/' ? serve(q, s) : respond(s, '404 Not Found', html, '<title>404</title>'), ...Object.assign({}, ...more) })

const patience = ['--timeout', '1s']

// What an inside address may look like, in every way of writing it.
const inward = ['http://10.0.0.1/a', 'http://172.16.0.1/', 'http://192.168.1.1:8080/', 'http://169.254.169.254/latest/meta-data/', 'http://100.64.0.1/',
	'http://198.18.0.1/', 'http://127.0.0.1/', 'http://127.1/', 'http://2130706433/', 'http://0x7f000001/', 'http://0177.0.0.1/', 'http://0/', 'http://localhost:6379/',
	'http://[::1]/', 'http://[::ffff:10.0.0.1]/', 'http://[::ffff:a00:1]/', 'http://[fd00::1]/', 'http://[fe80::1]/', 'http://[64:ff9b::a00:1]/', 'http://[2002:a00:1::]/',
	'http://[::10.0.0.1]/', 'http://167772161/', 'http://0xa.0.0.1/', 'http://012.0.0.1/', 'http://１０.０.０.１/', 'http://10。0。0。1/', 'http://10.0.0.1./',
	'http://user:secret@10.0.0.1/', 'http://93.184.216.34@10.0.0.1/', 'http://10.0.0.1#@93.184.216.34/', 'http://10.0.0.1\\@93.184.216.34/',
	'http://inner.example/', 'http://mixed.example/', 'http://metadata.example/', 'http://local.example:22/', 'http://mapped.example/', 'http://rebind.example/1', 'http://rebind.example/2',
	'http://rebind.example/3', '//10.0.0.1/', 'http:/\\10.0.0.1/', 'http://203.0.113.9/', 'http://192.0.2.1/', 'http://[2001:db8::1]/']
const otherwise = ['file:///etc/passwd', 'gopher://10.0.0.1:6379/_FLUSHALL', 'dict://10.0.0.1:6379/', 'ftp://10.0.0.1/', 'ldap://10.0.0.1/', 'javascript:alert(1)', 'data:text/html,x',
	'netdoc:///etc/passwd', 'jar:http://10.0.0.1/!/', 'unix:///run/docker.sock', 'smb://10.0.0.1/c', 'telnet://10.0.0.1:22']
const everywhere = url => `<a href="${url}">a</a><img src="${url}" alt=""><script src="${url}"></script><link rel=stylesheet href="${url}"><iframe src="${url}"></iframe>
<form action="${url}"></form><object data="${url}"></object><embed src="${url}"><img srcset="${url} 2x" alt=""><video poster="${url}"></video><p style="background:url('${url}')">x</p>
<style>@import "${url}";</style><div onclick="location='${url}'"></div><img data-src="${url}" alt=""><base href="${url}">`

// args: besides the usual; seconds, mb: at most, in any form; code: exit status (0); rules: must be among the findings of --json;
// never: must not.
export const hostilities = {
	redirects: { serve: (q, s) => respond(s, '302 Found', { Location: `/r${Math.random()}` }), code: 5, rules: ['inspect.hostile'] },
	circle: { serve: (q, s) => respond(s, '302 Found', { Location: q.target, 'Set-Cookie': 'a=b; Domain=example' }), code: 5 },
	chains: only((q, s) => page(s, 'x', Array.from({ length: 200 }, (_, i) => `<a href="http://redirects.example/${i}">${i}</a>`).join('')), { seconds: 20 }),
	links: only((q, s) => hugePage(s, numbers(1000000, i => `<a href=${i.toString(36)}>`, '<title>links</title>')), { args: ['--time', '4s'], rules: ['inspect.limited'], seconds: 15, mb: 400 }),
	hosts: only((q, s) => hugePage(s, numbers(600000, i => `<a href=//${i.toString(36)}.nowhere>`, '<title>hosts</title>')), { args: ['--time', '4s'], rules: ['inspect.limited'], seconds: 15, mb: 600 }),
	private: only((q, s) => hugePage(s, numbers(250000, i => `<a href=http://10.0.0.1/${i.toString(36)}>`, '<title>p</title>')), { seconds: 20, mb: 600, rules: ['link.private'] }),
	malformed: only((q, s) => hugePage(s, numbers(250000, i => `<a href="http://[${i}">`, '<title>m</title>')), { seconds: 20, mb: 600, rules: ['link.malformed'] }),
	fragments: only((q, s) => hugePage(s, numbers(1000000, i => `<a href=#${i.toString(36)}>`, '<title>f</title>')), { seconds: 20, mb: 600, rules: ['link.fragment', 'inspect.hostile'] }),
	ids: only((q, s) => hugePage(s, numbers(1000000, i => `<p id=${i.toString(36)}>`, '<title>i</title>')), { seconds: 10, mb: 400 }),
	attributes: only((q, s) => hugePage(s, numbers(1000000, i => ` a${i.toString(36)}=1`, '<title>a</title><p', '>x')), { seconds: 10, mb: 400 }),
	same: only((q, s) => hugePage(s, numbers(1000000, () => ' id=aa', '<title>a</title><a', '>x')), { seconds: 10, mb: 400 }),
	value: only((q, s) => hugePage(s, repeat('a', 15 * MB))),
	quoted: only((q, s) => hugePage(s, numbers(15, () => 'a'.repeat(MB), '<title>a</title><p class="'))),
	line: only((q, s) => hugePage(s, repeat('<p>text ', 200 * MB)), { code: 5 }),
	long: only((q, s) => hugePage(s, repeat('<p>文字，政府，', 15 * MB)), { seconds: 10, mb: 400 }),
	nesting: only((q, s) => hugePage(s, repeat('<div>', 15 * MB)), { seconds: 10, mb: 600 }),
	tables: only((q, s) => hugePage(s, repeat('<table><tr><td>', 15 * MB)), { seconds: 10, mb: 600 }),
	lists: only((q, s) => hugePage(s, repeat('<ul><li><a href=/>2026-01-01</a>', 15 * MB)), { seconds: 15, mb: 600 }),
	unclosed: only((q, s) => hugePage(s, repeat('<a href="/', 15 * MB)), { seconds: 10, mb: 400 }),
	angles: only((q, s) => hugePage(s, repeat('<', 15 * MB)), { seconds: 10, mb: 400 }),
	amps: only((q, s) => hugePage(s, repeat('&', 15 * MB)), { seconds: 10, mb: 400 }),
	comments: only((q, s) => hugePage(s, repeat('<!--', 15 * MB)), { seconds: 10, mb: 400 }),
	commented: only((q, s) => hugePage(s, repeat('<!-- x -->', 15 * MB)), { seconds: 10, mb: 400 }),
	scripts: only((q, s) => hugePage(s, repeat('<script>eval(unescape("%61"));document.write(', 15 * MB)), { seconds: 10, mb: 400 }),
	scripted: only((q, s) => hugePage(s, repeat('<script>location="/a"</script>', 15 * MB)), { seconds: 15, mb: 400 }),
	styles: only((q, s) => hugePage(s, repeat('<style>@import url(/a.css);a{b:url(x', 15 * MB)), { seconds: 10, mb: 400 }),
	styled: only((q, s) => hugePage(s, repeat('<p style="background:url(x);display:none">关键词', 15 * MB)), { seconds: 15, mb: 600 }),
	digits: only((q, s) => hugePage(s, repeat('110101199003074477 13800138000 6222020000000000000 ', 15 * MB)), { seconds: 15, mb: 600 }),
	titles: only((q, s) => hugePage(s, repeat('<title>x', 15 * MB)), { seconds: 10, mb: 400 }),
	metas: only((q, s) => hugePage(s, repeat('<meta name="SiteName" content="x"><base href="/a">', 15 * MB)), { seconds: 15, mb: 400 }),
	forms: only((q, s) => hugePage(s, repeat('<form action=http://a.evil.nowhere/><input type=password name=p>', 15 * MB)), { seconds: 20, mb: 600 }),
	frames: only((q, s) => hugePage(s, repeat('<iframe src=http://a.evil.nowhere/ width=0></iframe>', 15 * MB)), { seconds: 20, mb: 600 }),
	selects: only((q, s) => hugePage(s, repeat('<svg><math><select><template><p>', 15 * MB)), { seconds: 10, mb: 600 }),
	calendar: { serve: (q, s) => page(s, 'c', `<a href="/?m=${Number(q.target.split('=')[1] ?? 0) + 1}">next</a>`), rules: ['inspect.limited'] },
	directories: { serve: (q, s) => page(s, 'd', '<a href="a/">a</a><a href="b/">b</a>'), args: ['--time', '4s'], rules: ['inspect.limited'], seconds: 10 },
	deeper: { serve: (q, s) => page(s, 'd', '<a href="a/">a</a>'), rules: ['inspect.limited', 'inspect.hostile'] },
	sessions: { serve: (q, s) => page(s, 's', `<a href="/s/${Math.random()}/">a</a><a href="/;jsessionid=${Math.random()}">b</a>`), args: ['--pages', '300'], rules: ['inspect.limited'] },
	body: only((q, s) => hugePage(s, repeat('x', 2048 * MB), { ...html, 'Content-Length': 2048 * MB }), { code: 5 }),
	chunks: only((q, s) => hugePage(s, repeat('10000\r\n' + 'x'.repeat(65536) + '\r\n', 2048 * MB), { ...html, 'Transfer-Encoding': 'chunked' }), { code: 5 }),
	chunk: only((q, s) => hugePage(s, numbers(1, () => 'ffffffffffffffffffff\r\nabc', ''), { ...html, 'Transfer-Encoding': 'chunked' }), { code: 5 }),
	file: only((q, s) => q.method === 'HEAD' ? s.end(head('200 OK', {})) : hugePage(s, repeat('x', 2048 * MB), { 'Content-Type': 'application/zip' }), { code: 5 }),
	silent: { serve: () => {}, code: 5, seconds: 15, args: patience },
	dripheaders: { serve: (q, s) => drip(s, 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX: ', 'a'), code: 5, seconds: 15, args: patience },
	dripbody: { serve: (q, s) => drip(s, head('200 OK', html), 'a'), code: 5, seconds: 15, args: patience },
	tarpit: { serve: (q, s) => q.target === '/' ? page(s, 'x', Array.from({ length: 300 }, (_, i) => `<a href=/${i}>${i}</a>`).join('')) : undefined, seconds: 25, rules: ['inspect.limited', 'inspect.hostile'], args: patience },
	headers: { serve: (q, s) => { s.write('HTTP/1.1 200 OK\r\n'); pour(s, numbers(100000, i => `X-${i}: a\r\n`, '', '\r\n')) }, code: 5, rules: ['inspect.hostile'] },
	header: { serve: (q, s) => { s.write('HTTP/1.1 200 OK\r\nX: '); pour(s, repeat('a', 1024 * MB)) }, code: 5, rules: ['inspect.hostile'] },
	odd: only((q, s) => s.end('HTTP/1.1 200 OK\r\nContent-Type: text/html\0; charset=\r\nX\r: \0\0\r\n \r\n\tfolded: a\r\n: empty\r\nLocation: \r\n\r\n<title>x</title>\0\0<a href="/\0\r">'), { code: 5 }),
	empty: only((q, s) => s.end('HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=\r\n \r\n\tfolded: a\r\n: empty\r\nLocation: \r\n\r\n<title>x</title>\0\0<a href="/\0\r">')),
	split: only((q, s) => s.end('HTTP/1.1 302 Found\r\nLocation: http://93.184.216.34/\rSet-Cookie: a=b\rX: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n'), { code: undefined }),
	gzip: only((q, s) => { s.write(head('200 OK', { ...html, 'Content-Encoding': 'gzip' })); pour(s, gzipBomb(10240)) }, { code: 5, rules: ['inspect.hostile'] }),
	brotli: only((q, s) => respond(s, '200 OK', { ...html, 'Content-Encoding': 'br' }, brotli()), { code: 5, rules: ['inspect.hostile'] }),
	nested: only((q, s) => respond(s, '200 OK', { ...html, 'Content-Encoding': 'gzip, gzip, gzip' }, nested()), { code: 5, rules: ['inspect.hostile'] }),
	codings: only((q, s) => respond(s, '200 OK', { ...html, 'Content-Encoding': Array(1000).fill('gzip').join(', ') }, 'x'), { code: 5 }),
	coded: only((q, s) => respond(s, '200 OK', { ...html, 'Content-Encoding': 'gzip' }, 'this is not gzip'), { code: 5 }),
	maps: { serve(q, s) {
		if (q.target === '/robots.txt')
			return respond(s, '200 OK', { 'Content-Type': 'text/plain' }, Array.from({ length: 300 }, (_, i) => `Sitemap: http://maps.example/s${i}.xml.gz\n`).join(''))
		if (q.target === '/s0.xml.gz')
			return s.write(head('200 OK', { 'Content-Type': 'application/gzip' })) && pour(s, gzipBomb(10240))
		if (q.target === '/s1.xml.gz')
			return respond(s, '200 OK', { 'Content-Type': 'application/x-gzip' }, zlib.gzipSync(`<urlset>${inward.map(u => `<url><loc>${u}</loc></url>`).join('')}</urlset>`))
		if (/^\/s\d/.test(q.target)) // each names two more
			return respond(s, '200 OK', { 'Content-Type': 'application/xml' }, `<sitemapindex><sitemap><loc>http://maps.example${q.target}1</loc></sitemap><sitemap><loc>http://maps.example${q.target}2</loc></sitemap></sitemapindex>`)
		return page(s, 'x', 'x')
	}, args: ['--time', '4s'], seconds: 15 },
	robots: { serve: (q, s) => q.target === '/robots.txt' ? hugePage(s, repeat('User-agent: *\nDisallow: /a*b*c*d$\n', 100 * MB), { 'Content-Type': 'text/plain' }) : page(s, 'x', 'x') },
	disallow: { serve(q, s) {
		if (q.target === '/robots.txt')
			return respond(s, '200 OK', { 'Content-Type': 'text/plain' }, 'User-agent: *\n' + 'Disallow: /a*b\n'.repeat(34000))
		return q.target === '/' ? page(s, 'x', Array.from({ length: 1500 }, (_, i) => `<a href=/${'a'.repeat(500)}${i}>`).join('')) : respond(s, '404 Not Found', html, '')
	}, seconds: 20 },
	retry: { serve: (q, s) => respond(s, '503 No', { 'Retry-After': '999999999' }), code: 5 },
	busy: { serve: (q, s) => q.target === '/' ? page(s, 'x', Array.from({ length: 500 }, (_, i) => `<a href=/${i}>`).join('')) : respond(s, '429 No', { 'Retry-After': '1' }) , rules: ['link.unknown'] },
	utf7: only((q, s) => page(s, '+ADw-script+AD4-alert(1)+ADw-/script+AD4-', 'x', 'text/html; charset=utf-7')),
	user: only((q, s) => page(s, evil, evil, 'text/html; charset=x-user-defined')),
	cut: only((q, s) => respond(s, '200 OK', { 'Content-Type': 'text/html; charset=gb18030' }, Buffer.from('3c7469746c653e81308130ff81fe8130', 'hex'))),
	boms: only((q, s) => respond(s, '200 OK', { 'Content-Type': 'text/html; charset=utf-16be' }, Buffer.concat([Buffer.from('fffe', 'hex'), Buffer.from('<title>\ud800\udfff</title>', 'utf16le'), Buffer.from('efbbbfd8', 'hex')]))),
	charsets: only((q, s) => page(s, 'x', '<meta charset=utf-16><meta charset=iso-2022-jp><meta charset=\x00>', `text/html; charset="${'a'.repeat(20000)}`)),
	escapes: { serve: (q, s) => page(s, evil, `<a href="/${evil.replaceAll('"', '&quot;')}">${evil}</a><a href="/#${evil.replaceAll('"', '&quot;')}">b</a><a href="http://[${evil.replaceAll('"', '&quot;')}">c</a><img alt='${evil}' src="=HYPERLINK(1)"><meta name="SiteName" content='${evil}'><p>网站标识码：${evil}</p>`), rules: ['link.malformed'] },
	types: only((q, s) => page(s, 'x', `${everywhere('http://picture.example/')}<a href=http://binary.example/>b</a>`)),
	picture: { serve: (q, s) => page(s, evil, everywhere('/'), 'image/png'), code: undefined },
	binary: only((q, s) => respond(s, '200 OK', html, Buffer.from(Array.from({ length: 1 << 18 }, (_, i) => (i * 2654435761) >>> 7 & 255)))),
	urls: only((q, s) => page(s, 'u', ['a'.repeat(64 * 1024), '?' + 'b=&'.repeat(5000), '../'.repeat(5000), '%'.repeat(15000), '/'.repeat(15000), '#' + 'f'.repeat(60000)].map(u => `<a href="${u}">`).join(''))),
	to: { serve: (q, s) => respond(s, '302 Found', { Location: q.target + 'a'.repeat(9000) }), code: 5 },
	old: { serve: (q, s) => s.end('<html><title>no head at all</title>'), code: 5 },
	junk: { serve: (q, s) => pour(s, repeat('\xff\0junk\n', 64 * MB)), code: 5 },
	status: { serve: (q, s) => s.end('HTTP/1.1 999999999999999 \x1b[31m\r\n\r\n'), code: 5 },
	early: { serve: (q, s) => s.destroy(), code: 5 },
	interim: { serve: (q, s) => pour(s, repeat('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', 1024 * MB)), code: 5, rules: ['inspect.hostile'], cpu: 2 },
	trailers: only((q, s) => { s.write(head('200 OK', { ...html, 'Transfer-Encoding': 'chunked', Trailer: 'X' }) + '3\r\n<p>\r\n0\r\n'); pour(s, repeat('Location: http://10.0.0.1/\r\nContent-Type: image/png\r\n', 64 * MB)) }, { code: undefined, rules: ['inspect.hostile'] }),
	shorter: only((q, s) => s.end(head('200 OK', { ...html, 'Content-Length': 3 }) + '<p>' + 'HTTP/1.1 200 OK\r\n\r\nsmuggled'.repeat(1000))),
	longer: only((q, s) => s.end(head('200 OK', { ...html, 'Content-Length': 30000 }) + '<p>'), { code: 5 }),
	negative: only((q, s) => s.end(head('200 OK', { ...html, 'Content-Length': -5 }) + '<p>'), { code: 5 }),
	twice: only((q, s) => s.end(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 99999999999999999999999\r\nTransfer-Encoding: chunked\r\n\r\n<p>`), { code: undefined }),
	encrypted: { serve() {}, url: 'https://encrypted.example/', code: 5, seconds: 15, args: patience },
	plaintext: { serve() {}, url: 'https://plaintext.example:8443/', code: 5 },
	inward: { serve(q, s) {
		if (q.target === '/')
			return page(s, 'x', `${[...inward, ...otherwise].map(everywhere).join('')}${inward.map((_, i) => `<a href="/to/${i}">`).join('')}${otherwise.map((_, i) => `<a href="/other/${i}">`).join('')}${
				inward.map((_, i) => `<a href="/fresh/${i}">`).join('')}<link rel=stylesheet href=/s.css><a href=/feed.xml>f</a>`)
		const [, kind, n] = q.target.split('/')
		if (kind === 'to')
			return respond(s, '302 Found', { Location: inward[n], Refresh: `0;url=${inward[n]}`, Link: `<${inward[n]}>; rel=stylesheet`, 'Content-Location': inward[n] })
		if (kind === 'other')
			return respond(s, '301 Moved', { Location: otherwise[n] })
		if (kind === 'fresh')
			return page(s, 'f', `<meta http-equiv=refresh content="0;url=${inward[n]}">`)
		if (kind === 's.css')
			return respond(s, '200 OK', { 'Content-Type': 'text/css' }, inward.map(u => `@import "${u}";a{b:url(${u})}`).join(''))
		if (kind === 'feed.xml')
			return respond(s, '200 OK', { 'Content-Type': 'application/xml' }, `<rss><channel>${inward.map(u => `<item><link>${u}</link></item>`).join('')}</channel></rss>`)
		if (kind === 'robots.txt')
			return respond(s, '200 OK', { 'Content-Type': 'text/plain' }, inward.map(u => `Sitemap: ${u}\n`).join(''))
		return respond(s, '404 Not Found', html, '')
	}, args: ['--at-once'], seconds: 20, rules: ['link.private'] },
	gate: { serve: (q, s) => respond(s, '302 Found', { Location: inward[Number(q.target.slice(1)) || 0] }), code: 5 },
	cookies: { serve: (q, s) => q.target.startsWith('/next')
		? respond(s, '302 Found', { Location: 'http://user:secret@cookies2.example/', 'Set-Cookie': ['sid=1', 'x=2; Domain=.example; Path=/'], 'WWW-Authenticate': 'Basic realm=x' })
		: respond(s, q.target === '/auth' ? '401 No' : '200 OK', { ...html, 'Set-Cookie': ['sid=1', 'x=2; Domain=.example; Path=/'], 'WWW-Authenticate': 'Basic realm=x' },
			'<a href=/next>n</a><a href=/auth>a</a><a href=http://cookies2.example/>b</a><a href=http://user:secret@cookies2.example/c>d</a>') },
	cookies2: { serve: (q, s) => page(s, 'x', '<a href=http://cookies.example/back>b</a>') },
}
// All of them in one walk: as many as there may be options.
const most = Object.keys(hostilities).slice(-52)
hostilities.together = only((q, s) => page(s, 'x', most.map(n => `<a href="http://${n}.example/">${n}</a>`).join('')),
	{ args: ['--time', '10s', ...patience, ...most.flatMap(n => ['--host', `${n}.example`])], seconds: 40, mb: 1000, rules: ['inspect.limited', 'inspect.hostile', 'link.private'], code: 0 })
function drip(socket, first, more) {
	socket.write(first)
	const timer = setInterval(() => socket.destroyed ? clearInterval(timer) : socket.write(more), 50)
	socket.on('close', () => clearInterval(timer))
}
let bomb
let layers
const nested = () => layers ??= [1, 2, 3].reduce(b => zlib.gzipSync(b), Buffer.alloc(64 * MB))
const brotli = () => bomb ??= zlib.brotliCompressSync(Buffer.alloc(256 * MB), { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } })

if (!isMainThread)
	await open(workerData)

// What a request costs the gate: CPU of the nginx worker (user and system, from /proc/PID/schedstat) per request, sealed
// memory beside a static file (sendfile, gzip_static, warm open_file_cache) and beside proxying to a static origin (the
// origin's own cost is not counted), over HTTP/1.1, TLS 1.3 and HTTP/2. Rounds are interleaved, so that a change of clock
// speed meets all of them; each round gives one ratio to the static file, and what is reported is the median of the ratios
// with its 95 % interval (order statistics, no assumption about the distribution).
//
//   node bench/gate.mjs [--json] [--rounds N] [--only h1,tls,h2,text,dynamic]        BUILD=<build folder>
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { built, freePort, http, isRoot, run, start, startNginx, tempDir, until } from '../tests/e2e/lib.mjs'

const host = 'www.example.gov.cn'
const sizes = [10_000, 100_000, 1_000_000]
const protocols = ['h1', 'tls', 'h2']

function option(name, fallback) {
	const at = process.argv.indexOf(name)
	const value = at < 0 ? fallback : Number(process.argv[at + 1])
	if (!(value > 0))
		throw new Error(`${name} takes a number`)
	return value
}
const json = process.argv.includes('--json')
const rounds = option('--rounds', 15)
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1].split(',') : [...protocols, 'text', 'dynamic']

// Ends what was started, last first, as a test's scope would.
const scope = { undo: [], after(f) { this.undo.push(f) } }

const cpuMicroseconds = pid => Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1000

// A page of text, as a portal's are: half of it markup, 60 links that lead out.
function makePage(bytes) {
	const words = '云山县人民政府关于进一步做好政务公开工作的通知各乡镇县直单位结合实际认真贯彻落实'
	let page = '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>云山县人民政府</title></head><body>\n'
	let seed = 1
	const some = n => { // a piece of text from anywhere: it does not compress to nothing
		let out = ''
		while (out.length < n)
			out += words[(seed = seed * 48271 % 2147483647) % words.length]
		return out
	}
	for (let i = 0; page.length < bytes / 1.7; i++)
		page += `<li class="item"><a href="${i % 8 ? `/xxgk/${i}.html` : `https://www.example${i}.com/page?id=${i}`}" title="${some(12)}">` +
			`${some(18)}</a><span class="date">2026-0${1 + i % 9}-1${i % 9}</span></li>\n`
	return Buffer.from(`${page}</body></html>\n`)
}

// Random bytes are nobody's to compress: every variant sends the same number of them.
function makeSite(dir) {
	const site = path.join(dir, 'site'), files = new Map()
	mkdirSync(site)
	for (const n of sizes) {
		files.set(`${n}.bin`, [randomBytes(n), 'application/octet-stream'])
		files.set(`${n}.html`, [makePage(n), 'text/html; charset=utf-8'])
	}
	const lines = [...files].map(([name, [bytes, type]]) => {
		const file = path.join(site, name)
		writeFileSync(file, bytes)
		writeFileSync(`${file}.gz`, gzipSync(bytes))
		return [`${host}/${name}`, 200, type, '', file, `${file}.gz`].join('\t')
	})
	writeFileSync(path.join(dir, 'profile'), 'paths = [ "/dynamic dynamic" ]; leave = { prompt = true; name = "云山县人民政府"; };\n')
	writeFileSync(path.join(dir, 'spec'), lines.join('\n') + '\n')
	run(built('tests/e2e/mkvault'), ['make', '--vault', path.join(dir, 'vault'), '--key', path.join(dir, 'seal.key'),
		'--pub', path.join(dir, 'seal.pub'), '--app', 'bench', '--serial', '1', '--host', host,
		'--spec', path.join(dir, 'spec'), '--profile', path.join(dir, 'profile')])
	return site
}

async function startVault(dir) {
	const socket = path.join(dir, 'vault.sock')
	const uid = isRoot ? run('id', ['-u', 'nobody']).trim() : String(process.getuid())
	const p = start(scope, built('src/bin/weique-vault'), ['--vault', path.join(dir, 'vault'), '--state',
		path.join(dir, 'state'), '--socket', socket, '--key-file', path.join(dir, 'seal.pub'), '--allow-uid', uid])
	await until('weique-vault listens', () => {
		if (p.ended)
			throw new Error(p.out)
		return existsSync(socket)
	})
	return socket
}

async function startServers(dir, site, socket) {
	const names = ['sealed', 'static', 'proxy', 'gzip']
	const ports = { origin: await freePort() }
	for (const name of names)
		for (const protocol of protocols)
			ports[`${name} ${protocol}`] = await freePort()
	const user = isRoot ? 'nobody nogroup' : undefined
	const files = `root ${site}; open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h; open_file_cache_min_uses 1;`
	const common = 'sendfile on; tcp_nopush on; keepalive_requests 1000000000;\n'
	const originDir = path.join(dir, 'origin')
	run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
		`/CN=${host}`, '-keyout', path.join(dir, 'tls.key'), '-out', path.join(dir, 'tls.crt')], { stdio: 'pipe' })
	mkdirSync(originDir)
	chmodSync(originDir, 0o755)
	await startNginx(scope, { dir: originDir, user, workers: 1,
		http: `types { text/html html; } ${common} server { listen 127.0.0.1:${ports.origin}; ${files}
			location /dynamic/ { alias ${site}/; charset utf-8; } }` })
	const proxy = 'proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;'
	const what = {
		sealed: `location / { weique on; weique_host ${host}; ${proxy} }`,
		static: `${files} gzip_static on;`,
		proxy: `location / { ${proxy} }`,
		gzip: `${files} gzip on; gzip_types *; gzip_min_length 1;`,
	}
	const listens = name => `listen 127.0.0.1:${ports[`${name} h1`]}; listen 127.0.0.1:${ports[`${name} tls`]} ssl;
		listen 127.0.0.1:${ports[`${name} h2`]} ssl http2;`
	const gate = await startNginx(scope, { dir, user, workers: 1, modules: [built('src/gate/nginx/ngx_http_weique_module.so')],
		http: `types { text/html html; } ${common} weique_vault unix:${socket};
			ssl_certificate ${path.join(dir, 'tls.crt')}; ssl_certificate_key ${path.join(dir, 'tls.key')}; ssl_protocols TLSv1.3;
			http2_max_requests 1000000000;
			upstream origin { server 127.0.0.1:${ports.origin}; keepalive 32; }
			${names.map(name => `server { ${listens(name)} ${what[name]} }`).join('\n')}` })
	return { ports, worker: gate.workers()[0] }
}

// About a second of work.
const h2Requests = target => 3e8 / (1e4 + Number(/\d+/.exec(target)[0]))

// One round: microseconds of the worker per request. Every answer has to be a 200.
function measure(worker, port, protocol, target, accept) {
	const headers = ['-H', `Host: ${host}`, ...accept ? ['-H', `Accept-Encoding: ${accept}`] : []]
	const before = cpuMicroseconds(worker)
	let requests
	if (protocol === 'h2') {
		const out = run('h2load', ['-c16', '-m1', '-t1', `-n${Math.ceil(h2Requests(target))}`, `--header=:authority: ${host}`,
			...accept ? [`--header=accept-encoding: ${accept}`] : [], `https://127.0.0.1:${port}${target}`])
		requests = Number(/(\d+) succeeded/.exec(out)[1])
		if (!/ 0 4xx, 0 5xx/.test(out) || Number(/ (\d+) 2xx/.exec(out)[1]) < requests)
			throw new Error(out)
	} else {
		const scheme = protocol === 'tls' ? 'https' : 'http'
		const out = run('wrk', ['-t1', '-c16', '-d1s', ...headers, `${scheme}://127.0.0.1:${port}${target}`])
		requests = Number(/(\d+) requests in/.exec(out)[1])
		if (/Non-2xx|Socket errors/.test(out))
			throw new Error(out)
	}
	if (requests < 50)
		throw new Error(`only ${requests} requests`)
	return (cpuMicroseconds(worker) - before) / requests
}

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1]
// The 95 % interval of the median by order statistics: the ranks between which a binomial(n, 1/2) falls.
function interval(values) {
	const v = [...values].sort((a, b) => a - b), n = v.length
	let k = 0, below = 0.5 ** n
	for (let p = below; below + (p = p * (n - k) / (k + 1)) <= 0.025; k++)
		below += p
	return [v[k], v[n - 1 - k]]
}

// Variants against each other, interleaved: `cases` is [name, port, protocol, target, accept]; the first one's is the base.
function compare(worker, what, cases) {
	const values = cases.map(() => [])
	for (const c of cases)
		measure(worker, ...c.slice(1))
	for (let r = 0; r < rounds; r++)
		for (let i = 0; i < cases.length; i++) {
			const at = (i + r) % cases.length
			values[at].push(measure(worker, ...cases[at].slice(1)))
		}
	const found = cases.map(([name], i) => {
		const ratios = values[i].map((x, r) => values[0][r] / x)
		return { what, name, usec: median(values[i]), min: Math.min(...values[i]), max: Math.max(...values[i]),
			speed: median(ratios), speed_95: interval(ratios) }
	})
	if (!json)
		for (const f of found)
			console.log(`${f.what.padEnd(36)} ${f.name.padEnd(12)} ${f.usec.toFixed(1).padStart(8)} µs (${f.min.toFixed(1)}-${f.max.toFixed(1)})` +
				`  speed ${f.speed.toFixed(2)} (${f.speed_95.map(x => x.toFixed(2)).join('-')})`)
	return found
}

async function check(ports, site) {
	for (const size of sizes)
		for (const name of ['sealed', 'static', 'proxy']) {
			const answer = await until(`${name} serves`, async () => {
				const a = await http(ports[`${name} h1`], `/${size}.bin`, { host })
				return a.status === 200 && a
			})
			if (!answer.body.equals(readFileSync(path.join(site, `${size}.bin`))))
				throw new Error(`${name} serves other bytes`)
		}
}

async function main() {
	const dir = tempDir(scope, 'bench')
	const site = makeSite(dir), found = []
	const { ports, worker } = await startServers(dir, site, await startVault(dir))
	await check(ports, site)
	for (const protocol of protocols.filter(p => only.includes(p)))
		for (const size of sizes)
			found.push(...compare(worker, `${protocol} ${size / 1000} KB`, ['static', 'sealed', 'proxy'].map(name =>
				[name, ports[`${name} ${protocol}`], protocol, `/${size}.bin`])))
	if (only.includes('text'))
		for (const size of sizes)
			found.push(...compare(worker, `text ${size / 1000} KB, Accept-Encoding: gzip`, [['gzip_static', 'static'], ['sealed', 'sealed'], ['gzip on', 'gzip']]
				.map(([name, server]) => [name, ports[`${server} h1`], 'h1', `/${size}.html`, 'gzip'])))
	if (only.includes('dynamic')) {
		const pages = []
		for (const name of ['proxy', 'sealed'])
			pages.push((await http(ports[`${name} h1`], '/dynamic/100000.html', { host })).body.toString())
		if (!pages[1].includes('/leave/d/') || pages[0].includes('/leave/'))
			throw new Error('the dynamic page was not rewritten')
		found.push(...compare(worker, 'dynamic page, 100 KB', [['plain proxy', 'proxy'], ['rewritten', 'sealed']]
			.map(([name, server]) => [name, ports[`${server} h1`], 'h1', '/dynamic/100000.html'])))
	}
	if (json)
		console.log(JSON.stringify({ bench: 'gate', unit: 'worker CPU microseconds per request', rounds, results: found }, null, 1))
}

try {
	await main()
} finally {
	for (const f of scope.undo.reverse())
		await f()
}

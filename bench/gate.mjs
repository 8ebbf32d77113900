// What a request costs the gate: CPU microseconds of the nginx worker, from /proc/PID/stat before and after a run of wrk.
// Sealed memory, a static file (sendfile, gzip_static, warm open_file_cache) and proxying to a static origin (the origin's
// own cost is not counted), in interleaved rounds so that a change of clock speed meets all of them.
//
//   node bench/gate.mjs [--json] [--rounds N] [--seconds N]        BUILD=<build folder>
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { built, freePort, http, isRoot, run, start, startNginx, tempDir, until } from '../tests/e2e/lib.mjs'

const host = 'www.example.gov.cn'
const sizes = { '10 KB': 10_000, '100 KB': 100_000, '1 MB': 1_000_000 }

function option(name, fallback) {
	const at = process.argv.indexOf(name)
	const value = at < 0 ? fallback : Number(process.argv[at + 1])
	if (!(value > 0))
		throw new Error(`${name} takes a number`)
	return value
}
const json = process.argv.includes('--json')
const rounds = option('--rounds', 7), seconds = option('--seconds', 1)

// Ends what was started, last first, as a test's scope would.
const scope = { undo: [], after(f) { this.undo.push(f) } }

const ticksPerSecond = Number(run('getconf', ['CLK_TCK']))
function cpuMicroseconds(pid) {
	const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
	return (Number(fields[11]) + Number(fields[12])) * 1e6 / ticksPerSecond
}

// Bytes that nobody can compress: every variant sends the same number of them.
function makeSite(dir) {
	const site = path.join(dir, 'site')
	mkdirSync(site)
	const lines = Object.values(sizes).map(n => {
		const file = path.join(site, `${n}.bin`)
		writeFileSync(file, randomBytes(n))
		writeFileSync(`${file}.gz`, gzipSync(readFileSync(file)))
		return [`${host}/${n}.bin`, 200, 'application/octet-stream', '', file, `${file}.gz`].join('\t')
	})
	writeFileSync(path.join(dir, 'spec'), lines.join('\n') + '\n')
	run(built('tests/e2e/mkvault'), ['make', '--vault', path.join(dir, 'vault'), '--key', path.join(dir, 'seal.key'),
		'--pub', path.join(dir, 'seal.pub'), '--app', 'bench', '--serial', '1', '--host', host,
		'--spec', path.join(dir, 'spec')])
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
	const ports = { sealed: await freePort(), static: await freePort(), proxy: await freePort(), origin: await freePort() }
	const user = isRoot ? 'nobody nogroup' : undefined
	const files = `root ${site}; gzip_static on; open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h;`
	const common = 'sendfile on; tcp_nopush on; keepalive_requests 1000000000;\n'
	const originDir = path.join(dir, 'origin')
	mkdirSync(originDir)
	chmodSync(originDir, 0o755)
	await startNginx(scope, { dir: originDir, user, workers: 1,
		http: `${common} server { listen 127.0.0.1:${ports.origin}; ${files} }` })
	const gate = await startNginx(scope, { dir, user, workers: 1, modules: [built('src/gate/nginx/ngx_http_weique_module.so')],
		http: `${common} weique_vault unix:${socket};
			upstream origin { server 127.0.0.1:${ports.origin}; keepalive 32; }
			server { listen 127.0.0.1:${ports.sealed}; location / { weique on; } }
			server { listen 127.0.0.1:${ports.static}; ${files} }
			server { listen 127.0.0.1:${ports.proxy}; location / { proxy_pass http://origin; proxy_http_version 1.1;
				proxy_set_header Connection ""; proxy_set_header Host $host; } }` })
	return { ports, worker: gate.workers()[0] }
}

function measure(worker, port, size, duration) {
	const before = cpuMicroseconds(worker)
	const out = run('wrk', ['-t1', '-c16', `-d${duration}s`, '-H', `Host: ${host}`, `http://127.0.0.1:${port}/${size}.bin`])
	const spent = cpuMicroseconds(worker) - before
	const requests = Number(/(\d+) requests in/.exec(out)[1])
	if (/Non-2xx|Socket errors/.test(out) || requests < 100)
		throw new Error(out)
	return spent / requests
}

function summary(values) {
	const v = [...values].sort((a, b) => a - b)
	return { median: v[v.length >> 1], min: v[0], max: v[v.length - 1] }
}

async function main() {
	const dir = tempDir(scope, 'bench')
	const site = makeSite(dir)
	const { ports, worker } = await startServers(dir, site, await startVault(dir))
	const variants = ['sealed', 'static', 'proxy'], found = []
	for (const [name, size] of Object.entries(sizes)) {
		const values = Object.fromEntries(variants.map(v => [v, []]))
		for (const v of variants) { // the right bytes, and warm
			const answer = await until(`${v} serves ${name}`, async () => {
				const a = await http(ports[v], `/${size}.bin`, { host })
				return a.status === 200 && a
			})
			if (!answer.body.equals(readFileSync(path.join(site, `${size}.bin`))))
				throw new Error(`${v} serves other bytes`)
			measure(worker, ports[v], size, 1)
		}
		for (let r = 0; r < rounds; r++)
			for (let i = 0; i < variants.length; i++) {
				const v = variants[(i + r) % variants.length]
				values[v].push(measure(worker, ports[v], size, seconds))
			}
		for (const v of variants)
			found.push({ what: v, bytes: size, ...summary(values[v]),
				to_static: summary(values[v].map((x, i) => x / values.static[i])).median })
	}
	if (json)
		console.log(JSON.stringify({ bench: 'gate', unit: 'worker CPU microseconds per request', rounds, seconds, results: found }, null, 1))
	else
		for (const f of found)
			console.log(`${String(f.bytes).padStart(8)} bytes  ${f.what.padEnd(7)} median ${f.median.toFixed(1).padStart(7)}` +
				`  min ${f.min.toFixed(1).padStart(7)}  max ${f.max.toFixed(1).padStart(7)} µs  ${f.to_static.toFixed(2)} of static`)
}

try {
	await main()
} finally {
	for (const f of scope.undo.reverse())
		await f()
}

// The gate with a thousand applications of a thousand pages, beside one application with as many pages and one with a
// thousand: what a worker holds, what a request costs (pages asked for all over, so memory is as cold as it gets), and what
// visitors notice while one application switches to a new version.
//
//   node bench/scale.mjs [--json] [--apps N] [--pages N] [--rounds N]        BUILD=<build folder>
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { built, delay, freePort, http, isRoot, run, start, startNginx, tempDir, until } from '../tests/e2e/lib.mjs'

function option(name, fallback) {
	const at = process.argv.indexOf(name)
	return at < 0 ? fallback : Number(process.argv[at + 1])
}
const apps = option('--apps', 1000), pages = option('--pages', 1000), rounds = option('--rounds', 15), bytes = 2048
const scope = { undo: [], after(f) { this.undo.push(f) } }
const cpuMicroseconds = pid => Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1000
const rss = (pid, what) => Number(new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1024

function make(dir, each, more) {
	return JSON.parse(run(built('bench/bench-shelf'), ['--vault', path.join(dir, 'vault'), '--key', path.join(dir, 'seal.key'),
		'--pub', path.join(dir, 'seal.pub'), '--pages', String(each), '--bytes', String(bytes), ...more], { timeout: 600000 }))
}

async function gate(name, n, each) {
	const dir = tempDir(scope, `bench-${name}`), socket = path.join(dir, 'vault.sock'), port = await freePort()
	const made = make(dir, each, ['--apps', String(n)])
	const uid = isRoot ? run('id', ['-u', 'nobody']).trim() : String(process.getuid())
	const begun = Date.now()
	const vault = start(scope, built('src/bin/weique-vault'), ['--vault', path.join(dir, 'vault'), '--state', path.join(dir, 'state'),
		'--socket', socket, '--key-file', path.join(dir, 'seal.pub'), '--allow-uid', uid, '--memory', '8000', '--recheck', '86400',
		'--log', `json:${path.join(dir, 'vault.jsonl')}`])
	await until('weique-vault listens', () => {
		if (vault.ended)
			throw new Error(vault.out)
		return existsSync(socket)
	}, 300000)
	const nginx = await startNginx(scope, { dir, user: isRoot ? 'nobody nogroup' : undefined, workers: 1,
		modules: [built('src/gate/nginx/ngx_http_weique_module.so')],
		http: `weique_vault unix:${socket}; weique_memory 16g; weique_wait 300s; keepalive_requests 1000000000; server_names_hash_max_size 8192;
			server { listen 127.0.0.1:${port}; location / { weique on; } location = /status { weique_status; } }` })
	const worker = nginx.workers()[0]
	await until('all are served', async () => (await http(port, `/p/${each - 1}.html`, { host: `app${n - 1}.example.gov.cn` })).status === 200, 300000)
	return { name, dir, port, worker, vault, made, n, each, load_sec: (Date.now() - begun) / 1000 }
}

// wrk asks for pages all over the applications by a script of its own: every request has another host and page.
function script(dir, n, each) {
	const file = path.join(dir, 'all.lua')
	writeFileSync(file, `local n, m, i = ${n}, ${each}, 0
request = function()
	i = i + 7919
	local app, page = (i * 31) % n, (i * 104729) % m
	return "GET /p/" .. page .. ".html HTTP/1.1\\r\\nHost: app" .. app .. ".example.gov.cn\\r\\n\\r\\n"
end
`)
	return file
}

function measure(g, seconds = 1) {
	const before = cpuMicroseconds(g.worker)
	const out = run('wrk', ['-t1', '-c16', `-d${seconds}s`, '-s', g.script ??= script(g.dir, g.n, g.each), `http://127.0.0.1:${g.port}`])
	if (/Non-2xx|Socket errors/.test(out))
		throw new Error(out)
	return (cpuMicroseconds(g.worker) - before) / Number(/(\d+) requests in/.exec(out)[1])
}

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1]

// One application gets a new version while the others are asked: how long until it is served, and how long visitors wait.
async function switchOne(g) {
	const waits = []
	let stopped = false, switched
	const asking = (async () => {
		for (let i = 0; !stopped; i++) {
			const begun = performance.now()
			await http(g.port, `/p/${i % pages}.html`, { host: `app${(i * 13) % g.n}.example.gov.cn` })
			waits.push(performance.now() - begun)
		}
	})()
	await delay(300)
	make(g.dir, g.each, ['--apps', '1', '--first', '7', '--serial', '2'])
	const published = performance.now()
	await until('the new version', async () => (await http(g.port, '/p/3.html', { host: 'app7.example.gov.cn' })).body.includes('serial 2'), 60000)
	switched = performance.now() - published
	await delay(300)
	stopped = true
	await asking
	waits.sort((a, b) => a - b)
	return { switch_msec: Math.round(switched), requests: waits.length, p99_msec: waits[Math.floor(waits.length * 0.99)], max_msec: waits.at(-1) }
}

// Median of the ratios of each round, with its 95 % interval by order statistics (ranks 4 and 12 of 15).
function ratio(values, to) {
	const v = values.map((x, i) => x / to[i]).sort((a, b) => a - b), k = v.length >= 15 ? 3 : 0
	return [median(v), v[k], v[v.length - 1 - k]].map(x => Number(x.toFixed(3)))
}

async function main() {
	const gates = [await gate('small', 1, pages), await gate('big', 1, pages * apps), await gate('all', apps, pages)]
	const [small, big, all] = gates, values = { small: [], big: [], all: [] }
	for (const g of gates)
		measure(g)
	const held = { anon: rss(all.worker, 'RssAnon'), pte: rss(all.worker, 'VmPTE') }
	for (let r = 0; r < rounds; r++)
		for (let i = 0; i < gates.length; i++) {
			const g = gates[(i + r) % gates.length]
			values[g.name].push(measure(g))
		}
	const result = { bench: 'scale', apps, pages: all.made.entries, page_bytes: bytes, snapshot_bytes_per_entry: all.made.snapshot_bytes / all.made.entries,
		load_sec: all.load_sec, worker_private_mb: held.anon, worker_page_tables_mb: held.pte, vault_private_mb: rss(all.vault.pid, 'RssAnon'),
		usec_small: median(values.small), usec_big: median(values.big), usec_all: median(values.all),
		all_to_big: ratio(values.all, values.big), all_to_small: ratio(values.all, values.small), ...await switchOne(all) }
	console.log(process.argv.includes('--json') ? JSON.stringify(result, null, 1)
		: Object.entries(result).map(([name, value]) => `${name.padEnd(26)} ${typeof value === 'number' ? Number(value.toFixed(2)) : value}`).join('\n'))
}

try {
	await main()
} finally {
	for (const f of scope.undo.reverse())
		await f()
}

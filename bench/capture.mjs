// What a capture costs: CPU seconds (children included, the origin's own not), wall, memory and requests, beside `wget -r` and
// beside the bound (bound.c: libcurl and our tokenizer, nothing kept). nginx serves Debian's documentation as the origin.
// Rounds are interleaved; what is reported are medians, and the ratio is the bound's CPU to that of each.
//
//   node bench/capture.mjs [--json] [--rounds N] [--only bound,wget,once,twice,again]        BUILD=<build folder>
//
// once, twice: a first capture, everything on, with capture.twice off and on; again: nothing changed since it was sealed. `per
// request` is the ratio when the second look's requests count as pages too: the bound asks for each address once.
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { built, freePort, http, isRoot, root, run, start, startNginx, tempDir, until } from '../tests/e2e/lib.mjs'

const host = 'www.example.gov.cn'
const documents = ['libstdc++-12-doc', 'debian-policy']

const value = name => process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined
const json = process.argv.includes('--json')
const rounds = Number(value('--rounds') ?? 3)
const only = value('--only')?.split(',') ?? ['bound', 'wget', 'once', 'twice', 'again']

// Ends what was started, last first, as a test's scope would.
const scope = { undo: [], after(f) { this.undo.push(f) } }
const environment = state => ({ PATH: process.env.PATH, WEIQUE_STATE: state, WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_LANG: 'en' })
const weique = (state, ...args) => run(built('src/bin/weique'), args, { env: environment(state), timeout: 1000000 })

// Runs a program to its end: what it and its children used. wget ends with 8 when some address was not there.
function measured(program, args, options = {}) {
	const watch = 'import os,sys,time,resource,json\n' +
		'began=time.monotonic(); pid=os.posix_spawnp(sys.argv[1],sys.argv[1:],os.environ,file_actions=[(os.POSIX_SPAWN_DUP2,2,1)])\n' +
		'_,status,u=os.wait4(pid,0)\n' +
		'print(json.dumps({"code":os.waitstatus_to_exitcode(status),"cpu":u.ru_utime+u.ru_stime,"system":u.ru_stime,"wall":time.monotonic()-began,"rss_mib":u.ru_maxrss/1024}))'
	const done = spawnSync('python3', ['-c', watch, program, ...args], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, ...options })
	const used = JSON.parse(done.stdout || '{"code":127}')
	if (used.code !== 0 && used.code !== options.mayEnd)
		throw new Error(`${program} ${args.join(' ')}: exit ${used.code}\n${done.stderr.slice(-4000)}`)
	return used
}

// ---- the origin ----

async function startOrigin(dir) {
	const site = path.join(dir, 'site'), server = path.join(dir, 'origin'), port = await freePort(), status = await freePort()
	mkdirSync(site)
	mkdirSync(server)
	const starts = []
	for (const name of documents) {
		if (!existsSync(`/usr/share/doc/${name}`))
			throw new Error(`the package ${name} is not installed`)
		symlinkSync(`/usr/share/doc/${name}`, path.join(site, name))
		const pages = run('find', ['-L', name, '-name', '*.html'], { cwd: site }).split('\n').filter(p => p && !p.includes('\\'))
		starts.push(...pages.filter(p => p.split('/').length < 5))
	}
	writeFileSync(path.join(site, 'index.html'), `<!DOCTYPE html><title>x</title>${starts.sort().map(p => `<a href="/${p}">${p}</a>\n`).join('')}`)
	await startNginx(scope, { dir: server, user: isRoot ? 'nobody nogroup' : undefined, workers: 1,
		http: `include /etc/nginx/mime.types; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
			open_file_cache max=20000 inactive=1h; open_file_cache_valid 1h; open_file_cache_min_uses 1;
			server { listen 127.0.0.1:${port}; root ${site}; error_page 404 = @none; location @none { return 404; } }
			server { listen 127.0.0.1:${status}; location / { stub_status; } }` })
	const requests = async () => Number(/requests\s+\d+ \d+ (\d+)/.exec((await http(status, '/')).body.toString())[1])
	return { url: `http://127.0.0.1:${port}/`, requests }
}

// ---- installations ----

function install(dir, origin, name, profile) {
	const state = path.join(dir, name), sign = path.join(state, 'sign')
	weique(state, 'init')
	writeFileSync(path.join(state, 'weique.conf'), 'capture = { second_look = "0s"; };\nopening = { required = false; };\n')
	run(built('src/bin/weique-sign'), ['init', '--dir', sign], { env: environment(state) })
	weique(state, 'unit', 'add', 'unit', '--name', 'x', '--kind', 'organ')
	for (const [id, role] of [['editor', 'author'], ['wang', 'reviewer'], ['li', 'reviewer'], ['zhao', 'leader']]) {
		weique(state, 'person', 'add', id, '--name', id, '--roles', role, '--in-establishment')
		appendFileSync(path.join(sign, 'trust'), weique(state, 'person', 'trust', id))
	}
	weique(state, 'app', 'add', 'site', '--unit', 'unit', '--type', 'portal', '--host', host, '--origin', origin, '--name', 'x',
		'--leader', 'zhao', '--purpose', 'x')
	writeFileSync(path.join(state, 'profile'), profile)
	weique(state, 'app', 'profile', 'site', path.join(state, 'profile'))
	return state
}

const capture = ['capture', 'site', '--author', 'editor', '--allow-private', '--json']

async function seal(state) {
	const { release } = JSON.parse(weique(state, ...capture))
	const socket = path.join(state, 'run/sign.sock')
	const sign = start(scope, built('src/bin/weique-sign'), ['serve', '--dir', path.join(state, 'sign'), '--socket', socket], { env: environment(state) })
	await until('weique-sign listens', () => existsSync(socket) || sign.ended)
	for (const person of ['wang', 'li'])
		weique(state, 'release', 'approve', release, '--as', person)
	weique(state, 'release', 'seal', release)
	await sign.kill()
}

// ---- measuring ----

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1]

async function prepare(dir, origin) {
	const profile = twice => `capture = { twice = ${twice}; };\n`
	const states = { once: install(dir, origin.url, 'once', profile(false)), twice: install(dir, origin.url, 'twice', profile(true)) }
	if (only.includes('again'))
		await seal(states.again = install(dir, origin.url, 'again', profile(true)))
	const first = name => {
		const state = path.join(dir, `${name}-now`)
		cpSync(states[name], state, { recursive: true })
		try {
			return measured(built('src/bin/weique'), capture, { env: environment(state) })
		} finally {
			rmSync(state, { recursive: true })
		}
	}
	const wget = () => {
		const folder = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : dir, 'wq-wget-'))
		try {
			return measured('wget', ['-q', '-r', '-l', 'inf', '-e', 'robots=off', '-P', folder, origin.url], { mayEnd: 8 })
		} finally {
			rmSync(folder, { recursive: true })
		}
	}
	return {
		bound: () => measured(built('bench/bench-bound'), [origin.url]),
		wget,
		once: () => first('once'),
		twice: () => first('twice'),
		again: () => measured(built('src/bin/weique'), capture, { env: environment(states.again) }),
	}
}

const titles = { bound: 'bound: fetch and tokenize', wget: 'wget -r', once: 'first capture, one look', twice: 'first capture, two looks',
	again: 'nothing changed' }

function report(found) {
	const results = Object.entries(found).map(([name, runs]) => {
		const of = what => median(runs.map(r => r[what]))
		const ratios = found.bound ? runs.map((r, i) => found.bound[i].cpu / r.cpu) : []
		const per = found.bound ? runs.map((r, i) => found.bound[i].cpu / found.bound[i].requests * r.requests / r.cpu) : []
		return { name, title: titles[name], cpu: of('cpu'), cpu_min: Math.min(...runs.map(r => r.cpu)), cpu_max: Math.max(...runs.map(r => r.cpu)),
			system: of('system'), wall: of('wall'), rss_mib: of('rss_mib'), requests: of('requests'),
			ratio: ratios.length ? median(ratios) : null, per_request: per.length ? median(per) : null }
	})
	const load = readFileSync('/proc/loadavg', 'latin1').split(' ').slice(0, 3).join(' ')
	if (json)
		return console.log(JSON.stringify({ bench: 'capture', unit: 'CPU seconds', rounds, load, results }, null, 1))
	for (const r of results)
		console.log(`${r.title.padEnd(26)} ${r.cpu.toFixed(2).padStart(7)} CPU s (${r.cpu_min.toFixed(2)}-${r.cpu_max.toFixed(2)}; ${r.system.toFixed(2)} system)` +
			`  wall ${r.wall.toFixed(1)} s  ${r.rss_mib.toFixed(0)} MiB  ${r.requests} requests` +
			`  of the bound ${r.ratio?.toFixed(2) ?? '-'}, per request ${r.per_request?.toFixed(2) ?? '-'}`)
	console.log(`load ${load}`)
}

async function main() {
	const dir = tempDir(scope, 'capture')
	const origin = await startOrigin(dir)
	const cases = await prepare(dir, origin), found = {}
	for (let i = 0; i < rounds; i++)
		for (const name of only) {
			const before = await origin.requests()
			const used = cases[name]()
			// one of them is the look at the counter
			found[name] = [...found[name] ?? [], { ...used, requests: await origin.requests() - before - 1 }]
		}
	report(found)
}

try {
	await main()
} finally {
	for (const f of scope.undo.reverse())
		await f()
}

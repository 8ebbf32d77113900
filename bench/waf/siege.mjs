// A gate with the rule engine under siege: what the costliest requests of one client do to another client, what they cost, what memory
// and time the rules take, what watching costs on sealed paths. One nginx worker. Load of others on the machine shows in the first line
// of each table (the plain client alone); --first gives the gate, the origin and the plain client the machine before all others
// (SCHED_FIFO). All attacks of attacks.mjs take a quarter of an hour, a thousand reloads as long.
//
//   node bench/waf/siege.mjs [--crs DIR] [--seconds N] [--only cost,siege,memory,sealed,watch,steady,reloads] [--attacks a,b] [--first]
//   BUILD=<build folder>
import { fork, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { attacks } from './attacks.mjs'
import { cpuMicroseconds, median, memory, peerModules, percentile, ruleFile, startGate, startOrigin, startVault } from './servers.mjs'
import { delay, isRoot, jsonLines, run, tempDir } from '../../tests/e2e/lib.mjs'

const { values: option } = parseArgs({ options: { crs: { type: 'string', default: process.env.WEIQUE_CRS }, seconds: { type: 'string', default: '4' },
	only: { type: 'string' }, attacks: { type: 'string' }, first: { type: 'boolean' }, rounds: { type: 'string', default: '7' }, attack: { type: 'string' },
	reloads: { type: 'string', default: '1000' }, requests: { type: 'string', default: '200000' } } })
const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36'
const say = line => process.stdout.write(`${line}\n`)

function ask(port, host, { method = 'GET', headers = {}, body, target = '' }, { pool, localAddress } = {}) {
	return new Promise((resolve, reject) => {
		const request = http.request({ port, host: '127.0.0.1', localAddress, agent: pool, method, path: target.startsWith('/') ? target : `/dynamic/x${target}`,
			headers: { Host: host, 'User-Agent': agent, Accept: '*/*', ...(body ? { 'Content-Length': body.length } : {}), ...headers } }, response => {
			response.resume()
			response.on('end', () => resolve(response.statusCode))
			response.on('error', reject)
		})
		request.on('error', reject)
		request.end(body)
	})
}

// `rate` requests a second, whatever becomes of them, at most `most` at a time. Until stop() is called.
function flood(port, host, request, { rate, most, localAddress }) {
	const pool = new http.Agent({ keepAlive: true, maxSockets: most }), statuses = {}, started = performance.now()
	let sent = 0, open = 0, held = 0
	const timer = setInterval(() => {
		const due = Math.floor((performance.now() - started) * rate / 1000)
		for (; sent + held < due;) {
			if (open >= most) {
				held = due - sent
				return
			}
			sent++
			open++
			ask(port, host, request, { pool, localAddress }).catch(e => e.code ?? 'error').then(status => { open--; statuses[status] = (statuses[status] ?? 0) + 1 })
		}
	}, 2)
	return { stop() { clearInterval(timer); pool.destroy(); return { sent, held, statuses } } }
}

// A plain GET every 10 ms from another network: milliseconds of each answer, in order, and statuses.
async function plainClient(port, host, seconds, seen = {}) {
	const pool = new http.Agent({ keepAlive: true }), times = [], waiting = [], started = performance.now()
	for (let i = 0; i < seconds * 100; i++) {
		const wait = started + i * 10 - performance.now()
		if (wait > 0)
			await delay(wait)
		const before = performance.now()
		waiting.push(ask(port, host, {}, { pool, localAddress: '127.0.1.1' }).then(status => {
			times.push(performance.now() - before)
			seen[status] = (seen[status] ?? 0) + 1
		}))
	}
	await Promise.all(waiting)
	pool.destroy()
	return times
}

async function besieged(port, host, attack, seconds, rate = 200) {
	const seen = {}
	if (!attack)
		return { times: await plainClient(port, host, seconds, seen), seen }
	const child = fork(fileURLToPath(import.meta.url), ['--attack', JSON.stringify({ port, host, name: attack, rate })])
	if (option.first && isRoot)
		run('chrt', ['-a', '-o', '-p', '0', String(child.pid)])
	await delay(500)
	const times = await plainClient(port, host, seconds, seen)
	const answer = new Promise(resolve => child.once('message', resolve))
	child.send('stop')
	return { times, seen, attacker: await answer }
}

const latency = times => `p50 ${percentile(times, 50).toFixed(1).padStart(6)}  p99 ${percentile(times, 99).toFixed(1).padStart(7)}  max ${Math.max(...times).toFixed(1).padStart(7)} ms`
const counts = o => Object.entries(o).map(([k, v]) => `${k}:${v}`).join(' ')
const load = () => os.loadavg()[0].toFixed(1)

async function costPerRequest(nginx, port, host, request, n) {
	const pool = new http.Agent({ keepAlive: true, maxSockets: 1 })
	let status = await ask(port, host, request, { pool })
	const before = cpuMicroseconds(nginx.worker)
	for (let i = 0; i < n; i++)
		status = await ask(port, host, request, { pool })
	const used = (cpuMicroseconds(nginx.worker) - before) / n
	pool.destroy()
	return { used, status }
}

async function main() {
	const scope = { undo: [], after(f) { this.undo.push(f) } }
	const wanted = option.only?.split(',') ?? ['cost', 'siege', 'memory', 'sealed', 'watch', 'steady', 'reloads']
	const names = option.attacks?.split(',') ?? Object.keys(attacks)
	const parts = { cost, siege, memory: memories, sealed, watch, steady, reloads }
	const dir = tempDir(scope, 'waf-siege')
	try {
		const origin = await startOrigin(scope), rules = [1, 2].map(p => ruleFile(dir, option.crs, p))
		const vault = await startVault(scope, { open: 'mode = "block"; client = "0s";', limited: 'mode = "block";', log: 'mode = "log"; client = "0s";',
			long: 'mode = "block"; client = "0s"; budget = "10s";' }, '<p>sealed</p>\n'.repeat(730))
		for (const name of wanted) {
			say(`\n# ${name} (load ${load()})`)
			await parts[name]({ scope, dir, origin, rules, vault, names })
		}
	} finally {
		for (const undo of scope.undo.reverse())
			await undo()
	}
}

const ours = vault => `weique_vault unix:${vault.socket};`
const withRules = rules => `weique on; weique_rules ${rules}; weique_rules_log DIR/rules.log;`
const first = (...all) => { if (option.first && isRoot) for (const pid of [process.pid, ...all.map(n => n.worker)]) run('chrt', ['-a', '-f', '-p', '1', String(pid)]) }

// ---- CPU of one request, without limits ----

async function cost({ scope, origin, rules, vault, names }) {
	const servers = [{ location: '' }, { location: withRules(rules[0]) }, { location: withRules(rules[1]) }]
	const nginx = await startGate(scope, origin, servers, { http: ours(vault) })
	say('ms of CPU beyond proxying, median of rounds (lowest-highest): paranoia 1, paranoia 2; status within budget')
	for (const name of names) {
		const request = attacks[name](), rows = [[], []]
		let status
		for (let round = 0; round < Number(option.rounds); round++) {
			const [plain, ...judged] = [await costPerRequest(nginx, servers[0].port, 'long', request, 8), await costPerRequest(nginx, servers[1].port, 'long', request, 8),
				await costPerRequest(nginx, servers[2].port, 'long', request, 8)]
			judged.forEach((c, i) => rows[i].push((c.used - plain.used) / 1000))
			status = judged.map(c => c.status)
		}
		const budgeted = (await costPerRequest(nginx, servers[1].port, 'open', request, 1)).status
		say(`${name.padEnd(18)} ${String(request.body?.length ?? 0).padStart(7)} bytes ` +
			rows.map(r => `${median(r).toFixed(2).padStart(8)} (${Math.min(...r).toFixed(2)}-${Math.max(...r).toFixed(2)})`).join('') + `  ${status.join(' ')} ${budgeted}`)
	}
}

// ---- another client meanwhile ----

async function untilIdle(pid) {
	for (let before = cpuMicroseconds(pid), now; ; before = now) {
		await delay(200)
		now = cpuMicroseconds(pid)
		if (now - before < 4000)
			return
	}
}

async function siege({ scope, origin, rules, vault, names }) {
	const servers = [{ location: withRules(rules[0]) }], peers = [{ location: `modsecurity on; modsecurity_rules_file ${rules[0]};` }]
	const nginx = await startGate(scope, origin, servers, { http: ours(vault) })
	const peer = await startGate(scope, origin, peers, { modules: peerModules, name: 'peer' })
	const seconds = Number(option.seconds)
	const line = async (what, gate, port, host, attack) => {
		const r = await besieged(port, host, attack, seconds)
		say(`${what.padEnd(36)} ${latency(r.times)}  plain ${counts(r.seen)}` +
			(r.attacker ? `  attacker ${counts(r.attacker.statuses)}, ${r.attacker.held} not sent` : '') + `  worker ${(memory(gate.worker) / 1024).toFixed(0)} MB  load ${load()}`)
		await untilIdle(gate.worker)
	}
	first(nginx, peer, origin)
	await line('alone', nginx, servers[0].port, 'open')
	for (const name of names) {
		await line(`${name}, no limit`, nginx, servers[0].port, 'open', name)
		await line(`${name}, rules.client 200ms`, nginx, servers[0].port, 'limited', name)
	}
	await line('alone', nginx, servers[0].port, 'open')
	const events = jsonLines(vault.log).filter(e => e.event === 'gate.rule_blocked')
	const lines = jsonLines(path.join(nginx.dir, 'rules.log'))
	say(`rule log: ${lines.length} lines, ${lines.filter(l => l.over).length} over a budget; ${events.length} events: ${JSON.stringify(events.at(-1)?.fields)}`)
	await line('libmodsecurity alone', peer, peers[0].port, 'open')
	for (const name of names.filter(n => n === 'json-integers' || names.length === 1))
		await line(`libmodsecurity, ${name}`, peer, peers[0].port, 'open', name)
}

// ---- load, memory ----

function loadSeconds(nginxConf) {
	const said = spawnSync('bash', ['-c', 'TIMEFORMAT="%U %S"; time nginx -t -q -c "$0" -e stderr', nginxConf], { encoding: 'utf8' })
	const [, user, system] = /([\d.]+) ([\d.]+)\s*$/.exec(said.stderr)
	return Number(user) + Number(system)
}

async function memories({ scope, origin, rules, names }) {
	const hosts = Array.from({ length: 100 }, (_, i) => `app${i}.example.gov.cn`)
	const vault = await startVault(scope, Object.fromEntries(hosts.map(h => [h, 'mode = "block"; client = "0s";'])))
	const none = [{ location: 'weique on;' }], one = [{ location: withRules(rules[0]) }], many = hosts.map(h => ({ location: `weique_host ${h}; ${withRules(rules[0])}` }))
	const same = hosts.map(h => ({ location: `weique_host ${h}; weique on;` }))
	const gates = { 'no rules, 1 server': [none, await startGate(scope, origin, none, { http: ours(vault) })],
		'rules, 1 server': [one, await startGate(scope, origin, one, { http: ours(vault) })],
		'no rules, 100 servers': [same, await startGate(scope, origin, same, { http: ours(vault) })],
		'rules, 100 servers': [many, await startGate(scope, origin, many, { http: ours(vault) })] }
	const times = { none: [], one: [] }
	for (let round = 0; round < Number(option.rounds); round++) {
		times.none.push(loadSeconds(gates['no rules, 1 server'][1].conf))
		times.one.push(loadSeconds(gates['rules, 1 server'][1].conf))
	}
	say(`nginx -t, CPU seconds: ${median(times.none).toFixed(3)} without rules, ${median(times.one).toFixed(3)} with (${Math.min(...times.one).toFixed(3)}-${Math.max(...times.one).toFixed(3)})`)
	for (const [what, [servers, nginx]] of Object.entries(gates)) {
		for (const [i, host] of hosts.entries())
			await ask(servers[i % servers.length].port, host, i % 4 ? {} : attacks['json-strings']())
		if (servers === one)
			for (const name of names)
				await ask(one[0].port, hosts[0], attacks[name]())
		await untilIdle(nginx.worker)
		say(`${what.padEnd(24)} worker RSS ${(memory(nginx.worker) / 1024).toFixed(1)} MB, PSS ${(memory(nginx.worker, 'Pss') / 1024).toFixed(1)}, ` +
			`master PSS ${(memory(nginx.pid, 'Pss') / 1024).toFixed(1)}, both ${((memory(nginx.worker, 'Pss') + memory(nginx.pid, 'Pss')) / 1024).toFixed(1)}`)
	}
}

async function reloads({ scope, origin, rules, vault }) {
	const servers = [{ location: withRules(rules[0]) }]
	const nginx = await startGate(scope, origin, servers, { http: ours(vault) })
	const total = Number(option.reloads), started = performance.now()
	for (let n = 1; n <= total; n++) {
		const before = nginx.workers()
		nginx.reload()
		for (let now = before; now.length !== 1 || now[0] === before[0]; now = nginx.workers())
			await delay(5)
		if ([1, 3, 10, 30, 100, 300, 500, total].includes(n))
			say(`${String(n).padStart(5)} reloads: master RSS ${(memory(nginx.pid) / 1024).toFixed(1)} MB, anonymous ${(memory(nginx.pid, 'Anonymous') / 1024).toFixed(1)}, ` +
				`${((performance.now() - started) / n).toFixed(0)} ms each, status ${await ask(servers[0].port, 'open', {})}`)
	}
}

// ---- sealed paths, watching, steadiness ----

function wrk(port, seconds, host, target, script) {
	const args = ['-t1', '-c4', `-d${seconds}s`, '-H', `Host: ${host}`, ...(script ? ['-s', script] : [])]
	const out = run('wrk', [...args, `http://127.0.0.1:${port}${target}`], { timeout: 600000 })
	if (/Socket errors/.test(out))
		throw new Error(out)
	return Number(/(\d+) requests in/.exec(out)[1])
}

async function sealed({ scope, origin, rules, vault }) {
	const servers = [{ location: 'weique on;' }, { location: withRules(rules[0]) }]
	const nginx = await startGate(scope, origin, servers, { http: ours(vault) })
	const rows = [[], []], ratios = []
	for (let round = 0; round < Number(option.rounds) * 2; round++) {
		for (const i of round % 2 ? [0, 1] : [1, 0]) {
			const before = cpuMicroseconds(nginx.worker), n = wrk(servers[i].port, 1, 'open', '/')
			rows[i].push((cpuMicroseconds(nginx.worker) - before) / n)
		}
		ratios.push(rows[1].at(-1) / rows[0].at(-1))
	}
	say(`sealed page of 10 KB, us of CPU: ${median(rows[0]).toFixed(2)} without rules, ${median(rows[1]).toFixed(2)} with; ratio ${median(ratios).toFixed(3)} ` +
		`(${percentile(ratios, 10).toFixed(3)}-${percentile(ratios, 90).toFixed(3)})`)
}

async function watch({ scope, origin, rules, vault, names }) {
	const servers = [{ location: '' }, { location: withRules(rules[0]) }]
	const nginx = await startGate(scope, origin, servers, { http: ours(vault) })
	first(nginx, origin)
	for (const name of names.filter(n => ['json-strings', 'form-long', 'cookies'].includes(n) || names.length === 1)) {
		const request = attacks[name](), times = [[], []], pool = new http.Agent({ keepAlive: true, maxSockets: 1 })
		for (let n = 0; n < 600; n++)
			for (const i of n % 2 ? [0, 1] : [1, 0]) {
				const before = performance.now()
				await ask(servers[i].port, 'log', request, { pool })
				times[i].push(performance.now() - before)
				await delay(20)
			}
		pool.destroy()
		say(`${name}: proxied ${latency(times[0])}\n${' '.repeat(name.length)}  watched ${latency(times[1])}  load ${load()}`)
	}
}

async function steady({ scope, dir, origin, rules, vault, names }) {
	const servers = [{ location: withRules(rules[0]) }], total = Number(option.requests), file = path.join(dir, 'mixed.lua')
	const nginx = await startGate(scope, origin, servers, { http: ours(vault) })
	const bytes = b => `"${[...b].map(c => `\\${String(c).padStart(3, '0')}`).join('')}"`
	const mixed = names.map(n => attacks[n]()).filter(a => (a.body?.length ?? 0) < 40000)
	writeFileSync(file, `local all = {\n${mixed.map(a => `wrk.format(${JSON.stringify(a.method)}, "/dynamic/x${a.target ?? ''}", {["Host"]="limited",["User-Agent"]=${JSON.stringify(agent)},` +
		`${Object.entries(a.headers).map(([k, v]) => `[${bytes(Buffer.from(k))}]=${bytes(Buffer.from(v))}`).join(',')}}, ${a.body ? bytes(a.body) : 'nil'}),\n`).join('')}}
local plain = wrk.format("GET", "/dynamic/y?a=1", {["Host"]="open"})\nlocal n = 0
function request() n = n + 1; if n % 20 == 0 then return all[n / 20 % #all + 1] end; return plain end\n`)
	for (const name of names)
		await ask(servers[0].port, 'open', attacks[name]())
	for (let n = 0; n < total;) {
		n += wrk(servers[0].port, 10, 'open', '/', file)
		await untilIdle(nginx.worker)
		say(`${String(n).padStart(7)} requests: worker RSS ${(memory(nginx.worker) / 1024).toFixed(1)} MB, anonymous ${(memory(nginx.worker, 'Anonymous') / 1024).toFixed(1)}`)
	}
}

if (option.attack) { // the attacker's process
	const { port, host, name, rate } = JSON.parse(option.attack)
	const running = flood(port, host, attacks[name](), { rate, most: 200, localAddress: '127.0.0.1' })
	process.on('message', () => { process.send(running.stop(), () => process.exit(0)) })
	process.on('disconnect', () => process.exit(0))
} else {
	await main()
}

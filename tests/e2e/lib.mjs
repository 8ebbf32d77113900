// What end-to-end tests share: temporary folders, ports, processes that end with the test, raw HTTP, waiting for a fact.
//
// Nothing here sleeps for luck: until() polls a condition under a deadline and fails with what it saw last. Every process
// started by start() is ended by its own id when the test's scope ends, also when the test fails.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, existsSync, readFileSync, writeFileSync, chmodSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
export const buildDir = path.resolve(root, process.env.WQ_BUILD ?? process.env.BUILD ?? 'build')
export const isRoot = process.getuid() === 0

// A built file by its path in the build folder ("src/gate/nginx/ngx_http_weique_module.so"); says so when it is missing.
export function built(name) {
	const file = path.join(buildDir, name)
	if (!existsSync(file))
		throw new Error(`${file} is not built`)
	return file
}

// A folder that is removed at the end of the test `t`, readable for the processes of other users.
export function tempDir(t, name = 'e2e') {
	const dir = mkdtempSync(path.join(tmpdir(), `wq-${name}-`))
	chmodSync(dir, 0o755)
	t.after(() => {
		if (!process.env.KEEP)
			rmSync(dir, { recursive: true, force: true })
	})
	return dir
}

// A port of the loopback that was free a moment ago, below the range from which the system takes ports of its own.
let nextPort = 20000 + (process.pid % 1000) * 10
export async function freePort() {
	for (let tries = 0; tries < 200; tries++) {
		const port = nextPort++
		if (nextPort > 32000)
			nextPort = 20000
		const free = await new Promise(resolve => {
			const server = net.createServer()
			server.once('error', () => resolve(false))
			server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
		})
		if (free)
			return port
	}
	throw new Error('no free port')
}

export const delay = msec => new Promise(resolve => setTimeout(resolve, msec))

// Asks until `condition` returns something true, and returns that. Fails after `msec` with the last value or error.
export async function until(what, condition, msec = 10000) {
	const end = Date.now() + msec
	let last
	for (;;) {
		try {
			last = await condition()
			if (last)
				return last
		} catch (e) {
			last = e
		}
		if (Date.now() > end)
			throw new Error(`not within ${msec} ms: ${what} (last: ${last?.stack ?? JSON.stringify(last)})`)
		await delay(20)
	}
}

// Starts a program. Its output is kept in .out; .exited is a promise of {code, signal}. Ends with the test: SIGTERM, then
// SIGKILL after three seconds.
export function start(t, program, args, options = {}) {
	const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: root, ...options })
	const p = { child, pid: child.pid, out: '', ended: false }
	for (const stream of [child.stdout, child.stderr])
		stream?.setEncoding('utf8').on('data', d => { p.out += d })
	p.exited = new Promise(resolve => {
		child.once('error', e => { p.out += e.stack; p.ended = true; resolve({ code: 127, signal: null }) })
		child.once('exit', (code, signal) => { p.ended = true; resolve({ code, signal }) })
	})
	p.kill = async (signal = 'SIGTERM') => {
		if (!p.ended)
			child.kill(signal)
		const timer = setTimeout(() => { if (!p.ended) child.kill('SIGKILL') }, 3000)
		const end = await p.exited
		clearTimeout(timer)
		return end
	}
	t.after(() => p.kill())
	return p
}

// Runs a program to its end and returns its output; fails with both outputs when it fails.
export function run(program, args, options = {}) {
	const done = spawnSync(program, args, { cwd: root, encoding: 'utf8', timeout: 60000, ...options })
	if (done.error)
		throw done.error
	if (done.status !== (options.expect ?? 0))
		throw new Error(`${program} ${args.join(' ')}: exit ${done.status}\n${done.stdout}\n${done.stderr}`)
	return done.stdout
}

// One HTTP/1.1 request over a raw socket: target and headers go out as they are given, nothing is tidied up.
// Returns {status, headers (lower-case names, several values joined by ", "), raw, body (Buffer, chunks undone)}.
export function http(port, target, { method = 'GET', host = 'localhost', headers = {}, body, version = '1.1', msec = 10000, localAddress } = {}) {
	return new Promise((resolve, reject) => {
		const socket = net.connect({ port, host: '127.0.0.1', localAddress })
		const parts = []
		const timer = setTimeout(() => socket.destroy(new Error(`no answer in ${msec} ms: ${method} ${target}`)), msec)
		socket.on('data', d => parts.push(d))
		socket.on('error', e => { clearTimeout(timer); reject(e) })
		socket.on('close', hadError => {
			clearTimeout(timer)
			if (hadError)
				return
			try {
				resolve(parseResponse(Buffer.concat(parts), method))
			} catch (e) {
				reject(e)
			}
		})
		const lines = [`${method} ${target} HTTP/${version}`]
		if (host !== null)
			lines.push(`Host: ${host}`)
		lines.push('Connection: close')
		for (const [name, value] of Object.entries(headers))
			lines.push(`${name}: ${value}`)
		if (body !== undefined)
			lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
		socket.write(Buffer.concat([Buffer.from(lines.join('\r\n') + '\r\n\r\n', 'latin1'), Buffer.from(body ?? '')]))
	})
}

export function parseResponse(bytes, method = 'GET') {
	const end = bytes.indexOf('\r\n\r\n')
	if (end < 0)
		throw new Error(`no HTTP response: ${JSON.stringify(bytes.toString('latin1').slice(0, 200))}`)
	const raw = bytes.subarray(0, end).toString('latin1')
	const [first, ...lines] = raw.split('\r\n')
	const headers = {}
	for (const line of lines) {
		const colon = line.indexOf(':')
		const name = line.slice(0, colon).toLowerCase(), value = line.slice(colon + 1).trim()
		headers[name] = name in headers ? `${headers[name]}, ${value}` : value
	}
	let body = bytes.subarray(end + 4)
	if (/chunked/i.test(headers['transfer-encoding'] ?? ''))
		body = unchunk(body)
	const length = headers['content-length']
	const status = Number(first.split(' ')[1])
	if (length !== undefined && method !== 'HEAD' && status !== 304 && body.length !== Number(length))
		throw new Error(`cut response: ${body.length} of ${length} bytes`)
	return { status, headers, raw, body }
}

function unchunk(body) {
	const parts = []
	for (let at = 0; ;) {
		const line = body.indexOf('\r\n', at)
		if (line < 0)
			throw new Error('cut chunk')
		const n = parseInt(body.subarray(at, line).toString('latin1'), 16)
		if (n === 0)
			return Buffer.concat(parts)
		parts.push(body.subarray(line + 2, line + 2 + n))
		at = line + 2 + n + 2
	}
}

// The JSON objects of a log with one object a line; a last line that is still being written is passed over.
export function jsonLines(file) {
	if (!existsSync(file))
		return []
	return readFileSync(file, 'utf8').split('\n').flatMap(line => {
		try {
			return line ? [JSON.parse(line)] : []
		} catch {
			return []
		}
	})
}

// Debian's nginx with a configuration of the caller's: `http` stands inside http {}. Own prefix, own log, no default paths.
// Returns the process with .dir, .errorLog, .reload(), .workers().
export async function startNginx(t, { dir, http: inner, user, workers = 2, modules = [], top = '', errorLevel = 'notice' }) {
	const errorLog = path.join(dir, 'nginx-error.log'), pidFile = path.join(dir, 'nginx.pid')
	const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
		.map(n => `\t${n}_temp_path ${dir}/${n}_temp;`).join('\n')
	const conf = path.join(dir, 'nginx.conf')
	writeFileSync(conf, `${modules.map(m => `load_module ${m};\n`).join('')}${user ? `user ${user};\n` : ''}` +
		`${top}\ndaemon off;\nmaster_process on;\nworker_processes ${workers};\npid ${pidFile};\n` +
		`error_log ${errorLog} ${errorLevel};\nevents { worker_connections 512; }\nhttp {\n${temp}\n\taccess_log off;\n${inner}\n}\n`)
	const p = start(t, 'nginx', ['-p', dir, '-c', conf, '-e', errorLog])
	p.dir = dir
	p.conf = conf
	p.errorLog = errorLog
	p.log = () => existsSync(errorLog) ? readFileSync(errorLog, 'utf8') : ''
	p.workers = () => {
		const list = spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(p.pid)], { encoding: 'utf8' }).stdout
		return list.split('\n').filter(l => /worker process$/.test(l)).map(l => Number(l.trim().split(' ')[0]))
	}
	p.reload = () => p.child.kill('SIGHUP')
	await until('nginx runs its workers', () => p.ended || p.workers().length === workers)
	if (p.ended)
		throw new Error(`nginx ended: ${p.out}\n${p.log()}`)
	return p
}

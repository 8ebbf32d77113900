// Seeded sites under `weique inspect`: a namespace without any way out, the sites that a test serves there over http and https,
// the command, and what of a table of planted faults it found.
import { spawn, spawnSync } from 'node:child_process'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { built, isRoot, root, run } from './lib.mjs'

// Whether this process is in the namespace; if not, runs `file` as a test file there and fails when it does.
export function enclosed(t, file) {
	if (process.env.WQ_ENCLOSED)
		return true
	const env = { ...process.env, WQ_ENCLOSED: '1' }
	delete env.NODE_TEST_CONTEXT
	const done = spawnSync('unshare', [...(isRoot ? [] : ['-r']), '-n', 'sh', '-c', 'ip link set lo up && exec "$0" --test --test-reporter=spec "$1"', process.execPath, file],
		{ env, encoding: 'utf8', timeout: 110000 })
	t.diagnostic(done.stdout ?? '')
	if (done.status !== 0)
		throw new Error(`${done.error ?? ''}\n${done.stdout}\n${done.stderr}`)
	return false
}

// A certificate for `names`, signed by itself: {key, cert, file}.
export function certificate(dir, name, names) {
	const key = path.join(dir, `${name}.key`), file = path.join(dir, `${name}.pem`)
	run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-keyout', key, '-out', file,
		'-subj', `/CN=${name}`, '-addext', `subjectAltName=${names.map(n => `DNS:${n}`).join(',')}`, '-addext', 'basicConstraints=critical,CA:TRUE'], { stdio: 'pipe' })
	return { key: readFileSync(key), cert: readFileSync(file), file }
}

function send(response, answer, head) {
	const body = Buffer.from(answer.body ?? '')
	response.writeHead(answer.status, { ...answer.headers, ...(answer.truncated ? {} : { 'Content-Length': body.length }) })
	if (head || !answer.truncated)
		return response.end(head ? undefined : body)
	response.write(body, () => response.destroy())
}

// Listens on `address`, ports 80 and 443 (this namespace's own). `answer(host, path, secure)` returns {status, headers, body}.
export async function serve(t, address, answer, cert) {
	const handle = secure => (request, response) =>
		send(response, answer((request.headers.host ?? '').toLowerCase(), request.url, secure), request.method === 'HEAD')
	for (const [server, port] of [[http.createServer(handle(false)), 80], ...(cert ? [[https.createServer(cert, handle(true)), 443]] : [])]) {
		await new Promise((resolve, reject) => server.once('error', reject).listen(port, address, resolve))
		t.after(() => { server.closeAllConnections(); server.close() })
	}
}

// Accepts and never answers.
export async function silent(t, address, port = 80) {
	const sockets = new Set(), server = net.createServer(s => { sockets.add(s); s.on('error', () => {}) })
	await new Promise(resolve => server.listen(port, address, resolve))
	t.after(() => { sockets.forEach(s => s.destroy()); server.close() })
}

// Runs the command; its findings.
export function inspect(args) {
	return new Promise((resolve, reject) => {
		const child = spawn(built('src/bin/weique'), ['inspect', ...args, '--json', '--lang', 'en'],
			{ env: { ...process.env, WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_STATE: '/nonexistent' }, stdio: ['ignore', 'pipe', 'pipe'] })
		let out = '', err = ''
		child.stdout.on('data', d => { out += d })
		child.stderr.on('data', d => { err += d })
		child.on('error', reject)
		child.on('close', status => {
			if (status !== 0)
				return reject(new Error(`weique inspect ${args[0]}: ${status}\n${err}`))
			resolve(out.split('\n').filter(Boolean).map(l => JSON.parse(l)))
		})
	})
}

// All of `tasks` (functions that return promises), so many at a time.
export async function several(tasks, most = 4) {
	const results = []
	let next = 0
	await Promise.all(Array.from({ length: most }, async () => {
		while (next < tasks.length) {
			const i = next++
			results[i] = await tasks[i]()
		}
	}))
	return results
}

// The path of an address of `host`, percent-decoded; another address as it is.
export function pathOf(url, host) {
	const m = /^https?:\/\/([^/]+)(\/.*)?$/.exec(url ?? '')
	return m && m[1] === host ? decode(m[2] ?? '/') : url
}
const decode = text => {
	try {
		return decodeURIComponent(text)
	} catch {
		return text
	}
}

// Which faults no finding answers to. A finding answers to one fault only where several of one rule are planted on a page.
export function missed(faults, findings, host) {
	const left = new Map()
	const key = (rule, page) => `${rule} ${page}`
	for (const f of findings)
		for (const page of new Set([f.page, f.url].map(u => pathOf(u, host))))
			left.set(key(f.rule, page), (left.get(key(f.rule, page)) ?? 0) + Math.max(1, f.count ?? 1))
	return faults.filter(f => {
		const k = key(f.rule, f.page), n = left.get(k) ?? 0
		left.set(k, n - 1)
		return n <= 0
	})
}

// What an inspection costs: CPU seconds of the command and its children (the server's own not), wall, memory, pages and bytes, beside
// the bound (bound.c: libcurl and our tokenizer, nothing judged), wget --spider -r and linkchecker. nginx serves Debian's documentation.
// Rounds are interleaved; what is reported are medians with the least and the most. Pages are answers 200 to GET of text/html and bytes are
// those of all bodies, both as the server counts them.
//
//   node bench/inspect.mjs [--json] [--rounds N] [--only bound,links,standard,wget,linkchecker]        BUILD=<build folder>
//   WEIQUE_DOCUMENTS=<folder>[:<folder>…]   serves these instead: a corpus of 10^5 pages, say
//
// standard: links, content, page, portal, quality, front; links: --links-only. Nobody looks at targets outside. linkchecker runs once.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { built, root, tempDir } from '../tests/e2e/lib.mjs'
import { installed, measured, median, startOrigin } from './origin.mjs'

const value = name => process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined
const json = process.argv.includes('--json')
const rounds = Number(value('--rounds') ?? 5)
const only = value('--only')?.split(',') ?? ['bound', 'links', 'standard', 'wget', 'linkchecker']
const packages = ['libstdc++-12-doc', 'debian-policy', 'libxslt1-dev', 'libjs-scriptaculous', 'valgrind', 'libffi8']

const scope = { undo: [], after(f) { this.undo.push(f) } }

function documents() {
	const given = process.env.WEIQUE_DOCUMENTS?.split(':').filter(Boolean)
	return given ? Object.fromEntries(given.map((folder, i) => [`d${i}`, folder])) : installed(packages)
}

function cases(dir, origin) {
	const out = path.join(dir, 'out'), environment = { PATH: process.env.PATH, WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_LANG: 'en' }
	const inspect = (...more) => {
		const used = measured(built('src/bin/weique'), ['inspect', '--json', '--quiet', '--allow-private', '--no-outside', ...more, origin.url],
			{ env: environment, stdout: out })
		return { ...used, findings: readFileSync(out, 'utf8').split('\n').length - 1 }
	}
	const config = path.join(dir, 'linkcheckerrc')
	writeFileSync(config, '[checking]\nmaxrequestspersecond=100000\nthreads=8\n')
	return {
		bound: () => measured(built('bench/bench-bound'), [origin.url]),
		links: () => inspect('--links-only'),
		standard: () => inspect(),
		wget: () => {
			const folder = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : dir, 'wq-wget-'))
			try {
				return measured('wget', ['-q', '--spider', '-r', '-l', 'inf', '-e', 'robots=off', '-P', folder, origin.url], { mayEnd: 8 })
			} finally {
				rmSync(folder, { recursive: true })
			}
		},
		linkchecker: () => measured('linkchecker', ['-f', config, '--no-robots', '--no-status', '-o', 'csv', origin.url], { stdout: out, mayEnd: 1 }),
	}
}

const titles = { bound: 'bound: fetch and tokenize', links: 'weique inspect --links-only', standard: 'weique inspect', wget: 'wget --spider -r',
	linkchecker: 'linkchecker' }

function report(found) {
	const results = Object.entries(found).map(([name, runs]) => {
		const of = what => median(runs.map(r => r[what]))
		return { name, title: titles[name], rounds: runs.length, cpu: of('cpu'), cpu_min: Math.min(...runs.map(r => r.cpu)),
			cpu_max: Math.max(...runs.map(r => r.cpu)), system: of('system'), wall: of('wall'), rss_mib: of('rss_mib'), requests: of('requests'),
			html: of('html'), mb: of('bytes') / 1e6, findings: runs[0].findings === undefined ? null : of('findings'),
			pages_per_cpu: median(runs.map(r => r.html / r.cpu)), mb_per_cpu: median(runs.map(r => r.bytes / 1e6 / r.cpu)),
			of_bound: found.bound ? median(runs.map((r, i) => found.bound[i].cpu / r.cpu)) : null }
	})
	const load = readFileSync('/proc/loadavg', 'latin1').split(' ').slice(0, 3).join(' ')
	if (json)
		return console.log(JSON.stringify({ bench: 'inspect', unit: 'CPU seconds', rounds, load, results }, null, 1))
	for (const r of results)
		console.log(`${r.title.padEnd(27)} ${r.cpu.toFixed(2).padStart(7)} CPU s (${r.cpu_min.toFixed(2)}-${r.cpu_max.toFixed(2)}; ${r.system.toFixed(2)} system)` +
			`  wall ${r.wall.toFixed(1)} s  ${r.rss_mib.toFixed(0)} MiB  ${r.requests} requests, ${r.html} pages, ${r.mb.toFixed(0)} MB` +
			`  per CPU s ${r.pages_per_cpu.toFixed(0)} pages, ${r.mb_per_cpu.toFixed(0)} MB  of the bound ${r.of_bound?.toFixed(2) ?? '-'}` +
			`${r.findings === null ? '' : `  ${r.findings} findings`}`)
	console.log(`load ${load}`)
}

async function main() {
	const dir = tempDir(scope, 'inspect')
	const origin = await startOrigin(scope, dir, documents())
	const all = cases(dir, origin), found = {}
	measured(built('bench/bench-bound'), [origin.url]) // files into the memory of the machine
	origin.answered()
	for (let i = 0; i < rounds; i++)
		for (const name of only) {
			if (name === 'linkchecker' && i > 0)
				continue
			const used = all[name]()
			found[name] = [...found[name] ?? [], { ...used, ...origin.answered() }]
		}
	report(found)
}

try {
	await main()
} finally {
	for (const f of scope.undo.reverse())
		await f()
}

// A gate for tests: a shelf made by mkvault, the real weique-vault, the distribution's nginx with the module.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync, readFileSync, readdirSync, existsSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { spawnSync } from 'node:child_process'
import { built, freePort, http, isRoot, jsonLines, run, start, startNginx, tempDir, until } from './lib.mjs'

export const host = 'www.example.gov.cn'
const modulePath = built('src/gate/nginx/ngx_http_weique_module.so')
export const mkvault = built('tests/e2e/mkvault')
const vaultBin = built('src/bin/weique-vault')
// as root, workers run as somebody else: the socket and the handover have to work across users
const workerUser = isRoot ? 'www-data' : undefined
export const workerUid = isRoot ? Number(run('id', ['-u', 'www-data'])) : process.getuid()

// A site's folder: sources, key, shelf. page(version) is what a test compares with.
export class Site {
	constructor(t) {
		this.dir = tempDir(t, 'gate')
		this.shelf = path.join(this.dir, 'vault')
		this.log = path.join(this.dir, 'vault.log')
		this.socket = path.join(this.dir, 'vault.sock')
		this.ledger = path.join(this.dir, 'ledger.db')
		this.pub = path.join(this.dir, 'seal.pub')
		mkdirSync(path.join(this.dir, 'source'))
	}

	// Entries: {path, status, type, headers, body, gzip}. Publishes them as `serial`, sealed with the key file `key`.
	publish(serial, entries, { key = 'seal.key', hosts = [host], more = [], app = 'portal' } = {}) {
		const lines = entries.map((e, i) => {
			const file = path.join(this.dir, 'source', `${app}-${serial}-${i}`)
			writeFileSync(file, e.body)
			if (e.gzip)
				writeFileSync(`${file}.gz`, gzipSync(e.body))
			return [`${hosts[0]}${e.path}`, e.status ?? 200, e.type ?? 'text/html; charset=utf-8', e.headers ?? '',
				file, e.gzip ? `${file}.gz` : '-'].join('\t')
		})
		const spec = path.join(this.dir, 'spec')
		writeFileSync(spec, lines.join('\n') + '\n')
		run(mkvault, ['make', '--vault', this.shelf, '--key', path.join(this.dir, key),
			'--pub', path.join(this.dir, `${path.basename(key, '.key')}.pub`), '--app', app, '--serial', String(serial),
			...hosts.flatMap(h => ['--host', h]), ...more, '--spec', spec])
	}

	snapshot(serial, app = 'portal') {
		return path.join(this.shelf, 'apps', app, `${String(serial).padStart(20, '0')}.snapshot`)
	}

	packs() {
		return readdirSync(path.join(this.shelf, 'packs')).map(f => path.join(this.shelf, 'packs', f))
	}

	async startVault(t, more = []) {
		const p = start(t, vaultBin, ['--vault', this.shelf, '--state', path.join(this.dir, 'state'), '--socket', this.socket,
			'--key-file', this.pub, '--allow-uid', String(workerUid), '--ledger', `sqlite:${this.ledger}`,
			'--log', `json:${this.log}`, '--recheck', '1', ...more])
		await until('weique-vault listens', () => {
			assert.ok(!p.ended, p.out)
			return existsSync(this.socket)
		})
		return p
	}

	async startGate(t, { inner = '', outer = '', top = '', wait = '5s', workers = 2 } = {}) {
		this.port = await freePort()
		this.nginx = await startNginx(t, {
			dir: this.dir, user: workerUser, workers, modules: [modulePath], top,
			http: `weique_vault unix:${this.socket};\nweique_wait ${wait};\n
				log_format weique '$request_uri $status class=$weique_class release=$weique_release ` +
				`digest=$weique_digest reason=$weique_reason';\n${outer}
				server { listen 127.0.0.1:${this.port}; access_log ${this.dir}/access.log weique;
					location / { weique on; ${inner} }
					location = /weique-status { weique_status; }
					location = /weique-metrics { weique_metrics; } }`,
		})
		return this.nginx
	}

	get(target, options = {}) {
		return http(this.port, target, { host, ...options })
	}

	events(name) {
		return jsonLines(this.log).filter(e => e.event === name)
	}

	ledgerTypes() {
		const db = spawnSync('sqlite3', [this.ledger, 'select type from ledger_event order by seq'], { encoding: 'utf8' })
		return db.status === 0 ? db.stdout.split('\n') : []
	}

	// Every worker serves `serial`: asked until each of them has answered so.
	async servesSerial(serial, n = 2) {
		await until(`${n} workers serve serial ${serial}`, async () => {
			const seen = new Map()
			for (let i = 0; i < 40 && seen.size < n; i++) {
				const s = JSON.parse((await this.get('/weique-status')).body)
				seen.set(s.pid, s.apps[0]?.serial)
			}
			return seen.size >= Math.min(n, this.nginx.workers().length) && [...seen.values()].every(v => v === serial)
		})
	}
}

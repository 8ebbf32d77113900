// What an operator meets: an installation whose processes are different users, an nginx of another version, a disk that is full, a
// clock that was wrong by a year, files whose format has to be known.
import test from 'node:test'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
	appendFileSync, chmodSync, chownSync, copyFileSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, readSync, readdirSync, statSync,
	writeFileSync, writeSync, closeSync,
} from 'node:fs'
import path from 'node:path'
import { buildDir, built, freePort, http, isRoot, jsonLines, root, run, start, startNginx, tempDir, until } from './lib.mjs'
import { Line, Visitors, filesOf, smallSite } from './line.mjs'

const prefix = JSON.parse(run('meson', ['introspect', '--buildoptions', buildDir])).find(o => o.name === 'prefix').value
const units = ['weique-sign.service', 'weique-vault.service', 'weique-capture@portal.service', 'weique-capture@portal.timer', 'weique-probe.service',
	'weique-inspect.service', 'weique-inspect.timer']

// Files below `dir`, relative.
function walk(dir, below = '') {
	return readdirSync(path.join(dir, below), { withFileTypes: true }).flatMap(e =>
		e.isDirectory() ? walk(dir, path.join(below, e.name)) : e.isSymbolicLink() ? [] : [path.join(below, e.name)])
}

// `make install` into a folder, with the users and folders that the packaging files describe. Returns the root and the users.
function install(t) {
	const dir = tempDir(t, 'root')
	run(path.join(root, 'scripts/install'), [], { env: { ...process.env, BUILD: buildDir, DESTDIR: dir, PREFIX: prefix }, timeout: 300000 })
	// nginx asks this machine for the name of the vault's user: here its number is that of "daemon"
	for (const [file, text] of [['passwd', 'root:x:0:0::/root:/bin/sh\nweique-vault:x:1:1::/:/usr/sbin/nologin\n'],
		['group', 'root:x:0:\nweique-vault:x:1:\nadm:x:4:\n']])
		writeFileSync(path.join(dir, 'etc', file), text)
	run('systemd-sysusers', [`--root=${dir}`])
	run('systemd-tmpfiles', [`--root=${dir}`, '--create'])
	const lines = file => readFileSync(path.join(dir, 'etc', file), 'utf8').trim().split('\n').map(l => l.split(':'))
	const users = Object.fromEntries(lines('passwd').map(([name, , uid, gid]) => [name, { uid, groups: [gid] }]))
	for (const [, , gid, members] of lines('group'))
		for (const m of (members ?? '').split(',').filter(Boolean))
			users[m].groups.push(gid)
	return { dir, users }
}

test('make install', { skip: !isRoot && 'users and folders are root\'s to make' }, async t => {
	const { dir } = install(t)
	const at = (...p) => path.join(dir, ...p), lib = at(prefix, 'lib')

	await t.test('units are what systemd understands, and are closed in', () => {
		cpSync('/usr/lib/systemd/system', at('usr/lib/systemd/system'), { recursive: true, force: false, verbatimSymlinks: true })
		const verified = spawnSync('systemd-analyze', ['verify', '--man=no', `--root=${dir}`, ...units], { encoding: 'utf8' })
		assert.equal(verified.stderr + verified.stdout, '')
		assert.equal(verified.status, 0)
		for (const [unit, most] of [['weique-sign.service', 1], ['weique-vault.service', 1], ['weique-capture@portal.service', 2], ['weique-probe.service', 2],
			['weique-inspect.service', 2]]) {
			const said = run('systemd-analyze', ['security', '--offline=yes', `--root=${dir}`, unit])
			const exposure = Number(/exposure level for .*?: ([\d.]+)/.exec(said)[1])
			t.diagnostic(`${unit}: exposure ${exposure}`)
			assert.ok(exposure <= most, `${unit}: ${exposure}`)
		}
	})

	await t.test('every program and path that a unit names is there', () => {
		for (const unit of readdirSync(path.join(lib, 'systemd/system')).filter(u => u.endsWith('.service') && u.startsWith('weique'))) {
			const text = readFileSync(path.join(lib, 'systemd/system', unit), 'utf8')
			const program = /^ExecStart=(\S+)/m.exec(text)[1]
			assert.ok(statSync(at(program)).mode & 0o111, program)
			assert.ok(existsSync(at(/^Documentation=file:\/\/(\S+)/m.exec(text)[1])), unit)
		}
		assert.ok(existsSync(path.join(lib, 'nginx/modules/ngx_http_weique_module.so')))
		assert.deepEqual(walk(at(prefix, 'share/weique/rules')).sort(), walk(path.join(root, 'rules')).sort())
	})

	await t.test('logs are kept a year', () => {
		const logs = at('logs')
		mkdirSync(logs)
		const text = readFileSync(at('etc/logrotate.d/weique'), 'utf8').replaceAll('/var/log/weique-', `${logs}/weique-`)
		const file = at('logrotate.conf'), log = path.join(logs, 'weique-vault/vault.jsonl')
		for (const name of ['vault', 'sign', 'gate'])
			mkdirSync(path.join(logs, `weique-${name}`))
		writeFileSync(file, text.replace(/\tpostrotate.*?\tendscript\n/s, ''))
		chmodSync(file, 0o644)
		for (const [, days] of text.matchAll(/rotate (\d+)\n/g))
			assert.ok(Number(days) >= 366, days)
		// what is open for appending goes on in the same file
		writeFileSync(log, '{"event":"one"}\n')
		const fd = openSync(log, 'a')
		const said = spawnSync('logrotate', ['-f', '-s', at('rotated'), file], { encoding: 'utf8' })
		assert.equal(said.status, 0, said.stderr)
		writeSync(fd, '{"event":"two"}\n')
		closeSync(fd)
		assert.equal(readFileSync(log, 'utf8'), '{"event":"two"}\n')
		assert.equal(readdirSync(path.dirname(log)).length, 2)
	})

	await t.test('the example for nginx is one that nginx takes', () => {
		const tls = at('tls')
		mkdirSync(tls)
		run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=www.example.gov.cn',
			'-keyout', path.join(tls, 'k'), '-out', path.join(tls, 'c')])
		const example = readFileSync(at(prefix, 'share/doc/weique/examples/nginx/weique.conf'), 'utf8')
			.replaceAll('/etc/nginx/tls/www.example.gov.cn.crt', path.join(tls, 'c'))
			.replaceAll('/etc/nginx/tls/www.example.gov.cn.key', path.join(tls, 'k'))
			.replaceAll('/var/log/weique-gate', tls).replaceAll('weique_vault_user weique-vault', 'weique_vault_user www-data')
		const load = readFileSync(at(prefix, 'share/nginx/modules-available/mod-http-weique.conf'), 'utf8')
			.replace(/load_module (\S+);/, (_, m) => `load_module ${at(m)};`)
		const conf = at('nginx.conf')
		writeFileSync(conf, `${load}\npid ${tls}/pid;\nevents {}\nhttp {\n${example}\n}\n`)
		const said = spawnSync('nginx', ['-t', '-c', conf, '-e', 'stderr'], { encoding: 'utf8' })
		assert.equal(said.status, 0, said.stderr)
	})

	await t.test('doctor tells a module that nginx cannot load', () => {
		const other = at('other.so'), doctor = (...args) => spawnSync(at(prefix, 'bin/weique'), ['doctor', '--only', 'module', '--json', ...args],
			{ encoding: 'utf8', env: { ...process.env, WEIQUE_LANG: 'en' } })
		const good = doctor()
		assert.equal(good.status, 0, good.stdout + good.stderr)
		assert.ok(JSON.parse(good.stdout).checks[0].seen.startsWith(dir), good.stdout)
		// the version of nginx that the module was built for stands in its ngx_module_t
		const bytes = readFileSync(path.join(lib, 'nginx/modules/ngx_http_weique_module.so'))
		const [, major, minor, patch] = /nginx\/(\d+)\.(\d+)\.(\d+)/.exec(spawnSync('nginx', ['-v'], { encoding: 'utf8' }).stderr)
		const version = Buffer.alloc(8)
		version.writeBigUInt64LE(BigInt(major * 1000000 + minor * 1000 + Number(patch)))
		let found = 0
		for (let i = bytes.indexOf(version); i >= 0; i = bytes.indexOf(version, i + 8), found++)
			bytes.writeBigUInt64LE(BigInt(1020001), i)
		assert.ok(found > 0)
		writeFileSync(other, bytes)
		const bad = doctor('--module', other)
		assert.equal(bad.status, 3)
		assert.match(JSON.parse(bad.stdout).checks[0].advice, /make module/)
	})
})

// Every process as its own user, with the folders of packaging/tmpfiles.d and the options of the units.
class Separated {
	constructor(t) {
		Object.assign(this, { t }, install(t))
		this.users['www-data'] = { uid: String(Number(run('id', ['-u', 'www-data']))), groups: [run('id', ['-g', 'www-data']).trim()] }
		this.state = this.at('/var/lib/weique')
		for (const [dir, user] of [['run/weique-sign', 'weique-sign'], ['run/weique-vault', 'weique-vault'],
			['var/log/weique-sign', 'weique-sign'], ['var/log/weique-vault', 'weique-vault']]) {
			mkdirSync(this.at(dir), { recursive: true })
			chownSync(this.at(dir), Number(this.users[user].uid), Number(this.users[user].groups[0]))
			chmodSync(this.at(dir), dir.startsWith('run') ? 0o755 : 0o750)
		}
	}

	at(...p) {
		return path.join(this.dir, ...p)
	}

	// The command line that runs `args` as `user`.
	as(user, umask, ...args) {
		const { uid, groups } = this.users[user]
		return ['setpriv', `--reuid=${uid}`, `--regid=${groups[0]}`, `--groups=${groups.join(',')}`, '--no-new-privs', 'sh', '-c',
			`umask ${umask}; exec "$@"`, 'sh', ...args]
	}

	spawn(user, umask, ...args) {
		const [program, ...rest] = this.as(user, umask, ...args)
		return start(this.t, program, rest)
	}

	try(user, ...args) {
		const [program, ...rest] = this.as(user, '0022', ...args)
		return spawnSync(program, rest, { encoding: 'utf8', cwd: '/', env: { PATH: process.env.PATH, WEIQUE_STATE: this.state,
			WEIQUE_RULES: this.at(prefix, 'share/weique/rules'), WEIQUE_LANG: 'en', LC_ALL: 'C.UTF-8' } })
	}

	weique(...args) {
		const done = this.try('weique', this.at(prefix, 'bin/weique'), ...args)
		assert.equal(done.status, 0, `weique ${args.join(' ')}: ${done.stdout}${done.stderr}`)
		return done.stdout
	}

	// What a unit starts, with the paths of this root and numbers for the users that exist only here.
	unit(name) {
		const text = readFileSync(this.at(prefix, 'lib/systemd/system', name), 'utf8')
		const args = /^ExecStart=(.*)$/m.exec(text)[1].replaceAll('${MEMORY_MIB}', '64').split(' ')
			.filter(a => a !== 'journal').filter((a, i, all) => a !== '--log' || i + 1 < all.length)
			.map(a => a.replace(/^(sqlite:|json:)?\//, (_, kind) => `${kind ?? ''}${this.dir}/`))
			.map((a, i, all) => all[i - 1] === '--allow-uid' && a in this.users && a !== 'www-data' ? this.users[a].uid : a)
		return this.spawn(/^User=(.*)$/m.exec(text)[1], /^UMask=(.*)$/m.exec(text)[1], ...args)
	}
}

test('separated users', { skip: !isRoot && 'needs root' }, async t => {
	const s = new Separated(t), site = smallSite(t), host = 'www.example.cn'
	const signDir = s.at('var/lib/weique-sign')
	let vault

	await t.test('the steps of the guide', async () => {
		copyFileSync(s.at(prefix, 'share/doc/weique/examples/weique.conf'), path.join(s.state, 'weique.conf'))
		writeFileSync(path.join(s.state, 'weique.conf'), `sign = { socket = "${s.at('run/weique-sign/sign.sock')}"; };\n`)
		s.weique('init')
		const sign = s.at(prefix, 'libexec/weique/weique-sign')
		const made = s.try('weique-sign', sign, 'init', '--dir', signDir)
		assert.equal(made.status, 0, made.stderr)
		writeFileSync(s.at('etc/weique/seal.pub'), s.try('weique-sign', sign, 'public', '--dir', signDir).stdout)
		s.weique('unit', 'add', 'unit', '--name', '云山公司', '--kind', 'other')
		for (const [id, roles] of [['zhang', 'author'], ['wang', 'reviewer'], ['li', 'reviewer'], ['lao', 'leader']]) {
			s.weique('person', 'add', id, '--name', id, '--roles', roles, '--in-establishment')
			appendFileSync(path.join(signDir, 'trust'), s.weique('person', 'trust', id))
		}
		s.weique('app', 'add', 'portal', '--unit', 'unit', '--type', 'portal', '--host', host, '--origin', site, '--leader', 'lao', '--purpose', 'p')
		const opening = JSON.parse(s.weique('approval', 'ask', 'app.opening', 'portal', '--person', 'zhang', '--text', 'open', '--despite', 'a test', '--json')).approval
		for (const person of ['wang', 'lao'])
			s.weique('approval', 'approve', opening, '--as', person, '--comment', 'yes')
		const p = s.unit('weique-sign.service')
		await until('weique-sign listens', () => {
			assert.ok(!p.ended, p.out)
			return existsSync(s.at('run/weique-sign/sign.sock'))
		})
		s.weique('capture', 'portal', '--author', 'zhang')
		const release = JSON.parse(s.weique('release', 'list', '--json'))[0].id
		for (const person of ['wang', 'li'])
			s.weique('release', 'approve', release, '--as', person, '--accept-findings', '--comment', 'yes')
		s.weique('release', 'seal', release)
		vault = s.unit('weique-vault.service')
		await until('weique-vault listens', () => {
			assert.ok(!vault.ended, vault.out)
			return existsSync(s.at('run/weique-vault/vault.sock'))
		})
	})

	const port = await freePort()
	await t.test('visitors get what is sealed', async () => {
		const dir = tempDir(t, 'gate')
		await startNginx(t, { dir, user: 'www-data', modules: [s.at(prefix, 'lib/nginx/modules/ngx_http_weique_module.so')],
			http: `weique_vault unix:${s.at('run/weique-vault/vault.sock')};\nweique_vault_user daemon;
				server { listen 127.0.0.1:${port}; location / { weique on; } }` })
		for (const [target, body] of filesOf(site))
			await until(target, async () => (await http(port, target, { host })).body.equals(body))
	})

	await t.test('the vault restores what was altered, and the ledger has it', async () => {
		const packs = path.join(s.state, 'vault/packs'), pack = path.join(packs, readdirSync(packs)[0]), good = readFileSync(pack)
		appendFileSync(pack, 'x')
		await until('restored', () => readFileSync(pack).equals(good), 60000)
		await until('vault.restored in the ledger', () => s.weique('ledger', 'log', '--json').includes('"vault.restored"'), 30000)
		assert.equal(statSync(pack).uid, Number(s.users['weique-vault'].uid))
		const apps = path.join(s.state, 'vault/apps/portal'), file = path.join(apps, readdirSync(apps).find(f => f.endsWith('.snapshot')))
		const whole = readFileSync(file)
		writeFileSync(file, whole.subarray(0, 500))
		await until('the snapshot is restored', () => readFileSync(file).equals(whole), 60000)
	})

	await t.test('the operator goes on: the next release, verification, collection', () => {
		writeFileSync(path.join(site, 'news.html'), '<h1>news of today</h1>')
		s.weique('capture', 'portal', '--author', 'zhang')
		const release = JSON.parse(s.weique('release', 'list', '--json')).find(r => r.state === 'open').id
		for (const person of ['wang', 'li'])
			s.weique('release', 'approve', release, '--as', person, '--accept-findings', '--comment', 'yes')
		s.weique('release', 'seal', release)
		s.weique('ledger', 'verify', '--key', s.at('etc/weique/seal.pub'))
		s.weique('vault', 'verify')
		s.weique('vault', 'gc')
	})
	await t.test('and the new version is served', () =>
		until('news of today', async () => (await http(port, '/news.html', { host })).body.toString() === '<h1>news of today</h1>'))

	await t.test('nobody reaches what is not theirs', () => {
		const sock = s.at('run/weique-sign/sign.sock'), db = path.join(s.state, 'ledger/ledger.db'), key = path.join(signDir, 'seal.key')
		const vaultState = s.at('var/lib/weique-vault')
		const table = [ // user, what, may
			['weique-sign', ['-r', key], true], ['weique-vault', ['-r', key], false], ['weique', ['-r', key], false], ['www-data', ['-r', key], false],
			['weique', ['-x', signDir], false], ['weique-vault', ['-x', signDir], false],
			['weique', ['-w', sock], true], ['weique-vault', ['-w', sock], false], ['www-data', ['-w', sock], false],
			['weique', ['-w', db], true], ['weique-vault', ['-w', db], true], ['www-data', ['-r', db], false], ['weique-sign', ['-r', db], false],
			['www-data', ['-x', s.state], false], ['weique-sign', ['-x', s.state], false],
			['weique', ['-x', vaultState], false], ['www-data', ['-x', vaultState], false], ['weique-vault', ['-w', vaultState], true],
			['weique-vault', ['-r', path.join(s.state, 'keys/wang.key')], false], ['weique-vault', ['-w', s.at('etc/weique/seal.pub')], false],
			['weique', ['-w', s.at('etc/weique/seal.pub')], false], ['weique-vault', ['-w', path.join(s.state, 'heads')], false],
			['weique-vault', ['-w', path.join(s.state, 'weique.conf')], false], ['weique-vault', ['-w', path.join(s.state, 'releases')], false],
		]
		const seen = table.map(([user, what]) => [user, what, s.try(user, 'test', ...what).status === 0])
		assert.deepEqual(seen, table)
	})

	await t.test('doctor finds the services and the people', () => {
		const done = s.try('weique', s.at(prefix, 'bin/weique'), 'doctor', '--json', '--only', 'sign', '--only', 'ledger', '--only', 'sealed', '--only', 'open')
		const checks = Object.fromEntries(JSON.parse(done.stdout).checks.map(c => [c.check, c]))
		assert.equal(checks.sign.level, 'ok', done.stdout)
		assert.equal(checks.ledger.level, 'ok')
		assert.match(checks.sealed.seen, /^portal #2 0d$/)
		assert.equal(checks.open.seen, '0')
		const vaulted = s.try('weique-vault', s.at(prefix, 'bin/weique'), 'doctor', '--json', '--only', 'sign')
		assert.equal(JSON.parse(vaulted.stdout).checks[0].level, 'warn', vaulted.stdout)
	})
})

// A file system of its own size for the state of a line: mounted where only the processes of this line see it. Larger than what the log of
// visitors takes until something is tried again.
function smallDisk(t, line, size) {
	mkdirSync(line.state)
	const holder = start(t, 'unshare', ['-m', '--propagation=private', 'sh', '-c',
		`mount -t tmpfs -o size=${size},mode=755 tmpfs "${line.state}" && echo ready && exec sleep 1000000`])
	return until('a private file system', () => {
		assert.ok(!holder.ended, holder.out)
		return holder.out.includes('ready') && holder
	})
}

test('the disk of the state is full', { skip: !isRoot && 'mounts a file system' }, async t => {
	const site = smallSite(t, { 'index.html': '<h1>one</h1>', 'news.html': '<h1>news</h1>' }), line = new Line(t, { site })
	const holder = await smallDisk(t, line, '256m'), inside = ['nsenter', '-m', '-r', '-t', String(holder.pid), '--']
	const outside = line.state
	line.as = inside
	const env = line.commandEnv
	const weique = (...args) => spawnSync(inside[0], [...inside.slice(1), built('src/bin/weique'), ...args], { env, encoding: 'utf8', timeout: 60000 })
	const must = (...args) => {
		const done = weique(...args)
		assert.equal(done.status, 0, `weique ${args.join(' ')}: ${done.stdout}${done.stderr}`)
		return done.stdout
	}
	const disk = `/proc/${holder.pid}/root${outside}`, filler = path.join(disk, 'filler')
	// full: not a block is left
	const fill = () => spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4096'], { stdio: 'ignore' })
	const free = () => run('rm', ['-f', filler])
	const refusedFor = (...args) => {
		const done = weique(...args)
		assert.notEqual(done.status, 0, `weique ${args.join(' ')} succeeds on a full disk`)
		assert.match(done.stderr, /no space|disk|full|空间/i, `weique ${args.join(' ')}`)
		assert.match(done.stderr, /->/, 'it says what to do')
		return done
	}
	const releases = () => JSON.parse(must('release', 'list', '--json'))
	const whole = () => must('ledger', 'verify')

	await line.up()
	const packs = path.join(disk, 'vault/packs'), pack = path.join(packs, readdirSync(packs)[0])
	const approved = filesOf(site), visitors = new Visitors(line, approved, 2)
	t.after(() => visitors.end())
	await visitors.more(50)

	await t.test('a capture says so and proposes nothing', () => {
		writeFileSync(path.join(site, 'news.html'), `<h1>news of today</h1>${'<p>many words</p>'.repeat(20000)}`)
		fill()
		refusedFor('capture', 'site', '--author', 'editor')
		assert.equal(releases().length, 1)
		free()
		whole()
		must('capture', 'site', '--author', 'editor')
	})
	const id = releases()[0].id

	await t.test('a decision is recorded whole or not at all', () => {
		fill()
		const done = weique('release', 'approve', id, '--as', 'wang', '--accept-findings', '--comment', '同意')
		free()
		whole()
		const decided = JSON.parse(must('release', 'show', id, '--json')).decisions.length
		assert.equal(decided, done.status === 0 ? 1 : 0)
		if (done.status !== 0) {
			assert.match(done.stderr, /no space|disk|full/i)
			must('release', 'approve', id, '--as', 'wang', '--accept-findings', '--comment', '同意')
		}
		must('release', 'approve', id, '--as', 'li', '--accept-findings', '--comment', '同意')
	})

	await t.test('an altered pack is an event, and restored when there is room', async () => {
		const good = readFileSync(pack), bad = Buffer.from(good)
		bad[200] ^= 1
		fill()
		writeFileSync(pack, bad)
		await until('it is seen', () => readFileSync(path.join(disk, 'log/vault.out'), 'utf8').includes('vault') && visitors.answers > 0)
		await visitors.more(200)
		free()
		await until('restored', () => readFileSync(pack).equals(good), 90000)
		await until('in the ledger', () => must('ledger', 'log', '--json').includes('"vault.pack_altered"'), 60000)
		whole()
	})

	await t.test('sealing fails, what is sealed stays, and it is repeated', async () => {
		fill()
		const done = weique('release', 'seal', id)
		free()
		whole()
		if (done.status !== 0)
			assert.match(done.stderr, /no space|disk|full/i)
		assert.deepEqual((await visitors.end(), visitors.wrong), [])
		assert.deepEqual([...visitors.other], [])
		assert.deepEqual(visitors.failed, [])
		must('release', 'seal', id)
		await until('the new version', async () => (await http(line.httpPort, '/news.html')).body.includes('news of today'), 20000)
		assert.equal(releases()[0].serial, 2)
	})

	await t.test('collecting needs no room', () => {
		fill()
		const done = weique('vault', 'gc')
		free()
		assert.ok(done.status === 0 || /no space|disk|full/i.test(done.stderr), done.stderr)
		whole()
		must('vault', 'gc')
		must('vault', 'verify')
	})
})

const faketime = run('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1']).trim()

test('a clock that was ahead by a year and goes back', async t => {
	const site = smallSite(t, { 'index.html': '<h1>one</h1>' }), line = new Line(t, { site })
	await line.up()
	const weique = (ahead, ...args) => {
		const env = ahead ? { ...line.commandEnv, LD_PRELOAD: faketime, FAKETIME: '+400d', FAKETIME_DONT_FAKE_MONOTONIC: '1' } : line.commandEnv
		return spawnSync(built('src/bin/weique'), args, { env, encoding: 'utf8', timeout: 60000 })
	}
	const must = (ahead, ...args) => {
		const done = weique(ahead, ...args)
		assert.equal(done.status, 0, `weique ${args.join(' ')}: ${done.stdout}${done.stderr}`)
		return done.stdout
	}
	const doctor = ahead => JSON.parse(weique(ahead, 'doctor', '--json', '--only', 'ledger', '--only', 'sealed').stdout).checks
	const publish = (ahead, text) => {
		writeFileSync(path.join(site, 'index.html'), text)
		must(ahead, 'capture', 'site', '--author', 'editor')
		const { id } = JSON.parse(must(ahead, 'release', 'list', '--json'))[0]
		for (const person of ['wang', 'li'])
			must(ahead, 'release', 'approve', id, '--as', person, '--accept-findings', '--comment', '同意')
		must(ahead, 'release', 'seal', id)
		return JSON.parse(must(ahead, 'release', 'list', '--json'))[0].serial
	}
	assert.equal(doctor(false)[0].level, 'ok')
	assert.equal(doctor(true)[1].level, 'warn', 'a year without a release is said')
	assert.equal(publish(true, '<h1>next year</h1>'), 2)
	assert.equal(doctor(true)[0].level, 'ok')
	const back = doctor(false)[0]
	assert.equal(back.level, 'fail')
	assert.match(back.advice, /future/)
	assert.equal(publish(false, '<h1>this year</h1>'), 3, 'serials go on')
	assert.match(must(false, 'ledger', 'verify'), /./)
	await until('the last one is served', async () => (await http(line.httpPort, '/')).body.toString() === '<h1>this year</h1>')
})

// docs/formats.md, "Every stored file": a row for each kind of file, and its first bytes.
function formats() {
	const text = readFileSync(path.join(root, 'docs/formats.md'), 'utf8').split('\n## Every stored file')[1].split('\n## ')[0]
	return text.split('\n').filter(l => l.startsWith('| `')).map(l => {
		const [, name, first] = l.split('|').map(c => c.trim())
		const pattern = name.slice(1, -1).replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/<[a-z ]+>/g, '[^/]+')
		const bytes = [...first.matchAll(/`([^`]+)`|(?<=^| )([0-9a-f]{2})(?= |$)/g)]
		return { pattern: new RegExp(`^${pattern}$`), first: Buffer.concat(bytes.map(m => m[1] ? Buffer.from(m[1]) : Buffer.from(m[2], 'hex'))) }
	})
}

test('doctor compares the trust list with the ledger, and asks for a witness elsewhere', async t => {
	const line = new Line(t, { site: smallSite(t, { 'index.html': '<h1>one</h1>' }) }), trust = path.join(line.state, 'sign/trust')
	await line.up()
	const doctor = name => JSON.parse(line.weique('doctor', '--json', '--only', name).out).checks[0]
	assert.deepEqual([doctor('trust').level, doctor('trust').seen], ['ok', '4'])
	assert.equal(doctor('sign').level, 'ok')
	assert.equal(doctor('witness').level, 'warn')
	writeFileSync(path.join(line.state, 'weique.conf'), 'ledger = { witness = ["file:heads/witness.log", "syslog:"]; };\n')
	assert.equal(doctor('witness').level, 'ok')
	// an intruder's key under a reviewer's name, and somebody whom nobody registered
	const rows = readFileSync(trust, 'utf8'), wang = /^person wang (04[0-9a-f]{128})/m.exec(rows)[1]
	line.json('person', 'add', 'other', '--name', 'o', '--roles', 'reviewer', '--in-establishment')
	const other = /(04[0-9a-f]{128})/.exec(line.weique('person', 'trust', 'other').out)[1]
	writeFileSync(trust, rows.replace(wang, other).replace('person li ', 'person nobody '))
	assert.deepEqual([doctor('trust').level, doctor('trust').seen], ['fail', 'wang nobody'])
	writeFileSync(trust, rows + 'nonsense\n')
	assert.equal(doctor('trust').level, 'fail')
	line.weique('person', 'leave', 'li', '--reason', '调离')
	writeFileSync(trust, rows)
	assert.equal(doctor('trust').seen, 'li')
	const sign = Number(readFileSync(path.join(line.state, 'run/sign.pid'), 'utf8'))
	process.kill(sign, 'SIGTERM')
	await until('it is said that nobody seals', () => doctor('sign').level === 'warn')
})

test('every stored file has a row in docs/formats.md', async t => {
	const rows = formats(), used = new Set()
	const site = smallSite(t, { 'index.html': '<h1>one</h1>', 'a.html': '<p>two</p>' }), line = new Line(t, { site })
	await line.up()
	const pack = path.join(line.state, 'vault/packs', readdirSync(path.join(line.state, 'vault/packs'))[0]), good = readFileSync(pack)
	appendFileSync(pack, 'x') // evidence
	await until('restored', () => readFileSync(pack).equals(good), 60000)
	line.weique('vault', 'gc')
	const weique = (...args) => run(built('src/bin/weique'), args, { env: line.commandEnv })
	weique('ledger', 'export', path.join(line.state, 'ledger.export'))
	weique('probe', 'run', '--once', '--vantage', 'here') // localhost is not to be visited: that is what is kept
	const key = path.join(tempDir(t, 'key'), 'probe.key'), parcel = path.join(line.state, 'here.parcel')
	writeFileSync(`${key}.pub`, weique('probe', 'key', key))
	weique('probe', 'export', '--vantage', 'here', '--key', key, '--out', parcel)
	weique('probe', 'trust', 'there', '--key', `${key}.pub`)
	weique('probe', 'run', '--once', '--vantage', 'elsewhere')
	for (const file of walk(line.state)) {
		if (/^(run|log|nginx|site$|origin)/.test(file))
			continue // of scripts/run and of other programs
		const fits = rows.filter(r => r.pattern.test(file))
		assert.equal(fits.length, 1, `${file}: ${fits.length} rows`)
		used.add(fits[0])
		const expected = fits[0].first, head = readFileSync(path.join(line.state, file)).subarray(0, expected.length)
		assert.ok(head.equals(expected), `${file} begins with ${head.toString('hex')}, not ${expected.toString('hex')}`)
	}
	assert.ok(used.size > 12, `${used.size} kinds of files`)
})

// The look at a domain against real servers in a network namespace of its own: nsd for the root, a registry and the zones, unbound
// as an honest resolver, dnsmasq as a poisoned one, and a scripted CDN whose answers are never the same twice. Addresses are such as stand on the
// Internet, in a namespace that has no way there.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { built, isRoot, root, run, start, tempDir, until } from './lib.mjs'
import { mmdb } from './mmdb.mjs'

const REGISTRY = '198.41.0.4', NS1 = '61.10.0.53', NS2 = '122.20.0.53', EVIL = '45.66.0.53', INNER = '10.9.9.9', CDN = '101.30.0.53', HONEST = '114.1.0.53',
	POISONED = '45.67.0.53'
const stamp = days => new Date(Date.now() + days * 86400000).toISOString().replace(/[-:T]/g, '').slice(0, 14)
const soa = serial => `@ 300 IN SOA ns.invalid. admin.invalid. ${serial} 3600 600 86400 60\n`
const dkimKey = bits => generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
const txt = value => value.match(/.{1,200}/g).map(s => `"${s}"`).join(' ')

// Mail, certificates and name servers as they should be.
const healthy = `@ IN MX 10 mail\nmail IN A 61.10.1.9\n@ IN TXT "v=spf1 mx -all"\n_dmarc IN TXT "v=DMARC1; p=reject"
_mta-sts IN TXT "v=STSv1; id=20260101"\n@ IN CAA 0 issue "ca.example"\n`
const twoNs = `@ IN NS ns1\n@ IN NS ns2\nns1 IN A ${NS1}\nns2 IN A ${NS2}\n`
const zone = (records, serial = 10) => `${soa(serial)}${twoNs}${healthy}${records}`

// The zones of the registry's customers: text for both servers, or one for each; `signed`: days from which and until which.
const zones = {
	'good.gov.cn': { text: zone(`www IN A 61.10.1.1\nwww IN A 61.10.1.2\nwww IN A 61.10.1.3\ns1._domainkey IN TXT ${txt('v=DKIM1; k=rsa; p=' + dkimKey(2048))}\n`), signed: [-1, 30] },
	'expired.gov.cn': { text: zone('www IN A 61.10.1.4\n'), signed: [-30, -1] },
	'soon.gov.cn': { text: zone('www IN A 61.10.1.4\n'), signed: [-20, 3] },
	'rotate.gov.cn': { text: zone('www IN CNAME pool.cdn-rotate.com.\n') },
	'deaf.gov.cn': { text: zone('www IN CNAME deaf.cdn-rotate.com.\n') },
	'large.gov.cn': { text: zone(Array.from({ length: 100 }, (_, i) => `www IN A 61.10.2.${i + 1}\n`).join('')) },
	'circle.gov.cn': { text: zone('www IN CNAME a\na IN CNAME www\n') },
	'cdn.gov.cn': { text: zone('www IN CNAME site.cdn-rotate.com.\n') },
	'dangling.gov.cn': { text: zone('www IN CNAME shop.lost-brand.com.\n') },
	'abroad.gov.cn': { text: zone('www IN A 8.1.1.1\n') },
	'stale.gov.cn': { text: zone('www IN A 61.10.1.5\n', 20), second: zone('www IN A 61.10.1.5\n', 19) },
	'glue.gov.cn': { text: zone('www IN A 61.10.1.6\n').replace(`ns2 IN A ${NS2}`, 'ns2 IN A 122.20.0.54') },
	'single.gov.cn': { text: `${soa(1)}@ IN NS ns1\nns1 IN A ${NS1}\n${healthy}www IN A 61.10.1.7\n`, single: true },
	'faulty.gov.cn': {
		second: null,
		text: `${soa(1)}${twoNs}www IN A 10.1.2.3\n* IN A 61.10.1.8\n@ IN MX 10 mx\nmx IN CNAME other\nother IN A 61.10.1.9\n@ IN MX 20 nowhere.lost-brand.com.
@ IN TXT "v=spf1 include:loop.faulty.gov.cn ptr +all"\nloop IN TXT "v=spf1 include:loop.faulty.gov.cn"\n_dmarc IN TXT "v=DMARC1; p=none"
old._domainkey IN TXT "v=DKIM1; p="\nweak._domainkey IN TXT ${txt('k=rsa; p=' + dkimKey(768))}\n`
	}
}

class World {
	constructor(t) {
		this.t = t
		this.dir = tempDir(t, 'dns')
	}

	inside(...command) {
		return ['nsenter', ...(isRoot ? [] : ['-U', '--preserve-credentials']), '-n', '-t', String(this.holder.pid), '--', ...command]
	}

	start(...command) {
		const [program, ...args] = this.inside(...command)
		return start(this.t, program, args, { cwd: this.dir })
	}

	async namespace() {
		const addresses = [REGISTRY, NS1, NS2, EVIL, INNER, CDN, HONEST, POISONED].map(a => `ip addr add ${a}/32 dev lo`).join(' && ')
		this.holder = start(this.t, 'unshare', [...(isRoot ? [] : ['-r']), '-n', 'sh', '-c', `ip link set lo up && ${addresses} && echo ready && exec sleep 100000`])
		await until('a network namespace', () => {
			assert.ok(!this.holder.ended, this.holder.out)
			return this.holder.out.includes('ready')
		})
	}

	write(name, text) {
		const file = path.join(this.dir, name)
		writeFileSync(file, text)
		return file
	}

	// Signs the zone in `file`; returns the signed file and the DS record.
	sign(apex, file, [from, to]) {
		const key = run('ldns-keygen', ['-a', 'ECDSAP256SHA256', '-r', '/dev/urandom', '-k', apex], { cwd: this.dir }).trim()
		run('ldns-signzone', ['-i', stamp(from), '-e', stamp(to), '-o', apex, '-f', `${file}.signed`, file, key], { cwd: this.dir })
		return { file: `${file}.signed`, ds: readFileSync(path.join(this.dir, `${key}.ds`), 'utf8'), key: path.join(this.dir, `${key}.key`) }
	}

	async nsd(name, address, served) {
		const dir = path.join(this.dir, name)
		mkdirSync(dir)
		const conf = this.write(`${name}.conf`, `server:
	ip-address: ${address}
	username: ""
	chroot: ""
	round-robin: yes
	zonesdir: "${dir}"
	zonelistfile: "${dir}/zone.list"
	xfrdfile: "${dir}/xfrd.state"
	xfrdir: "${dir}"
	pidfile: ""
	database: ""
	hide-version: yes
remote-control:
	control-enable: no
${Object.entries(served).map(([apex, file]) => `zone:\n\tname: "${apex}"\n\tzonefile: "${file}"\n`).join('')}`)
		const server = this.start('nsd', '-d', '-c', conf)
		await this.answers(server, address, Object.keys(served)[0])
	}

	async answers(server, address, name) {
		await until(`an answer of ${address}`, () => {
			assert.ok(!server.ended, server.out)
			const [program, ...args] = this.inside('drill', '-Q', `@${address}`, name, 'SOA')
			return spawnSync(program, args, { timeout: 3000 }).stdout.length > 1
		})
	}

	async servers() {
		const first = {}, second = {}
		let delegations = ''
		for (const [apex, z] of Object.entries(zones)) {
			const label = apex.split('.')[0]
			let file = this.write(`${apex}.zone`, `$ORIGIN ${apex}.\n$TTL 60\n${z.text}`)
			if (z.signed) {
				const signed = this.sign(apex, file, z.signed)
				file = signed.file
				delegations += signed.ds
			}
			delegations += `${label} IN NS ns1.${label}\nns1.${label} IN A ${NS1}\n`
			if (!z.single)
				delegations += `${label} IN NS ns2.${label}\nns2.${label} IN A ${NS2}\n`
			first[apex] = file
			if (z.second !== null)
				second[apex] = z.second ? this.write(`${apex}.second`, `$ORIGIN ${apex}.\n$TTL 60\n${z.second}`) : file
		}
		delegations += 'hijacked IN NS ns1.evil.com.\nhijacked IN NS ns2.evil.com.\n' + `inner IN NS ns1.inner\nns1.inner IN A ${INNER}\n`
		const up = `@ IN NS a.root-servers.net.\n`, always = [-1, 30]
		const gov = this.sign('gov.cn', this.write('gov.cn', `$ORIGIN gov.cn.\n$TTL 60\n${soa(1)}${up}${delegations}`), always)
		const cn = this.sign('cn', this.write('cn', `$ORIGIN cn.\n$TTL 60\n${soa(1)}${up}gov IN NS a.root-servers.net.\n${gov.ds}`), always)
		const com = this.write('com', `$ORIGIN com.\n$TTL 60\n${soa(1)}${up}evil IN NS ns1.evil\nevil IN NS ns2.evil\nns1.evil IN A ${EVIL}\nns2.evil IN A ${EVIL}
cdn-rotate IN NS ns1.cdn-rotate\nns1.cdn-rotate IN A ${CDN}\n`)
		const top = this.sign('.', this.write('root', `$ORIGIN .\n$TTL 60\n${soa(1)}${up}a.root-servers.net. IN A ${REGISTRY}\ncn. IN NS a.root-servers.net.\n${cn.ds}com. IN NS a.root-servers.net.\n`), always)
		this.anchor = top.key
		const evil = this.write('evil.com', `$ORIGIN evil.com.\n$TTL 60\n${soa(1)}@ IN NS ns1\n@ IN NS ns2\nns1 IN A ${EVIL}\nns2 IN A ${EVIL}\n`)
		const hijacked = this.write('hijacked', `$ORIGIN hijacked.gov.cn.\n$TTL 60\n${soa(1)}@ IN NS ns1.evil.com.\n@ IN NS ns2.evil.com.\nwww IN A 66.6.6.7\n`)
		await this.nsd('registry', REGISTRY, { '.': top.file, cn: cn.file, 'gov.cn': gov.file, com })
		await this.nsd('first', NS1, first)
		await this.nsd('second', NS2, second)
		await this.nsd('inner', INNER, { 'inner.gov.cn': this.write('inner.zone', `$ORIGIN inner.gov.cn.\n$TTL 60\n${soa(1)}@ IN NS ns1\nns1 IN A ${INNER}\nwww IN A 61.10.1.1\n`) })
		await this.nsd('evil', EVIL, { 'evil.com': evil, 'hijacked.gov.cn': hijacked })
	}

	async cdn() {
		const pool = Array.from({ length: 24 }, (_, i) => `101.${31 + i}.7.${1 + i}`)
		const server = this.start(process.execPath, path.join(root, 'tests/e2e/cdn.mjs'), CDN, JSON.stringify({
			zone: 'cdn-rotate.com', ns: 'ns1.cdn-rotate.com',
			names: { pool: { pool, count: 4 }, deaf: { pool, count: 2, deaf: true }, site: { pool: pool.slice(0, 6), count: 2, abroad: ['218.2.2.'], node: '8.2.2.2' } }
		}))
		await until('the CDN', () => server.out.includes('ready'))
	}

	async resolvers() {
		const hints = this.write('hints', `. 3600000 NS a.root-servers.net.\na.root-servers.net. 3600000 A ${REGISTRY}\n`)
		const conf = this.write('unbound.conf', `server:
	interface: ${HONEST}
	access-control: 0.0.0.0/0 allow
	username: ""
	chroot: ""
	directory: "${this.dir}"
	pidfile: ""
	use-syslog: no
	do-ip6: no
	do-daemonize: no
	root-hints: "${hints}"
	trust-anchor-file: "${this.anchor}"
remote-control:
	control-enable: no
`)
		await this.answers(this.start('unbound', '-d', '-c', conf), HONEST, 'cn')
		const poisoned = this.start('dnsmasq', '-k', '-C', '/dev/null', '--user=root', '--pid-file=', '--no-resolv', '--no-hosts', '--bind-interfaces',
			`--listen-address=${POISONED}`, '--except-interface=none', `--server=${HONEST}`, '--address=/www.good.gov.cn/66.6.6.6', '--log-facility=-')
		await this.answers(poisoned, POISONED, 'cn')
	}

	geo() {
		const cn = (number, name) => ({ country: { iso_code: 'CN' }, autonomous_system_number: number, autonomous_system_organization: name })
		const us = { country: { iso_code: 'US' }, autonomous_system_number: 64999, autonomous_system_organization: 'Elsewhere' }
		const nets = [['61.0.0.0/8', cn(4134, 'ChinaNet')], ['122.0.0.0/8', cn(4837, 'Unicom')], ['101.0.0.0/8', cn(64500, 'Rotating')],
			['114.0.0.0/8', cn(4134, 'ChinaNet')], ['8.0.0.0/8', us], ['66.0.0.0/8', us], ['45.0.0.0/8', us]]
		this.geoFile = path.join(this.dir, 'geo.mmdb')
		writeFileSync(this.geoFile, mmdb(nets))
	}

	weique(args, expect = 0) {
		const [program, ...rest] = this.inside(built('src/bin/weique'), 'inspect', 'dns', '--root', REGISTRY, '--anchor', this.anchor, '--gap', '50', ...args)
		return run(program, rest, { expect, env: { ...process.env, WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_LANG: 'en' } })
	}

	// Findings of one look, as {rule: [finding, …]}.
	look(domain, ...args) {
		const found = {}
		for (const line of this.weique([domain, '--json', ...(args.includes('--geo-none') ? [] : ['--geo', this.geoFile]), ...args.filter(a => a !== '--geo-none')]).split('\n').filter(Boolean)) {
			const f = JSON.parse(line)
			for (const member of ['rule', 'clause', 'severity', 'url', 'target', 'page', 'line', 'excerpt', 'advice'])
				assert.ok(member in f, `${member} in ${line}`)
			assert.ok(f.excerpt, line)
			;(found[f.rule] ??= []).push(f)
		}
		return found
	}
}

test('domains in a namespace with real servers', async t => {
	const world = new World(t)
	await world.namespace()
	await world.servers()
	await world.cdn()
	await world.resolvers()
	world.geo()
	const only = (found, ...rules) => assert.deepEqual(Object.keys(found).sort(), rules.sort(), JSON.stringify(found, null, 1))
	const both = ['--resolver', `honest=${HONEST}`, '--resolver', `liar=${POISONED}`], honest = both.slice(0, 2)

	await t.test('a domain as it should be gives nothing', () => {
		only(world.look('www.good.gov.cn', ...honest, '--kind', 'organ', '--dkim', 's1', '--expect', '61.10.1.0/24', '--expect-ns', 'ns1.good.gov.cn',
			'--expect-ns', 'ns2.good.gov.cn', '--expect-mx', 'mail.good.gov.cn'))
	})
	await t.test('a poisoned resolver is named, the honest one is not', () => {
		const found = world.look('www.good.gov.cn', ...both)
		only(found, 'dns.poisoned')
		assert.equal(found['dns.poisoned'].length, 1)
		assert.match(found['dns.poisoned'][0].excerpt, /@liar → 66\.6\.6\.6 \(US\) \(3\/3\)/)
		assert.equal(found['dns.poisoned'][0].target, '66.6.6.6')
	})
	await t.test('one round proves nothing', () => {
		only(world.look('www.good.gov.cn', ...both, '--rounds', '1'))
	})
	await t.test('hijacked name servers', () => {
		const found = world.look('www.hijacked.gov.cn', ...honest, '--no-mail', '--expect', '61.10.1.0/24', '--expect-ns', 'ns1.hijacked.gov.cn', '--expect-ns', 'ns2.hijacked.gov.cn')
		assert.equal(found['dns.ns-changed'][0].target, 'ns1.evil.com')
		assert.equal(found['dns.differs'][0].target, '66.6.6.7')
		assert.ok(found['dns.abroad'])
	})
	await t.test('expired signatures', () => {
		const found = world.look('www.expired.gov.cn', ...honest)
		only(found, 'dns.dnssec-bogus')
		assert.match(found['dns.dnssec-bogus'][0].excerpt, /RRSIG expired \d{4}-\d\d-\d\d/)
		only(world.look('www.soon.gov.cn', ...honest), 'dns.dnssec-expires')
	})
	await t.test('answers that merely rotate give nothing', () => {
		for (let i = 0; i < 3; i++)
			only(world.look('www.rotate.gov.cn', ...honest), 'dns.no-dnssec')
		for (const name of ['www.rotate.gov.cn', 'www.deaf.gov.cn'])
			only(world.look(name, ...honest, '--geo-none'), 'dns.no-dnssec', 'inspect.limited')
	})
	await t.test('a CDN node abroad for one province', () => {
		const found = world.look('www.cdn.gov.cn', ...honest)
		only(found, 'dns.cdn-abroad', 'dns.no-dnssec')
		assert.match(found['dns.cdn-abroad'][0].excerpt, /江苏 → 8\.2\.2\.2 \(US\)/)
		only(world.look('www.cdn.gov.cn', ...honest, '--abroad'), 'dns.no-dnssec')
	})
	await t.test('a dangling CNAME', () => {
		const found = world.look('www.dangling.gov.cn', ...honest)
		only(found, 'dns.dangling-cname', 'dns.no-answer', 'dns.no-dnssec')
		assert.equal(found['dns.dangling-cname'][0].target, 'shop.lost-brand.com')
		assert.match(found['dns.dangling-cname'][0].excerpt, /lost-brand\.com can be registered by anybody/)
	})
	await t.test('servers: abroad, behind, with other glue, alone', () => {
		only(world.look('www.abroad.gov.cn'), 'dns.abroad', 'dns.no-dnssec')
		const stale = world.look('www.stale.gov.cn')
		only(stale, 'dns.no-dnssec', 'dns.ns-differ')
		assert.match(stale['dns.ns-differ'][0].excerpt, /SOA 19 < 20/)
		assert.match(world.look('www.glue.gov.cn')['dns.ns-differ'][0].excerpt, /glue 122\.20\.0\.53/)
		only(world.look('www.single.gov.cn'), 'dns.no-dnssec', 'dns.ns-single')
	})
	await t.test('a zone full of faults', () => {
		const found = world.look('www.faulty.gov.cn', '--dkim', 'old', '--dkim', 'weak', '--dkim', 'none', '--mail', 'yes')
		only(found, 'dns.no-caa', 'dns.no-dnssec', 'dns.ns-lame', 'dns.private-address', 'dns.wildcard', 'mail.dkim', 'mail.dmarc-weak', 'mail.mx',
			'mail.no-mta-sts', 'mail.spf-weak')
		assert.equal(found['dns.private-address'][0].target, '10.1.2.3')
		assert.match(found['dns.ns-lame'][0].excerpt, /122\.20\.0\.53.*not authoritative/)
		assert.deepEqual(found['mail.dkim'].map(f => f.excerpt.split(': ')[1]).sort(), ['RSA 768 bits', 'no key', 'revoked (p=)'])
		assert.deepEqual(found['mail.mx'].map(f => f.target).sort(), ['mx.faulty.gov.cn', 'nowhere.lost-brand.com'])
		for (const why of [/^\+all/, /^ptr/, /leads back/])
			assert.ok(found['mail.spf-weak'].some(f => why.test(f.excerpt)), String(why))
	})
	await t.test('names: gone, closed, of the wrong kind', () => {
		only(world.look('www.gone.gov.cn'), 'dns.no-answer')
		only(world.look('www.gone.gov.cn', '--closed'))
		only(world.look('www.good.gov.cn', '--closed'), 'closed.resolves')
		assert.ok(world.look('www.good.gov.cn', '--kind', 'enterprise')['domain.reserved'])
		assert.ok(world.look('evil.com', '--kind', 'organ')['domain.suffix'])
	})
	await t.test('a server at a private address is not asked unless that is allowed', () => {
		const args = ['www.inner.gov.cn', '--no-mail', '--expect', '61.10.1.0/24']
		const found = world.look(...args)
		only(found, 'dns.ns-single', 'inspect.limited')
		assert.ok(found['inspect.limited'].some(f => /private addresses were not asked/.test(f.excerpt)))
		assert.ok(!('inspect.limited' in world.look(...args, '--allow-private')))
		assert.ok(world.look(...args.slice(0, 3), '61.10.2.0/24', '--allow-private')['dns.differs'])
	})
	await t.test('answers too long for a datagram, names that lead in circles', () => {
		only(world.look('www.large.gov.cn', ...honest, '--expect', '61.10.2.0/24'), 'dns.no-dnssec')
		assert.ok(world.look('www.large.gov.cn', '--expect', '61.10.3.0/24')['dns.differs'])
		only(world.look('www.circle.gov.cn', ...honest), 'dns.no-dnssec')
	})
	await t.test('text for people, and the exit status', () => {
		const text = world.weique(['www.dangling.gov.cn', 'www.good.gov.cn', '--no-mail', '--fail-on', 'high'], 1)
		assert.match(text, /www\.dangling\.gov\.cn: \d+ findings, 0 resolvers, 2 addresses of authoritative servers, \d+ queries, \d+ ms/)
		assert.match(text, /\[high\] a CNAME that leads nowhere \(dns\.dangling-cname, C2, E5\)/)
	})
	await t.test('wrong input is refused before anything is asked', () => {
		for (const [args, status] of [[['localhost'], 2], [['10.1.1.1'], 2], [['a b.gov.cn'], 2], [['x.gov.cn', '--resolver', 'nonsense'], 2],
			[['x.gov.cn', '--resolver', '1.2.3.4:99999'], 2], [['x.gov.cn', '--expect', '1.2.3.4/33'], 2], [['x.gov.cn', '--rounds', '0'], 2],
			[['x.gov.cn', '--kind', 'king'], 2], [['x.gov.cn', '--geo', '/nonexistent'], 3], [['x.gov.cn', '--mail', 'maybe'], 2]])
			world.weique(args, status)
	})
})

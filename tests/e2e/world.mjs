// A namespace of the network with a DNS of its own: nsd for the root, a registry and zones, unbound as an honest resolver, dnsmasq as a poisoned
// one, and a scripted CDN whose answers are never the same twice. Addresses are such as stand on the Internet, in a namespace that has no way there.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isRoot, root, run, start, tempDir, until } from './lib.mjs'
import { mmdb } from './mmdb.mjs'

export const REGISTRY = '198.41.0.4', NS1 = '61.10.0.53', NS2 = '122.20.0.53', EVIL = '45.66.0.53', INNER = '10.9.9.9', CDN = '101.30.0.53', HONEST = '114.1.0.53',
	POISONED = '45.67.0.53'
const stamp = days => new Date(Date.now() + days * 86400000).toISOString().replace(/[-:T]/g, '').slice(0, 14)
export const soa = serial => `@ 300 IN SOA ns.invalid. admin.invalid. ${serial} 3600 600 86400 60\n`
export const dkimKey = bits => generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
export const txt = value => value.match(/.{1,200}/g).map(s => `"${s}"`).join(' ')

// Mail, certificates and name servers as they should be.
export const healthy = `@ IN MX 10 mail\nmail IN A 61.10.1.9\n@ IN TXT "v=spf1 mx -all"\n_dmarc IN TXT "v=DMARC1; p=reject"
_mta-sts IN TXT "v=STSv1; id=20260101"\n@ IN CAA 0 issue "ca.example"\n`
export const twoNs = `@ IN NS ns1\n@ IN NS ns2\nns1 IN A ${NS1}\nns2 IN A ${NS2}\n`
export const zone = (records, serial = 10) => `${soa(serial)}${twoNs}${healthy}${records}`

// `zones`, below gov.cn or com: {apex: {text, second, single, signed: [from day, until day]}}; `addresses`: more of the machine.
export class World {
	constructor(t, zones, addresses = []) {
		this.t = t
		this.zones = zones
		this.addresses = addresses
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
		const addresses = [REGISTRY, NS1, NS2, EVIL, INNER, CDN, HONEST, POISONED, ...this.addresses].map(a => `ip addr add ${a}/32 dev lo`).join(' && ')
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
		const below = { 'gov.cn': '', com: '' }
		for (const [apex, z] of Object.entries(this.zones)) {
			const label = apex.split('.')[0], top = apex.slice(label.length + 1)
			let file = this.write(`${apex}.zone`, `$ORIGIN ${apex}.\n$TTL 60\n${z.text}`)
			if (z.signed) {
				const signed = this.sign(apex, file, z.signed)
				file = signed.file
				below[top] += signed.ds
			}
			below[top] += `${label} IN NS ns1.${label}\nns1.${label} IN A ${NS1}\n`
			if (!z.single)
				below[top] += `${label} IN NS ns2.${label}\nns2.${label} IN A ${NS2}\n`
			first[apex] = file
			if (z.second !== null)
				second[apex] = z.second ? this.write(`${apex}.second`, `$ORIGIN ${apex}.\n$TTL 60\n${z.second}`) : file
		}
		below['gov.cn'] += 'hijacked IN NS ns1.evil.com.\nhijacked IN NS ns2.evil.com.\n' + `inner IN NS ns1.inner\nns1.inner IN A ${INNER}\n`
		const up = `@ IN NS a.root-servers.net.\n`, always = [-1, 30]
		const gov = this.sign('gov.cn', this.write('gov.cn', `$ORIGIN gov.cn.\n$TTL 60\n${soa(1)}${up}${below['gov.cn']}`), always)
		const cn = this.sign('cn', this.write('cn', `$ORIGIN cn.\n$TTL 60\n${soa(1)}${up}gov IN NS a.root-servers.net.\n${gov.ds}`), always)
		const com = this.write('com', `$ORIGIN com.\n$TTL 60\n${soa(1)}${up}evil IN NS ns1.evil\nevil IN NS ns2.evil\nns1.evil IN A ${EVIL}\nns2.evil IN A ${EVIL}
cdn-rotate IN NS ns1.cdn-rotate\nns1.cdn-rotate IN A ${CDN}\n${below.com}`)
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

	// `lie`: the name whose answer the second one changes.
	async resolvers(lie = 'www.good.gov.cn') {
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
			`--listen-address=${POISONED}`, '--except-interface=none', `--server=${HONEST}`, `--address=/${lie}/66.6.6.6`, '--log-facility=-')
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
}

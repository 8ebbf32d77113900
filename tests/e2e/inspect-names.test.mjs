// A whole inspection with `dns` and `tls`, in a network namespace of its own with real name servers, web servers and a registry (world.mjs).
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { built, root, run, until } from './lib.mjs'
import { Authority } from './tls.mjs'
import { HONEST, POISONED, REGISTRY, World, zone } from './world.mjs'

const SITE = '61.10.1.1', VILLAGE = '61.10.1.2', POLICY = '61.10.1.3', ORIGIN = '61.10.1.20', OLD = '61.10.1.30'
const zones = {
	'town.gov.cn': { text: zone(`www IN A ${SITE}\nmta-sts IN A ${POLICY}\n`) },
	'village.gov.cn': { text: zone(`www IN A ${VILLAGE}\nwww IN AAAA 2400:3200::1\n`) },
	'old-firm.com': { text: zone(`www IN A ${OLD}\n`) },
}
const html = { 'Content-Type': 'text/html; charset=utf-8' }
const home = [200, html, '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>青山县人民政府</title></head><body><p>本网站支持IPv6</p></body></html>']
const hosts = ['www.town.gov.cn', 'www.village.gov.cn']

class Inspecting extends World {
	env() {
		return { PATH: process.env.PATH, WEIQUE_STATE: path.join(this.dir, 'state'), WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_LANG: 'en', NO_COLOR: '1' }
	}

	do(...args) {
		return run(built('src/bin/weique'), args, { env: this.env() })
	}

	// Findings by rule.
	inspect(args, expect = 0) {
		const [program, ...rest] = this.inside(built('src/bin/weique'), 'inspect', ...args, '--root', REGISTRY, '--anchor', this.anchor, '--gap', '50', '--geo', this.geoFile,
			'--ca-file', this.ca, '--json', ...[...hosts, 'mta-sts.town.gov.cn', 'www.old-firm.com'].flatMap((h, i) => ['--resolve', `${h}:${[SITE, VILLAGE, POLICY, OLD][i]}`]))
		const found = {}
		for (const line of run(program, rest, { expect, env: this.env() }).split('\n').filter(l => l.startsWith('{"rule"'))) {
			const f = JSON.parse(line)
			;(found[f.rule] ??= []).push(f)
		}
		return found
	}

	certificates() {
		const dir = path.join(this.dir, 'certs')
		mkdirSync(dir)
		this.a = new Authority(dir)
		for (const key of ['root', 'foreign', 'leaf'])
			this.a.key(key, '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256')
		const top = this.a.issue('root', { key: 'root', cn: 'Root', o: 'Root', san: '', ca: true }), other = this.a.issue('foreign', { key: 'foreign', cn: 'Other', o: 'Other', san: '', ca: true })
		this.first = this.a.issue('first', { by: top, cn: hosts[0], san: `DNS:${hosts[0]},DNS:mta-sts.town.gov.cn` })
		this.second = this.a.issue('second', { by: other, cn: hosts[0], san: `DNS:${hosts[0]}` })
		this.shared = this.a.issue('shared', { by: top, cn: hosts[1], san: `DNS:${hosts[1]}` })
		this.ca = this.a.bundle('root', 'foreign') // both are trusted
	}

	async serve(sites) {
		const server = this.start(process.execPath, path.join(root, 'tests/e2e/served.mjs'), JSON.stringify(sites))
		await until('web servers', () => {
			assert.ok(!server.ended, server.out)
			return server.out.includes('ready')
		})
		return server
	}

	site(cert, address = SITE) {
		return [{ address, port: 443, cert: cert.pem, key: cert.keyFile, pages: { '/': home } }, { address, port: 80, pages: { '/': home } }]
	}

	// An organ whose portal has two English domains, and a company whose application was closed.
	registry() {
		this.do('init')
		this.do('unit', 'add', 'town', '--name', '青山县人民政府', '--kind', 'organ')
		this.do('unit', 'add', 'firm', '--name', '青山公司', '--kind', 'other')
		this.do('person', 'add', 'lao', '--name', 'lao', '--roles', 'leader', '--in-establishment')
		this.do('app', 'add', 'portal', '--unit', 'town', '--type', 'portal', ...hosts.flatMap(h => ['--host', h]), '--origin', `http://${ORIGIN}:8080/`, '--leader', 'lao', '--name', 'x',
			'--purpose', 'x', '--despite', 'x')
		this.do('app', 'add', 'old', '--unit', 'firm', '--type', 'service', '--host', 'www.old-firm.com', '--origin', `http://${OLD}/`, '--leader', 'lao', '--name', 'x', '--purpose', 'x', '--despite', 'x')
		this.do('app', 'close', 'old', '--reason', 'x')
	}
}

test('a site in a namespace with real servers', async t => {
	const world = new Inspecting(t, zones, [SITE, VILLAGE, POLICY, ORIGIN, OLD])
	await world.namespace()
	await world.servers()
	await world.resolvers('www.town.gov.cn')
	world.geo()
	world.certificates()
	world.registry()
	const state = path.join(world.dir, 'kept'), file = name => path.join(world.dir, name)
	const policy = { address: POLICY, port: 443, cert: world.first.pem, key: world.first.keyFile,
		pages: { '/.well-known/mta-sts.txt': [200, { 'Content-Type': 'text/plain' }, 'version: STSv1\nmode: testing\nmx: mail.town.gov.cn\nmax_age: 864000\n'] } }
	await world.serve([policy, { address: ORIGIN, port: 8080, pages: { '*': home } }, { address: OLD, port: 80, pages: { '*': home } }, ...world.site(world.shared, VILLAGE)])
	let site = await world.serve(world.site(world.first))
	const resolvers = ['--resolver', `honest=${HONEST}`, '--resolver', `liar=${POISONED}`]

	await t.test('names, mail policy, origin and certificates are judged with the registry', () => {
		const found = world.inspect(['https://www.town.gov.cn/', '--app', 'portal', '--checks', 'all', ...resolvers, '--dir', state, '--html', file('r.html'), '--lang', 'zh'])
		assert.match(found['dns.poisoned'][0].excerpt, /@liar → 66\.6\.6\.6 \(US\)/)
		assert.equal(found['dns.poisoned'].length, 1)
		assert.match(found['mail.no-mta-sts'][0].excerpt, /mode is not enforce/)
		assert.equal(found['origin.exposed'][0].target, `${ORIGIN}:8080`)
		assert.match(found['domain.several'][0].excerpt, /www\.town\.gov\.cn, www\.village\.gov\.cn/)
		assert.match(found['site.no-ipv6'][0].excerpt, /www\.town\.gov\.cn AAAA -.*支持IPv6/)
		assert.ok(found['tls.no-redirect'] && found['tls.no-hsts'], JSON.stringify(Object.keys(found)))
		for (const not of ['domain.suffix', 'tls.changed', 'tls.shared-key', 'closed.resolves', 'inspect.limited', 'dns.differs'])
			assert.ok(!found[not], JSON.stringify(found[not]))
		const report = readFileSync(file('r.html'), 'utf8')
		for (const part of ['id="network"', `<code>${SITE}</code> (CN)`, 'ns1.town.gov.cn, ns2.town.gov.cn', 'honest, liar', 'TLS 1.3', 'CN=Root', '天）'])
			assert.ok(report.includes(part), part)
	})
	await t.test('another issuer than last time; redirect and HSTS as they should be', async () => {
		site.child.kill('SIGTERM')
		await site.exited
		const [tls, plain] = world.site(world.second)
		tls.pages['/'] = [200, { ...html, 'Strict-Transport-Security': 'max-age=31536000' }, home[2]]
		plain.pages['*'] = [301, { Location: 'https://www.town.gov.cn/' }, '']
		delete plain.pages['/']
		site = await world.serve([tls, plain])
		const found = world.inspect(['https://www.town.gov.cn/', '--kind', 'organ', '--checks', 'tls', '--dir', state])
		assert.match(found['tls.changed'][0].excerpt, /Root.*->.*Other/)
		assert.ok(!found['tls.no-redirect'] && !found['tls.no-hsts'], JSON.stringify(found))
		assert.ok(!world.inspect(['https://www.town.gov.cn/', '--kind', 'organ', '--checks', 'tls', '--dir', state])['tls.changed'])
		const kept = world.do('inspect', 'show', 'www.town.gov.cn', '--dir', state)
		assert.match(kept, /certificate www\.town\.gov\.cn:443 until \d{4}-\d\d-\d\d \(\d+ days\), by .*Other/)
	})
	await t.test('one key at two sites; IPv6 where it is', () => {
		const found = world.inspect([...hosts.map(h => `https://${h}/`), '--kind', 'organ', '--checks', 'tls,dns'])
		assert.equal(found['tls.shared-key'].length, 2)
		assert.deepEqual(found['site.no-ipv6'].map(f => f.url), ['https://www.town.gov.cn/'])
		assert.ok(!found['domain.several'])
		assert.ok(world.inspect([...hosts.map(h => `https://${h}/`), '--kind', 'organ', '--portal', '--checks', 'dns'])['domain.several'])
	})
	await t.test('a closed application that resolves and answers, and is not missed', () => {
		const found = world.inspect(['http://www.old-firm.com/', '--app', 'old', '--checks', 'dns'])
		assert.equal(found['closed.resolves'][0].target, OLD)
		assert.match(found['closed.answers'][0].excerpt, /HTTP 200/)
		assert.ok(!found['origin.exposed'] && !found['site.no-ipv6'])
		const gone = world.inspect(['http://www.old-firm.com:81/', '--app', 'old', '--checks', 'dns'])
		assert.ok(gone['closed.resolves'] && !gone['closed.answers'] && !gone['uptime.down'])
	})
	await t.test('an address has no DNS', () => {
		const found = world.inspect([`http://${OLD}/`, '--kind', 'organ', '--checks', 'all', '--html', file('a.html')])
		assert.deepEqual(Object.keys(found).filter(r => /^(dns|mail|domain|closed|origin)\.|no-ipv6/.test(r)), [])
		assert.match(readFileSync(file('a.html'), 'utf8'), /not applicable: no name of the DNS/)
	})
	await t.test('what cannot be read is said before anything is asked', () => {
		world.inspect(['http://www.old-firm.com/', '--checks', 'dns', '--resolver', 'nonsense'], 2)
		world.inspect(['http://www.old-firm.com/', '--checks', 'dns', '--rounds', '99'], 2)
	})
})

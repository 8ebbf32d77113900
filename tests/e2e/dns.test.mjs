// The look at a domain against real servers in a network namespace of its own (world.mjs).
import assert from 'node:assert/strict'
import path from 'node:path'
import test from 'node:test'
import { built, root, run } from './lib.mjs'
import { HONEST, NS1, NS2, POISONED, REGISTRY, World, dkimKey, healthy, soa, twoNs, txt, zone } from './world.mjs'

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

class Looking extends World {
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
	const world = new Looking(t, zones)
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

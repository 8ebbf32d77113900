// Secure connections with one thing wrong each: every one is found by its rule and by no other, and one that is right gives
// nothing (C7; of drift C2). Debian's nginx serves what it still can; what no server of the distribution can serve (SSLv2,
// SSLv3, RC4, 3DES, EXPORT, compression, servers without RFC 5746 or 7507, TLCP) is answered by tls.mjs in bytes made by hand.
import test from 'node:test'
import assert from 'node:assert/strict'
import { writeFileSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Authority, alert, dhKey, handServer, host, serverFlight } from './tls.mjs'
import { built, freePort, root, run, start, startNginx, tempDir } from './lib.mjs'

const modern = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256'
const hsts = 'max-age=31536000; includeSubDomains'

// ---- certificates ----

function makeCertificates(dir) {
	const a = new Authority(dir)
	for (const name of ['root', 'middle', 'other', 'farroot', 'leaf', 'leaf2'])
		a.key(name, '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256')
	a.key('weakec', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:prime192v1')
	a.key('rsa', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048')
	a.key('weakrsa', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024')
	for (const name of ['smroot', 'smsign', 'smenc'])
		a.key(name, '-algorithm', 'SM2')
	const c = { a }
	const authority = { ca: true, san: '', from: -100, to: 3000, o: 'China Financial Certification Authority' }
	c.root = a.issue('root', { ...authority, key: 'root', cn: 'CFCA TEST ROOT' })
	c.middle = a.issue('middle', { ...authority, key: 'middle', cn: 'CFCA TEST OCA', by: c.root })
	c.rsamiddle = a.issue('rsamiddle', { ...authority, key: 'rsa', cn: 'CFCA TEST RSA OCA', by: c.root })
	c.other = a.issue('other', { ...authority, key: 'other', cn: 'Nobody Root', o: 'Nobody' })
	c.farroot = a.issue('farroot', { ...authority, key: 'farroot', cn: 'Abroad Root', o: 'Abroad' })
	c.foreign = a.issue('foreign', { ...authority, key: 'other', cn: 'Abroad OCA', o: 'Abroad', by: c.farroot })
	c.smroot = a.issue('smroot', { ...authority, key: 'smroot', cn: '国密测试根', o: '测试', md: 'sm3' })
	c.smsign = a.issue('smsign', { key: 'smsign', by: c.smroot, md: 'sm3' })
	c.smenc = a.issue('smenc', { key: 'smenc', by: c.smroot, md: 'sm3' })
	c.smold = a.issue('smold', { key: 'smsign', by: c.smroot, md: 'sm3', from: -300, to: -1 })
	c.good = a.issue('good', { by: c.middle })
	c.rsa = a.issue('rsaleaf', { key: 'rsa', by: c.middle })
	c.ca = a.bundle('root', 'farroot')
	c.helped = a.bundle('root', 'middle')
	return c
}

const chain = (c, cert, ...more) => c.a.bundle(cert.name, ...(more.length ? more : ['middle']))

// ---- nginx: a server block a case ----

function tlsBlock({ port, file, key, protocols = 'TLSv1.2 TLSv1.3', ciphers = modern, header = hsts, extra = '' }) {
	return `server { listen 127.0.0.1:${port} ssl; server_name ${host}; ssl_certificate ${file}; ssl_certificate_key ${key};
		ssl_protocols ${protocols}; ssl_ciphers "${ciphers}"; ssl_prefer_server_ciphers on; ${extra}
		location / { ${header ? `add_header Strict-Transport-Security "${header}" always;` : ''} return 200 "ok"; } }`
}

const redirectBlock = (port, what) => `server { listen 127.0.0.1:${port}; location / { ${what} } }`

// name, what differs, and the rules that are found. `cert` makes a certificate, `chain` a file of several.
const nginxCases = [
	['a good server', {}, []],
	['expired', { cert: c => ({ by: c.middle, from: -80, to: -1 }) }, ['tls.expired']],
	['not yet valid', { cert: c => ({ by: c.middle, from: 2 }) }, ['tls.not-yet-valid']],
	['expires soon', { cert: c => ({ by: c.middle, to: 10 }) }, ['tls.expires-soon']],
	['the name of another', { cert: c => ({ by: c.middle, san: 'DNS:mail.example.gov.cn' }) }, ['tls.wrong-name']],
	['a wildcard that is too short', { cert: c => ({ by: c.middle, san: 'DNS:*.gov.cn' }) }, ['tls.wrong-name']],
	['a name in the subject only', { cert: c => ({ by: c.middle, san: '' }) }, ['tls.wrong-name']],
	['signed by itself', { cert: () => ({}), chain: (c, cert) => c.a.bundle(cert.name) }, ['tls.self-signed']],
	['a root that nobody trusts', { cert: c => ({ by: c.other }), chain: (c, cert) => c.a.bundle(cert.name, 'other') }, ['tls.untrusted']],
	['an intermediate is missing', { chain: (c, cert) => c.a.bundle(cert.name), ca: 'helped' }, ['tls.incomplete-chain']],
	['an intermediate is missing and named', { cert: c => ({ by: c.middle, ext: 'authorityInfoAccess=caIssuers;URI:http://127.0.0.1/middle.cer' }),
		chain: (c, cert) => c.a.bundle(cert.name) }, ['tls.incomplete-chain']],
	['certificates in the wrong order', { chain: (c, cert) => c.a.bundle(cert.name, 'root', 'middle') }, ['tls.incomplete-chain']],
	['SHA-1', { cert: c => ({ by: c.middle, md: 'sha1' }) }, ['tls.weak-signature']],
	['MD5', { cert: c => ({ by: c.rsamiddle, md: 'md5' }), chain: (c, cert) => c.a.bundle(cert.name, 'rsamiddle') }, ['tls.weak-signature']],
	['RSA 1024', { cert: c => ({ by: c.middle, key: 'weakrsa' }) }, ['tls.weak-key']],
	['EC 192', { cert: c => ({ by: c.middle, key: 'weakec' }), extra: 'ssl_ecdh_curve prime256v1:prime192v1;', protocols: 'TLSv1.2' }, ['tls.weak-key']],
	['valid for 800 days', { cert: c => ({ by: c.middle, to: 790 }) }, ['tls.long-validity']],
	['revoked, says the staple', { cert: c => ({ by: c.middle }), revoke: 'staple' }, ['tls.revoked']],
	['revoked, says the list', { cert: c => ({ by: c.middle }), revoke: 'crl' }, ['tls.revoked']],
	['a good staple', { cert: c => ({ by: c.middle }), revoke: 'none' }, []],
	['no HSTS', { header: '' }, ['tls.no-hsts']],
	['HSTS for an hour', { header: 'max-age=3600' }, ['tls.no-hsts']],
	['HSTS taken back', { header: 'max-age=0' }, ['tls.no-hsts']],
	['http answers', { plain: 'return 200 "plain";' }, ['tls.no-redirect']],
	['http leads to http', { plain: `return 301 http://${host}/index.html;` }, ['tls.no-redirect']],
	['http leads to another host', { plain: 'return 302 https://www.example.com/;' }, ['tls.no-redirect']],
	['http leads to https', { plain: `return 301 https://${host}/;` }, []],
	['TLS 1.0', { protocols: 'TLSv1 TLSv1.2 TLSv1.3', ciphers: `${modern}:ECDHE-ECDSA-AES128-SHA` }, ['tls.old-version']],
	['TLS 1.1', { protocols: 'TLSv1.1 TLSv1.2 TLSv1.3', ciphers: `${modern}:ECDHE-ECDSA-AES128-SHA` }, ['tls.old-version']],
	['nothing but TLS 1.0 and 1.1', { protocols: 'TLSv1 TLSv1.1', ciphers: 'ECDHE-ECDSA-AES128-SHA' }, ['tls.no-modern', 'tls.old-version']],
	['no forward secrecy', { rsa: true, protocols: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }, ['tls.no-forward-secrecy']],
	['forward secrecy is not preferred', { rsa: true, protocols: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256' }, ['tls.no-forward-secrecy']],
	['NULL', { rsa: true, ciphers: `${modern}:NULL-SHA256` }, ['tls.weak-suite']],
	['anonymous', { ciphers: `${modern}:AECDH-AES128-SHA` }, ['tls.weak-suite']],
	['DH 1024', { rsa: true, ciphers: `${modern}:DHE-RSA-AES128-GCM-SHA256`, dh: true }, ['tls.weak-dh']],
	['an issuer that is not listed', { cert: c => ({ by: c.foreign }), chain: (c, cert) => c.a.bundle(cert.name, 'foreign'), kind: 'organ', sm: true }, ['tls.issuer']],
	['no commercial cryptography', { kind: 'organ' }, ['tls.no-sm']],
	['a good server of an organ', { kind: 'organ', sm: true }, []],
]

// ---- by hand ----

// Accepts `suites` of `versions` as a server does: the best version up to the client's, the first suite that it offers.
const choose = ({ versions = [0x0303], suites, certs, ...how }) => hello => {
	if (hello.ssl2)
		return how.ssl2
	const version = versions.find(v => v <= hello.version)
	if (!version || hello.record === 0x0101 || hello.extensions.has(43))
		return alert(0x0301, 70)
	if (how.fallback && hello.suites.includes(0x5600) && version < versions[0])
		return alert(version, 86)
	const suite = how.odd ?? suites.find(s => hello.suites.includes(s))
	if (!suite)
		return alert(version, 40)
	return serverFlight({ version, suite, certs, renegotiation: how.renegotiation ?? true, key: how.key?.(suite), limit: how.limit,
		compression: how.compress && hello.compressions.includes(1) ? 1 : 0 })
}

const tlcp = certs => hello => hello.record === 0x0101 && hello.version === 0x0101 && hello.suites.includes(0xe053)
	? serverFlight({ version: 0x0101, suite: 0xe053, certs, renegotiation: false }) : undefined

const ecdhe = 0xc02f
const handCases = [
	['a good server', { suites: [ecdhe], fallback: true }, []],
	['a flight in small records', { suites: [ecdhe], limit: 100 }, []],
	['3DES', { suites: [ecdhe, 0x000a] }, ['tls.weak-suite']],
	['RC4', { suites: [ecdhe, 0x0005] }, ['tls.weak-suite']],
	['EXPORT with DH 512', { suites: [ecdhe, 0x0014], key: suite => suite === 0x0014 ? dhKey(512) : undefined }, ['tls.weak-dh', 'tls.weak-suite']],
	['DH 1024', { suites: [0x009e], key: () => dhKey(1024) }, ['tls.weak-dh']],
	['compression', { suites: [ecdhe], compress: true }, ['tls.compression']],
	['no secure renegotiation', { suites: [ecdhe], renegotiation: false }, ['tls.renegotiation']],
	['downgrades are not noticed', { versions: [0x0303, 0x0302], suites: [ecdhe, 0xc013] }, ['tls.faulty-server', 'tls.old-version']],
	['downgrades are noticed', { versions: [0x0303, 0x0302], suites: [ecdhe, 0xc013], fallback: true }, ['tls.old-version']],
	['a suite that was not offered', { suites: [ecdhe], odd: 0x1234 }, ['tls.faulty-server']],
	['SSLv3', { versions: [0x0303, 0x0300], suites: [ecdhe, 0x002f] }, ['tls.old-version']],
	['SSLv2 and SSLv3 only', { versions: [0x0300], suites: [0x002f], ssl2: Buffer.from('800b0400010002000000000000', 'hex') },
		['tls.no-forward-secrecy', 'tls.no-modern', 'tls.old-version']],
]

// ---- the tests ----

async function look(t, args) {
	const p = start(t, built('weique'), ['inspect', 'tls', '--allow-private', '--json', ...args],
		{ env: { ...process.env, WEIQUE_RULES: path.join(root, 'rules') } })
	const { code } = await p.exited
	return { code, out: p.out, findings: p.out.split('\n').filter(l => l.startsWith('{"rule"')).map(l => JSON.parse(l)) }
}

const rulesOf = found => [...new Set(found.findings.map(f => f.rule))].sort()
const resolve = (...hosts) => hosts.flatMap(h => ['--resolve', `${h}:127.0.0.1`])

async function prepare(t, c, cases, dir) {
	const blocks = []
	run('openssl', ['dhparam', '-dsaparam', '-out', path.join(dir, 'dh.pem'), '1024'])
	for (const [i, [, how]] of cases.entries()) {
		const cert = how.cert ? c.a.issue(`case${i}`, how.cert(c)) : how.rsa ? c.rsa : c.good
		how.port = await freePort()
		let extra = how.extra ?? ''
		if (how.dh)
			extra += `ssl_dhparam ${dir}/dh.pem;`
		if (how.revoke && how.revoke !== 'none')
			c.a.revoke(cert, c.middle)
		if (how.revoke === 'staple' || how.revoke === 'none')
			extra += `ssl_stapling on; ssl_stapling_file ${c.a.staple(cert, c.middle)};`
		how.asked = how.port
		if (how.sm) {
			how.asked = await freePort()
			await handServer(t, how.asked, tlcp(c.tlcp), how.port)
		}
		blocks.push(tlsBlock({ ...how, file: (how.chain ?? chain)(c, cert), key: cert.keyFile, ciphers: `${how.ciphers ?? modern}:@SECLEVEL=0`, extra }))
		if (how.plain) {
			how.plainPort = await freePort()
			blocks.push(redirectBlock(how.plainPort, how.plain))
		}
	}
	c.crl = c.a.crl(c.middle)
	return blocks
}

test('secure connections with one thing wrong each', async t => {
	const dir = tempDir(t, 'tls'), c = makeCertificates(dir)
	c.tlcp = c.a.der('smsign', 'smenc', 'smroot')
	const blocks = await prepare(t, c, nginxCases, dir)
	const two = [await freePort(), await freePort()]
	const twin = c.a.issue('twin', { by: c.middle, san: 'DNS:two.example.gov.cn' })
	const renewed = c.a.issue('renewed', { by: c.middle, key: 'leaf2' })
	const abroad = c.a.issue('abroad', { by: c.foreign, key: 'leaf2' })
	blocks.push(tlsBlock({ port: two[0], file: chain(c, c.good), key: c.good.keyFile }), tlsBlock({ port: two[1], file: chain(c, twin), key: twin.keyFile }))
	const drift = { port: await freePort(), file: path.join(dir, 'drift.pem') }
	const drifted = (cert, by) => [writeFileSync(drift.file, readFileSync(c.a.bundle(cert.name, by.name))), writeFileSync(path.join(dir, 'drift.key'), readFileSync(cert.keyFile))]
	drifted(c.good, c.middle)
	blocks.push(tlsBlock({ port: drift.port, file: drift.file, key: path.join(dir, 'drift.key') }))
	const nginx = await startNginx(t, { dir, http: blocks.join('\n') })
	const times = []

	for (const [name, how, expected] of nginxCases)
		await t.test(`nginx: ${name}`, async t => {
			const began = Date.now()
			const found = await look(t, [`${host}:${how.asked}`, ...resolve(host), '--kind', how.kind ?? 'other', '--ca', how.ca ? c[how.ca] : c.ca,
				...(how.revoke === 'crl' ? ['--crl', c.crl] : []), ...(how.plain ? ['--http-port', String(how.plainPort)] : [])])
			times.push(Date.now() - began)
			assert.equal(found.code, 0, found.out)
			assert.deepEqual(rulesOf(found), expected, found.out)
			for (const f of found.findings)
				assert.ok(f.clauses.includes('C7') && f.url === `https://${host}:${how.asked}/`, JSON.stringify(f))
		})

	for (const [name, how, expected] of handCases)
		await t.test(`by hand: ${name}`, async t => {
			const port = await freePort()
			await handServer(t, port, choose({ certs: c.a.der('rsaleaf', 'middle'), ...how }))
			const found = await look(t, [`${host}:${port}`, ...resolve(host), '--kind', 'other', '--ca', c.ca])
			assert.equal(found.code, 0, found.out)
			assert.deepEqual(rulesOf(found), expected, found.out)
		})

	await t.test('by hand: a certificate of TLCP that has expired', async t => {
		const port = await freePort()
		await handServer(t, port, tlcp(c.a.der('smold', 'smenc', 'smroot')), nginxCases[0][1].port)
		const found = await look(t, [`${host}:${port}`, ...resolve(host), '--kind', 'organ', '--ca', c.ca])
		assert.deepEqual(rulesOf(found), ['tls.expired'], found.out)
		assert.match(found.findings[0].excerpt, /^TLCP/)
	})

	await t.test('no TLS where TLS should be', async t => {
		const [name, { plainPort }] = nginxCases.find(([, how]) => how.plain)
		assert.deepEqual(rulesOf(await look(t, [`${host}:${plainPort}`, ...resolve(host)])), ['tls.none'], name)
	})

	await t.test('one key at two hosts', async t => {
		const found = await look(t, [`${host}:${two[0]}`, `two.example.gov.cn:${two[1]}`, ...resolve(host, 'two.example.gov.cn'), '--kind', 'other', '--ca', c.ca])
		assert.deepEqual(found.findings.map(f => `${f.rule} ${f.excerpt}`).sort(), ['tls.shared-key two.example.gov.cn', `tls.shared-key ${host}`], found.out)
	})

	await t.test('a certificate that changes', async t => {
		const seen = path.join(dir, 'seen')
		const ask = () => look(t, [`${host}:${drift.port}`, ...resolve(host), '--kind', 'other', '--ca', c.ca, '--seen', seen])
		const change = async (cert, by) => {
			drifted(cert, by)
			const before = nginx.workers()
			nginx.reload()
			const end = Date.now() + 10000
			while (nginx.workers().some(p => before.includes(p))) {
				assert.ok(Date.now() < end, 'nginx takes the new certificate')
				await new Promise(resolve => setTimeout(resolve, 20))
			}
		}
		assert.deepEqual(rulesOf(await ask()), [])
		assert.deepEqual(rulesOf(await ask()), [])
		await change(renewed, c.middle)
		const once = await ask()
		assert.deepEqual(rulesOf(once), ['tls.changed'])
		assert.ok(once.findings[0].clauses.includes('C2'))
		assert.deepEqual(rulesOf(await ask()), [], 'it is said once')
		await change(abroad, c.foreign)
		assert.match((await ask()).findings[0].excerpt, /CFCA TEST OCA.*Abroad OCA/)
	})

	await t.test('what may not be reached is not asked', async t => {
		const p = start(t, built('weique'), ['inspect', 'tls', `${host}:${two[0]}`, ...resolve(host)], { env: { ...process.env, WEIQUE_RULES: path.join(root, 'rules') } })
		assert.equal((await p.exited).code, 1, p.out)
		const nobody = await look(t, [`${host}:${await freePort()}`, ...resolve(host)])
		assert.equal(nobody.code, 5, nobody.out)
		assert.deepEqual(nobody.findings, [])
	})

	await t.test('--fail-on makes the exit status', async t => {
		const plain = [`${host}:${two[0]}`, ...resolve(host), '--ca', c.a.bundle('root')]
		const found = await look(t, plain)
		assert.equal(found.code, 0, found.out)
		assert.ok(found.findings.length && found.findings.every(f => f.severity !== 'critical'), found.out)
		assert.equal((await look(t, [...plain, '--fail-on', 'critical'])).code, 0)
		assert.equal((await look(t, [...plain, '--fail-on', 'info'])).code, 1)
		assert.equal((await look(t, [...plain, '--fail-on', 'awful'])).code, 2)
	})

	t.diagnostic(`a look takes ${Math.round(times.reduce((a, b) => a + b, 0) / times.length)} ms with the start of the program`)
})

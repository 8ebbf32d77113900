// Counterfeits from a feed to a package of evidence: names, a copied page served on loopback, a complaint, the referral. Nothing is
// resolved and nothing leaves the machine: connections to the counterfeit go to a server of the test.
import test from 'node:test'
import assert from 'node:assert/strict'
import http from 'node:http'
import { execFile } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { built, freePort, root, run, tempDir } from './lib.mjs'

const policy = '/usr/share/doc/debian-policy/policy.html'

class Case {
	constructor(t) {
		this.dir = tempDir(t, 'fake')
		this.env = { ...process.env, WEIQUE_STATE: path.join(this.dir, 'state'), WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_LANG: 'en' }
	}
	// not the synchronous run(): the counterfeit is served by this process
	weique(...args) {
		return new Promise(resolve => execFile(built('src/bin/weique'), args, { env: this.env, maxBuffer: 1 << 28, timeout: 60000 },
			(error, out, err) => resolve({ code: error ? error.code ?? -1 : 0, out, err })))
	}
	async must(...args) {
		const done = await this.weique(...args)
		assert.equal(done.code, 0, `${args.join(' ')}: ${done.err}`)
		return done.out
	}
	async json(...args) {
		return JSON.parse(await this.must(...args, '--json'))
	}
}

async function installed(t) {
	const c = new Case(t)
	await c.must('init')
	await c.must('unit', 'add', 'yunshan', '--name', '云山县人民政府', '--kind', 'organ', '--level', 'county')
	c.key = path.join(c.dir, 'zhang.key')
	await c.must('person', 'add', 'zhang', '--name', '张某', '--roles', 'author', '--in-establishment', '--key-out', c.key)
	c.site = path.join(c.dir, 'site')
	mkdirSync(c.site)
	await c.must('app', 'add', 'portal', '--unit', 'yunshan', '--type', 'portal', '--host', 'www.yunshan.gov.cn', '--origin', c.site, '--leader', 'zhang',
		'--name', '云山县人民政府门户网站', '--purpose', 'p', '--icp', '京ICP备05070218号-1', '--site-code', '4403000002')
	return c
}

// answers every path with what `pages` says
async function serve(t, pages) {
	const port = await freePort()
	const server = http.createServer((request, response) => {
		const page = pages[request.url] ?? pages['*']
		response.writeHead(page.status ?? 200, { 'Content-Type': page.type ?? 'text/html; charset=utf-8', ...page.headers })
		response.end(page.body)
	})
	await new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
	t.after(() => server.close())
	return port
}

test('names are made, and a feed gives only what is new', async t => {
	const c = await installed(t)
	const made = await c.json('fake', 'names', '--max', '300')
	assert.equal(made.length, 300)
	assert.ok(made.some(m => m.name === 'yunshan-gov.cn') && made.some(m => m.shown === '云山县人民政府.中国'))
	assert.ok(made.every(m => !/\.gov\.cn$|xn--zfr164b$/.test(m.name)))

	const feed = path.join(c.dir, 'feed')
	writeFileSync(feed, ['debian.org', 'www.yunshan.gov.cn', '*.yunshan-gov.cn', 'a.yunshan-gov.cn', 'b.yunshan-gov.cn',
		'{"data":{"leaf_cert":{"all_domains":["www.yunshan.gov.cn.example.top","x.example.org"]}}}',
		'127.0.0.1 - - "GET / HTTP/1.1" 200 "https://zwfw-yunshan.com/login" "Mozilla"', 'x'.repeat(2000000) + '.com', ''].join('\n'))
	const first = await c.json('fake', 'watch', '--feed', feed)
	assert.deepEqual(first.new.map(n => n.domain).sort(), ['example.top', 'yunshan-gov.cn', 'zwfw-yunshan.com'])
	assert.equal(first.hits, 5, 'sub-domains hit, and are one domain')
	assert.deepEqual(first.new.map(n => n.app), ['portal', 'portal', 'portal'])
	assert.equal((await c.json('fake', 'watch', '--feed', feed)).new.length, 0)
	appendFileSync(feed, 'yunshan.com.cn\n')
	assert.deepEqual((await c.json('fake', 'watch', '--feed', feed)).new.map(n => n.domain), ['yunshan.com.cn'])
	const seen = path.join(c.env.WEIQUE_STATE, 'fake/seen.list')
	assert.match(readFileSync(seen, 'utf8'), /^weique-fake-seen 1\n/)
	assert.equal((await c.weique('fake', 'watch')).code, 2)

	const list = path.join(c.dir, 'protected')
	writeFileSync(list, 'weique-protected 1\nversion: 1\ndate: 2026-11-22\nsource: t\n[unit jiangzhou]\nname: 江州市公安局\nhost: gaj.jiangzhou.gov.cn\n')
	assert.deepEqual((await c.json('fake', 'names', '--protected', list, '--max', '1')).map(n => n.app), ['jiangzhou'])
})

test('a copied page is judged, complained of and referred', { timeout: 120000 }, async t => {
	const c = await installed(t)
	cpSync(policy, path.join(c.site, 'policy.html'), { recursive: true, dereference: true })
	const own = readdirSync(path.join(c.site, 'policy.html')).find(f => /^ch-.*\.html$/.test(f))
	const text = readFileSync(path.join(c.site, 'policy.html', own), 'utf8')
	writeFileSync(path.join(c.site, 'index.html'), '<h1>云山县</h1><p>京ICP备05070218号-1</p>')
	assert.match(await c.must('fake', 'protect', 'portal', c.site), /protected: \d+ pages/)

	const copy = `<html><body><div>${text.replace(/<(link|script|nav)[^>]*>/g, '').replace(/\d/g, '7')}</div><p>京ICP备05070218号 网站标识码：4403000002</p>
		<script>alert(1)</script></body></html>`
	const port = await serve(t, { '/': { status: 302, headers: { Location: '/home' }, body: '' }, '*': { body: copy } })
	const at = ['--to', `127.0.0.1:${port}`], url = 'http://yunshan-gov.cn/'

	const found = await c.json('fake', 'page', url, ...at)
	assert.deepEqual([...new Set(found.findings.map(f => f.rule))].sort(), ['fake.identifier', 'fake.name', 'fake.page'])
	assert.equal(found.findings.filter(f => f.rule === 'fake.identifier').length, 2)
	assert.equal(found.findings.find(f => f.rule === 'fake.page').evidence.target, `https://www.yunshan.gov.cn/policy.html/${own}`)
	// one's own host, and somebody who has nothing of ours
	const file = path.join(c.dir, 'kept.html')
	writeFileSync(file, copy)
	assert.equal((await c.json('fake', 'page', 'http://www.yunshan.gov.cn/', '--file', file)).findings.length, 0)
	writeFileSync(file, '<p>' + 'quite another matter of other people '.repeat(50))
	assert.equal((await c.json('fake', 'page', 'http://www.example.org/', '--file', file)).findings.length, 0)
	assert.notEqual((await c.weique('fake', 'page', 'file:///etc/passwd')).code, 0)

	const { complaint } = await c.json('fake', 'complaint', '--url', url, '--by', '李某', '--text', '冒充县政府<b>收费')
	assert.deepEqual((await c.json('fake', 'complaints')).map(x => [x.complaint, x.url, x.by]), [[complaint, url, '李某']])
	assert.equal((await c.weique('fake', 'complaints', '999')).code, 2)

	const out = path.join(c.dir, 'case')
	const referred = await c.json('fake', 'refer', String(complaint), '--out', out, '--person', 'zhang', '--key', c.key, ...at)
	assert.equal(referred.findings, found.findings.length)
	assert.deepEqual(readdirSync(out).sort(), ['addresses.txt', 'headers.txt', 'letter.html', 'manifest', 'manifest.sig', 'page.bin', 'report.json'])
	assert.equal(readFileSync(path.join(out, 'page.bin'), 'utf8'), copy)
	const letter = readFileSync(path.join(out, 'letter.html'), 'utf8')
	assert.match(letter, /云山县人民政府/)
	assert.doesNotMatch(letter, /<script|<b>/)
	const { key } = await c.json('fake', 'verify', out)
	assert.equal((await c.weique('fake', 'verify', out, '--key', key)).code, 0)
	assert.notEqual((await c.weique('fake', 'verify', out, '--key', '04' + 'ab'.repeat(64))).code, 0)
	// others check it by other means
	for (const line of readFileSync(path.join(out, 'manifest'), 'utf8').split('\n').filter(l => l.startsWith('file: '))) {
		const [, digest, , name] = line.split(' ')
		assert.match(run('openssl', ['dgst', '-sm3', path.join(out, name)]), new RegExp(digest))
	}
	appendFileSync(path.join(out, 'page.bin'), ' ')
	assert.equal((await c.weique('fake', 'verify', out)).code, 4)
	assert.match(await c.must('ledger', 'log', '--json'), /fake\.referred/)
	// the index on disk is checked
	const index = path.join(c.env.WEIQUE_STATE, 'fake/pages.index'), bytes = readFileSync(index)
	bytes[bytes.length >> 1] ^= 1
	writeFileSync(index, bytes)
	assert.equal((await c.weique('fake', 'page', url, '--file', file)).code, 4)
})

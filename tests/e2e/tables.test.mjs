// weique inspect tables: from an empty installation over a unit, an application and an inspection of a small site to the forms, and without any
// registry. The site is served by this process on loopback; nothing is resolved.
import test from 'node:test'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { built, freePort, root, tempDir } from './lib.mjs'

const host = 'www.yunshan.gov.cn', icp = '闽ICP备05070218号-1', shown = '闽ICP备05070299号-1'
const page = `<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>云山县人民政府</title></head><body><a href="/gone.html">gone</a>
<p>${'云山县位于东南沿海，下辖十二个乡镇。'.repeat(10)}</p>
<footer>主办单位：云山县人民政府 <a href="https://beian.miit.gov.cn/">${shown}</a></footer></body></html>`

class Unit {
	constructor(t) {
		this.dir = tempDir(t, 'tables')
		this.env = { ...process.env, WEIQUE_STATE: this.file('state'), WEIQUE_RULES: path.join(root, 'rules'), WEIQUE_LANG: 'en' }
	}
	file(name) {
		return path.join(this.dir, name)
	}
	// not the synchronous run(): the site is served by this process
	try(...args) {
		return new Promise(resolve => execFile(built('src/bin/weique'), args, { env: this.env, maxBuffer: 1 << 26, timeout: 60000 },
			(error, out, err) => resolve({ code: error ? error.code ?? -1 : 0, out, err })))
	}
	async do(...args) {
		const done = await this.try(...args)
		assert.equal(done.code, 0, `${args.join(' ')}: ${done.err}`)
		return done.out
	}
	async tables(...args) {
		return JSON.parse(await this.do('inspect', 'tables', ...args, '--json'))
	}
}

async function inspected(t) {
	const u = new Unit(t), port = await freePort()
	const server = http.createServer((request, response) => {
		response.writeHead(request.url === '/' ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8' })
		response.end(request.url === '/' ? page : '<html><title>404</title></html>')
	})
	await new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
	t.after(() => { server.closeAllConnections(); server.close() })
	await u.do('init')
	await u.do('unit', 'add', 'yunshan', '--name', '云山县人民政府', '--kind', 'organ', '--level', 'county')
	await u.do('unit', 'add', 'jiaoyu', '--name', '云山县教育局', '--kind', 'organ', '--superior', 'yunshan')
	await u.do('person', 'add', 'zhang', '--name', '张某', '--roles', 'author', '--unit', 'yunshan', '--key-out', u.file('zhang.key'))
	mkdirSync(u.file('site'))
	await u.do('app', 'add', 'portal', '--unit', 'yunshan', '--type', 'portal', '--host', host, '--origin', u.file('site'), '--leader', 'zhang',
		'--name', '云山县人民政府门户网站', '--purpose', 'p', '--icp', icp, '--site-code', '4403000002')
	await u.do('inspect', `http://${host}/`, '--app', 'portal', '--resolve', `${host}:80:127.0.0.1:${port}`, '--allow-address', '127.0.0.0/8', '--no-outside', '--quiet')
	return u
}

const field = (sheets, table, id) => sheets.find(s => s.table === table).sections.flatMap(s => s.fields).find(f => f.id === id)

test('the forms of an application: known, blank, contradicted', async t => {
	const u = await inspected(t)
	const sheets = await u.tables('portal')
	assert.deepEqual(sheets.map(s => s.table).sort(), ['site-check', 'site-year', 'unit-check'])
	assert.equal(field(sheets, 'site-check', 'leader').value, '张某')
	assert.equal(field(sheets, 'site-check', 'url').value, `http://${host}/`)
	assert.match(field(sheets, 'site-check', 'url').whence, /^inspection of \d{4}-/)
	const number = field(sheets, 'site-check', 'icp')
	assert.equal(number.value, icp)
	assert.equal(number.state, 'conflict')
	assert.equal(number.rule, 'footer.registry')
	assert.ok(number.remark.includes(shown) && number.remark.includes(`http://${host}/`))
	const grading = field(sheets, 'site-check', 'grading')
	assert.deepEqual([grading.state, grading.value], ['blank', null])
	assert.match(grading.whence, /^ask: /)
	assert.equal(field(sheets, 'site-year', 'assessments').value, '1')
	assert.equal(field(sheets, 'site-check', 'links').value, '1')
	for (const s of sheets)
		assert.equal(s.filled + s.blank, s.sections.flatMap(p => p.fields).length)
	const text = await u.do('--lang', 'zh', 'inspect', 'tables', 'portal', '--table', 'site-check')
	assert.match(text, /须核对：/)
	assert.match(text, /等级保护定级.*待填/)
})

test('files of a unit, in Chinese', async t => {
	const u = await inspected(t)
	await u.do('--lang', 'zh', 'inspect', 'tables', '--unit', 'yunshan', '--out', u.file('out'), '--html', u.file('all.html'), '--csv', u.file('all.csv'))
	assert.deepEqual(readdirSync(u.file('out')).sort(), ['site-check-portal', 'site-year-portal', 'supervision-year-yunshan', 'unit-check-yunshan']
		.flatMap(n => [`${n}.csv`, `${n}.html`, `${n}.json`]).sort())
	const html = readFileSync(u.file('all.html'), 'utf8')
	assert.equal(html.split('<section class="sheet">').length - 1, 4)
	for (const part of ['<html lang="zh-CN">', '网站安全情况自查表', '填表人：', '审核人：', '填表日期：', '待填', '须核对</span>', '□ 自建'])
		assert.ok(html.includes(part), part)
	assert.ok(!/<script|<img|<link|src=|href=/.test(html))
	const csv = readFileSync(u.file('all.csv'), 'utf8')
	assert.ok(csv.startsWith('\ufeff表,对象,') && csv.includes(`"${icp}"`))
	const [supervision] = JSON.parse(readFileSync(u.file('out/supervision-year-yunshan.json'), 'utf8'))
	assert.equal(field([supervision], 'supervision-year', 'units').value, '1')
})

test('an address without a registry, and a record from elsewhere', async t => {
	const u = await inspected(t)
	const records = path.join(u.env.WEIQUE_STATE, 'inspect', host)
	cpSync(path.join(u.env.WEIQUE_STATE, 'inspect'), u.file('other/inspect'), { recursive: true })
	const bare = new Unit(t)
	for (const args of [[`http://${host}/`, '--dir', u.file('other')], [host, '--dir', u.file('other')],
		['--run', path.join(records, readdirSync(records).find(n => n.endsWith('.json')))]]) {
		const sheets = await bare.tables(...args)
		assert.equal(field(sheets, 'site-check', 'url').value, `http://${host}/`)
		assert.equal(field(sheets, 'site-check', 'icp').value, icp) // as the inspection was told
		assert.deepEqual([field(sheets, 'site-check', 'leader').state, field(sheets, 'site-check', 'released').state], ['blank', 'blank'])
	}
	const nothing = await bare.tables('https://www.example.gov.cn/')
	assert.equal(field(nothing, 'site-check', 'url').state, 'blank')
	assert.match(field(nothing, 'site-check', 'url').whence, /weique inspect URL/)
})

test('what is refused', async t => {
	const u = await inspected(t)
	assert.equal((await u.try('inspect', 'tables')).code, 2)
	assert.equal((await u.try('inspect', 'tables', 'portal', '--unit', 'yunshan')).code, 2)
	assert.equal((await u.try('inspect', 'tables', 'portal', '--year', '26')).code, 2)
	assert.equal((await u.try('inspect', 'tables', 'portal', '--half', '3')).code, 2)
	assert.notEqual((await u.try('inspect', 'tables', '--unit', 'nobody')).code, 0)
	assert.notEqual((await u.try('inspect', 'tables', 'portal', '--table', 'nothing')).code, 0)
	cpSync(path.join(root, 'rules'), u.file('rules'), { recursive: true })
	writeFileSync(u.file('rules/tables/own.txt'), 'weique-table 1\nversion: 1\ndate: 2026-11-22\nsource: s\n[form own]\ntitle: 表 | form\nof: site\nperiod: year\n' +
		'sign: 人 | who\n[section a]\ntitle: 部 | part\n[field b]\nzh: 项\nen: item\nmark: M\nfrom: registry.nothing\n')
	u.env.WEIQUE_RULES = u.file('rules')
	const own = await u.try('inspect', 'tables', 'portal')
	assert.equal(own.code, 3)
	assert.match(own.err, /own\.txt:16: no value is called registry\.nothing/)
})

// What an inspection finds of what was planted, and what it says of what is as it should be: the seeded site of tests/inspect/faults.txt,
// which was written before the detectors, and the variants of tests/inspect/variants.mjs, which were written after them by other habits.
import test from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { root, tempDir } from './lib.mjs'
import { certificate, enclosed, inspect, missed, pathOf, serve, several, silent } from './seeded.mjs'
import { answer, faults, fronts, pages, unit } from '../inspect/site.mjs'
import { friend, gambling, linkAnswer, linkPages, parked } from '../inspect/links.mjs'
import { bureau, gone, outsideOf, variantFronts, variantPages } from '../inspect/variants.mjs'

const host = 'www.qingshan.gov.cn'
const table = faults(readFileSync(path.join(root, 'tests/inspect/faults.txt'), 'utf8'))

// Others' hosts: all that the pages name answer with something ordinary but for those of the table's links.
const ordinary = ['beian.miit.gov.cn', 'beian.mps.gov.cn', 'bszs.conac.cn', 'dcs.conac.cn', 'zfwzgl.www.gov.cn', 'shop.example.com', 'hm.baidu.com', 'widgets.example.com',
	'forms.example.com', 'img.example.com', 'bc.example.com', 'yl.example.com', 'bad.example.com', 'www.miibeian.gov.cn', 'www.gov.cn.evil-example.com', 'friend.example.com']
const others = {
	friend: 'http://friend.example.com', parked: 'http://old-friend.example.com', gambling: 'http://lost-friend.example.com', refused: 'http://refused.example.com:81',
	silent: 'http://silent.example.com', tls: 'https://untrusted.example.com', dns: 'http://nowhere.invalid',
}
const ADDRESS = { site: '127.0.0.1', others: '127.0.0.2', silent: '127.0.0.3', tls: '127.0.0.4' }
const routes = [[host, ADDRESS.site], ['silent.example.com', ADDRESS.silent], ['untrusted.example.com', ADDRESS.tls],
	...[...ordinary, 'old-friend.example.com', 'lost-friend.example.com', 'refused.example.com'].map(n => [n, ADDRESS.others])]
const registered = ['--name', unit.name, '--icp', unit.icp, '--police', unit.policeDigits, '--site-code', unit.siteCode, '--mark-id', unit.markId]

// A row for each of `list`, for people.
const rows = list => list.map(f => `  ${f.id.padEnd(24)} ${f.rule.padEnd(26)} ${f.page}  (${f.what})`).join('\n')

async function site(t) {
	const dir = tempDir(t, 'faults'), ca = certificate(dir, host, [host, ...ordinary]), strange = certificate(dir, 'untrusted', ['untrusted.example.com'])
	const all = { ...pages(host), ...linkPages(host, others) }
	const outside = { 'old-friend.example.com': parked, 'lost-friend.example.com': gambling }
	await serve(t, ADDRESS.site, (_, where, secure) => {
		const name = where.split('?')[0]
		return secure ? linkAnswer(name) ?? answer(host, name, all) : { status: 301, headers: { Location: `https://${host}${where}` } }
	}, ca)
	await serve(t, ADDRESS.others, name => outside[name] ?? friend, ca)
	await serve(t, ADDRESS.tls, () => friend, strange)
	await silent(t, ADDRESS.silent)
	const args = ['--allow-private', '--allow-address', '127.0.0.0/8', '--ca-file', ca.file, '--at-once', ...routes.flatMap(([n, a]) => ['--resolve', `${n}:${a}`])]
	const look = (where, ...more) => inspect([`https://${host}${where}`, ...args, ...more])
	return { look, all }
}

if (process.env.WQ_ENCLOSED)
	await enclosedTests()
else
	test('in a network namespace without any way out', { timeout: 120000 }, t => enclosed(t, fileURLToPath(import.meta.url)))

async function enclosedTests() {
	test('the seeded site: at least 95 of 100 planted faults, and nothing of weight about pages as they should be', { timeout: 100000 }, async t => {
		const { look, all } = await site(t)
		const single = [...fronts, '/stale/'].map(f => () => look(f, '--kind', 'organ', ...registered, '--depth', f === '/stale/' ? '3' : '1', '--no-outside'))
		const found = (await several([
			() => look('/', '--kind', 'organ', ...registered),
			...single,
			() => look('/union/', '--kind', 'union', '--name', '青山县总工会', '--icp', unit.icp, '--depth', '1', '--no-outside'),
		]))
		const whole = found[0], every = found.flat()
		const lost = missed(table, [...whole, ...found.slice(1).flatMap((list, i) => {
			// of a home page inspected on its own what is said of that page counts, of the others what the first look said
			const start = i < single.length ? [...fronts, '/stale/'][i] : '/union/'
			return list.filter(f => [f.page, f.url].some(u => pathOf(u, host)?.startsWith(start)))
		})], host)
		console.log(`${table.length - lost.length} of ${table.length} found; not found:\n${rows(lost)}`)
		const planted = new Set(table.map(f => f.page))
		const clean = Object.keys(all).filter(p => !planted.has(p) && !/^\/(unit|union|stale|links|news|meta|reprint|files|bbs|data|front|open|planted|access|js)/.test(p))
		const said = whole.filter(f => clean.includes(pathOf(f.page, host)))
		console.log(`${clean.length} pages as they should be: ${clean.join(' ')}\n${said.map(f => `  ${f.severity} ${f.rule} ${f.page} ${f.target ?? ''} ${f.excerpt}`).join('\n')}`)
		if (process.env.SHOW)
			console.log(every.map(f => `${f.severity} ${f.rule} ${f.page} ${f.target ?? ''} ${f.excerpt}`).join('\n'))
		assert.ok(lost.length <= table.length * 0.05)
		assert.deepEqual(said.filter(f => ['medium', 'high', 'critical'].includes(f.severity)).map(f => `${f.rule} ${f.page} ${f.excerpt}`), [])
	})

	test('the variants: at least 95 of 100', { timeout: 100000 }, async t => {
		const host = 'www.bailu.gov.cn', dir = tempDir(t, 'variants'), all = variantPages(host)
		const names = ['plain.example.com', 'bailu.gov.cn.com', 'beian.miit.gov.cn', 'www.beian.gov.cn', 'bszs.conac.cn', 'dcs.conac.cn', 'zfwzgl.www.gov.cn', 'www.news.cn', 'cpro.baidustatic.com',
			's4.cnzz.com', 'www.googletagmanager.com', 'wj.example.net', 'cdn.example.net', 'map.example.net', 'qp.example.net', 'sx.example.net', 'ml.example.net', 'www.miitbeian.gov.cn']
		const ca = certificate(dir, host, [host, ...names])
		await serve(t, ADDRESS.site, (_, where, secure) => secure ? all[where] ?? all[where.split('?')[0]] ?? gone : { status: 301, headers: { Location: `https://${host}${where}` } }, ca)
		await serve(t, ADDRESS.others, name => outsideOf[name] ?? friend, ca)
		const args = ['--allow-private', '--allow-address', '127.0.0.0/8', '--ca-file', ca.file, '--at-once', '--name', bureau.name, '--icp', bureau.icp, '--police', bureau.policeDigits,
			'--site-code', bureau.siteCode, '--mark-id', bureau.markId, '--resolve', `${host}:${ADDRESS.site}`, '--resolve', `${host}.:${ADDRESS.site}`, ...[...names, ...Object.keys(outsideOf)].flatMap(n => ['--resolve', `${n}:${ADDRESS.others}`])]
		const look = (where, ...more) => inspect([`https://${host}${where}`, ...args, ...more])
		const kind = f => ['--kind', ['/u/none/', '/u/red/'].includes(f) ? 'institution' : 'organ']
		const found = await several([() => look('/', ...kind('/')), ...variantFronts.map(f => () => look(f, ...kind(f), '--depth', '1', '--no-outside'))])
		const own = found.flatMap((list, i) => i === 0 ? list : list.filter(f => [f.page, f.url].some(u => pathOf(u, host)?.startsWith(variantFronts[i - 1]))))
		const planted = faults(readFileSync(path.join(root, 'tests/inspect/variants.txt'), 'utf8')), lost = missed(planted, own, host)
		console.log(`${planted.length - lost.length} of ${planted.length} variants found; not found:\n${rows(lost)}`)
		if (process.env.SHOW)
			console.log(own.map(f => `${f.severity} ${f.rule} ${f.page} ${f.target ?? ''} ${f.excerpt}`).join('\n'))
		assert.ok(lost.length <= planted.length * 0.05)
	})
}

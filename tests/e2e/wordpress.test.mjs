// A CMS that nobody here wrote, with its database, behind the gate: WordPress is installed by its own installer, captured,
// approved, sealed; people go on working in it, its theme is defaced, it is switched off. Visitors ask through the real gate.
import test from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { built, freePort, http, isRoot, run, startNginx, tempDir, until } from './lib.mjs'
import { Line, Visitors, header } from './line.mjs'
import { WordPress } from './wordpress.mjs'

const host = 'www.example.gov.cn'
const staff = '127.0.0.2'
const profile = `paths = [ "/ sealed query=p,page_id,cat", "/wp-includes sealed query=ignore", "/wp-content sealed query=ignore",
	"/wp-admin staff", "/wp-login.php staff", "/wp-json staff", "/xmlrpc.php closed", "/wp-cron.php closed", "/wp-trackback.php closed",
	"/wp-comments-post.php dynamic", "/search dynamic" ];
staff = { from = [ "${staff}/32" ]; };
`

// The line with an application that is not only sealed: weique-sign, weique-vault and an nginx that passes on to `origin`
// what the policy lets through, started one by one as an operator does.
class Guarded extends Line {
	constructor(t, wp) {
		super(t, { host })
		this.wp = wp
	}

	get origin() {
		return this.wp.port
	}

	async up() {
		const sign = path.join(this.state, 'sign')
		this.json('init')
		run(built('src/bin/weique-sign'), ['init', '--dir', sign])
		writeFileSync(path.join(this.state, 'heads/seal.pub'), run(built('src/bin/weique-sign'), ['public', '--dir', sign]))
		this.json('unit', 'add', 'unit', '--name', '云山县人民政府', '--kind', 'organ')
		for (const [id, role] of [['editor', 'author'], ['wang', 'reviewer'], ['li', 'reviewer'], ['zhao', 'leader']]) {
			this.json('person', 'add', id, '--name', id, '--roles', role, '--in-establishment')
			appendFileSync(path.join(sign, 'trust'), this.weique('person', 'trust', id).out)
		}
		this.json('app', 'add', 'site', '--unit', 'unit', '--type', 'portal', '--host', host, '--origin', `http://127.0.0.1:${this.origin}/`,
			'--name', '门户', '--leader', 'zhao', '--purpose', '政务公开')
		const asked = this.json('approval', 'ask', 'app.opening', 'site', '--person', 'editor', '--text', '开办', '--despite', '没有备案号')
		for (const person of ['wang', 'zhao'])
			this.json('approval', 'approve', asked.approval, '--as', person)
		const file = path.join(this.state, 'profile')
		writeFileSync(file, profile)
		this.json('app', 'profile', 'site', file)
		mkdirSync(path.join(this.state, 'run'), { recursive: true })
		await this.begin('sign', [built('src/bin/weique-sign'), 'serve', '--dir', sign, '--socket', path.join(this.state, 'run/sign.sock')])
		await until('weique-sign listens', () => existsSync(path.join(this.state, 'run/sign.sock')))
	}

	async serve() {
		const dir = tempDir(this.t, 'gate'), socket = path.join(dir, 'vault.sock')
		const allow = isRoot ? ['--allow-uid', run('id', ['-u', 'www-data']).trim()] : []
		await this.begin('vault', [built('src/bin/weique-vault'), '--vault', path.join(this.state, 'vault'),
			'--state', path.join(this.state, 'broker'), '--socket', socket, '--key-file', path.join(this.state, 'heads/seal.pub'),
			'--ledger', `sqlite:${this.state}/ledger/ledger.db`, '--log', `json:${this.state}/log/vault.jsonl`, '--recheck', '1', ...allow])
		await until('weique-vault listens', () => existsSync(socket))
		this.httpPort = await freePort()
		const nginx = await startNginx(this.t, {
			dir, user: isRoot ? 'www-data' : undefined, modules: [built('src/gate/nginx/ngx_http_weique_module.so')],
			http: `weique_vault unix:${socket};
	server {
		listen 127.0.0.1:${this.httpPort};
		server_name ${host};
		weique on;
		proxy_set_header Host $host;
		location / { proxy_pass http://127.0.0.1:${this.origin}; }
		location = / {
			# WordPress asks its start page for a search; its own address for that has a path, which can be dynamic
			if ($arg_s) { return 302 /search/$arg_s/; }
			proxy_pass http://127.0.0.1:${this.origin};
		}
	}
	server {
		listen 127.0.0.1:${this.httpPort};
		server_name 127.0.0.1;
		location = /weique-status { weique_status; }
	}`,
		})
		writeFileSync(path.join(this.state, 'run/nginx.pid'), `${nginx.pid}\n`)
	}

	capture() {
		return this.json('capture', 'site', '--author', 'editor', '--allow-private')
	}

	// What the gate serves of an approved release has the digests that were approved; from then on it is what visitors have
	// to get, byte for byte.
	async learn(changes, approved, redirects) {
		const c = await this.connect()
		for (const { change, key, status, is } of changes) {
			const target = key.slice(host.length)
			if (change === 'gone') {
				approved.delete(target)
				continue
			}
			const answer = await c.get(target)
			assert.equal(answer.status, status, target)
			if (status !== 200) {
				redirects.set(target, header(answer, 'location'))
				continue
			}
			assert.equal(createHash('sm3').update(answer.body).digest('hex'), is, target)
			approved.set(target, answer.body)
		}
		c.close()
	}
}

const slugs = n => Array.from({ length: n }, (_, i) => `2026/10/meeting-${i + 1}/`)

// The content of a county's site: news and notices, pages, a comment.
async function fill(wp) {
	const news = await wp.rest('categories', { name: '新闻动态', slug: 'news' })
	const notice = await wp.rest('categories', { name: '通知公告', slug: 'notice' })
	wp.categories = [notice.id]
	for (let i = 1; i <= 12; i++)
		await wp.publish(`云山县召开第${i}次常务会议`, `meeting-${i}`,
			`<p>会议听取了第${i}项工作汇报，研究部署下一阶段重点任务。</p>`.repeat(6) +
			`<p>会议还审议了编号为${i * 37}的文件。<a href="/about/">机构职能</a> <a href="/contact/">联系我们</a></p>`,
			{ categories: [i % 2 ? news.id : notice.id], date: `2026-10-${10 + i}T09:00:00` })
	for (const [title, slug] of [['机构职能', 'about'], ['联系我们', 'contact']])
		await wp.publish(title, slug, `<p>${title}：云山县人民政府办公室。</p>`.repeat(5), { type: 'pages' })
	await wp.rest('comments', { post: 1, author_name: '王女士', author_email: 'w@example.com', author_ip: '192.0.2.7', content: '感谢公开，希望继续。' })
}

const mask = html => html.replace(/阅读次数：\d+ 次/, '阅读次数： 次').replace(/name="form_token" value="[0-9a-f]{32}"/, 'name="form_token"')
	.replace(/<!-- \d+ queries in [\d.]+ seconds -->/, '')

test('WordPress behind the gate', { timeout: 600000 }, async t => {
	const begin = Date.now(), lap = what => t.diagnostic(`${what} after ${((Date.now() - begin) / 1000).toFixed(1)} s`)
	const wp = new WordPress(t, host), line = new Guarded(t, wp)
	await wp.start()
	await wp.install()
	await fill(wp)
	lap('WordPress installed and filled')
	await line.up()
	// what visitors may get: the bytes by target, each with the digest that was approved
	const approved = new Map(), redirects = new Map()

	await t.test('captured, approved and sealed', async t => {
		const first = line.capture()
		assert.ok(first.release && first.added > 40 && first.unknown === 0, JSON.stringify(first))
		const shown = line.json('release', 'show', first.release, '--all')
		for (const slug of ['', 'about/', 'contact/', 'category/news/', 'feed/', 'comments/feed/', 'page/2/', ...slugs(8), '?p=1', 'wp-content/themes/twentytwentyone/style.css'])
			assert.ok(shown.changes.some(c => c.key === `${host}/${slug}`), slug)
		for (const { key } of shown.changes)
			assert.doesNotMatch(key, /wp-admin|wp-login|wp-json|xmlrpc|\?ver=|\?s=|replytocom/)
		const learnt = shown.findings.filter(f => f.rule === 'capture.volatile')
		assert.ok(learnt.some(f => f.severity === 'high' && /form_token/.test(JSON.stringify(f))), 'a token in a form')
		assert.ok(learnt.some(f => /阅读次数/.test(JSON.stringify(f))), 'the counter')
		line.refused(/--accept-findings/, 'release', 'approve', first.release, '--as', 'wang')
		line.approve(first.release, 'wang', 'li')
		line.seal(first.release)
		await line.serve()
		await line.serves(1)
		await line.learn(shown.changes, approved, redirects)
		t.diagnostic(`${approved.size} resources and ${redirects.size} redirects, ${first.volatile} rules learnt`)
		lap('sealed and served')
	})

	await t.test('the origin gives the same but for what was learnt', async () => {
		let pages = 0
		for (const [target, bytes] of approved) {
			const now = (await wp.ask(target, { anonymous: true })).body
			if (!bytes.equals(now)) {
				assert.equal(mask(bytes.toString()), mask(now.toString()), target)
				pages++
			}
		}
		assert.ok(pages > 10, `${pages} pages vary`)
		for (const [target, location] of redirects)
			assert.equal((await wp.ask(target, { anonymous: true })).headers.location, `http://${host}${location}`)
	})

	await t.test('three more captures propose nothing', () => {
		for (let i = 0; i < 3; i++) {
			const again = line.capture()
			assert.deepEqual([again.release, again.added, again.changed, again.gone, again.volatile, again.findings], ['', 0, 0, 0, 0, 0])
			assert.equal(again.same, again.resources)
		}
		assert.deepEqual(line.ledger('change.found'), [])
		lap('captured three times more')
	})

	await t.test('what is not sealed: staff, search, comments, closed', async () => {
		const visitor = (target, more = {}) => wp.ask(target, { port: line.httpPort, anonymous: true, ...more })
		for (const target of ['/wp-login.php', '/wp-admin/', '/wp-json/wp/v2/users', '/xmlrpc.php', '/wp-cron.php'])
			assert.equal((await visitor(target)).status, 403, target)
		assert.equal((await visitor('/wp-login.php', { from: staff })).status, 200)
		assert.equal((await visitor('/xmlrpc.php', { from: staff })).status, 403)
		// the search form of the theme asks /?s=
		const to = (await visitor('/?s=%E5%B8%B8%E5%8A%A1%E4%BC%9A%E8%AE%AE')).headers.location
		assert.match(to, /\/search\/%E5%B8%B8%E5%8A%A1%E4%BC%9A%E8%AE%AE\/$/)
		const found = await visitor(new URL(to).pathname)
		assert.equal(found.status, 200)
		assert.match(found.body.toString(), /Results for.*常务会议/s)
		// a comment waits in WordPress; the article stays as it is sealed
		const comment = await visitor('/wp-comments-post.php', { form: { comment: '一条新评论', author: '李先生', email: 'li@example.com', comment_post_ID: '1', comment_parent: '0' } })
		assert.equal(comment.status, 302, comment.body.toString().slice(0, 500))
		const back = new URL(comment.headers.location)
		assert.match(back.search, /unapproved=/)
		const page = [...approved.keys()].find(k => k === back.pathname)
		assert.ok(page, back.pathname)
		const after = await visitor(back.pathname + back.search)
		assert.equal(after.status, 200)
		assert.ok(after.body.equals(approved.get(page)))
	})

	await t.test('an article stays unseen until it is approved', async t => {
		const visitors = new Visitors(line, approved), by = { port: line.httpPort, from: staff }
		// by the gate, as staff work
		await wp.login(by)
		const post = await wp.publish('关于防汛工作的紧急通知', 'flood', '<p>各乡镇人民政府：做好防汛值守。</p>', { categories: wp.categories }, by)
		const target = new URL(post.link).pathname
		assert.match((await wp.ask(target, { anonymous: true })).body.toString(), /做好防汛值守/)
		const visitor = target => http(line.httpPort, target, { host })
		const unseen = async () => {
			assert.equal((await visitor(target)).status, 404)
			assert.doesNotMatch((await visitor('/')).body.toString(), /紧急通知/)
		}
		await unseen()
		const release = line.capture()
		assert.ok(release.release)
		const diff = line.json('release', 'diff', release.release, '--all')
		assert.deepEqual(diff.pages.filter(p => p.change === 'added').map(p => p.key).filter(k => !/feed|\?p=/.test(k)), [`${host}${target}`])
		assert.equal(release.gone, 0)
		await unseen()
		line.approve(release.release, 'wang')
		line.refused(/1 of 2/, 'release', 'seal', release.release)
		await unseen()
		line.approve(release.release, 'li')
		await unseen()
		t.diagnostic(`${await visitors.allRight(2000)} answers meanwhile, none unapproved; ${diff.pages.length} pages in ${diff.groups.length} groups`)
		line.seal(release.release)
		await line.serves(2)
		await line.learn(line.json('release', 'show', release.release, '--all').changes, approved, redirects)
		assert.match(approved.get(target).toString(), /做好防汛值守/)
		assert.match(approved.get('/').toString(), /紧急通知/)
		assert.equal(line.capture().release, '')
		lap('an article published')
	})

	const pages = () => [...approved].filter(([, bytes]) => /<header id="masthead"/.test(bytes)).map(([target]) => `${host}${target}`).sort()
	const found = release => {
		const rules = new Map()
		for (const f of line.json('release', 'show', release, '--all').findings)
			rules.set(f.rule, [...(rules.get(f.rule) ?? []), f])
		return rules
	}

	await t.test('code and a hidden link planted in the theme: nobody sees it, it is one change', async t => {
		const visitors = new Visitors(line, approved), events = line.ledger('change.found').length
		wp.plant('<script src="https://cdn.evil.example/s.js"></script><div style="position:absolute;left:-9999px"><a href="http://bet.example.com/">博彩</a></div>')
		assert.match((await wp.ask('/', { anonymous: true })).body.toString(), /bet\.example\.com/)
		const capture = line.capture(), rules = found(capture.release)
		const diff = line.json('release', 'diff', capture.release, '--all')
		assert.deepEqual(diff.pages.map(p => p.key).sort(), pages())
		assert.deepEqual(diff.groups.map(g => g.pages), [diff.pages.length], 'one group')
		for (const rule of ['change.script', 'change.hidden-link'])
			assert.ok(rules.get(rule)?.some(f => ['high', 'critical'].includes(f.severity)), `${rule}: ${[...rules.keys()]}`)
		const said = line.ledger('change.found').slice(events)
		assert.equal(said.length, diff.pages.length)
		assert.ok(said.every(e => ['high', 'critical'].includes(e.body.severity)), JSON.stringify(said[0]))
		t.diagnostic(`${await visitors.allRight(3000)} answers, none unapproved; ${said.length} changes in one group`)
		line.json('release', 'reject', capture.release, '--as', 'wang', '--comment', '入侵')
		wp.restore()
		assert.equal(line.capture().release, '')
		lap('planted and mended')
	})

	await t.test('the site defaced: nobody sees it', async t => {
		const visitors = new Visitors(line, approved)
		wp.plant('<h1>DEFACED</h1></body></html><?php exit; ?>')
		assert.match((await wp.ask('/', { anonymous: true })).body.toString(), /DEFACED<\/h1><\/body><\/html>$/)
		const capture = line.capture(), defaced = found(capture.release).get('change.defacement') ?? []
		assert.equal(capture.changed, pages().length)
		assert.ok(defaced.length > 0 && defaced.every(f => ['high', 'critical'].includes(f.severity)))
		t.diagnostic(`${await visitors.allRight(3000)} answers, none unapproved; ${defaced.length} findings of a defacement`)
		lap('defaced')
	})

	await t.test('WordPress switched off: the gate goes on', async t => {
		const visitors = new Visitors(line, approved)
		await wp.nginx.kill()
		await wp.php.kill()
		await wp.database.kill()
		assert.equal((await http(line.httpPort, '/search/x/', { host })).status, 502)
		const down = line.capture()
		assert.deepEqual([down.release, down.gone], ['', 0])
		t.diagnostic(`${await visitors.allRight(3000)} answers`)
		for (const [target, location] of redirects) {
			const answer = await http(line.httpPort, target, { host })
			assert.deepEqual([answer.status, answer.headers.location], [301, location])
		}
		assert.equal(line.weique('ledger', 'verify').code, 0)
		lap('switched off')
	})
})

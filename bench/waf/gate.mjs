// What the rule engine costs a gate: CPU microseconds of the nginx worker per request, over those of plain proxying, beside
// Debian's nginx + libmodsecurity with the same rules (WEIQUE_CRS, else Debian's Core Rule Set), paranoia 1, blocking, both in front of
// the same origin (10 KB of HTML). Rounds are interleaved; a round gives one ratio; reported is the median with its spread.
//
//   node bench/waf/gate.mjs [--rounds N] [--crs DIR] [--json] [--only simple,rich,form,json,attack]        BUILD=<build folder>
//
// The five requests: a simple GET (112 bytes), a rich GET (1 KB: 15 headers, 6 cookies, 5 arguments), a form of 2 KB (11 fields,
// some of them Chinese), JSON of 10 KB (63 objects, 447 values), an SQL injection that both answer by 403.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { built, freePort, isRoot, run, start, startNginx, tempDir, until } from '../../tests/e2e/lib.mjs'

const { values: option } = parseArgs({ options: { crs: { type: 'string', default: process.env.WEIQUE_CRS }, rounds: { type: 'string', default: '9' },
	json: { type: 'boolean' }, only: { type: 'string' } } })
const host = 'www.example.gov.cn'
const rounds = Number(option.rounds)
const scope = { undo: [], after(f) { this.undo.push(f) } }
const cpuMicroseconds = pid => Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1000
const median = list => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]

// ---- the five requests ----

const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36'
const rich = {
	'User-Agent': agent,
	Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
	'Accept-Language': 'zh-CN,zh;q=0.9,en;q=0.8',
	'Accept-Encoding': 'gzip, deflate',
	Referer: `http://${host}/dynamic/list?page=1`,
	'Cache-Control': 'no-cache',
	Pragma: 'no-cache',
	'Upgrade-Insecure-Requests': '1',
	'Sec-Fetch-Dest': 'document',
	'Sec-Fetch-Mode': 'navigate',
	'Sec-Fetch-Site': 'same-origin',
	'Sec-Fetch-User': '?1',
	DNT: '1',
	Cookie: 'JSESSIONID=5A1F0C2E7B9D4A6E8C3B1D0F2A4C6E8B; lang=zh-CN; theme=light; visited=20261101; region=310000; token=eyJhbGciOiJIUzI1NiJ9',
}
const form = {
	name: '张伟', telephone: '13800138000', email: 'zhangwei@example.com', address: '云山县解放路一百二十八号三单元五零二室',
	title: '关于小区门口道路积水问题的反映', type: 'consult', department: 'zhujianju', public: 'yes', captcha: 'k7mx',
	date: '2026-11-22 14:30', content: '尊敬的领导：我是本县居民，每逢下雨，小区门口的道路积水严重，老人和孩子出行十分不便。希望有关部门能够尽快安排人员疏通下水道，' +
		'并在雨季来临之前完成检修。此前我们已经向物业反映过多次，至今没有得到解决，现将照片和位置一并报上，谢谢。',
}
const records = Array.from({ length: 63 }, (_, i) => ({ id: 1000 + i, name: `Resident ${i} of the county`, district: `310${100 + i}`,
	phone: `1380013${8000 + i}`, note: `application number ${i * 7919}`, status: i % 3 ? 'open' : 'done', amount: i * 12.5 }))
const requests = {
	simple: { method: 'GET', target: '/dynamic/index.html', headers: { 'User-Agent': 'curl/7.88.1', Accept: '*/*' } },
	rich: { method: 'GET', target: '/dynamic/search?q=housing+fund&page=3&sort=date&dir=desc&region=310000', headers: rich },
	form: { method: 'POST', target: '/dynamic/letter', headers: { 'User-Agent': agent, Accept: '*/*', 'Content-Type': 'application/x-www-form-urlencoded' },
		body: new URLSearchParams(form).toString() },
	json: { method: 'POST', target: '/dynamic/api/import', headers: { 'User-Agent': agent, Accept: 'application/json', 'Content-Type': 'application/json' },
		body: JSON.stringify({ batch: '2026-11', records, last: { id: 1, name: "x", amount: 3 }, sender: "office", total: 63 }) },
	attack: { method: 'GET', target: "/dynamic/search?q=1%27%20UNION%20SELECT%20username%2Cpassword%20FROM%20users--%20", status: 403,
		headers: { 'User-Agent': 'curl/7.88.1', Accept: '*/*' } },
}

function wrkScript(dir, name) {
	const { method, headers, body } = requests[name]
	const file = path.join(dir, `${name}.lua`)
	const quote = s => `"${s.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

	writeFileSync(file, `wrk.method = ${quote(method)}\n` + (body ? `wrk.body = ${quote(body)}\n` : '') +
		Object.entries({ Host: host, ...headers }).map(([k, v]) => `wrk.headers[${quote(k)}] = ${quote(v)}\n`).join(''))
	return file
}

// ---- the servers ----

const debianCrs = '/usr/share/modsecurity-crs'
const rulesOf = option.crs ? { setup: path.join(option.crs, 'crs-setup.conf.example'), rules: path.join(option.crs, 'rules') }
	: { setup: '/etc/modsecurity/crs/crs-setup.conf', rules: path.join(debianCrs, 'rules') }

function ruleFile(dir) {
	const file = path.join(dir, 'rules.conf')
	writeFileSync(file, `SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess Off
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecAuditEngine Off
SecRule REQUEST_HEADERS:Content-Type "^application/json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,deny,status:400,msg:'Failed to parse request body.'"
Include ${rulesOf.setup}
SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level=1,setvar:tx.blocking_paranoia_level=1"
Include ${rulesOf.rules}/*.conf
`)
	return file
}

async function startOrigin() {
	const dir = tempDir(scope, 'waf-origin'), port = await freePort()
	const page = '<!DOCTYPE html><html><body>' + '<p>云山县人民政府政务服务网 service page</p>\n'.repeat(180)
	mkdirSync(path.join(dir, 'www'))
	chmodSync(dir, 0o755)
	writeFileSync(path.join(dir, 'www', 'page.html'), page.slice(0, 9000))
	await startNginx(scope, { dir, user: isRoot ? 'nobody nogroup' : undefined, workers: 1, http: `types { text/html html; } keepalive_requests 1000000000;
		access_log off; client_max_body_size 0;
		server { listen 127.0.0.1:${port}; root ${path.join(dir, 'www')}; error_page 405 =200 /page.html;
			location / { try_files /page.html =404; } }` })
	return port
}

async function startGate(name, origin, modules, inServer, inHttp = '') {
	const dir = tempDir(scope, `waf-${name}`), port = await freePort()
	chmodSync(dir, 0o755)
	const begun = process.hrtime.bigint()
	const nginx = await startNginx(scope, { dir, user: isRoot ? 'nobody nogroup' : undefined, workers: 1, modules, http: `keepalive_requests 1000000000;
		client_body_buffer_size 64k; ${inHttp}
		upstream origin { server 127.0.0.1:${origin}; keepalive 32; }
		server { listen 127.0.0.1:${port}; location / { ${inServer} proxy_pass http://origin; proxy_http_version 1.1;
			proxy_set_header Connection ""; proxy_set_header Host $host; } }` })
	return { name, port, worker: nginx.workers()[0], started: Number(process.hrtime.bigint() - begun) / 1e6 }
}

async function startVault(dir) {
	const socket = path.join(dir, 'vault.sock')
	writeFileSync(path.join(dir, 'page'), 'sealed')
	writeFileSync(path.join(dir, 'profile'), 'paths = [ "/dynamic dynamic" ]; rules = { mode = "block"; client = "0s"; };\n')
	writeFileSync(path.join(dir, 'spec'), [`${host}/`, 200, 'text/plain', '', path.join(dir, 'page'), ''].join('\t') + '\n')
	run(built('tests/e2e/mkvault'), ['make', '--vault', path.join(dir, 'vault'), '--key', path.join(dir, 'seal.key'), '--pub', path.join(dir, 'seal.pub'),
		'--app', 'bench', '--serial', '1', '--host', host, '--spec', path.join(dir, 'spec'), '--profile', path.join(dir, 'profile')])
	const uid = isRoot ? run('id', ['-u', 'nobody']).trim() : String(process.getuid())
	const p = start(scope, built('src/bin/weique-vault'), ['--vault', path.join(dir, 'vault'), '--state', path.join(dir, 'state'), '--socket', socket,
		'--key-file', path.join(dir, 'seal.pub'), '--allow-uid', uid])
	await until('weique-vault listens', () => {
		if (p.ended)
			throw new Error(p.out)
		return existsSync(socket)
	})
	return socket
}

// ---- measuring ----

// The peer takes a tenth of a second for the JSON: rounds are long enough for some dozens of them.
const seconds = name => name === 'json' ? 5 : 1

function measure(gate, name, script, target, status) {
	const before = cpuMicroseconds(gate.worker)
	const out = run('wrk', ['-t1', '-c4', `-d${seconds(name)}s`, '--timeout', '20s', '-s', script, `http://127.0.0.1:${gate.port}${target}`])
	const used = cpuMicroseconds(gate.worker) - before
	const n = Number(/(\d+) requests in/.exec(out)[1]), refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(out)?.[1] ?? 0)

	if (/Socket errors/.test(out) || refused !== (status === 403 ? n : 0))
		throw new Error(`${gate.name}: ${refused} of ${n} refused\n${out}`)
	return used / n
}

const memory = pid => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1024

try {
	const dir = tempDir(scope, 'waf-bench'), origin = await startOrigin(), rules = ruleFile(dir), socket = await startVault(tempDir(scope, 'waf-vault'))
	chmodSync(dir, 0o755)
	const module = built('src/gate/nginx/ngx_http_weique_module.so')
	const plain = await startGate('plain', origin, [], '')
	const peer = await startGate('peer', origin, ['ndk_http_module.so', 'ngx_http_modsecurity_module.so'].map(m => `/usr/lib/nginx/modules/${m}`),
		`modsecurity on; modsecurity_rules_file ${rules};`)
	const ours = await startGate('weique', origin, [module], `weique on; weique_host ${host};`,
		`weique_vault unix:${socket}; weique_rules ${rules}; weique_rules_log ${dir}/rules.log;`)
	const names = option.only ? option.only.split(',') : Object.keys(requests)
	const results = []

	for (const name of names) {
		const { target, status, method, body } = requests[name]
		const script = wrkScript(dir, name), rows = []
		for (let round = 0; round < rounds; round++) {
			const [a, b, c] = [plain, peer, ours].map(gate => measure(gate, name, script, target, gate === plain ? 200 : status))
			rows.push({ plain: a, peer: b, ours: c, ratio: (b - a) / (c - a) })
		}
		const ratios = rows.map(r => r.ratio)
		results.push({ name, method, bytes: body?.length ?? 0, plain: median(rows.map(r => r.plain)), peer: median(rows.map(r => r.peer)),
			ours: median(rows.map(r => r.ours)), ratio: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) })
	}
	if (option.json)
		process.stdout.write(JSON.stringify({ results, memory: { peer: memory(peer.worker), ours: memory(ours.worker) } }) + '\n')
	else {
		process.stdout.write(`${'request'.padEnd(8)}    plain  libmodsecurity  Weique   cost ratio (lowest-highest of ${rounds})\n`)
		for (const r of results)
			process.stdout.write(`${r.name.padEnd(8)} ${r.plain.toFixed(1).padStart(8)} ${r.peer.toFixed(1).padStart(15)} ${r.ours.toFixed(1).padStart(8)}   ` +
				`${r.ratio.toFixed(1)} (${r.low.toFixed(1)}-${r.high.toFixed(1)})\n`)
		process.stdout.write(`worker memory: libmodsecurity ${memory(peer.worker).toFixed(1)} MB, Weique ${memory(ours.worker).toFixed(1)} MB, ` +
			`plain ${memory(plain.worker).toFixed(1)} MB; ready after ${peer.started.toFixed(0)} and ${ours.started.toFixed(0)} ms\n`)
	}
} finally {
	for (const undo of scope.undo.reverse())
		await undo()
}

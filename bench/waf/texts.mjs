// False alarms on benign Chinese text and the share of attacks caught, by nginx with libmodsecurity and the Core Rule Set (Debian's
// 3.3.4, and the one in --crs), blocking, paranoia 1 and 2; with --gate the same of a gate that runs already.
//
//   node bench/waf/texts.mjs [--crs DIR] [--gate URL --host NAME] [--json] [--list]      --crs: WEIQUE_CRS when it is not given
//
// The requests are those of tests/waf/requests.mjs; without --crs only the benign ones, since the payloads come from its cases.
// Whatever is not answered by 200 counts as blocked; the application behind the gate must answer 200 to everything.
// --list names the benign texts that were blocked. "PL ok" is the share among payloads whose own rule runs at that paranoia.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { freePort, startNginx, tempDir } from '../../tests/e2e/lib.mjs'
import { attackRequests, benignRequests, HOST } from '../../tests/waf/requests.mjs'

const DEBIAN_CRS = '/usr/share/modsecurity-crs'
const MODULES = ['ndk_http_module.so', 'ngx_http_modsecurity_module.so'].map(name => `/usr/lib/nginx/modules/${name}`)
const AT_ONCE = 2

const { values: option } = parseArgs({ options: { crs: { type: 'string', default: process.env.WEIQUE_CRS }, gate: { type: 'string' },
	host: { type: 'string', default: HOST }, json: { type: 'boolean' }, list: { type: 'boolean' } } })

// libmodsecurity as its packaged configuration has it, but blocking, and without an audit log.
const engine = (setup, rules, paranoia) => `
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess Off
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecArgumentSeparator &
SecCookieFormat 0
SecAuditEngine Off
SecUnicodeMapFile /etc/nginx/unicode.mapping 20127
SecRule REQUEST_HEADERS:Content-Type "^application/json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,deny,status:400,msg:'Failed to parse request body.'"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" "id:200003,phase:2,t:none,log,deny,status:400,msg:'Multipart body failed strict validation.'"
Include ${setup}
SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level=${paranoia},setvar:tx.blocking_paranoia_level=${paranoia}"
Include ${rules}/*.conf
`

async function peer(t, setup, rules, paranoia) {
	const dir = tempDir(t, 'waf-texts')
	const [port, origin] = [await freePort(), await freePort()]
	const file = path.join(dir, 'modsecurity.conf')
	writeFileSync(file, engine(setup, rules, paranoia))
	const nginx = await startNginx(t, { dir, workers: 2, errorLevel: 'info', modules: MODULES, http: `
	large_client_header_buffers 4 32k;
	server { listen 127.0.0.1:${origin}; large_client_header_buffers 4 32k; location / { return 200 "ok\\n"; } }
	server {
		listen 127.0.0.1:${port};
		modsecurity on;
		modsecurity_rules_file ${file};
		location / { proxy_pass http://127.0.0.1:${origin}; }
	}` })
	return { address: { host: '127.0.0.1', port }, log: nginx.log, end: () => nginx.kill() }
}

// The status that the raw request is answered with; 0 when the connection ends without an answer.
function ask(address, bytes) {
	return new Promise((resolve, reject) => {
		const socket = net.connect(address, () => socket.write(bytes))
		let head = ''
		socket.setTimeout(60000, () => socket.destroy(new Error('no answer in 60 s')))
		socket.on('data', data => {
			head += data.toString('latin1')
			const status = head.match(/^HTTP\/1\.\d (\d{3}) /)
			if (status) {
				resolve(Number(status[1]))
				socket.destroy()
			}
		})
		socket.on('error', reject)
		socket.on('close', () => resolve(0))
	})
}

async function askAll(address, requests) {
	const left = requests.entries()
	const statuses = []
	await Promise.all(Array.from({ length: AT_ONCE }, async () => {
		for (const [i, request] of left)
			statuses[i] = await ask(address, option.host === HOST ? request.bytes : withHost(request.bytes))
	}))
	return requests.map((request, i) => ({ ...request, bytes: undefined, status: statuses[i], blocked: statuses[i] !== 200 }))
}

const withHost = bytes => Buffer.from(bytes.toString('latin1').replace(`Host: ${HOST}`, `Host: ${option.host}`), 'latin1')

const share = list => ({ blocked: list.filter(r => r.blocked).length, of: list.length })
const groups = (list, key) => Object.fromEntries([...new Set(list.map(key))].map(name => [name, share(list.filter(r => key(r) === name))]))

// How many requests each rule warned about, the most frequent first.
function loudest(log) {
	const warned = new Map()
	for (const [, id, request] of log.matchAll(/ModSecurity: (?:Warning|Access denied).*?\[id "(\d+)"\].*?\[unique_id "([^"]+)"\]/g))
		warned.set(id, (warned.get(id) ?? new Set()).add(request))
	return [...warned].map(([rule, set]) => [rule, set.size]).filter(([rule]) => !/^9[45]9|^980/.test(rule)).sort((a, b) => b[1] - a[1]).slice(0, 10)
}

async function measure(name, gate, paranoia) {
	const benign = await askAll(gate.address, benignRequests())
	const rules = gate.log ? loudest(gate.log()) : []
	const attacks = option.crs ? await askAll(gate.address, attackRequests(option.crs)) : []
	return { name, benign: share(benign), length: groups(benign, r => `${r.length} ${r.charset}`), kind: groups(benign, r => r.kind),
		carrier: groups(benign, r => `${r.carrier} ${r.charset}`), status: groups(benign, r => r.status), rules,
		attacks: groups(attacks, r => `${r.placement} ${r.charset}`), family: groups(attacks, r => r.family),
		withinParanoia: groups(attacks.filter(r => r.paranoia <= paranoia), r => `${r.placement} ${r.charset}`),
		names: benign.filter(r => r.blocked).map(r => r.id) }
}

const rate = ({ blocked, of } = { blocked: 0, of: 0 }) => of ? `${(100 * blocked / of).toFixed(1)} % (${blocked}/${of})` : '-'
const row = group => Object.entries(group).map(([name, s]) => `${name} ${rate(s)}`).join(', ')

function print(result) {
	process.stdout.write(`${result.name}\n  false alarms ${rate(result.benign)}: ${row(result.length)}\n    by kind: ${row(result.kind)}\n` +
		`    by carrier: ${row(result.carrier)}\n    status: ${Object.entries(result.status).map(([s, { of }]) => `${s}: ${of}`).join(', ')}\n`)
	if (result.rules.length)
		process.stdout.write(`    rules that warned: ${result.rules.map(([rule, n]) => `${rule} ${n}`).join(', ')}\n`)
	if (option.crs)
		process.stdout.write(`  attacks caught: ${row(result.attacks)}\n    PL ok: ${row(result.withinParanoia)}\n    by family: ${row(result.family)}\n`)
	if (option.list)
		process.stdout.write(`  blocked: ${result.names.join(' ')}\n`)
}

const version = crs => readFileSync(path.join(crs, 'crs-setup.conf.example'), 'utf8').match(/CRS ver\.([\d.]+\d)/)?.[1] ?? 'of unknown version'

const scope = { undo: [], after(f) { this.undo.push(f) } }
const results = []
const report = result => { results.push(result); if (!option.json) print(result) }
try {
	if (option.gate) {
		const { hostname, port } = new URL(option.gate)
		report(await measure(option.gate, { address: { host: hostname, port: Number(port || 80) } }, 1))
	} else {
		const sets = [['CRS 3.3.4', '/etc/modsecurity/crs/crs-setup.conf', path.join(DEBIAN_CRS, 'rules')]]
		if (option.crs)
			sets.push([`CRS ${version(option.crs)}`, path.join(option.crs, 'crs-setup.conf.example'), path.join(option.crs, 'rules')])
		for (const [name, setup, rules] of sets.filter(set => existsSync(set[1])))
			for (const paranoia of [1, 2]) {
				const gate = await peer(scope, setup, rules, paranoia)
				report(await measure(`${name}, paranoia ${paranoia}`, gate, paranoia))
				await gate.end()
			}
	}
} finally {
	for (const undo of scope.undo.reverse())
		await undo()
}
if (option.json)
	process.stdout.write(`${JSON.stringify(results, null, '\t')}\n`)

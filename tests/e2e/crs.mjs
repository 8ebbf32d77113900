// A Core Rule Set behind the real gate, with the settings under which CRS tests itself, in front of the backend that its cases expect.
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Site } from './gate.mjs'
import { built, tempDir, freePort, startNginx } from './lib.mjs'
import { startBackend } from '../waf/backend.mjs'

export const weique = built('src/bin/weique')
export const debian = '/usr/share/modsecurity-crs'

export const preamble = `SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml application/json
`
// What ModSecurity's recommended configuration says beside that: it chooses no parser by itself.
const peerRules = `SecAuditEngine Off
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\\+|/)|text/)xml" "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/(?:[a-z0-9.-]+[+])?json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
`
// What separates cases in the log. No rule minds such a request.
export const markerRule = `SecRule REQUEST_HEADERS:X-CRS-Test "@rx ^.+$" "id:999999,phase:1,pass,t:none,log,msg:'X-CRS-Test %{MATCHED_VAR}',ctl:ruleRemoveById=1-999998"
`
// As in ftw_program.c.
export const settings = { crs_validate_utf8_encoding: 1, arg_name_length: 100, arg_length: 400, total_arg_length: 64000, max_num_args: 255, max_file_size: 64100, combined_file_sizes: 65535 }
const levels = ['blocking_paranoia_level', 'detection_paranoia_level', 'paranoia_level', 'executing_paranoia_level']

// The files of a set in order: a release of CRS, or Debian's package.
export function crsFiles(dir) {
	const rules = path.join(dir, 'rules')
	const setup = ['crs-setup.conf', 'crs-setup.conf.example'].map(f => path.join(dir, f)).concat('/etc/modsecurity/crs/crs-setup.conf').find(existsSync)
	return [setup, ...readdirSync(rules).filter(f => f.endsWith('.conf')).sort().map(f => path.join(rules, f))]
}

// The names under which cases ask.
const hosts = ['localhost', '127.0.0.1', '1.2.3.4', '[::1]', '[fe80::f1:1:fe01:1]', 'deadbeef.de', 'nextjs.example', 'nodeapp.io',
	...['', 'app.', 'api.'].map(n => `${n}example.com`),
	...['my', 'php', 'koa', 'web', 'java', 'cold', 'flask', 'nextjs-', 'meteor', 'ruby', 'play', 'sails', 'cake', 'ci', 'cf', 'zend', 'shiny', 'weblogic', 'asp', 'generic', 'rails'].map(n => `${n}app.com`)]

// A site whose every path goes to the backend; .ruleLog is the log for `weique rules test --gate`.
export async function startCrs(t, { dir, paranoia = 4, mode = 'block', workers = 1 } = {}) {
	const site = new Site(t)
	const profile = path.join(site.dir, 'profile'), main = path.join(site.dir, 'main.conf')
	site.ruleLog = path.join(site.dir, 'rules.log')
	writeFileSync(profile, `paths = [ "/ dynamic" ];\nrules = { mode = "${mode}"; };\n`)
	const [setup, ...rules] = crsFiles(dir)
	writeFileSync(main, `${preamble}Include ${setup}\n${markerRule}${rules.map(f => `Include ${f}\n`).join('')}`)
	site.publish(1, [{ path: '/', body: '<h1>sealed</h1>' }, { path: '/404.html', status: 404, body: '404' }], { hosts, more: ['--profile', profile] })
	const backend = await startBackend()
	t.after(() => { backend.closeAllConnections(); backend.close() })
	site.vault = await site.startVault(t)
	const set = Object.entries(settings).map(([k, v]) => `set=${k}=${v}`).join(' ')
	await site.startGate(t, {
		workers,
		inner: `proxy_pass http://127.0.0.1:${backend.address().port}; proxy_set_header Host $host; proxy_http_version 1.1; client_max_body_size 1m;`,
		outer: `weique_rules ${main} paranoia=${paranoia} ${set};\nweique_rules_log ${site.ruleLog};\n`,
	})
	return site
}

// The peer: Debian's nginx with ModSecurity, the same rules, settings and backend.
export async function startPeer(t, { dir, paranoia = 4 } = {}) {
	const folder = tempDir(t, 'peer'), main = path.join(folder, 'main.conf'), port = await freePort()
	const [setup, ...rules] = crsFiles(dir)
	const set = [...Object.entries(settings), ...levels.map(l => [l, paranoia])].map(([k, v]) => `setvar:tx.${k}=${v}`).join(',')
	writeFileSync(main, `${preamble}${peerRules}SecAction "id:900005,phase:1,nolog,pass,${set}"\nInclude ${setup}\n${markerRule}${rules.map(f => `Include ${f}\n`).join('')}`)
	const backend = await startBackend()
	t.after(() => { backend.closeAllConnections(); backend.close() })
	const nginx = await startNginx(t, {
		dir: folder, workers: 1, modules: ['/usr/lib/nginx/modules/ngx_http_modsecurity_module.so'], errorLevel: 'info', user: process.getuid() === 0 ? 'www-data' : undefined,
		http: `modsecurity on; modsecurity_rules_file ${main};
			server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${backend.address().port}; proxy_set_header Host $host; proxy_http_version 1.1; } }`,
	})
	return { port, ruleLog: nginx.errorLog, nginx }
}

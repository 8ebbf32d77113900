// What measurements of the rule engine start: an origin, a vault with applications, gates with the Core Rule Set (WEIQUE_CRS, else Debian's).
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { built, freePort, isRoot, run, start, startNginx, tempDir, until } from '../../tests/e2e/lib.mjs'

const user = isRoot ? 'nobody nogroup' : undefined
export const module = built('src/gate/nginx/ngx_http_weique_module.so')
export const peerModules = ['ndk_http_module.so', 'ngx_http_modsecurity_module.so'].map(m => `/usr/lib/nginx/modules/${m}`)

export const cpuMicroseconds = pid => Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1000
export const median = list => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]
export const percentile = (list, p) => list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p / 100))]
// KiB of a process: Rss, Pss, Pss_Anon …
export const memory = (pid, what = 'Rss') => Number(new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))[1])

// A file that includes the whole rule set.
export function ruleFile(dir, crs, paranoia = 1) {
	const file = path.join(dir, `rules-${paranoia}.conf`)
	const rules = crs ? { setup: path.join(crs, 'crs-setup.conf.example'), rules: path.join(crs, 'rules') }
		: { setup: '/etc/modsecurity/crs/crs-setup.conf', rules: '/usr/share/modsecurity-crs/rules' }
	writeFileSync(file, `SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess Off
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecAuditEngine Off
SecRule REQUEST_HEADERS:Content-Type "^application/json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "^text/xml" "id:200003,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,deny,status:400,msg:'Failed to parse request body.'"
Include ${rules.setup}
SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level=${paranoia},setvar:tx.blocking_paranoia_level=${paranoia}"
Include ${rules.rules}/*.conf
`)
	return file
}

// Answers every request by 9 KB of HTML. Returns nginx with .port, .worker.
export async function startOrigin(scope) {
	const dir = tempDir(scope, 'waf-origin'), port = await freePort()
	mkdirSync(path.join(dir, 'www'))
	writeFileSync(path.join(dir, 'www', 'page.html'), ('<!DOCTYPE html><html><body>' + '<p>云山县人民政府政务服务网 service page</p>\n'.repeat(180)).slice(0, 9000))
	const nginx = await startNginx(scope, { dir, user, workers: 1, http: `types { text/html html; } keepalive_requests 1000000000;
		access_log off; client_max_body_size 0;
		server { listen 127.0.0.1:${port}; root ${path.join(dir, 'www')}; error_page 405 =200 /page.html;
			location / { try_files /page.html =404; } }` })
	return Object.assign(nginx, { port, worker: nginx.workers()[0] })
}

// Applications by host name: the "rules" block of each one's profile. `page`: sealed at "/" of each. Returns {socket, log, pid}.
export async function startVault(scope, applications, page = 'sealed') {
	const dir = tempDir(scope, 'waf-vault'), socket = path.join(dir, 'vault.sock'), log = path.join(dir, 'vault.log')
	writeFileSync(path.join(dir, 'page'), page)
	Object.entries(applications).forEach(([host, guard], i) => {
		writeFileSync(path.join(dir, 'profile'), `paths = [ "/dynamic dynamic" ]; rules = { ${guard} };\n`)
		writeFileSync(path.join(dir, 'spec'), [`${host}/`, 200, 'text/plain', '', path.join(dir, 'page'), ''].join('\t') + '\n')
		run(built('tests/e2e/mkvault'), ['make', '--vault', path.join(dir, 'vault'), '--key', path.join(dir, 'seal.key'), '--pub', path.join(dir, 'seal.pub'),
			'--app', `app${i}`, '--serial', '1', '--host', host, '--spec', path.join(dir, 'spec'), '--profile', path.join(dir, 'profile')])
	})
	const uid = isRoot ? run('id', ['-u', 'nobody']).trim() : String(process.getuid())
	const p = start(scope, built('src/bin/weique-vault'), ['--vault', path.join(dir, 'vault'), '--state', path.join(dir, 'state'), '--socket', socket,
		'--key-file', path.join(dir, 'seal.pub'), '--allow-uid', uid, '--log', `json:${log}`])
	await until('weique-vault listens', () => {
		if (p.ended)
			throw new Error(p.out)
		return existsSync(socket)
	})
	return { socket, log, pid: p.pid }
}

// One worker in front of the origin; each of `servers` is {port (set here), location}. Returns nginx with .worker, .dir.
export async function startGate(scope, origin, servers, { modules = [module], http = '', name = 'gate' } = {}) {
	const dir = tempDir(scope, `waf-${name}`)
	chmodSync(dir, 0o755)
	for (const server of servers)
		server.port = await freePort()
	const nginx = await startNginx(scope, { dir, user, workers: 1, modules, http: `keepalive_requests 1000000000;
		client_body_buffer_size 256k; large_client_header_buffers 8 32k; ${http.replaceAll('DIR', dir)}
		upstream origin { server 127.0.0.1:${origin.port}; keepalive 32; }
		${servers.map(s => `server { listen ${s.port}; location / { ${s.location.replaceAll('DIR', dir)} proxy_pass http://origin; proxy_http_version 1.1;
			proxy_set_header Connection ""; proxy_set_header Host $host; } }`).join('\n')}` })
	nginx.worker = nginx.workers()[0]
	return nginx
}
